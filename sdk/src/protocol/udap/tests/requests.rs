use serde_json::{Value, json};

use super::NOW;
use super::pki::Host;
use crate::error::{Error, UdapError};
use crate::json::Json;
use crate::protocol::http::{Body, Method, Redirect};
use crate::protocol::secret::{AuthorizationCode, ClientAssertion, CodeVerifier, RefreshToken};
use crate::protocol::token::TokenClient;
use crate::protocol::udap::assertion::{assertion_claims, udap_credential};
use crate::protocol::udap::authorization::tiered_oauth;
use crate::protocol::udap::b2b::B2bExtension;
use crate::protocol::udap::metadata::UdapMetadata;
use crate::protocol::udap::registration::*;
use crate::protocol::udap::software_statement::SoftwareStatement;
use crate::protocol::url::Url;

fn endpoint() -> Url {
    Url::parse("https://ehr.example/register").unwrap()
}

fn purpose() -> B2bExtension {
    B2bExtension::new("https://clinic.example/org", "urn:oid:2.16.840.1.113883.5.8#TREAT")
}

#[test]
fn u7_a_registration_is_one_post_with_the_statement_and_udap_1() {
    let statement = ClientAssertion::new("a.b.c");
    let request = udap_registration_request(&endpoint(), &statement, &["d.e.f".to_owned()]);
    assert_eq!((request.method, request.redirect), (Method::Post, Redirect::Manual));
    assert!(request.headers.contains(&("Content-Type".into(), "application/json".into())));
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({"software_statement": "a.b.c", "certifications": ["d.e.f"], "udap": "1"}));
    assert!(!format!("{request:?}").contains("a.b.c"));
}

#[test]
fn u7_200_and_201_with_a_client_id_are_a_registration() {
    let read = |status, response: Value| read_udap_registration(&endpoint(), status, &Body::Json(response), false, &[]);
    for status in [200, 201] {
        assert_eq!(read(status, json!({"client_id": "c1"})).unwrap().client_id, "c1");
    }
    assert_eq!(read(202, json!({"client_id": "c1"})).unwrap_err().code(), "invalid_registration_response");
    assert_eq!(read(201, json!({"client_id": ""})).unwrap_err().code(), "invalid_registration_response");
    assert_eq!(read(201, json!({})).unwrap_err().code(), "invalid_registration_response");
}

