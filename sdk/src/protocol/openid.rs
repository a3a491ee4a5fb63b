//! Whether an OpenID configuration belongs to the server that it was requested from (OpenID Connect Discovery 1.0 section 4.3).

use super::discovery::SmartConfiguration;
use super::launch::same_issuer;
use super::url::Url;

/// The server that an OpenID configuration was requested from.
#[derive(Clone, Copy, Debug)]
pub struct RequestedServer<'a> {
    /// The bases that the server is known by; the document is below one of them.
    pub bases: &'a [&'a Url],
    /// Other issuers that the app configures for the server.
    pub issuers: &'a [String],
    /// The endpoints in the server's SMART configuration, if it has one.
    pub smart: Option<KnownEndpoints<'a>>,
}

/// The known endpoints of an authorization server.
#[derive(Clone, Copy, Debug)]
pub struct KnownEndpoints<'a> {
    /// The issuer of its ID tokens.
    pub issuer: Option<&'a str>,
    /// The token endpoint.
    pub token_endpoint: &'a Url,
    /// The keys that sign ID tokens.
    pub jwks_uri: Option<&'a Url>,
}

impl<'a> KnownEndpoints<'a> {
    /// The endpoints of a configuration.
    pub fn of(configuration: &'a SmartConfiguration) -> Self {
        Self {
            issuer: configuration.issuer.as_deref(),
            token_endpoint: &configuration.token_endpoint,
            jwks_uri: configuration.jwks_uri.as_ref(),
        }
    }
}

