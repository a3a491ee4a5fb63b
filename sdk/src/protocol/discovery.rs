//! The documents with a server's endpoints: `.well-known/smart-configuration` (SMART App Launch 2.2, conformance),
//! `.well-known/openid-configuration` (OpenID Connect Discovery) and the capability statement's `oauth-uris`.

use super::http::Request;
use super::safe_url::safe_url;
use super::url::{Url, UrlError};
use crate::error::{Error, Failure};
use crate::fhir::request::FHIR_JSON;
use crate::json::{Json, JsonView, list};

const OAUTH_URIS: &str = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

/// The configuration of a server's authorization server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SmartConfiguration {
    /// The issuer of its ID tokens; `None` if it is absent or empty.
    pub issuer: Option<String>,
    /// The authorization endpoint.
    pub authorization_endpoint: Option<Url>,
    /// The token endpoint.
    pub token_endpoint: Url,
    /// The keys that sign ID tokens.
    pub jwks_uri: Option<Url>,
    /// The registration endpoint.
    pub registration_endpoint: Option<Url>,
    /// The UserInfo endpoint.
    pub userinfo_endpoint: Option<Url>,
    /// The introspection endpoint.
    pub introspection_endpoint: Option<Url>,
    /// The revocation endpoint. On some servers it is a page for people.
    pub revocation_endpoint: Option<Url>,
    /// A page on which users manage what they shared. Link to it; never fetch it.
    pub management_endpoint: Option<Url>,
    /// The server's capabilities, such as `launch-ehr`.
    pub capabilities: Vec<String>,
    /// The algorithms of client assertions that the token endpoint accepts.
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// PKCE methods.
    pub code_challenge_methods_supported: Vec<String>,
    /// Whether every redirect contains its issuer (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether the server's OpenID configuration was ignored, because it has another issuer or contradicts
    /// this one.
    pub ignored_openid_configuration: bool,
    /// The whole document as JSON text, including unknown members.
    pub json: String,
}

impl SmartConfiguration {
    /// Whether the server has a capability, such as `authorize-post`.
    pub fn has_capability(&self, name: &str) -> bool {
        self.capabilities.iter().any(|capability| capability == name)
    }

    /// Whether the document lists a claim among those that ID tokens may have (`claims_supported`).
    pub fn supports_claim<J: Json>(&self, json: &J, claim: &str) -> bool {
        json.parse(&self.json)
            .is_some_and(|document| list(&document, "claims_supported").iter().any(|known| known == claim))
    }
}

/// Requests a base for its SMART configuration: one GET without a token and without a header that needs a preflight.
///
/// ```
/// use smartrust::protocol::discovery::{read_smart_configuration, smart_configuration_request};
/// use smartrust::protocol::url::Url;
///
/// let fhir_base = Url::parse("https://ehr.example/fhir")?;
/// let request = smart_configuration_request(&fhir_base)?;
/// assert_eq!(request.url.as_str(), "https://ehr.example/fhir/.well-known/smart-configuration");
///
/// let document = serde_json::json!({
///     "authorization_endpoint": "https://ehr.example/authorize",
///     "token_endpoint": "https://ehr.example/token",
///     "capabilities": ["launch-ehr", "launch-standalone"],
/// });
/// assert!(read_smart_configuration(&document, &fhir_base, false)?.has_capability("launch-ehr"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn smart_configuration_request(base: &Url) -> Result<Request, UrlError> {
    Ok(Request::get(base.child(".well-known/smart-configuration")?, "application/json"))
}

/// Requests a base for its OpenID configuration.
pub fn openid_configuration_request(base: &Url) -> Result<Request, UrlError> {
    Ok(Request::get(base.child(".well-known/openid-configuration")?, "application/json"))
}

/// Requests a FHIR base for its capability statement.
pub fn capability_statement_request(fhir_base: &Url) -> Result<Request, UrlError> {
    Ok(Request::get(fhir_base.child("metadata")?, FHIR_JSON))
}

