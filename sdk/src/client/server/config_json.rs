//! Reads a configuration from JSON or a JavaScript object: the members of [`ServerRecord`] in camelCase.

use super::config::{NamedEndpoints, ServerRecord, SmartAppConfig};
use super::config_names::refuse_unknown;
use super::trusted_issuers::{TRUSTED_ISSUERS, read_trusted_issuers};
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::protocol::client_auth::{BasicEncoding, ClientAuthentication};
use crate::protocol::pkce::Pkce;
use crate::protocol::secret::ClientSecret;

pub(super) const MEMBERS: [&str; 23] = [
    "name",
    "fhirBase",
    "discoveryBase",
    "aud",
    "issuers",
    "clientId",
    "tokenProxy",
    "redirectUri",
    "scope",
    "pkce",
    "trustedAudiences",
    "allowMissingNonce",
    "allowInsecureHttp",
    "label",
    "softwareId",
    "openRegistration",
    "authorizationEndpoint",
    "tokenEndpoint",
    "jwksUri",
    "idTokenIssuer",
    "revocationEndpoint",
    "introspectionEndpoint",
    "userinfoEndpoint",
];

/// Members that [`authentication`] reads.
pub(crate) const AUTHENTICATION_MEMBERS: [&str; 5] =
    ["clientSecret", "tokenEndpointAuthMethod", "basicEncoding", "key", "authenticate"];

/// Members of an app's configuration other than its servers.
pub(super) const APP_MEMBERS: &[&str] = &["store"];

/// Reads the authentication of a server with a key or a callback; `None` for every other.
pub(crate) type ReadAuthentication<V> = dyn Fn(&V) -> Result<Option<ClientAuthentication>, Failure>;

impl SmartAppConfig {
    /// Reads `{"servers": [{…}]}`; for one server also `{"server": {…}}`, or only its members; for servers that differ only in their FHIR
    /// base also `{"trustedIssuers": ["https://…"], …}` with the other members.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the missing, wrong or unknown member.
    pub fn read<V: JsonView>(value: &V) -> Result<Self, Failure> {
        Self::read_with(value, &|_| Ok(None))
    }

    /// Like [`Self::read`]. `authentication` reads what JSON cannot represent: a server's key or callback.
    pub(crate) fn read_with<V: JsonView>(value: &V, authentication: &ReadAuthentication<V>) -> Result<Self, Failure> {
        let read = |server: &V| ServerRecord::read_with(server, authentication);
        if let Some(issuers) = value.member(TRUSTED_ISSUERS) {
            return Ok(Self::new(read_trusted_issuers(value, &issuers, authentication)?));
        }
        let servers = match (value.member("server"), value.member("servers")) {
            (Some(server), None) => {
                refuse_other_members(value, "server")?;
                vec![read(&server)?]
            }
            (None, Some(servers)) => {
                refuse_other_members(value, "servers")?;
                let servers = servers.items().ok_or_else(|| Error::configuration("servers", "it is not an array"))?;
                servers.iter().map(read).collect::<Result<_, _>>()?
            }
            (None, None) => {
                if value.names().iter().all(|name| APP_MEMBERS.contains(&name.as_str())) {
                    return Err(Error::configuration("server", "it is missing"));
                }
                // The configuration itself has the members of the only server.
                refuse_unknown(
                    value,
                    &[&MEMBERS, &AUTHENTICATION_MEMBERS[..], APP_MEMBERS, &[TRUSTED_ISSUERS]].concat(),
                )?;
                vec![ServerRecord::read_members(value, required(value, "fhirBase"), authentication)?]
            }
            (Some(_), Some(_)) => {
                return Err(Error::configuration("server", "servers is there, too; use one of the two"));
            }
        };
        Ok(Self::new(servers))
    }
}

impl ServerRecord {
    /// Reads one server. `label` is for the app itself.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the missing, wrong or unknown member.
    pub fn read<V: JsonView>(value: &V) -> Result<Self, Failure> {
        Self::read_with(value, &|_| Ok(None))
    }

