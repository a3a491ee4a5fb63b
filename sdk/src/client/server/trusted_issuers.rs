//! `trustedIssuers`: several servers that differ only in their FHIR base. Errors name this member, because the app did not write `fhirBase`.

use super::config::{ServerRecord, read_fhir_base};
use super::config_json::{APP_MEMBERS, AUTHENTICATION_MEMBERS, MEMBERS, ReadAuthentication};
use super::config_names::refuse_unknown;
use crate::error::{Error, Failure};
use crate::platform::JsonView;

/// The member with the FHIR bases. The other members are the same for all of them.
pub(super) const TRUSTED_ISSUERS: &str = "trustedIssuers";

/// Reads the servers of `trustedIssuers`.
pub(super) fn read_trusted_issuers<V: JsonView>(
    value: &V,
    issuers: &V,
    authentication: &ReadAuthentication<V>,
) -> Result<Vec<ServerRecord>, Failure> {
    let wrong = |problem: &str| Error::configuration(TRUSTED_ISSUERS, problem);
    for other in ["server", "servers", "fhirBase", "name"] {
        if value.member(other).is_some() {
            return Err(Error::configuration(other, "it cannot be combined with trustedIssuers"));
        }
    }
    refuse_unknown(value, &[&MEMBERS, &AUTHENTICATION_MEMBERS[..], APP_MEMBERS, &[TRUSTED_ISSUERS]].concat())?;
    let issuers: Option<Vec<String>> = issuers.items().and_then(|items| items.iter().map(JsonView::text).collect());
    let not_strings = "it is not an array of strings, such as [\"https://ehr.example/fhir\"]";
    let issuers = issuers.ok_or_else(|| wrong(not_strings))?;
    let shared = ServerRecord::read_members(value, Ok(String::new()), authentication)?;
    let mut servers: Vec<ServerRecord> = Vec::new();
    for (index, fhir_base) in issuers.into_iter().enumerate() {
        if servers.iter().any(|server| server.fhir_base == fhir_base) {
            return Err(wrong("it has the same URL twice"));
        }
        let server = ServerRecord { fhir_base, ..shared.clone() };
        read_fhir_base(&server, &[TRUSTED_ISSUERS, "[", &index.to_string(), "]"].concat())?;
        servers.push(server);
    }
    if servers.is_empty() { Err(wrong("it is empty")) } else { Ok(servers) }
}

#[cfg(test)]
mod tests {
    use crate::client::server::SmartAppConfig;
    use crate::error::{ConfigurationError, Error};
    use serde_json::{Value, json};

    fn error_of(config: &Value) -> ConfigurationError {
        let Error::Configuration(wrong) = SmartAppConfig::read(config).unwrap_err().into() else { panic!() };
        *wrong
    }

    fn with_trusted_issuers(issuers: &Value) -> Value {
        json!({"trustedIssuers": issuers, "clientId": "app", "redirectUri": "https://app.example/", "scope": "openid"})
    }

    #[test]
    fn d9_trusted_issuers_share_the_other_members() {
        let mut config = with_trusted_issuers(&json!(["https://one.example", "https://two.example/fhir"]));
        config["store"] = json!("tab");
        let servers = SmartAppConfig::read(&config).unwrap().servers;
        let bases: Vec<&str> = servers.iter().map(|server| &*server.fhir_base).collect();
        assert_eq!(bases, ["https://one.example", "https://two.example/fhir"]);
        assert!(servers.iter().all(|server| server.client_id == "app" && server.scope == "openid"));
    }

    #[test]
    fn d9_wrong_trusted_issuers_are_named() {
        let one = "https://one.example";
        for (issuers, member, problem) in [
            (json!("https://ehr.example/fhir"), "trustedIssuers", "array of strings"),
            (json!([one, 7]), "trustedIssuers", "array of strings"),
            (json!([]), "trustedIssuers", "empty"),
            (json!([one, one]), "trustedIssuers", "twice"),
            (json!(["ehr.example"]), "trustedIssuers[0]", "begin with https://"),
            (json!([one, "http://ehr.example"]), "trustedIssuers[1]", "use https"),
            (json!([one, "https://ehr.example/fhir?tenant=1"]), "trustedIssuers[1]", "query"),
        ] {
            let wrong = error_of(&with_trusted_issuers(&issuers));
            assert_eq!(wrong.member, member);
            assert!(wrong.problem.contains(problem), "{}", wrong.problem);
        }
    }

    #[test]
    fn d9_a_member_that_contradicts_trusted_issuers_is_named() {
        for member in ["server", "servers", "fhirBase", "name"] {
            let mut config = with_trusted_issuers(&json!(["https://ehr.example/fhir"]));
            config[member] = json!("https://other.example");
            assert_eq!(error_of(&config).member, member);
        }
    }
}