/// Reads a SMART configuration. Relative URLs resolve against the FHIR base.
///
/// For an example, see [`smart_configuration_request`].
///
/// # Errors
/// [`Error::Configuration`] with `token_endpoint` if the document has none, [`Error::Url`] and
/// [`Error::InsecureUrl`] for URLs that cannot be used.
pub fn read_smart_configuration<V: JsonView>(
    document: &V,
    fhir_base: &Url,
    allow_insecure_http: bool,
) -> Result<SmartConfiguration, Failure> {
    let reader = Reader { find: &|member| document.member_text(member), fhir_base, allow_insecure_http };
    Ok(SmartConfiguration {
        issuer: document.member_text("issuer").filter(|issuer| !issuer.is_empty()),
        authorization_endpoint: reader.endpoint("authorization_endpoint")?,
        token_endpoint: reader.token_endpoint()?,
        jwks_uri: reader.endpoint("jwks_uri")?,
        registration_endpoint: reader.optional("registration_endpoint"),
        userinfo_endpoint: reader.optional("userinfo_endpoint"),
        introspection_endpoint: reader.optional("introspection_endpoint"),
        revocation_endpoint: reader.optional("revocation_endpoint"),
        management_endpoint: reader.optional("management_endpoint"),
        capabilities: list(document, "capabilities"),
        token_endpoint_auth_signing_alg_values_supported: list(
            document,
            "token_endpoint_auth_signing_alg_values_supported",
        ),
        code_challenge_methods_supported: list(document, "code_challenge_methods_supported"),
        authorization_response_iss_parameter_supported: document
            .member("authorization_response_iss_parameter_supported")
            .and_then(|supported| supported.flag())
            .unwrap_or(false),
        ignored_openid_configuration: false,
        json: document.to_json(),
    })
}

/// Reads the `oauth-uris` extension of a capability statement, which servers of the first SMART version have.
///
/// # Errors
/// As [`read_smart_configuration`].
pub fn read_capability_statement<V: JsonView>(
    statement: &V,
    fhir_base: &Url,
    allow_insecure_http: bool,
) -> Result<SmartConfiguration, Failure> {
    let rest = statement.member_items("rest").into_iter().find_map(|rest| rest.member("security"));
    let extensions = rest.map(|security| security.member_items("extension")).unwrap_or_default();
    let uris = extensions.iter().find(|extension| extension.member_text("url").as_deref() == Some(OAUTH_URIS));
    let uris = uris.map(|extension| extension.member_items("extension")).unwrap_or_default();
    let find = |member: &str| {
        let name = match member {
            "token_endpoint" => "token",
            "authorization_endpoint" => "authorize",
            other => other,
        };
        uris.iter().find(|uri| uri.member_text("url").as_deref() == Some(name))?.member_text("valueUri")
    };
    let reader = Reader { find: &find, fhir_base, allow_insecure_http };
    Ok(SmartConfiguration {
        issuer: None,
        authorization_endpoint: reader.endpoint("authorization_endpoint")?,
        token_endpoint: reader.token_endpoint()?,
        jwks_uri: None,
        registration_endpoint: reader.optional("register"),
        userinfo_endpoint: None,
        introspection_endpoint: reader.optional("introspect"),
        revocation_endpoint: reader.optional("revoke"),
        management_endpoint: reader.optional("manage"),
        capabilities: Vec::new(),
        token_endpoint_auth_signing_alg_values_supported: Vec::new(),
        code_challenge_methods_supported: Vec::new(),
        authorization_response_iss_parameter_supported: false,
        ignored_openid_configuration: false,
        json: statement.to_json(),
    })
}

struct Reader<'a> {
    find: &'a dyn Fn(&str) -> Option<String>,
    fhir_base: &'a Url,
    allow_insecure_http: bool,
}

