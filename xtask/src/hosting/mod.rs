//! How the launcher's site is hosted, from `launcher.config.json`: its path and its headers, including the content security
//! policy. [`files`] writes them for hosts.

mod files;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::HashSet;

const MEMBERS: [&str; 4] = ["path", "frameAncestors", "otherOrigins", "directoryOrigins"];
/// The members of a server that are URLs.
const SERVER_MEMBERS: [&str; 8] = [
    "fhirBase",
    "discoveryBase",
    "authorizationEndpoint",
    "tokenEndpoint",
    "jwksUri",
    "revocationEndpoint",
    "introspectionEndpoint",
    "userinfoEndpoint",
];

/// A name and a value.
type Header = (&'static str, String);

/// How the launcher's site is hosted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// The site's path, such as `/` or `/record/`.
    pub path: String,
    /// The origins of the servers that the pages connect to and post forms to.
    servers: Vec<String>,
    /// The origins of the WebSockets that the pages open.
    sockets: Vec<String>,
    /// The origins that may show the site in a frame.
    frame_ancestors: Vec<String>,
}

impl Hosting {
    /// Reads a configuration.
    ///
    /// # Errors
    /// One sentence that names the wrong member, such as `hosting.path`.
    pub fn read(configuration: &str) -> Result<Self> {
        let configuration: Value = serde_json::from_str(configuration).context("the configuration is not JSON")?;
        let hosting = &configuration["hosting"];
        if let Some(unknown) =
            hosting.as_object().and_then(|members| members.keys().find(|name| !MEMBERS.contains(&name.as_str())))
        {
            bail!("hosting.{unknown} is wrong: no such member exists, only {}.", MEMBERS.join(", "));
        }
        let path = hosting["path"].as_str().unwrap_or("/").to_owned();
        ensure!(is_folder(&path), "hosting.path is wrong: it begins and ends with a slash, such as \"/record/\".");
        let (mut servers, mut sockets) = (Vec::new(), Vec::new());
        for (index, server) in items(&configuration["servers"], "servers")?.iter().enumerate() {
            for member in SERVER_MEMBERS {
                let Some(url) = server[member].as_str() else { continue };
                let origin = origin_of(url).filter(|origin| !is_socket(origin));
                let origin = origin.with_context(|| wrong_origin(&format!("servers[{index}].{member}")))?;
                if member == "fhirBase" && has_events(server) {
                    // A hub usually is at the server. Policies tell its WebSockets apart from its other URLs.
                    sockets.push(origin.replacen("http", "ws", 1));
                }
                servers.push(origin);
            }
        }
        let (other_sockets, other_servers): (Vec<_>, Vec<_>) =
            origins(hosting, "otherOrigins")?.into_iter().partition(|origin| is_socket(origin));
        servers.extend(other_servers);
        sockets.extend(other_sockets);
        servers.extend(directory_sources(&configuration)?);
        let mut seen = HashSet::new();
        servers.retain(|origin| seen.insert(origin.clone()));
        sockets.retain(|origin| seen.insert(origin.clone()));
        Ok(Self { path, servers, sockets, frame_ancestors: origins(hosting, "frameAncestors")? })
    }

    /// The content security policy. Directives that only work in a header are left out in pages.
    pub fn policy(&self, place: Place) -> String {
        let sources = |before: &str, origins: &[String]| {
            [before].into_iter().chain(origins.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
        };
        let own_and_servers = sources("'self'", &self.servers);
        let mut directives = vec![
            "default-src 'none'".to_owned(),
            "script-src 'self' 'wasm-unsafe-eval'".to_owned(),
            "style-src 'self'".to_owned(),
            "img-src 'self' data:".to_owned(),
            "font-src 'self'".to_owned(),
            format!("connect-src {}", sources(&own_and_servers, &self.sockets)),
            "base-uri 'none'".to_owned(),
            format!("form-action {own_and_servers}"),
        ];
        match (place, self.frame_ancestors.is_empty()) {
            (Place::Page, _) => {}
            (Place::Header, true) => directives.push("frame-ancestors 'none'".to_owned()),
            (Place::Header, false) => directives.push(sources("frame-ancestors", &self.frame_ancestors)),
        }
        directives.join("; ")
    }

    /// The headers for every file of the site. `Cache-Control` depends on the file.
    fn headers(&self) -> Vec<Header> {
        let mut headers = vec![("Content-Security-Policy", self.policy(Place::Header))];
        let fixed = [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ];
        headers.extend(fixed.map(|(name, value)| (name, value.to_owned())));
        headers
    }
}

/// The sources that the pages of a launcher with a list of providers connect to: the configured origins of its servers, and the list's origin.
/// Without configured origins, every https server, because the list may name any, and patients can look up addresses that are not in it.
fn directory_sources(configuration: &Value) -> Result<Vec<String>> {
    const MEMBER: &str = "directoryOrigins";
    let (directory, hosting) = (&configuration["directory"], &configuration["hosting"]);
    let mut sources = origins(hosting, MEMBER)?;
    ensure!(
        hosting[MEMBER].is_null() || !directory.is_null(),
        "hosting.{MEMBER} is wrong: there is no list of providers (directory)."
    );
    if directory.is_null() {
        return Ok(sources);
    }
    if hosting[MEMBER].is_null() {
        return Ok(vec!["https:".to_owned()]);
    }
    // A list with a path is part of the site.
    sources.extend(directory["index"].as_str().and_then(origin_of));
    Ok(sources)
}

fn is_socket(origin: &str) -> bool {
    origin.starts_with("ws")
}

/// Whether the launcher asks a server for events of other apps (FHIRcast).
fn has_events(server: &Value) -> bool {
    let scope = server["scope"].as_str().unwrap_or_default();
    scope.split_whitespace().any(|scope| scope.to_ascii_lowercase().starts_with("fhircast/"))
}

/// Where a policy is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the header `Content-Security-Policy`.
    Header,
    /// In a `meta` element of the page, for hosts without custom headers.
    Page,
}

