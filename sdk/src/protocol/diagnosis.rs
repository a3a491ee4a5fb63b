//! Deviations of a server's documents from the standards, in plain language, each with the section of the standard.
//!
//! None of them stops the client.

mod standard_members;

use super::client_auth::{BasicEncoding, ClientAuthentication};
use super::finding::Finding;
use super::revocation::is_page;
use super::url::Url;
use crate::json::{JsonView, list};
use standard_members::{CAPABILITIES, ENDPOINTS, OPENID_LISTS, SMART_LISTS, SMART_MEMBERS};

const SMART: &str = "SMART App Launch 2.2, conformance";
const OPENID: &str = "OpenID Connect Discovery 1.0 section 3";

/// The deviations of a SMART configuration.
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use smartrust::protocol::diagnosis::smart_configuration_findings;
///
/// let document = serde_json::json!({"issuer": "", "token_endpoint": "/token", "capabilities": ["lsunch-standalone"]});
/// let findings = smart_configuration_findings(&document);
/// assert!(findings.iter().any(|finding| finding.code == "empty_issuer"));
/// assert!(findings.iter().any(|finding| finding.message.contains("lsunch-standalone")));
/// # }
/// ```
pub fn smart_configuration_findings<V: JsonView>(document: &V) -> Vec<Finding> {
    let mut found = Findings { section: SMART, findings: Vec::new() };
    let capabilities = list(document, "capabilities");
    let is_capable = |name: &str| capabilities.iter().any(|capability| capability == name);
    found.note_issuer(document, is_capable("sso-openid-connect"));
    found.note_strings_for_arrays(document, &SMART_LISTS);
    found.note_unknown("unknown_member", "The member ", document.names(), &SMART_MEMBERS);
    found.note_unknown("unknown_capability", "The capability ", capabilities.clone(), &CAPABILITIES);
    found.note_endpoints(document);
    found.note_response_types(document);
    if document.member("user_access_brand_identifier").is_some()
        && document.member("user_access_brand_bundle").is_none()
    {
        found.note(
            "missing_brand_bundle",
            "It has user_access_brand_identifier, but no user_access_brand_bundle.".into(),
        );
    }
    if document.member("smart_app_state_endpoint").is_some() {
        found.note(
            "deprecated_app_state_endpoint",
            "smart_app_state_endpoint is deprecated: list the endpoint in associated_endpoints, with the capability smart-app-state.".into(),
        );
    }
    let grants = list(document, "grant_types_supported");
    let lasts = is_capable("permission-offline") || is_capable("permission-online");
    if lasts && !grants.is_empty() && !grants.iter().any(|grant| grant == "refresh_token") {
        found.note(
            "missing_grant",
            "It supports refresh tokens, but does not list the grant type refresh_token.".into(),
        );
    }
    let methods = list(document, "token_endpoint_auth_methods_supported");
    let takes_secrets = methods.iter().any(|method| method.starts_with("client_secret_"));
    if is_capable("client-confidential-symmetric") && !methods.is_empty() && !takes_secrets {
        let message = "It supports clients with a secret, but lists no authentication method with one.";
        found.note("missing_auth_method", message.into());
    }
    if !list(document, "code_challenge_methods_supported").iter().any(|method| method == "S256") {
        found.note("missing_pkce", "It does not advertise PKCE with S256, which this client sends.".into());
    }
    found.findings
}

/// The deviations of an OpenID configuration.
pub fn openid_configuration_findings<V: JsonView>(document: &V) -> Vec<Finding> {
    let mut found = Findings { section: OPENID, findings: Vec::new() };
    found.note_issuer(document, true);
    found.note_strings_for_arrays(document, &OPENID_LISTS);
    found.note_endpoints(document);
    found.note_response_types(document);
    found.findings
}