impl Reader<'_> {
    fn token_endpoint(&self) -> Result<Url, Failure> {
        let endpoint = self.endpoint("token_endpoint")?;
        endpoint.ok_or_else(|| Error::configuration("discovery", "it has no token_endpoint"))
    }

    /// An endpoint that a launch can do without.
    fn optional(&self, member: &str) -> Option<Url> {
        self.endpoint(member).ok().flatten()
    }

    fn endpoint(&self, member: &str) -> Result<Option<Url>, Failure> {
        let Some(text) = (self.find)(member).filter(|text| !text.is_empty()) else { return Ok(None) };
        let url = self.fhir_base.child("").and_then(|folder| folder.join(&text));
        safe_url(url, member, self.allow_insecure_http).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn base() -> Url {
        Url::parse("https://ehr.example/practice/fhir").unwrap()
    }

    fn read(document: Value) -> Result<SmartConfiguration, Failure> {
        read_smart_configuration(&document, &base(), false)
    }

    #[test]
    fn d1_one_get_under_the_base_with_or_without_a_slash() {
        for base in ["https://ehr.example/fhir", "https://ehr.example/fhir/"] {
            let request = smart_configuration_request(&Url::parse(base).unwrap()).unwrap();
            assert_eq!(request.url.to_string(), "https://ehr.example/fhir/.well-known/smart-configuration");
            assert_eq!(request.method, super::super::http::Method::Get);
            assert_eq!(request.headers, [("Accept".to_owned(), "application/json".to_owned())]);
            assert_eq!((request.authorization(), request.body.as_deref()), (None, None));
        }
    }

    #[test]
    fn d3_relative_endpoints_resolve_against_the_fhir_base() {
        let configuration =
            read(json!({"token_endpoint": "auth/token", "authorization_endpoint": "/authorize?tenant=1"})).unwrap();
        assert_eq!(configuration.token_endpoint.to_string(), "https://ehr.example/practice/fhir/auth/token");
        let authorization = configuration.authorization_endpoint.unwrap().to_string();
        assert_eq!(authorization, "https://ehr.example/authorize?tenant=1");
    }

    #[test]
    fn d4_deviations_are_read_kept_and_reported() {
        let document = json!({
            "issuer": "", "token_endpoint": "/token", "response_types_supported": "token",
            "code_challenge_methods_supported": "S256", "capabilities": ["launch-ehr", "lsunch-standalone"],
            "x-own": {"a": 1}, "revocation_endpoint": "https://ehr.example/webchart.cgi?f=admin&s=jwt&opp=revoke",
        });
        let configuration = read(document.clone()).unwrap();
        assert_eq!(configuration.issuer, None);
        assert_eq!(configuration.code_challenge_methods_supported, ["S256"]);
        assert_eq!(configuration.capabilities, ["launch-ehr", "lsunch-standalone"]);
        assert!(configuration.json.contains("x-own"));
    }

    #[test]
    fn d5_plain_http_is_refused_except_on_this_machine_or_by_an_option() {
        let document = json!({"token_endpoint": "http://ehr.example/token"});
        assert_eq!(read(document.clone()), Err(Error::InsecureUrl { what: "token_endpoint".into() }.into()));
        assert!(read_smart_configuration(&document, &base(), true).is_ok());
        assert!(read(json!({"token_endpoint": "http://localhost:9080/token"})).is_ok());
    }

    #[test]
    fn g5_only_a_url_that_is_safe_to_link_to_is_offered() {
        let management = |text: &str| {
            let document = json!({"token_endpoint": "/token", "management_endpoint": text});
            read(document).unwrap().management_endpoint.map(|url| url.to_string())
        };
        let page = "https://ehr.example/webchart.cgi?f=admin&s=jwt";
        assert_eq!(management(page).as_deref(), Some(page));
        assert_eq!(management("/manage").as_deref(), Some("https://ehr.example/manage"));
        for unsafe_link in ["javascript:alert(1)", "data:text/html,x", "http://ehr.example/manage", "https://a@b/", ""]
        {
            assert_eq!(management(unsafe_link), None, "{unsafe_link}");
        }
    }

    #[test]
    fn a_document_without_a_token_endpoint_is_invalid() {
        for document in [json!({}), json!([]), json!("x"), json!({"token_endpoint": 1}), json!({"token_endpoint": ""})]
        {
            assert_eq!(read(document).unwrap_err().code(), "invalid_configuration");
        }
    }
}
