//! Discovery documents, capability statements and configurations.

use proptest::prelude::*;
use serde_json::{Value, json};
use smartrust::SmartAppConfig;
use smartrust::protocol::diagnosis::smart_configuration_findings;
use smartrust::protocol::discovery::{SmartConfiguration, read_capability_statement, read_smart_configuration};
use smartrust::protocol::url::Url;

use crate::generated::{cases, json, object};

const MEMBERS: &[&str] = &[
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "grant_types_supported",
    "capabilities",
    "scopes_supported",
    "code_challenge_methods_supported",
    "response_types_supported",
    "introspection_endpoint",
    "revocation_endpoint",
    "authorization_response_iss_parameter_supported",
    "management_endpoint",
    "own",
];
const VALUES: &[&str] = &[
    r#""""#,
    r#""https://ehr.example/token""#,
    r#""http://ehr.example/token""#,
    r#""http://localhost:9080/token""#,
    r#""/token?a=b""#,
    r#""auth/token""#,
    r#""//elsewhere.example/token""#,
    r#""javascript:alert(1)""#,
    r#"["S256"]"#,
    r#""code""#,
    r#"["launch-ehr", 1]"#,
    "true",
];

fn document() -> impl Strategy<Value = Value> {
    prop_oneof![6 => object(MEMBERS, VALUES), 1 => json()]
}

fn statement() -> impl Strategy<Value = Value> {
    let extension =
        object(&["url", "valueUri"], &[r#""token""#, r#""authorize""#, r#""/token""#, r#""http://ehr.example/x""#]);
    let uris = prop::collection::vec(prop_oneof![extension, json()], 0..4).prop_map(|extensions| {
        let url = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
        json!({"resourceType": "CapabilityStatement", "rest": [{"security": {"extension": [{"url": url, "extension": extensions}]}}]})
    });
    prop_oneof![4 => uris, 1 => json()]
}

fn base() -> Url {
    Url::parse("https://ehr.example/practice/fhir").unwrap()
}

fn endpoints(read: &SmartConfiguration) -> Vec<&Url> {
    [Some(&read.token_endpoint), read.authorization_endpoint.as_ref(), read.jwks_uri.as_ref()]
        .into_iter()
        .flatten()
        .collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn d5_no_document_has_an_endpoint_on_plain_http(document in document(), statement in statement()) {
        let read = [read_smart_configuration(&document, &base(), false), read_capability_statement(&statement, &base(), false)];
        for read in read.into_iter().flatten() {
            for endpoint in endpoints(&read) {
                prop_assert!(endpoint.scheme() == "https" || endpoint.host() == "localhost", "{endpoint}");
            }
        }
    }

    #[test]
    fn d3_endpoints_are_where_a_browser_would_resolve_them(document in document()) {
        if let Ok(read) = read_smart_configuration(&document, &base(), true) {
            let folder = url::Url::parse("https://ehr.example/practice/fhir/").unwrap();
            let mut expected = folder.join(document["token_endpoint"].as_str().unwrap()).unwrap();
            expected.set_fragment(None);
            prop_assert_eq!(read.token_endpoint.as_str(), expected.as_str());
        }
    }

    #[test]
    fn d4_a_document_is_kept_complete_and_its_deviations_are_reported(document in document()) {
        let findings = smart_configuration_findings(&document);
        let empty_issuer = document.get("issuer") == Some(&json!(""));
        prop_assert_eq!(findings.iter().any(|finding| finding.code == "empty_issuer"), empty_issuer);
        prop_assert_eq!(findings.iter().any(|finding| finding.code == "unknown_member" && finding.message.contains(" own ")), document.get("own").is_some());
        if let Ok(read) = read_smart_configuration(&document, &base(), true) {
            prop_assert_eq!(serde_json::from_str::<Value>(&read.json).unwrap(), document);
            prop_assert_ne!(read.issuer.as_deref(), Some(""));
        }
    }

    #[test]
    fn d9_a_configuration_is_read_or_its_error_names_the_member(
        record in object(
            &["name", "fhirBase", "clientId", "redirectUri", "scope", "issuers", "pkce", "clientSecret", "tokenEndpointAuthMethod", "label", "aud"],
            &[r#""https://ehr.example/fhir""#, r#""openid""#, r#"["https://ehr.example"]"#, r#""send""#, r#""client_secret_post""#, "true"],
        ),
        any in json(),
    ) {
        for value in [json!({"server": record}), json!({"servers": [record]}), any] {
            if let Err(failure) = SmartAppConfig::read(&value) {
                prop_assert_eq!(failure.code(), "invalid_configuration");
            }
        }
    }
}