/// The contradictions between the two documents of one server.
pub fn contradictions<V: JsonView>(smart: &V, openid: &V) -> Vec<Finding> {
    let mut found = Findings { section: SMART, findings: Vec::new() };
    for member in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let text = |document: &V| document.member_text(member).filter(|text| !text.is_empty());
        if let (Some(one), Some(other)) = (text(smart), text(openid))
            && one != other
        {
            let message =
                format!("The SMART configuration's {member} is {one}, the OpenID configuration's is {other}.");
            found.note("contradiction", message);
        }
    }
    found.findings
}

/// The differences between a server's document and the endpoints in the app's configuration. Each of `named` is a member's name in the
/// configuration, its name in the document, and its value in the configuration.
pub fn differing_endpoints<V: JsonView>(
    document_name: &str,
    document: &V,
    fhir_base: &Url,
    named: &[(&'static str, &'static str, Option<&str>)],
) -> Vec<Finding> {
    let mut found = Findings { section: SMART, findings: Vec::new() };
    for (own_member, member, text) in named {
        let listed = document.member_text(member).filter(|listed| !listed.is_empty());
        let (Some(own), Some(listed)) = (text, listed) else { continue };
        let resolved = fhir_base.child("").and_then(|folder| folder.join(&listed));
        let is_same = listed == *own || (*member != "issuer" && resolved.is_ok_and(|url| url.as_str() == *own));
        if !is_same {
            let message = format!(
                "The app's configuration has {own} as {own_member}, which is used; the {document_name}'s {member} is {listed}."
            );
            found.note("endpoint_differs", message);
        }
    }
    found.findings
}

/// That an OpenID configuration does not belong to the server, and why.
pub fn foreign_openid_configuration_finding(problem: &str) -> Finding {
    let message = format!(
        "The OpenID configuration does not belong to this server: {problem}. Its keys and its issuer are not used."
    );
    Finding::new("foreign_openid_configuration", message, "OpenID Connect Discovery 1.0 section 4.3")
}

/// That a server registers apps of its trust community (UDAP), if its UDAP metadata says so. Nothing of that document is verified here.
///
/// ```
/// use smartrust::protocol::diagnosis::trust_community_finding;
///
/// let document = serde_json::json!({"udap_versions_supported": ["1"], "udap_profiles_supported": ["udap_dcr", "udap_authn"]});
/// assert_eq!(trust_community_finding(&document).map(|finding| finding.code), Some("trust_community"));
/// ```
pub fn trust_community_finding<V: JsonView>(document: &V) -> Option<Finding> {
    let message = "It registers apps of its trust community by their certificates (UDAP). A page cannot do that, but the app's own server can: \
                   see the guide \"Join a trust community\".";
    let registers = list(document, "udap_profiles_supported").iter().any(|profile| profile == "udap_dcr");
    registers.then(|| Finding::new("trust_community", message, "UDAP Security 2.0, discovery"))
}

struct Findings {
    section: &'static str,
    findings: Vec<Finding>,
}

impl Findings {
    fn note(&mut self, code: &'static str, message: String) {
        self.findings.push(Finding::new(code, message, self.section));
    }

    fn note_issuer<V: JsonView>(&mut self, document: &V, is_needed: bool) {
        match document.member_text("issuer").as_deref() {
            Some("") => {
                self.note("empty_issuer", "The issuer is empty, so the issuer of ID tokens cannot be checked.".into())
            }
            None if is_needed => {
                self.note("missing_issuer", "It has no issuer, so the issuer of ID tokens cannot be checked.".into());
            }
            _ => {}
        }
    }

    fn note_strings_for_arrays<V: JsonView>(&mut self, document: &V, members: &[&str]) {
        for member in members.iter().filter(|member| document.member_text(member).is_some()) {
            self.note("string_for_array", format!("{member} is a string instead of an array."));
        }
    }

