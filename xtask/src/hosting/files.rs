//! The headers as files that hosts read.

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
        let path = &self.path;
        let headers =
            self.headers().into_iter().map(|(name, value)| format!("    add_header {name} \"{value}\" always;\n"));
        let headers: String = headers.collect();
        let without_slash = path.trim_end_matches('/');
        let to_the_folder = match without_slash {
            "" => String::new(),
            without_slash => format!("location = {without_slash} {{\n    return 301 {path}$is_args$args;\n}}\n"),
        };
        format!(
            "# The launcher at {path}: include this file in the server block of your site. The folder of the built site lies at\n\
             # {path} below the block's root. Made from launcher.config.json by `cargo xtask build`.\n\
             {to_the_folder}\
             location {path} {{\n    \
                 try_files $uri $uri.html $uri/index.html =404;\n    \
                 error_page 404 {path}404.html;\n\
             {headers}    \
                 location ~ \\.wasm$ {{\n        \
                     types {{ }}\n        \
                     default_type application/wasm;\n    \
                 }}\n\
             }}\n"
        )
    }

    fn caddy(&self) -> String {
        let path = &self.path;
        let headers = |tabs: &str| {
            let lines = self.headers().into_iter().map(|(name, value)| format!("{tabs}\t{name} \"{value}\"\n"));
            format!("{tabs}header {{\n{}{tabs}}}\n", lines.collect::<String>())
        };
        let (found, missing) = (headers("\t\t"), headers("\t\t\t"));
        let to_the_folder = match path.trim_end_matches('/') {
            "" => String::new(),
            without_slash => format!("\tredir {without_slash} {path} permanent\n"),
        };
        format!(
            "# The launcher at {path}: import this file in the Caddyfile, and the snippet `launcher` in the block of your site, after its\n\
             # root. The folder of the built site lies at {path} below that root. Made from launcher.config.json by `cargo xtask build`.\n\
             (launcher) {{\n\
             {to_the_folder}\
             \thandle {path}* {{\n\
             {found}\
             \t\ttry_files {{path}} {{path}}.html\n\
             \t\tfile_server\n\
             \t}}\n\
             \thandle_errors {{\n\
             \t\t@missing {{\n\
             \t\t\tpath {path}*\n\
             \t\t\texpression `{{err.status_code}} == 404`\n\
             \t\t}}\n\
             \t\thandle @missing {{\n\
             {missing}\
             \t\t\trewrite * {path}404.html\n\
             \t\t\tfile_server\n\
             \t\t}}\n\
             \t}}\n\
             }}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosting::Rules;

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
            let rules = Rules::read(&hosting.headers_file()).unwrap();
            for (name, value) in hosting.headers() {
                assert_eq!(rules.of(path)[name], value, "{name}");
                assert!(hosting.nginx().contains(&format!("\n    add_header {name} \"{value}\" always;\n")), "{name}");
                assert!(hosting.caddy().contains(&format!("\n\t\t\t{name} \"{value}\"\n")), "{name}");
                // Each of the formats would end a value there.
                assert!(!value.contains(['"', '\n', '\\', '$', '{', '`']), "{value}");
            }
        }
    }

    #[test]
    fn a_site_below_a_path_leaves_the_rest_of_the_host_alone() {
        let hosting = hosting("/record/");
        let rules = Rules::read(&hosting.headers_file()).unwrap();
        assert!(rules.of("/").is_empty() && rules.of("/recorder").is_empty());
        assert!(!rules.of("/record/launch").is_empty());
        assert!(hosting.nginx().contains("location /record/ {\n"));
        assert!(hosting.nginx().contains("location = /record {\n    return 301 /record/$is_args$args;\n"));
        assert!(hosting.caddy().contains("\n\thandle /record/* {\n"));
    }
}
