//! Serves the built launcher, the npm package and the plain page as a static host with `_headers` does: without rewrite rules, with the
//! site's own headers, and nothing outside their folders.

use crate::hosting::Hosting;
use crate::site::CONFIGURATION;
use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use token_proxy::HeaderRules;

/// The origins in the repository's files, and that of the second EHR in a copy's configuration. A server on other ports replaces them with
/// its own.
pub const USUAL_EHR: &str = "http://localhost:9080";
pub const SECOND_EHR: &str = "http://localhost:9081";
pub const USUAL_APP: &str = "http://localhost:8080";

/// A static host.
pub struct StaticHost {
    /// Where the pages are, `http://localhost:8080` for instance.
    pub app_origin: String,
    /// The origin of the EHR, which the pages may connect to and which may show them in a frame.
    pub ehr_origin: String,
    /// The origin of a second EHR, for the copy of the launcher that is configured for it.
    pub second_ehr_origin: String,
    /// The launcher's built sites, each at its configured path. The headers of the first one apply to everything else.
    pub sites: Vec<Site>,
    /// The npm package, served under `/pkg/`.
    pub package: PathBuf,
    /// The page without a framework, served under `/plain-html/`.
    pub plain_page: PathBuf,
    /// Whether the EHR supports only the scopes of SMART App Launch 1, so that the pages must request these.
    pub knows_v1_alone: bool,
}

/// A built site of the launcher.
pub struct Site {
    path: String,
    folder: PathBuf,
    rules: HeaderRules,
}

impl Site {
    /// Reads the path and the headers of a built site.
    pub fn open(folder: PathBuf) -> Result<Self> {
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read_to_string(&file)
                .with_context(|| format!("{} cannot be read: run `cargo xtask build` again", file.display()))
        };
        let path = Hosting::read(&read(CONFIGURATION)?).context(CONFIGURATION)?.path;
        let rules =
            HeaderRules::read(&read("_headers")?).map_err(|line| anyhow!("_headers: this is not a rule: {line}"))?;
        Ok(Self { path, folder, rules })
    }
}

/// Where a file is, and its headers.
struct Found<'a> {
    folder: &'a Path,
    /// The path within the folder.
    rest: &'a str,
    site: &'a Site,
    headers: HeaderMap,
}

impl StaticHost {
    /// Serves until the runtime is dropped.
    pub async fn serve(self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        let listener = listener.tap_io(|connection| {
            let _slower_without = connection.set_nodelay(true);
        });
        axum::serve(listener, self.router()).await
    }

    fn router(self) -> Router {
        Router::new()
            .route("/plain-html", get(async |uri: Uri| into_folder(&uri)))
            .fallback(answer)
            .with_state(Arc::new(self))
    }

    /// The folder for `path`.
    fn find<'a>(&'a self, path: &'a str) -> Option<Found<'a>> {
        let first = self.sites.first()?;
        for (prefix, folder) in [("/pkg/", &self.package), ("/plain-html/", &self.plain_page)] {
            if let Some(rest) = path.strip_prefix(prefix) {
                return Some(Found { folder, rest, site: first, headers: first.rules.headers_for(&first.path) });
            }
        }
        let within = |site: &'a Site| Some((site, path.strip_prefix(&site.path)?));
        let (site, rest) = self.sites.iter().filter_map(within).max_by_key(|(site, _)| site.path.len())?;
        Some(Found { folder: &site.folder, rest, site, headers: site.rules.headers_for(path) })
    }

    /// Replaces the default origins, and scopes that the EHR does not support, in the files that contain them: the launcher's
    /// configuration, the pages that depend on it, and the plain page.
    fn with_own_origins(&self, file: &Path, contents: Vec<u8>) -> Vec<u8> {
        let is_made_of_configuration =
            file.ends_with("launcher.config.json") || file.extension() == Some("html".as_ref());
        match String::from_utf8(contents) {
            Ok(text) if file.starts_with(&self.plain_page) || is_made_of_configuration => {
                let text = self.own_origins(&text);
                let text = if self.knows_v1_alone { text.replace("patient/*.rs", "patient/*.read") } else { text };
                text.into_bytes()
            }
            Ok(text) => text.into_bytes(),
            Err(binary) => binary.into_bytes(),
        }
    }

    fn own_origins(&self, text: &str) -> String {
        let socket = |origin: &str| origin.replacen("http", "ws", 1);
        replace_all(
            text,
            &[
                (USUAL_EHR, &self.ehr_origin),
                (&socket(USUAL_EHR), &socket(&self.ehr_origin)),
                (SECOND_EHR, &self.second_ehr_origin),
                (&socket(SECOND_EHR), &socket(&self.second_ehr_origin)),
                (USUAL_APP, &self.app_origin),
            ],
        )
    }