    fn note_unknown(&mut self, code: &'static str, what: &str, names: Vec<String>, known: &[&str]) {
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            self.note(code, format!("{what}{name} is not in the standard."));
        }
    }

    fn note_endpoints<V: JsonView>(&mut self, document: &V) {
        for member in ENDPOINTS {
            let Some(text) = document.member_text(member) else { continue };
            match Url::parse(&text) {
                Err(_) => self.note("relative_endpoint", format!("{member} is not an absolute URL: {text}")),
                Ok(url) if !url.is_confidential() => {
                    self.note(
                        "insecure_endpoint",
                        format!("{member} uses http, so others on the network could read the traffic: {text}"),
                    );
                }
                Ok(url) if member == "revocation_endpoint" && is_page(&url) => {
                    let message =
                        format!("{member} is a page for people and not an endpoint, so it is not used: {text}");
                    self.note("revocation_page", message);
                }
                Ok(_) => {}
            }
        }
        if document.member_text("token_endpoint").is_none() {
            self.note("missing_token_endpoint", "It has no token_endpoint, so no app can connect.".into());
        }
    }

    fn note_response_types<V: JsonView>(&mut self, document: &V) {
        let types = list(document, "response_types_supported");
        if !types.is_empty() && !types.iter().any(|kind| kind == "code") {
            let message =
                format!("response_types_supported has no \"code\", which every launch uses: {}", types.join(" "));
            self.note("missing_response_type", message);
        }
    }
}