    fn read_with<V: JsonView>(value: &V, own_authentication: &ReadAuthentication<V>) -> Result<Self, Failure> {
        refuse_unknown(value, &[&MEMBERS, &AUTHENTICATION_MEMBERS[..]].concat())?;
        Self::read_members(value, required(value, "fhirBase"), own_authentication)
    }

    pub(super) fn read_members<V: JsonView>(
        value: &V,
        fhir_base: Result<String, Failure>,
        own_authentication: &ReadAuthentication<V>,
    ) -> Result<Self, Failure> {
        let mut errors = FirstError::default();
        let record = Self {
            name: errors.record(optional(value, "name")),
            fhir_base: errors.record(fhir_base),
            discovery_base: errors.record(optional(value, "discoveryBase")),
            aud: errors.record(optional(value, "aud")),
            issuers: value.member("issuers").map(|_| errors.record(strings(value, "issuers"))),
            client_id: errors.record(required(value, "clientId")),
            authentication: errors.record(authentication(value, own_authentication)),
            token_proxy: errors.record(optional(value, "tokenProxy")),
            redirect_uri: errors.record(required(value, "redirectUri")),
            scope: errors.record(required(value, "scope")),
            pkce: errors.record(pkce(value)),
            trusted_audiences: errors.record(strings(value, "trustedAudiences")),
            allow_missing_nonce: errors.record(flag(value, "allowMissingNonce")),
            allow_insecure_http: errors.record(flag(value, "allowInsecureHttp")),
            endpoints: errors.record(NamedEndpoints::read(value)),
            software_id: errors.record(optional(value, "softwareId")),
            open_registration: errors.record(flag(value, "openRegistration")),
        };
        errors.first.map_or(Ok(record), Err)
    }
}

impl NamedEndpoints {
    /// Reads the endpoints of a server record.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the member that is not a string.
    pub(crate) fn read<V: JsonView>(value: &V) -> Result<Self, Failure> {
        Ok(Self {
            authorization_endpoint: optional(value, "authorizationEndpoint")?,
            token_endpoint: optional(value, "tokenEndpoint")?,
            jwks_uri: optional(value, "jwksUri")?,
            id_token_issuer: optional(value, "idTokenIssuer")?,
            revocation_endpoint: optional(value, "revocationEndpoint")?,
            introspection_endpoint: optional(value, "introspectionEndpoint")?,
            userinfo_endpoint: optional(value, "userinfoEndpoint")?,
        })
    }
}

/// Refuses members of a server outside its object, and unknown members.
fn refuse_other_members<V: JsonView>(value: &V, servers: &str) -> Result<(), Failure> {
    let is_member = |name: &String| MEMBERS.iter().chain(&AUTHENTICATION_MEMBERS).any(|member| name == member);
    match value.names().into_iter().find(is_member) {
        Some(member) => Err(Error::configuration(&member, &format!("it must be within {servers}"))),
        None => refuse_unknown(value, &[&[servers], APP_MEMBERS].concat()),
    }
}

/// The first error of several members, so that one expression can read them all.
#[derive(Default)]
struct FirstError {
    first: Option<Failure>,
}

impl FirstError {
    fn record<T: Default>(&mut self, read: Result<T, Failure>) -> T {
        read.unwrap_or_else(|failure| {
            self.first.get_or_insert(failure);
            T::default()
        })
    }
}

pub(crate) fn optional<V: JsonView>(value: &V, member: &str) -> Result<Option<String>, Failure> {
    match value.member(member) {
        None => Ok(None),
        Some(found) => found.text().map(Some).ok_or_else(|| Error::configuration(member, "it is not a string")),
    }
}

pub(crate) fn required<V: JsonView>(value: &V, member: &str) -> Result<String, Failure> {
    optional(value, member)?.ok_or_else(|| Error::configuration(member, "it is missing"))
}