    /// The site's headers, with the origins in use.
    fn headers(&self, headers: &HeaderMap, file: &Path) -> HeaderMap {
        let own = |value: &HeaderValue| HeaderValue::from_str(&self.own_origins(value.to_str().ok()?)).ok();
        let mut headers: HeaderMap =
            headers.iter().filter_map(|(name, value)| Some((name.clone(), own(value)?))).collect();
        if let Ok(media_type) = HeaderValue::from_str(&content_type(file)) {
            headers.insert(header::CONTENT_TYPE, media_type);
        }
        headers
    }
}

/// Replaces the first string of each pair with the second. Replacements are not replaced again.
fn replace_all(text: &str, pairs: &[(&str, &String)]) -> String {
    let [(from, to), rest @ ..] = pairs else { return text.to_owned() };
    text.split(from).map(|part| replace_all(part, rest)).collect::<Vec<_>>().join(to)
}

async fn answer(State(host): State<Arc<StaticHost>>, request: Request) -> Response {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(found) = host.find(request.uri().path()) else { return StatusCode::NOT_FOUND.into_response() };
    let (status, file) = match resolve(found.folder, found.rest) {
        Some(file) => (StatusCode::OK, file),
        None => (StatusCode::NOT_FOUND, found.site.folder.join("404.html")),
    };
    let contents = tokio::fs::read(&file).await.unwrap_or_default();
    (status, host.headers(&found.headers, &file), Body::from(host.with_own_origins(&file, contents))).into_response()
}

/// The file for a path below `folder`: the path itself, with `.html` added, or its index page.
fn resolve(folder: &Path, path: &str) -> Option<PathBuf> {
    let (name, wants_index) = match path.strip_suffix('/') {
        Some(name) => (name, true),
        None => (path, path.is_empty()),
    };
    if !name.is_empty() && !name.split('/').all(is_plain_segment) {
        return None;
    }
    let index = folder.join(name).join("index.html");
    if wants_index {
        return index.is_file().then_some(index);
    }
    [folder.join(name), folder.join(format!("{name}.html")), index].into_iter().find(|file| file.is_file())
}