/// Why an OpenID configuration does not belong to the server that it was requested from; `None` if it does.
///
/// It does if the issuer contains a base, as `https://ehr.example` contains `https://ehr.example/fhir`, or
/// the token endpoint of the SMART configuration. A slash at the end makes no difference.
pub fn openid_problem(openid: &SmartConfiguration, requested: &RequestedServer<'_>) -> Option<&'static str> {
    if let Some(smart) = &requested.smart {
        if !openid.token_endpoint.has_origin_of(smart.token_endpoint) {
            return Some("its token endpoint has another origin than the SMART configuration's");
        }
        let differs = |own: Option<&str>, other: Option<&str>| matches!((own, other), (Some(own), Some(other)) if !same_issuer(own, other));
        if differs(smart.issuer, openid.issuer.as_deref()) {
            return Some("its issuer differs from the SMART configuration's");
        }
        if differs(smart.jwks_uri.map(Url::as_str), openid.jwks_uri.as_ref().map(Url::as_str)) {
            return Some("its jwks_uri differs from the SMART configuration's");
        }
        if smart.issuer.is_some() {
            return None;
        }
    }
    match &openid.issuer {
        Some(issuer) if !is_issuer_of(issuer, requested) => Some("its issuer is not the requested one"),
        _ => None,
    }
}

fn is_issuer_of(issuer: &str, requested: &RequestedServer<'_>) -> bool {
    if requested.issuers.iter().any(|known| same_issuer(known, issuer)) {
        return true;
    }
    let places = || requested.bases.iter().copied().chain(requested.smart.map(|smart| smart.token_endpoint));
    match Url::parse(issuer) {
        Ok(url) => places().any(|place| place.is_within(&url)),
        // A relative issuer is one of the server's own.
        Err(_) => requested.bases.iter().any(|base| {
            let url = base.child("").and_then(|folder| folder.join(issuer));
            url.is_ok_and(|url| url.is_within(base) || places().any(|place| place.is_within(&url)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::discovery::read_smart_configuration;
    use serde_json::{Value, json};

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn read(base: &str, document: Value) -> SmartConfiguration {
        read_smart_configuration(&document, &url(base), false).unwrap()
    }

    /// Whether the document at a base with this issuer speaks for it, beside a SMART configuration or alone.
    fn speaks(base: &str, issuer: &str, token: &str, smart_issuer: Option<&str>) -> bool {
        let openid = read(base, json!({"issuer": issuer, "token_endpoint": token}));
        let smart = read(base, json!({"issuer": smart_issuer.unwrap_or_default(), "token_endpoint": token}));
        let smart = smart_issuer.map(|_| KnownEndpoints::of(&smart));
        openid_problem(&openid, &RequestedServer { bases: &[&url(base)], issuers: &[], smart }).is_none()
    }

    #[test]
    fn d12_an_issuer_is_accepted_if_the_base_is_below_it() {
        for (base, issuer) in [
            ("https://h.example/a/webchart.cgi/fhir", "https://h.example/a/webchart.cgi"),
            ("https://h.example/a/webchart.cgi/fhir/", "https://h.example/a/webchart.cgi/"),
            ("https://h.example/a/webchart.cgi", "https://h.example/a/webchart.cgi"),
            ("https://h.example/a/webchart.cgi/fhir", "https://h.example"),
            ("https://h.example/a/webchart.cgi/fhir", "/a/webchart.cgi"),
            ("https://h.example/a/webchart.cgi/fhir", "auth"),
            ("https://h.example/fhir", ""),
        ] {
            assert!(speaks(base, issuer, "https://h.example/a/webchart.cgi/token", None), "{issuer}");
            assert!(speaks(base, issuer, "https://h.example/a/webchart.cgi/token", Some("")), "{issuer}");
        }
        for issuer in [
            "https://other.example",
            "https://h.example/b/webchart.cgi",
            "/b/webchart.cgi",
            "//other.example",
            "http://h.example/a/webchart.cgi",
            "https://h.example/a/webchart",
            "https://h.example:8443/a/webchart.cgi",
        ] {
            let base = "https://h.example/a/webchart.cgi/fhir";
            assert!(!speaks(base, issuer, "https://h.example/a/webchart.cgi/token", None), "{issuer}");
            assert!(!speaks(base, issuer, "https://h.example/a/webchart.cgi/token", Some("")), "{issuer}");
        }
    }

    #[test]
    fn d12_an_issuer_outside_of_the_base_is_accepted_if_the_token_endpoint_is_below_it() {
        let (base, issuer) = ("https://epic.example/api/FHIR/R4", "https://epic.example/oauth2");
        assert!(speaks(base, issuer, "https://epic.example/oauth2/token", Some("")));
        assert!(!speaks(base, issuer, "https://epic.example/oauth2/token", None), "it vouches for itself alone");
        assert!(speaks(base, issuer, "https://epic.example/token", Some(issuer)), "the SMART configuration says so");
        let openid = read(base, json!({"issuer": issuer, "token_endpoint": "https://epic.example/token"}));
        let requested = RequestedServer { bases: &[&url(base)], issuers: &[format!("{issuer}/")], smart: None };
        assert_eq!(openid_problem(&openid, &requested), None, "the app says so");
    }

    #[test]
    fn d12_a_contradiction_to_the_smart_configuration_is_a_problem() {
        let base = "https://h.example/fhir";
        let smart = read(
            base,
            json!({"issuer": "https://h.example", "token_endpoint": "/token", "jwks_uri": "https://h.example/jwks"}),
        );
        let problem = |document: Value| {
            let smart = Some(KnownEndpoints::of(&smart));
            openid_problem(&read(base, document), &RequestedServer { bases: &[&url(base)], issuers: &[], smart })
        };
        let same =
            json!({"issuer": "https://h.example/", "token_endpoint": "/t", "jwks_uri": "https://h.example/jwks/"});
        assert_eq!(problem(same.clone()), None);
        for (member, value, expected) in [
            ("issuer", "https://h.example/fhir", "issuer"),
            ("jwks_uri", "https://h.example/other", "jwks_uri"),
            ("token_endpoint", "https://other.example/token", "token endpoint"),
        ] {
            let mut other = same.clone();
            other[member] = json!(value);
            assert!(problem(other).unwrap().contains(expected), "{member}");
        }
    }
}