pub(crate) fn strings<V: JsonView>(value: &V, member: &str) -> Result<Vec<String>, Failure> {
    let Some(found) = value.member(member) else { return Ok(Vec::new()) };
    let items = found.items().and_then(|items| items.iter().map(JsonView::text).collect());
    items.ok_or_else(|| Error::configuration(member, "it is not an array of strings"))
}

/// Reads each member of an object; empty if the object is absent.
#[cfg(any(test, feature = "js", feature = "js-launch", feature = "js-backend", feature = "js-udap"))]
pub(crate) fn members<V: JsonView, T>(
    value: &V,
    object: &str,
    read: impl Fn(&V) -> Option<T>,
) -> Result<Vec<(String, T)>, Failure> {
    let Some(found) = value.member(object) else { return Ok(Vec::new()) };
    let mut members = Vec::new();
    for name in found.names() {
        let value = found.member(&name).and_then(|value| read(&value));
        let wrong = || Error::configuration(&[object, ".", &name].concat(), "it has the wrong type");
        members.push((name.clone(), value.ok_or_else(wrong)?));
    }
    Ok(members)
}

pub(crate) fn flag<V: JsonView>(value: &V, member: &str) -> Result<bool, Failure> {
    match value.member(member) {
        None => Ok(false),
        Some(found) => found.flag().ok_or_else(|| Error::configuration(member, "it is not true or false")),
    }
}

fn pkce<V: JsonView>(value: &V) -> Result<Pkce, Failure> {
    match optional(value, "pkce")?.as_deref() {
        None | Some("send") => Ok(Pkce::Send),
        Some("required") => Ok(Pkce::Required),
        Some("disabled") => Ok(Pkce::Disabled),
        Some(_) => Err(Error::configuration("pkce", "it is not \"send\", \"required\" or \"disabled\"")),
    }
}

