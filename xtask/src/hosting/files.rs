//! The headers and redirects as configuration files for hosts.

use super::Hosting;
use anyhow::Result;
use std::fs;
use std::path::Path;

impl Hosting {
    /// Writes `_headers` (Netlify, Cloudflare Pages), `hosting/nginx.conf` and `hosting/Caddyfile` into the site.
    pub fn write_files(&self, site: &Path) -> Result<()> {
        let folder = site.join("hosting");
        fs::create_dir_all(&folder)?;
        fs::write(site.join("_headers"), self.headers_file())?;
        fs::write(folder.join("nginx.conf"), self.nginx())?;
        fs::write(folder.join("Caddyfile"), self.caddy())?;
        Ok(())
    }

    fn headers_file(&self) -> String {
        let headers = self.headers().into_iter().map(|(name, value)| format!("  {name}: {value}\n"));
        format!("{}*\n{}", self.path, headers.collect::<String>())
    }

    fn nginx(&self) -> String {
        let redirect = |from: &str, to: &str| format!("location = {from} {{\n    return 301 {to}$is_args$args;\n}}");
        self.fill(include_str!("nginx.conf"), redirect, |name, value| format!("add_header {name} \"{value}\" always;"))
    }

    fn caddy(&self) -> String {
        let redirect = |from: &str, to: &str| format!("redir {from} {to} permanent");
        self.fill(include_str!("Caddyfile"), redirect, |name, value| format!("{name} \"{value}\""))
    }

    /// Fills in a template: `@path@`, and the lines `@headers@` and `@redirect@`, the latter from the path without its slash.
    fn fill(
        &self,
        template: &str,
        redirect: impl Fn(&str, &str) -> String,
        header: impl Fn(&str, &str) -> String,
    ) -> String {
        let mut filled = String::new();
        for line in template.lines() {
            let lines = match (line.trim(), self.path.trim_end_matches('/')) {
                ("@redirect@", "") => Vec::new(),
                ("@redirect@", without_slash) => vec![redirect(without_slash, &self.path)],
                ("@headers@", _) => self.headers().iter().map(|(name, value)| header(name, value)).collect(),
                (text, _) => vec![text.replace("@path@", &self.path)],
            };
            let indentation = line.split(line.trim()).next().unwrap_or_default();
            lines.iter().for_each(|line| filled.extend([indentation, line, "\n"]));
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use token_proxy::HeaderRules;

    fn hosting(path: &str) -> Hosting {
        let configuration = serde_json::json!({
            "servers": [{"fhirBase": "https://ehr.example/fhir"}],
            "hosting": {"path": path, "frameAncestors": ["https://ehr.example"]},
        });
        Hosting::read(&configuration.to_string()).unwrap()
    }

    #[test]
    fn s13_each_file_has_every_header() {
        for path in ["/", "/record/"] {
            let hosting = hosting(path);
            let rules = HeaderRules::read(&hosting.headers_file()).unwrap();
            for (name, value) in hosting.headers() {
                assert_eq!(rules.headers_for(path)[name], value, "{name}");
                assert!(hosting.nginx().contains(&format!("\n    add_header {name} \"{value}\" always;\n")), "{name}");
                assert!(hosting.caddy().contains(&format!("\n\t\t\t{name} \"{value}\"\n")), "{name}");
                // These characters would end a value in one of the formats.
                assert!(!value.contains(['"', '\n', '\\', '$', '{', '`']), "{value}");
            }
        }
    }

    #[test]
    fn a_site_below_a_path_leaves_the_rest_of_the_host_alone() {
        let hosting = hosting("/record/");
        let rules = HeaderRules::read(&hosting.headers_file()).unwrap();
        assert!(rules.headers_for("/").is_empty() && rules.headers_for("/recorder").is_empty());
        assert!(!rules.headers_for("/record/launch").is_empty());
        assert!(hosting.nginx().contains("location /record/ {\n"));
        assert!(hosting.nginx().contains("location = /record {\n    return 301 /record/$is_args$args;\n"));
        assert!(hosting.caddy().contains("\n\thandle /record/* {\n"));
    }
}