#[test]
fn u8_errors_of_the_server_are_typed_with_their_description() {
    let read = |status, body| read_udap_registration(&endpoint(), status, &body, false, &[]).unwrap_err();
    for code in ["invalid_software_statement", "unapproved_software_statement", "invalid_client_metadata"] {
        let body = Body::Json(json!({"error": code, "error_description": "No such scope"}));
        match read(400, body).into() {
            Error::Registration(error) => {
                assert_eq!(error.error, code);
                assert_eq!(error.description.as_deref(), Some("No such scope"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(read(200, Body::Text("<html>".into())).code(), "registration_off");
    assert_eq!(read(404, Body::Text("<html>".into())).code(), "registration_off");
    assert_eq!(read(0, Body::Empty).code(), "invalid_registration_response");
}

#[test]
fn u9_a_change_and_a_cancellation_are_reported_and_nothing_is_cancelled_unless_the_response_says_so() {
    let read = |status, was, response: Value| {
        read_udap_registration(&endpoint(), status, &Body::Json(response), was, &[]).unwrap().change
    };
    let registered = json!({"client_id": "c1", "grant_types": ["client_credentials"]});
    assert_eq!(read(201, false, registered.clone()), RegistrationChange::Registered);
    assert_eq!(read(200, false, registered.clone()), RegistrationChange::Modified);
    assert_eq!(read(201, true, registered), RegistrationChange::Modified);
    assert_eq!(read(200, true, json!({"client_id": "c1", "grant_types": []})), RegistrationChange::Cancelled);
    assert_eq!(read(200, true, json!({"client_id": "c1"})), RegistrationChange::Modified);
}

#[test]
fn u11_what_the_server_changed_is_listed() {
    let sent = SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs system/Group.rs");
    let changes = |response: Value| {
        let response = read_udap_registration(&endpoint(), 201, &Body::Json(response), false, &[]).unwrap();
        response.changes(&sent).into_iter().map(|change| change.member).collect::<Vec<_>>()
    };
    let same = json!({
        "client_id": "c1", "client_name": "Acme", "scope": "system/Group.rs system/Patient.rs",
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "contacts": ["mailto:ops@acme.example"],
    });
    assert_eq!(changes(same.clone()), Vec::<&str>::new());
    let mut narrowed = same;
    narrowed["scope"] = json!("system/Patient.rs");
    assert_eq!(changes(narrowed), ["scope"]);
}

#[test]
fn u20_an_unknown_issuer_is_an_error_with_the_names_of_the_issuers() {
    let issuers = ["CN=Issuing".to_owned(), "CN=Root".to_owned()];
    for status in [401, 403] {
        let body = Body::Json(json!({"error": "unapproved_software_statement", "error_description": "Unknown CA"}));
        let failure = read_udap_registration(&endpoint(), status, &body, false, &issuers).unwrap_err();
        assert_eq!((failure.code(), failure.status()), ("community_refused", Some(status)));
        let message = failure.message();
        assert!(message.contains("CN=Issuing; CN=Root") && message.contains("Unknown CA"), "{message}");
        assert!(matches!(&*failure, Error::Udap(UdapError::CommunityRefused { .. })));
    }
    let page = read_udap_registration(&endpoint(), 403, &Body::<Value>::Text("<html>".into()), false, &issuers);
    assert_eq!(page.unwrap_err().code(), "community_refused");
}

#[test]
fn u13_a_token_request_has_an_assertion_and_udap_1_and_nothing_else_of_the_client() {
    let token = Url::parse("https://ehr.example/token").unwrap();
    let client = TokenClient { endpoint: token, credential: udap_credential(&ClientAssertion::new("a.b.c")) };
    let code = client.code_request(
        &AuthorizationCode::new("code"),
        "https://app.example/",
        Some(&CodeVerifier::new("verifier")),
    );
    let refresh = client.refresh_request(&RefreshToken::new("refresh"), None);
    for request in [&code, &refresh] {
        let form = request.body.as_deref().unwrap();
        let credential = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                          &client_assertion=a.b.c&udap=1";
        assert!(form.ends_with(credential), "{form}");
        assert!(!form.contains("client_id") && !form.contains("client_secret"), "{form}");
        assert_eq!(request.authorization(), None);
    }
    assert!(code.body.unwrap().contains("code_verifier=verifier"));
}

#[test]
fn u13_an_assertion_is_of_the_client_for_five_minutes() {
    let claims = Host.parse(&assertion_claims("c1", "https://EHR.example/token", "once", NOW + 0.9, None)).unwrap();
    let expected = json!({
        "iss": "c1", "sub": "c1", "aud": "https://EHR.example/token", "iat": 1_700_000_000, "exp": 1_700_000_300,
        "jti": "once",
    });
    assert_eq!(claims, expected);
}

#[test]
fn u14_the_extension_has_its_version_and_only_what_is_known() {
    let claims = |purpose: &B2bExtension| {
        let claims = assertion_claims("c1", "https://ehr.example/token", "once", NOW, Some(purpose));
        Host.parse(&claims).unwrap()["extensions"]["hl7-b2b"].clone()
    };
    let purpose_of_use = "urn:oid:2.16.840.1.113883.5.8#TREAT";
    let expected =
        json!({"version": "1", "organization_id": "https://clinic.example/org", "purpose_of_use": [purpose_of_use]});
    assert_eq!(claims(&purpose()), expected);
    let person = purpose().subject_name("Dr. Ann Lee").subject_id("urn:oid:2.16.840.1.113883.4.6#1234567893");
    let person = person.subject_role("urn:oid:2.16.840.1.113883.6.101#207R00000X").organization_name("Clinic");
    assert!(person.check().is_ok());
    assert_eq!(claims(&person)["subject_name"], "Dr. Ann Lee");
    assert_eq!(claims(&person)["subject_role"], "urn:oid:2.16.840.1.113883.6.101#207R00000X");
}

#[test]
fn u14_an_incomplete_extension_is_an_error() {
    let list = |item: &str| vec![item.to_owned()];
    for (extension, member) in [
        (B2bExtension::new("Spring Clinic", "TREAT"), "organization_id"),
        (purpose().purpose_of_use(Vec::new()), "purpose_of_use"),
        (purpose().purpose_of_use(list(" ")), "purpose_of_use"),
        (purpose().subject_id("1234567893"), "subject_name"),
        (purpose().subject_role("207R00000X"), "subject_name"),
        (purpose().subject_name(""), "subject_name"),
        (purpose().consent_policy(list("a policy")), "consent_policy"),
        (purpose().consent_reference(list("https://ehr.example/fhir/Consent/1")), "consent_policy"),
        (purpose().consent_policy(list("urn:x:y")).consent_reference(list("Consent/1")), "consent_reference"),
    ] {
        match extension.check().map_err(Error::from) {
            Err(Error::Configuration(error)) => assert_eq!(error.member, member, "{extension:?}"),
            other => panic!("{extension:?}: {other:?}"),
        }
    }
    assert!(purpose().subject_name("Night job").check().is_ok(), "a requestor that is no person");
}

#[test]
fn u12_a_user_can_sign_in_at_another_provider_only_where_the_server_supports_it() {
    let server = |profiles: Value| {
        UdapMetadata::read(&json!({"udap_versions_supported": ["1"], "udap_profiles_supported": profiles}), None)
    };
    let with = server(json!(["udap_dcr", "udap_authn", "udap_to"]));
    let request = tiered_oauth("ehr.example", &with, "https://idp.example/x", "udap user/*.rs").unwrap();
    assert_eq!(request.scope, "udap user/*.rs");
    assert_eq!(request.parameters, [("idp".to_owned(), "https://idp.example/x".to_owned())]);
    let refused = tiered_oauth("ehr.example", &server(json!(["udap_dcr"])), "https://idp.example", "x").unwrap_err();
    assert_eq!(refused.code(), "udap_unsupported");
    for idp in ["idp.example", "http://idp.example", ""] {
        let wrong = tiered_oauth("ehr.example", &with, idp, "x").unwrap_err();
        assert_eq!(wrong.code(), "invalid_configuration", "{idp}");
    }
}
