//! The headers and redirects as configuration files for hosts.

use super::{Header, Hosting};
use crate::site::hashed::{PATTERN, is_hashed};
use crate::templates;
use anyhow::{Context, Result};
use minijinja::context;
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// For a file whose name changes with its contents.
const IMMUTABLE: (&str, &str) = ("Cache-Control", "public, max-age=31536000, immutable");
/// For the other files: a browser asks each time whether they changed.
const NO_CACHE: (&str, &str) = ("Cache-Control", "no-cache");

impl Hosting {
    /// Writes `_headers` (Netlify, Cloudflare Pages), `hosting/nginx.conf` and `hosting/Caddyfile` into the site, which has all its pages.
    pub fn write_files(&self, site: &Path) -> Result<()> {
        let folder = site.join("hosting");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("nginx.conf"), self.fill(include_str!("nginx.conf"))?)?;
        fs::write(folder.join("Caddyfile"), self.fill(include_str!("Caddyfile"))?)?;
        Ok(fs::write(site.join("_headers"), self.headers_file(&paths(site)?))?)
    }

    /// Some hosts join the values of a header that two rules set. So each path has one rule with `Cache-Control`.
    fn headers_file(&self, paths: &[String]) -> String {
        let line = |(name, value): (&str, &str)| format!("  {name}: {value}\n");
        let mut text = format!("{}*\n", self.path);
        text.extend(self.headers().iter().map(|(name, value)| line((name, value))));
        for path in paths {
            let rule = if is_hashed(path) { IMMUTABLE } else { NO_CACHE };
            text.extend([format!("{}{path}\n", self.path), line(rule)]);
        }
        text
    }

    fn fill(&self, template: &str) -> Result<String> {
        let headers: Vec<Header> = self.headers();
        let values = context! {
            path => &*self.path, path_without_slash => self.path.trim_end_matches('/'), hashed => PATTERN,
            headers, immutable => IMMUTABLE, no_cache => NO_CACHE,
        };
        Ok(templates::environment()?.render_str(template, values)?)
    }
}

/// The paths of a site's files, in order. A page has several: `launch.html` is also at `launch`, and `launch/index.html` at `launch/`.
fn paths(site: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in WalkDir::new(site).sort_by_file_name() {
        let entry = entry?;
        let path =
            entry.path().strip_prefix(site)?.to_str().context("a file of the site has a name that is not Unicode")?;
        let path = path.replace(std::path::MAIN_SEPARATOR, "/");
        if !entry.file_type().is_file() || path == "_headers" {
            continue;
        }
        paths.extend(path.strip_suffix("index.html").or(path.strip_suffix(".html")).map(str::to_owned));
        paths.push(path);
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use token_proxy::HeaderRules;

    const SCRIPT: &str = "boot.0123456789abcdef.js";

    fn hosting(path: &str) -> Hosting {
        let configuration = serde_json::json!({
            "servers": [{"fhirBase": "https://ehr.example/fhir"}],
            "hosting": {"path": path, "frameAncestors": ["https://ehr.example"]},
        });
        Hosting::read(&configuration.to_string()).unwrap()
    }

    /// The files for hosts, of a site with two pages and a script: `_headers`, nginx, Caddy.
    fn files(path: &str) -> [String; 3] {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir(site.path().join("launch")).unwrap();
        for file in ["index.html", "launch.html", "launch/index.html", SCRIPT] {
            fs::write(site.path().join(file), file).unwrap();
        }
        hosting(path).write_files(site.path()).unwrap();
        ["_headers", "hosting/nginx.conf", "hosting/Caddyfile"]
            .map(|file| fs::read_to_string(site.path().join(file)).unwrap())
    }

    #[test]
    fn s13_each_file_has_every_header() {
        for path in ["/", "/record/"] {
            let [headers, nginx, caddy] = files(path);
            let rules = HeaderRules::read(&headers).unwrap();
            for (name, value) in hosting(path).headers() {
                assert_eq!(rules.headers_for(path)[name], value, "{name}");
                assert!(nginx.contains(&format!("\n    add_header {name} \"{value}\" always;\n")), "{name}");
                // A nested location with its own headers has no other.
                assert!(nginx.contains(&format!("\n        add_header {name} \"{value}\";\n")), "{name}");
                assert!(caddy.contains(&format!("\n\t\t\t{name} \"{value}\"\n")), "{name}");
                // These characters would end a value in one of the formats.
                assert!(!value.contains(['"', '\n', '\\', '$', '{', '`']), "{value}");
            }
        }
    }

    #[test]
    fn s15_only_files_with_a_hash_in_their_names_are_kept() {
        let [headers, nginx, caddy] = files("/record/");
        let rules = HeaderRules::read(&headers).unwrap();
        let cached =
            |path: &str| rules.headers_for(path).get("cache-control").map(|value| value.to_str().unwrap().to_owned());
        let immutable = Some("public, max-age=31536000, immutable".to_owned());
        assert_eq!(cached(&format!("/record/{SCRIPT}")), immutable);
        for page in ["/record/", "/record/index.html", "/record/launch", "/record/launch/", "/record/launch.html"] {
            assert_eq!(cached(page).as_deref(), Some("no-cache"), "{page}");
        }
        let set = |rule: &str| rule.trim_start().starts_with("Cache-Control:");
        assert!(!headers.split("\n/").next().unwrap().lines().any(set), "another rule would set it twice");
        assert!(nginx.contains("location ~ \"[.-][0-9a-f]{16}\\.(css|js|svg|txt|wasm)$\" {"), "{nginx}");
        assert!(caddy.contains("@hashed path_regexp [.-][0-9a-f]{16}\\.(css|js|svg|txt|wasm)$\n"), "{caddy}");
    }

    #[test]
    fn a_site_below_a_path_does_not_affect_the_rest_of_the_host() {
        let [headers, nginx, caddy] = files("/record/");
        let rules = HeaderRules::read(&headers).unwrap();
        assert!(rules.headers_for("/").is_empty() && rules.headers_for("/recorder").is_empty());
        assert!(!rules.headers_for("/record/launch").is_empty());
        assert!(nginx.contains("location /record/ {\n"));
        assert!(nginx.contains("location = /record {\n    return 301 /record/$is_args$args;\n"));
        assert!(caddy.contains("\n\thandle /record/* {\n") && caddy.contains("\n\tredir /record /record/ permanent\n"));
        let [_, nginx, caddy] = files("/");
        assert!(!nginx.contains("return 301") && !caddy.contains("redir"));
    }
}