/// Whether a segment of a path has only letters, digits, `-`, `_` and inner dots, so that it is not an encoded name, a parent
/// folder or a hidden file.
fn is_plain_segment(segment: &str) -> bool {
    !segment.is_empty()
        && !segment.starts_with('.')
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn content_type(file: &Path) -> String {
    let mime = mime_guess::from_path(file).first_or_octet_stream();
    match mime.type_() {
        mime_guess::mime::TEXT => format!("{mime}; charset=utf-8"),
        _ => mime.to_string(),
    }
}

fn into_folder(uri: &Uri) -> Redirect {
    match uri.query() {
        Some(query) => Redirect::temporary(&format!("{}/?{query}", uri.path())),
        None => Redirect::temporary(&format!("{}/", uri.path())),
    }
}

/// A server's response to a GET, with its head, as text.
#[cfg(test)]
pub async fn fetch(address: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::net::SocketAddr;

    const CONFIGURATION: &str = r#"{"servers": [{"fhirBase": "http://localhost:9080/webchart.cgi/fhir", "scope": "fhircast/*.read", "redirectUri":
        "http://localhost:8080/code"}, {"fhirBase": "http://localhost:9081/webchart.cgi/fhir"}], "hosting": {"frameAncestors": ["http://localhost:9080"]}}"#;
    const MOVED: &str = r#"{"servers": [], "hosting": {"path": "/apps/record/"}}"#;

    struct Folders {
        everything: tempfile::TempDir,
    }

    impl Folders {
        fn new() -> Self {
            let everything = tempfile::tempdir().unwrap();
            let files = [
                ("secret.txt", "secret"),
                ("site/index.html", "home"),
                ("site/launch.html", "launch"),
                ("site/record/index.html", "record"),
                ("site/404.html", "not found page"),
                ("site/.hidden", "hidden"),
                ("site/launcher_bg.wasm", "wasm"),
                ("site/launcher.config.json", CONFIGURATION),
                ("moved/launcher.config.json", MOVED),
                ("moved/index.html", "moved home"),
                ("moved/404.html", "moved not found page"),
                ("pkg/index.js", "// http://localhost:9080"),
                ("plain/index.html", "plain"),
                ("plain/page.js", "http://localhost:9080 http://localhost:8080"),
            ];
            for (name, contents) in files {
                let file = everything.path().join(name);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, contents).unwrap();
            }
            for (folder, configuration) in [("site", CONFIGURATION), ("moved", MOVED)] {
                let site = everything.path().join(folder);
                Hosting::read(configuration).unwrap().write_files(&site).unwrap();
            }
            Folders { everything }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.everything.path().join(name)
        }

        async fn serve(&self) -> SocketAddr {
            let host = StaticHost {
                app_origin: "http://localhost:9080".into(),
                ehr_origin: "http://localhost:7002".into(),
                second_ehr_origin: "http://localhost:8080".into(),
                sites: ["site", "moved"].map(|folder| Site::open(self.at(folder)).unwrap()).into(),
                package: self.at("pkg"),
                plain_page: self.at("plain"),
                knows_v1_alone: false,
            };
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(host.serve(listener));
            address
        }
    }

    #[test]
    fn a_path_is_a_file_a_page_or_a_folder() {
        let folders = Folders::new();
        let site = folders.at("site");
        for (path, file) in [
            ("", "index.html"),
            ("launch", "launch.html"),
            ("record", "record/index.html"),
            ("record/", "record/index.html"),
            ("launcher_bg.wasm", "launcher_bg.wasm"),
        ] {
            assert_eq!(resolve(&site, path), Some(site.join(file)), "{path}");
        }
        for path in ["missing", "launch/", "launcher_bg.wasm/"] {
            assert_eq!(resolve(&site, path), None, "{path}");
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_a_file_of_it() {
        let folders = Folders::new();
        let site = folders.at("site");
        let outside = folders.at("secret.txt");
        for path in
            ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "..\\secret.txt", "record/../../secret.txt"]
        {
            assert_eq!(resolve(&site, path), None, "{path}");
        }
        for path in [outside.to_str().unwrap(), ".hidden", "/index.html", "./index.html", "index.html\0"] {
            assert_eq!(resolve(&site, path), None, "{path}");
        }
    }

    #[tokio::test]
    async fn pages_come_with_a_strict_policy_for_this_ehr() {
        let folders = Folders::new();
        let page = fetch(folders.serve().await, "/launch?iss=x").await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(page.ends_with("\r\n\r\nlaunch"), "{page}");
        assert!(page.contains("content-type: text/html; charset=utf-8\r\n"), "{page}");
        assert!(page.contains("script-src 'self' 'wasm-unsafe-eval';"), "{page}");
        assert!(
            page.contains("connect-src 'self' http://localhost:7002 http://localhost:8080 ws://localhost:7002;"),
            "{page}"
        );
        assert!(page.contains("frame-ancestors http://localhost:7002\r\n"), "{page}");
        assert!(!page.contains("unsafe-inline"), "{page}");
        for header in ["x-content-type-options: nosniff", "referrer-policy: no-referrer"] {
            assert!(page.contains(header), "{header}: {page}");
        }
    }

    #[tokio::test]
    async fn s13_a_site_below_a_path_has_its_own_pages_and_policy() {
        let folders = Folders::new();
        let address = folders.serve().await;
        let page = fetch(address, "/apps/record/").await;
        assert!(page.ends_with("moved home") && page.contains("connect-src 'self';"), "{page}");
        assert!(page.contains("frame-ancestors 'none'\r\n"), "{page}");
        let missing = fetch(address, "/apps/record/nowhere").await;
        assert!(missing.starts_with("HTTP/1.1 404") && missing.ends_with("moved not found page"), "{missing}");
        assert!(fetch(address, "/apps/record").await.ends_with("\r\n\r\nnot found page"));
    }

    #[tokio::test]
    async fn wasm_has_its_media_type() {
        let folders = Folders::new();
        let file = fetch(folders.serve().await, "/launcher_bg.wasm").await;
        assert!(file.contains("content-type: application/wasm\r\n"), "{file}");
    }

    #[tokio::test]
    async fn an_unknown_path_is_the_not_found_page_with_its_status() {
        let folders = Folders::new();
        let page = fetch(folders.serve().await, "/nowhere").await;
        assert!(page.starts_with("HTTP/1.1 404"), "{page}");
        assert!(page.ends_with("not found page"), "{page}");
    }

    #[tokio::test]
    async fn the_configuration_and_the_plain_page_name_the_origins_in_use() {
        let folders = Folders::new();
        let address = folders.serve().await;
        let configuration = fetch(address, "/launcher.config.json").await;
        for origin in [
            r#"{"fhirBase": "http://localhost:7002/webchart.cgi/fhir""#,
            r#""http://localhost:9080/code"}"#,
            r#"{"fhirBase": "http://localhost:8080/webchart.cgi/fhir"}"#,
        ] {
            assert!(configuration.contains(origin), "{configuration}");
        }
        let script = fetch(address, "/plain-html/page.js").await;
        assert!(script.ends_with("http://localhost:7002 http://localhost:9080"), "{script}");
        let package = fetch(address, "/pkg/index.js").await;
        assert!(package.ends_with("// http://localhost:9080"), "{package}");
    }

    #[tokio::test]
    async fn the_plain_page_is_a_folder_and_keeps_its_query() {
        let folders = Folders::new();
        let address = folders.serve().await;
        assert!(fetch(address, "/plain-html?code=1").await.contains("location: /plain-html/?code=1\r\n"));
        assert!(fetch(address, "/plain-html/?code=1").await.ends_with("plain"));
    }
}