pub(crate) fn authentication<V: JsonView>(
    value: &V,
    own: &ReadAuthentication<V>,
) -> Result<ClientAuthentication, Failure> {
    if let Some(authentication) = own(value)? {
        return Ok(authentication);
    }
    let secret = optional(value, "clientSecret")?.map(ClientSecret::new);
    let encoding = match optional(value, "basicEncoding")?.as_deref() {
        None | Some("form") => BasicEncoding::Form,
        Some("raw") => BasicEncoding::Raw,
        Some(_) => return Err(Error::configuration("basicEncoding", "it is not \"form\" or \"raw\"")),
    };
    match (optional(value, "tokenEndpointAuthMethod")?.as_deref(), secret) {
        (None | Some("none"), None) => Ok(ClientAuthentication::None),
        (Some("client_secret_post"), Some(secret)) => Ok(ClientAuthentication::ClientSecretPost(secret)),
        (None | Some("client_secret_basic"), Some(secret)) => {
            Ok(ClientAuthentication::ClientSecretBasic(secret, encoding))
        }
        (Some("client_secret_post" | "client_secret_basic"), None) => {
            Err(Error::configuration("clientSecret", "it is missing, and this tokenEndpointAuthMethod requires it"))
        }
        (Some("none"), Some(_)) => {
            Err(Error::configuration("clientSecret", "a client with tokenEndpointAuthMethod none has no secret"))
        }
        (Some("private_key_jwt"), _) => {
            Err(Error::configuration("key", "it is missing, and private_key_jwt requires it"))
        }
        (Some(_), _) => Err(Error::configuration(
            "tokenEndpointAuthMethod",
            "it is not \"none\", \"client_secret_post\", \"client_secret_basic\" or \"private_key_jwt\"",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn server() -> Value {
        json!({"fhirBase": "https://ehr.example/fhir", "clientId": "app", "redirectUri": "https://app.example/", "scope": "openid"})
    }

    fn wrong_member(name: &str, value: Value) -> Option<String> {
        let mut server = server();
        server[name] = value;
        match SmartAppConfig::read(&json!({"server": server})) {
            Ok(_) => None,
            Err(failure) => match failure.into() {
                Error::Configuration(wrong) => Some(wrong.member),
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn d9_d10_a_server_record_has_bases_client_issuers_and_endpoints() {
        let mut full = server();
        full["discoveryBase"] = json!("https://ehr.example");
        full["aud"] = json!("https://ehr.example/aud");
        full["issuers"] = json!(["https://ehr.example/fhir/"]);
        full["clientSecret"] = json!("hidden");
        full["basicEncoding"] = json!("raw");
        full["authorizationEndpoint"] = json!("https://ehr.example/authorize");
        full["tokenEndpoint"] = json!("https://ehr.example/token");
        let record = ServerRecord::read(&full).unwrap();
        assert_eq!(record.endpoints, NamedEndpoints::of("https://ehr.example/authorize", "https://ehr.example/token"));
        assert_eq!(record.discovery_base.as_deref(), Some("https://ehr.example"));
        assert_eq!(record.aud.as_deref(), Some("https://ehr.example/aud"));
        assert_eq!(record.issuers, Some(vec!["https://ehr.example/fhir/".to_owned()]));
        assert_eq!(
            record.authentication,
            ClientAuthentication::ClientSecretBasic(ClientSecret::new("hidden"), BasicEncoding::Raw)
        );
        assert!(!format!("{record:?}").contains("hidden"));
    }

    #[test]
    fn d9_the_error_of_an_unknown_member_names_the_right_one() {
        let error_of = |config: Value| {
            let Error::Configuration(wrong) = SmartAppConfig::read(&config).unwrap_err().into() else { panic!() };
            (wrong.member, wrong.problem)
        };
        let (member, problem) =
            error_of(json!({"client_id": "app", "scope": "openid", "iss": "https://ehr.example/fhir"}));
        assert_eq!(member, "client_id");
        assert!(problem.contains("clientId"), "{problem}");
        for (written, right) in [
            ("iss", "fhirBase"),
            ("redirect_uri", "redirectUri"),
            ("fhirbase", "fhirBase"),
            ("token_endpoint_auth_method", "tokenEndpointAuthMethod"),
            ("scopes", "scope"),
            ("pkceMode", "pkce"),
        ] {
            let mut record = server();
            record[written] = json!("x");
            for config in [record.clone(), json!({"server": record}), json!({"servers": [record]})] {
                let (member, problem) = error_of(config);
                assert_eq!(member, written);
                assert!(problem.ends_with(&format!("use {right}")), "{problem}");
            }
        }
        assert_eq!(error_of(json!({"server": server(), "colour": "red"})).0, "colour");
        assert_eq!(error_of(json!({"server": server(), "clientId": "app"})).0, "clientId");
        assert_eq!(
            error_of(json!({"clientId": "app", "scope": "openid", "redirectUri": "https://app.example/"})).0,
            "fhirBase"
        );
        for nothing in [json!({}), json!({"store": "tab"}), json!(null), json!("x")] {
            assert_eq!(error_of(nothing).0, "server");
        }
    }

    #[test]
    fn the_configuration_can_be_a_single_server() {
        let mut config = server();
        config["store"] = json!("tab");
        assert_eq!(SmartAppConfig::read(&config).unwrap().servers[0].client_id, "app");
    }

    #[test]
    fn a_wrong_member_is_named() {
        assert_eq!(wrong_member("scope", json!("openid")), None);
        for (name, value) in [
            ("scope", Value::Null),
            ("clientId", json!(7)),
            ("issuers", json!("https://ehr.example")),
            ("pkce", json!("plain")),
            ("allowInsecureHttp", json!("yes")),
            ("softwareId", json!(7)),
            ("openRegistration", json!("yes")),
            ("tokenEndpointAuthMethod", json!("private_key")),
            ("basicEncoding", json!("base64")),
            ("client_id", json!("app")),
            ("tokenEndpoint", json!(["https://ehr.example/token"])),
        ] {
            assert_eq!(wrong_member(name, value).as_deref(), Some(name));
        }
        assert_eq!(
            wrong_member("tokenEndpointAuthMethod", json!("client_secret_post")).as_deref(),
            Some("clientSecret")
        );
    }
}