/// The origins that a member of `hosting` lists. `https://*.example.org` is every subdomain, as in a policy.
fn origins(hosting: &Value, member: &str) -> Result<Vec<String>> {
    let name = format!("hosting.{member}");
    let mut origins = Vec::new();
    for (index, item) in items(&hosting[member], &name)?.iter().enumerate() {
        let text = item.as_str().unwrap_or_default();
        let without_wildcard = text.replacen("://*.", "://", 1);
        // A page cannot be shown by a WebSocket.
        ensure!(
            origin_of(&without_wildcard).as_ref() == Some(&without_wildcard)
                && (member == "otherOrigins" || !is_socket(text)),
            wrong_origin(&format!("{name}[{index}]"))
        );
        origins.push(text.to_owned());
    }
    Ok(origins)
}

fn items<'a>(value: &'a Value, name: &str) -> Result<&'a [Value]> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => bail!("{name} is wrong: it is not an array."),
    }
}

fn wrong_origin(member: &str) -> String {
    format!("{member} is wrong: it does not begin with an origin, such as https://ehr.example.")
}

/// The origin of a URL, as browsers serialize it. It cannot end a directive or a quoted string.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let is_origin =
        ["https", "http", "wss", "ws"].contains(&scheme) && !authority.is_empty() && authority.bytes().all(is_plain);
    is_origin.then(|| format!("{scheme}://{authority}"))
}