/// A suggestion after the token endpoint refused the client.
pub fn refused_client_finding(authentication: &ClientAuthentication) -> Finding {
    let remedy = match authentication {
        ClientAuthentication::None => {
            "it may be registered with a secret or a key, which the configuration does not have"
        }
        ClientAuthentication::ClientSecretBasic(_, BasicEncoding::Form) => {
            "some servers compare id and secret without decoding: try the basicEncoding \"raw\""
        }
        ClientAuthentication::ClientSecretBasic(_, BasicEncoding::Raw) => "try the basicEncoding \"form\"",
        ClientAuthentication::ClientSecretPost(_) => "try client_secret_basic",
        ClientAuthentication::Callback(_) => {
            "the server must have the public key with the same kid, and the clocks must agree within two minutes"
        }
    };
    let message = format!("The token endpoint refused the client (invalid_client): check its id; {remedy}.");
    Finding::new("invalid_client", message, "RFC 6749 section 5.2")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn codes(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    /// WebChart's SMART configuration, as its documentation prints it, on a host of our own.
    fn webchart() -> Value {
        json!({
            "issuer": "", "jwks_uri": "https://ehr.example/webchart.cgi/jwks/",
            "authorization_endpoint": "https://ehr.example/webchart.cgi/oauth/authenticate/",
            "grant_types_supported": ["authorization_code"],
            "token_endpoint": "https://ehr.example/webchart.cgi/oauth/token/",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS384"],
            "scopes_supported": ["patient/*.rs", "system/*.read"], "response_types_supported": "token",
            "management_endpoint": "https://ehr.example/webchart.cgi?f=admin&s=jwt",
            "introspection_endpoint": "https://ehr.example/webchart.cgi/oauth/introspect/",
            "revocation_endpoint": "https://ehr.example/webchart.cgi?f=admin&s=jwt&opp=revoke",
            "capabilities": ["sso-openid-connect", "launch-ehr", "client-confidential-symmetric", "permission-offline"],
            "code_challenge_methods_supported": ["S256"],
        })
    }

    #[test]
    fn d7_each_deviation_of_webcharts_smart_configuration_is_a_finding() {
        let findings = smart_configuration_findings(&webchart());
        assert_eq!(
            codes(&findings),
            [
                "empty_issuer",
                "string_for_array",
                "revocation_page",
                "missing_response_type",
                "missing_grant",
                "missing_auth_method",
            ]
        );
        assert!(findings.iter().all(|finding| !finding.section.is_empty() && !finding.message.is_empty()));
    }

    #[test]
    fn e7_a_bundle_of_brands_has_a_safe_url() {
        let with = |members: Value| {
            let mut document = webchart();
            document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            let findings = smart_configuration_findings(&document);
            codes(&findings).into_iter().find(|code| code.contains("endpoint") || code.contains("bundle"))
        };
        assert_eq!(with(json!({"user_access_brand_bundle": "https://ehr.example/brands.json"})), None);
        assert_eq!(with(json!({"user_access_brand_bundle": "brands.json"})), Some("relative_endpoint"));
        assert_eq!(
            with(json!({"user_access_brand_bundle": "http://ehr.example/brands.json"})),
            Some("insecure_endpoint")
        );
        assert_eq!(with(json!({"user_access_brand_identifier": {"value": "1"}})), Some("missing_brand_bundle"));
    }

    #[test]
    fn m3_the_deprecated_endpoint_for_app_state_is_a_finding() {
        let mut document = webchart();
        let known = smart_configuration_findings(&document).len();
        document["smart_app_state_endpoint"] = json!("https://ehr.example/state");
        let findings = smart_configuration_findings(&document);
        let new: Vec<_> = findings.iter().filter(|finding| finding.code == "deprecated_app_state_endpoint").collect();
        assert_eq!((new.len(), findings.len()), (1, known + 1));
        assert!(new[0].message.contains("associated_endpoints"), "{}", new[0].message);
    }

    #[test]
    fn d7_each_deviation_of_webcharts_openid_configuration_is_a_finding() {
        let openid = json!({
            "issuer": "https://ehr.example/webchart.cgi",
            "authorization_endpoint": "https://ehr.example/webchart.cgi/oauth/authorization/",
            "jwks_uri": "https://ehr.example/webchart.cgi/jwks/",
            "response_types_supported": "code", "subject_types_supported": "public",
            "id_token_signing_alg_values_supported": "RS256",
            "token_endpoint": "https://ehr.example/webchart.cgi/oauth/token/",
            "introspection_endpoint": "https://ehr.example/webchart.cgi/oauth/introspect/",
            "revocation_endpoint": "https://ehr.example/webchart.cgi?f=jwt&opp=manage",
        });
        let strings = ["string_for_array"; 3];
        let expected: Vec<_> = strings.into_iter().chain(["revocation_page"]).collect();
        assert_eq!(codes(&openid_configuration_findings(&openid)), expected);

        let differing = contradictions(&webchart(), &openid);
        assert_eq!(codes(&differing), ["contradiction"]);
        assert!(differing[0].message.contains("authorization_endpoint"));
    }

    #[test]
    fn d4_strings_for_arrays_and_unknown_members_are_findings() {
        let document = json!({
            "issuer": "https://ehr.example", "token_endpoint": "/token", "response_types_supported": "code",
            "code_challenge_methods_supported": "S256", "capabilities": ["launch-ehr", "lsunch-standalone"], "x-own": 1,
        });
        let findings = smart_configuration_findings(&document);
        let expected =
            ["string_for_array", "string_for_array", "unknown_member", "unknown_capability", "relative_endpoint"];
        assert_eq!(codes(&findings), expected);
        assert!(findings[3].message.contains("lsunch-standalone"));
    }

    #[test]
    fn d7_a_correct_document_has_no_finding() {
        let document = json!({
            "issuer": "https://ehr.example", "jwks_uri": "https://ehr.example/jwks",
            "authorization_endpoint": "https://ehr.example/authorize", "token_endpoint": "https://ehr.example/token",
            "grant_types_supported": ["authorization_code", "refresh_token"], "response_types_supported": ["code"],
            "capabilities": ["launch-ehr", "permission-offline"], "code_challenge_methods_supported": ["S256"],
        });
        assert_eq!(smart_configuration_findings(&document), []);
    }

    #[test]
    fn d7_a_document_without_the_required_endpoints_has_a_finding() {
        let document = json!({"authorization_endpoint": "http://ehr.example/authorize"});
        let findings = smart_configuration_findings(&document);
        assert_eq!(codes(&findings), ["insecure_endpoint", "missing_token_endpoint", "missing_pkce"]);
    }
}
