use serde_json::{Value, json};

use super::pki::{Host, RsaKey, jwt};
use super::{APP, NOW};
use crate::error::{Error, Failure};
use crate::json::Json;
use crate::protocol::udap::metadata::UdapMetadata;
use crate::protocol::udap::software_statement::SoftwareStatement;

const REGISTER: &str = "https://ehr.example/register";

fn service() -> SoftwareStatement {
    SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs")
}

fn interactive() -> SoftwareStatement {
    let scope = "launch/patient offline_access patient/Patient.rs";
    let (redirect, logo) = ("https://acme.example/code", "https://acme.example/logo.png");
    SoftwareStatement::interactive("Acme", "mailto:ops@acme.example", scope, redirect, logo)
}

fn server(members: Value) -> UdapMetadata {
    UdapMetadata::read(&members, None)
}

fn check(statement: &SoftwareStatement) -> Result<(), Failure> {
    statement.check(&Host, "ehr.example", &server(json!({})))
}

fn claims(statement: &SoftwareStatement) -> Value {
    Host.parse(&statement.claims(APP, REGISTER, "once", NOW + 0.9)).unwrap()
}

fn words(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn u6_a_service_has_exactly_the_claims_of_client_credentials() {
    assert!(check(&service()).is_ok());
    let expected = json!({
        "iss": APP, "sub": APP, "aud": REGISTER, "iat": 1_700_000_000, "exp": 1_700_000_300, "jti": "once",
        "client_name": "Acme", "contacts": ["mailto:ops@acme.example"], "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "scope": "system/Patient.rs",
    });
    assert_eq!(claims(&service()), expected);
}

#[test]
fn u6_an_app_with_users_has_redirect_uris_a_logo_and_the_response_type_code() {
    assert!(check(&interactive()).is_ok());
    let claims = claims(&interactive());
    assert_eq!(claims["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(claims["response_types"], json!(["code"]));
    assert_eq!(claims["redirect_uris"], json!(["https://acme.example/code"]));
    assert_eq!(claims["logo_uri"], json!("https://acme.example/logo.png"));
    let once =
        SoftwareStatement::interactive("A", "mailto:a@b.example", "patient/*.rs", "https://a/", "https://a/l.gif");
    assert_eq!(once.grant_types, ["authorization_code"]);
}

#[test]
fn u6_a_wrong_combination_is_an_error_before_anything_is_signed() {
    let png = "https://acme.example/logo.png";
    for (statement, member) in [
        (service().client_name(" "), "client_name"),
        (service().scope(""), "scope"),
        (service().contacts(words(&[])), "contacts"),
        (service().contacts(words(&["ops@acme.example"])), "contacts"),
        (service().contacts(words(&["https://acme.example", "mailto:ops"])), "contacts"),
        (service().contacts(words(&["mailto:ops@acme.example", "call us"])), "contacts"),
        (service().grant_types(words(&["client_credentials", "authorization_code"])), "grant_types"),
        (service().grant_types(words(&["client_credentials", "refresh_token"])), "grant_types"),
        (service().grant_types(words(&["refresh_token"])), "grant_types"),
        (service().grant_types(words(&["implicit"])), "grant_types"),
        (service().redirect_uris(words(&["https://acme.example/code"])), "redirect_uris"),
        (service().logo_uri(png), "logo_uri"),
        (interactive().redirect_uris(words(&[])), "redirect_uris"),
        (interactive().redirect_uris(words(&["http://acme.example/code"])), "redirect_uris"),
        (interactive().redirect_uris(words(&["http://localhost/code"])), "redirect_uris"),
        (interactive().redirect_uris(words(&["https://acme.example/code#x"])), "redirect_uris"),
        (interactive().logo_uri("http://acme.example/logo.png"), "logo_uri"),
        (interactive().logo_uri("https://acme.example/logo.svg"), "logo_uri"),
        (SoftwareStatement { logo_uri: None, ..interactive() }, "logo_uri"),
        (service().extra_claims([("aud".to_owned(), "1".to_owned())]), "aud"),
        (service().extra_claims([("x".to_owned(), "{".to_owned())]), "x"),
    ] {
        match check(&statement).map_err(Error::from) {
            Err(Error::Configuration(error)) => assert_eq!(error.member, member, "{statement:?}"),
            other => panic!("{statement:?}: {other:?}"),
        }
    }
    assert!(check(&interactive().logo_uri("https://acme.example/logo.JPG?v=1")).is_ok());
}

#[test]
fn u6_extra_claims_of_a_community_are_signed_as_they_are() {
    let statement = service().extra_claims([("tefca".to_owned(), r#"{"a":[1]}"#.to_owned())]);
    assert!(check(&statement).is_ok());
    assert_eq!(claims(&statement)["tefca"], json!({"a": [1]}));
}

#[test]
fn u6_a_grant_type_that_the_server_does_not_support_is_refused() {
    let server = server(json!({"grant_types_supported": ["authorization_code"]}));
    let failure = service().check(&Host, "ehr.example", &server).unwrap_err();
    assert_eq!(failure.code(), "udap_unsupported");
    assert!(failure.message().contains("client_credentials"), "{failure}");
}

#[test]
fn u9_a_cancellation_has_no_grant_types() {
    let cancellation = interactive().cancellation();
    assert!(cancellation.is_cancellation() && check(&cancellation).is_ok());
    let claims = claims(&cancellation);
    assert_eq!(claims["grant_types"], json!([]));
    for absent in ["redirect_uris", "response_types", "logo_uri"] {
        assert!(claims.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn u10_required_certifications_that_are_not_configured_are_named() {
    let (one, two) = ("https://community.example/certifications/1", "https://community.example/certifications/2");
    let server = server(json!({"udap_certifications_required": [one, two]}));
    let certification =
        |uris: &[&str]| jwt(RsaKey::app(), &json!({"alg": "RS256"}), &json!({"certification_uris": uris}));
    let check = |certifications: &[String]| {
        service().certifications(certifications.to_vec()).check(&Host, "ehr.example", &server)
    };
    let failure = check(&[certification(&[one])]).unwrap_err();
    assert_eq!(failure.code(), "certification_required");
    assert!(failure.message().contains(two) && !failure.message().contains(one), "{failure}");
    assert!(check(&["broken".to_owned()]).unwrap_err().message().contains(one));
    assert!(check(&[certification(&[one]), certification(&[two])]).is_ok());
    assert!(service().cancellation().check(&Host, "ehr.example", &server).is_ok());
}

#[test]
fn u11_wildcards_are_requested_only_where_the_server_lists_them() {
    let check = |scope: &str, supported: Value| service().scope(scope).check(&Host, "ehr.example", &server(supported));
    let listed = json!({"scopes_supported": ["system/*.read", "user/Patient.*"]});
    assert!(check("system/*.rs system/Patient.rs", listed.clone()).is_ok(), "the same in version 2");
    for scope in ["system/*.cruds", "system/*.*", "patient/*.rs", "user/Observation.*"] {
        let failure = check(scope, listed.clone()).unwrap_err();
        assert_eq!(failure.code(), "invalid_scope");
        assert!(failure.message().contains(scope), "{failure}");
    }
    assert!(check("system/*.rs", json!({})).is_err(), "a server without a list");
    assert!(check("system/Patient.rs", json!({})).is_ok());
}