/// Whether a path is a folder with plain segments.
fn is_folder(path: &str) -> bool {
    let is_plain = |segment: &str| {
        !segment.starts_with('.') && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match path.strip_prefix('/').map(|rest| (rest, rest.strip_suffix('/'))) {
        Some(("", _)) => true,
        Some((_, Some(inner))) => inner.split('/').all(|segment| !segment.is_empty() && is_plain(segment)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn committed() -> Value {
        serde_json::from_str(include_str!("../../../launcher-app/launcher.config.json")).unwrap()
    }

    fn without_list() -> Value {
        let mut configuration = committed();
        configuration.as_object_mut().unwrap().remove("directory");
        configuration
    }

    fn policy(configuration: &Value) -> String {
        Hosting::read(&configuration.to_string()).unwrap().policy(Place::Header)
    }

    #[test]
    fn s13_the_policy_names_the_servers_of_the_configuration_and_nothing_else() {
        let mut configuration = without_list();
        let clinic = json!({
            "fhirBase": "https://FHIR.clinic.example:8443/r4", "discoveryBase": "https://clinic.example/",
            "authorizationEndpoint": "https://login.clinic.example/authorize", "tokenEndpoint": "https://login.clinic.example/token", "jwksUri": "https://keys.clinic.example/jwks",
            "tokenProxy": "/token-proxy",
        });
        configuration["servers"] = json!([clinic, clinic]);
        configuration["hosting"] =
            json!({"otherOrigins": ["https://*.storage.example"], "frameAncestors": ["https://ehr.example"]});
        let servers = "https://fhir.clinic.example:8443 https://clinic.example https://login.clinic.example https://keys.clinic.example https://*.storage.example";
        assert_eq!(
            policy(&configuration),
            format!(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                 connect-src 'self' {servers}; base-uri 'none'; form-action 'self' {servers}; frame-ancestors https://ehr.example"
            )
        );
    }

    #[test]
    fn s13_with_a_list_of_providers_every_https_server_can_be_reached() {
        let mut configuration = committed();
        configuration["servers"] = json!([{"fhirBase": "http://localhost:9080/fhir"}]);
        let policy = policy(&configuration);
        assert!(policy.contains("; connect-src 'self' http://localhost:9080 https:; "), "{policy}");
        assert!(policy.contains("; script-src 'self' 'wasm-unsafe-eval'; "), "{policy}");
    }

    #[test]
    fn s13_the_origins_of_a_lists_servers_can_be_named_in_place_of_every_https_server() {
        let mut configuration = committed();
        configuration["servers"] = json!([]);
        configuration["hosting"]["directoryOrigins"] =
            json!(["https://*.clinics.example", "https://fhir.other.example:8443"]);
        let servers = "https://*.clinics.example https://fhir.other.example:8443";
        for (index, list) in [("https://lists.example/brands.json", " https://lists.example"), ("./list.json", "")] {
            configuration["directory"]["index"] = json!(index);
            let policy = policy(&configuration);
            assert!(policy.contains(&format!("; connect-src 'self' {servers}{list}; ")), "{policy}");
            assert!(policy.contains(&format!("; form-action 'self' {servers}{list}; ")), "{policy}");
        }
        configuration.as_object_mut().unwrap().remove("directory");
        let error = Hosting::read(&configuration.to_string()).unwrap_err().to_string();
        assert!(error.contains("hosting.directoryOrigins is wrong: there is no list"), "{error}");
    }

    #[test]
    fn s13_x22_the_policy_allows_the_websockets_of_servers_whose_charts_are_followed() {
        let mut configuration = without_list();
        let follows =
            json!({"fhirBase": "https://ehr.example/fhir", "scope": "launch patient/*.rs FHIRcast/Patient-open.read"});
        let does_not = json!({"fhirBase": "https://portal.example/fhir", "scope": "launch/patient patient/*.rs"});
        configuration["servers"] = json!([follows, does_not]);
        configuration["hosting"] = json!({"otherOrigins": ["wss://hub.example"]});
        let policy = policy(&configuration);
        assert!(
            policy.contains(
                "; connect-src 'self' https://ehr.example https://portal.example wss://ehr.example wss://hub.example; "
            ),
            "{policy}"
        );
        assert!(policy.contains("; form-action 'self' https://ehr.example https://portal.example; "), "{policy}");
    }

    #[test]
    fn s13_no_page_can_frame_the_site_unless_one_is_configured() {
        let mut configuration = committed();
        configuration["hosting"] = json!({});
        assert!(policy(&configuration).ends_with("; frame-ancestors 'none'"));
        let hosting = Hosting::read(&configuration.to_string()).unwrap();
        assert!(!hosting.policy(Place::Page).contains("frame-ancestors"), "browsers ignore it in a page");
    }

    #[test]
    fn s13_the_error_of_an_invalid_origin_or_folder_names_it() {
        let wrong = |hosting: Value, member: &str| {
            let mut configuration = committed();
            configuration["hosting"] = hosting;
            let error = Hosting::read(&configuration.to_string()).unwrap_err().to_string();
            assert!(error.contains(member), "{member}: {error}");
        };
        for source in
            ["*", "https://*", "'self'", "https://ehr.example/", "https://ehr.example; script-src *", "ehr.example", ""]
        {
            wrong(json!({"frameAncestors": ["https://a.example", source]}), "hosting.frameAncestors[1]");
            wrong(json!({"otherOrigins": [source]}), "hosting.otherOrigins[0]");
            wrong(json!({"directoryOrigins": [source]}), "hosting.directoryOrigins[0]");
        }
        wrong(json!({"frameAncestors": "https://ehr.example"}), "hosting.frameAncestors");
        wrong(json!({"frameAncestors": ["wss://ehr.example"]}), "hosting.frameAncestors[0]");
        for path in ["record", "/record", "record/", "//", "/a//b/", "/../", "/a b/", "/a\"/", "/.git/"] {
            wrong(json!({"path": path}), "hosting.path");
        }
        wrong(json!({"frame-ancestors": []}), "hosting.frame-ancestors");
        let mut configuration = committed();
        configuration["servers"][1]["fhirBase"] = json!("/fhir");
        let error = Hosting::read(&configuration.to_string()).unwrap_err().to_string();
        assert!(error.contains("servers[1].fhirBase"), "{error}");
    }
}
