use serde_json::{Value, json};

use super::support::*;
use crate::abort::AbortSignal;
use crate::client::bulk::BackendClient;
use crate::client::tests::server::field;
use crate::client::udap::UdapRegistration;
use crate::error::Failure;
use crate::memory::{MemoryPlatform, World};
use crate::protocol::client_auth::{AuthenticationRequest, ClientAuthentication};
use crate::protocol::secret::{AuthorizationCode, CodeVerifier, RefreshToken};
use crate::protocol::token::TokenResponse;
use crate::protocol::udap::b2b::B2bExtension;
use crate::protocol::url::Url;

type Registration = UdapRegistration<MemoryPlatform>;

fn registered() -> (std::rc::Rc<Ehr>, World, MemoryPlatform, Registration) {
    let (ehr, world, tab, server) = stage();
    let registration = register(&world, &server);
    (ehr, world, tab, registration)
}

fn register(world: &World, server: &Server) -> Registration {
    let server = server.clone();
    world.run(async move { server.register(&statement(), &AbortSignal::never()).await }).unwrap().unwrap()
}

fn purpose(code: &str) -> B2bExtension {
    B2bExtension::new("https://acme.example/org", format!("urn:oid:2.16.840.1.113883.5.8#{code}"))
}

fn client_credentials(
    world: &World,
    registration: &Registration,
    purpose: Option<B2bExtension>,
) -> Result<Box<TokenResponse>, Failure> {
    let registration = registration.clone();
    let never = AbortSignal::never();
    world
        .run(async move { registration.client_credentials("system/Patient.rs", purpose.as_ref(), &never).await })
        .unwrap()
}

#[test]
fn u13_each_token_request_has_a_fresh_assertion_for_the_signed_endpoint() {
    let (ehr, world, _, registration) = registered();
    client_credentials(&world, &registration, Some(purpose("TREAT"))).unwrap();
    let user = registration.clone();
    world
        .run(async move {
            let never = AbortSignal::never();
            let (code, verifier) = (AuthorizationCode::new("code"), CodeVerifier::new("verifier"));
            user.exchange(&code, "https://app.example/code", &verifier, &never).await.unwrap();
            user.refresh(&RefreshToken::new("refresh"), None, &never).await.unwrap();
        })
        .unwrap();
    let posts: Vec<_> = world.requests().into_iter().filter(|request| request.url.path() == "/token").collect();
    let grants: Vec<_> = posts.iter().map(|post| field(post, "grant_type").unwrap()).collect();
    assert_eq!(grants, ["client_credentials", "authorization_code", "refresh_token"]);
    assert_eq!(field(&posts[1], "code_verifier").as_deref(), Some("verifier"));
    let assertions = ehr.assertions.borrow();
    let mut identifiers: Vec<&Value> = Vec::new();
    for ((header, claims), post) in assertions.iter().zip(&posts) {
        assert_eq!(header["alg"], "RS256", "of the server's list");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("client-1"), &json!("client-1")));
        assert_eq!(claims["aud"], TOKEN, "as the server wrote it");
        assert_eq!(claims["exp"].as_f64().unwrap() - claims["iat"].as_f64().unwrap(), 300.0);
        assert!(!identifiers.contains(&&claims["jti"]), "each has an identifier of its own");
        identifiers.push(&claims["jti"]);
        assert_eq!((post.authorization(), field(post, "client_id"), field(post, "client_secret")), (None, None, None));
    }
    assert_eq!(assertions[0].1["extensions"]["hl7-b2b"]["purpose_of_use"][0], "urn:oid:2.16.840.1.113883.5.8#TREAT");
    assert!(assertions[1].1.get("extensions").is_none() && assertions[2].1.get("extensions").is_none());
}

#[test]
fn u14_a_required_purpose_that_is_missing_or_incomplete_is_not_sent() {
    let (ehr, world, tab, _) = stage();
    *ehr.document.borrow_mut() = json!({"udap_authorization_extensions_required": ["hl7-b2b"]});
    let client = client_of(&world, &tab, config(&ehr, ehr.app_certificate())).unwrap();
    let registration = register(&world, &discover(&world, &client).unwrap());
    let missing = client_credentials(&world, &registration, None).unwrap_err();
    assert!(missing.code() == "invalid_configuration" && missing.message().contains("hl7-b2b"), "{missing}");
    let incomplete = B2bExtension::new("Acme", "TREAT");
    assert!(client_credentials(&world, &registration, Some(incomplete.clone())).is_err());
    let other = registration.clone();
    let service = world.run(async move { other.backend("system/Patient.rs", None).await }).unwrap();
    assert_eq!(service.unwrap_err().code(), "invalid_configuration");
    assert!(registration.authentication(Some(incomplete)).is_err());
    assert!(ehr.assertions.borrow().is_empty());
    assert!(client_credentials(&world, &registration, Some(purpose("TREAT"))).is_ok());
}

#[test]
fn u14_a_token_of_one_purpose_is_not_used_for_another() {
    let (ehr, world, tab, registration) = registered();
    for code in ["TREAT", "HPAYMT"] {
        let (registration, tab) = (registration.clone(), tab.clone());
        world
            .run(async move {
                let config = registration.backend("system/Patient.rs", Some(purpose(code))).await.unwrap();
                let service = BackendClient::new(tab, config).unwrap();
                service.read("Patient/1", &AbortSignal::never()).await.unwrap();
                service.read("Patient/2", &AbortSignal::never()).await.unwrap();
            })
            .unwrap();
    }
    let sent: Vec<_> =
        world.requests().iter().filter_map(|request| request.authorization().map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer access-1", "Bearer access-1", "Bearer access-2", "Bearer access-2"]);
    let purposes: Vec<_> = ehr
        .assertions
        .borrow()
        .iter()
        .map(|(_, claims)| claims["extensions"]["hl7-b2b"]["purpose_of_use"][0].clone())
        .collect();
    assert_eq!(purposes, ["urn:oid:2.16.840.1.113883.5.8#TREAT", "urn:oid:2.16.840.1.113883.5.8#HPAYMT"]);
}

#[test]
fn u13_an_assertion_is_not_made_for_another_endpoint() {
    let (ehr, world, _, registration) = registered();
    let ClientAuthentication::Callback(callback) = registration.authentication(None).unwrap() else { panic!() };
    let call = |endpoint: &str, token_endpoint: &str| {
        let request = AuthenticationRequest {
            endpoint: Url::parse(endpoint).unwrap(),
            token_endpoint: Url::parse(token_endpoint).unwrap(),
            client_id: "client-1".into(),
            token_endpoint_auth_signing_alg_values_supported: Vec::new(),
        };
        world.run(callback.call(request)).unwrap()
    };
    assert!(call("https://ehr.example/token", "https://ehr.example/token").is_ok());
    assert!(call("https://ehr.example/revoke", "https://ehr.example/token").is_ok());
    for (endpoint, token_endpoint) in [
        ("https://evil.example/token", "https://evil.example/token"),
        ("https://evil.example/token", "https://ehr.example/token"),
        ("https://ehr.example/other", "https://ehr.example/other"),
    ] {
        assert_eq!(call(endpoint, token_endpoint).unwrap_err().code(), "client_authentication_failed", "{endpoint}");
    }
    assert!(ehr.assertions.borrow().is_empty());
}

#[test]
fn u3_metadata_that_has_expired_is_verified_again_before_anything_else_is_sent() {
    let (ehr, world, _, registration) = registered();
    world.advance(86_399.0);
    client_credentials(&world, &registration, None).unwrap();
    let metadata_requests = || lines(&world).iter().filter(|line| *line == METADATA).count();
    assert_eq!(metadata_requests(), 1);
    world.advance(1.0);
    *ehr.claims.borrow_mut() = json!({"exp": NOW + 2.0 * 86_400.0});
    client_credentials(&world, &registration, None).unwrap();
    assert_eq!(lines(&world)[3..], [METADATA, "POST /token"]);
    // The server is not trusted any more: its metadata has expired by more than clocks may differ.
    world.advance(86_461.0);
    let refused = client_credentials(&world, &registration, None).unwrap_err();
    assert_eq!(refused.code(), "udap_untrusted");
    assert_eq!(lines(&world).last().unwrap(), METADATA);
    assert_eq!(ehr.assertions.borrow().len(), 2);
}

#[test]
fn u2_a_server_that_does_not_authenticate_by_certificates_gets_no_assertion() {
    let (ehr, world, tab, _) = stage();
    *ehr.document.borrow_mut() = json!({"udap_profiles_supported": ["udap_dcr"]});
    let client = client_of(&world, &tab, config(&ehr, ehr.app_certificate())).unwrap();
    let registration = register(&world, &discover(&world, &client).unwrap());
    assert_eq!(client_credentials(&world, &registration, None).unwrap_err().code(), "udap_unsupported");
    assert!(ehr.assertions.borrow().is_empty());
}

#[test]
fn u19_an_error_of_the_token_endpoint_repeats_no_assertion() {
    let (_, world, _, registration) = registered();
    world.respond_with(|request| {
        let description = format!("Bad assertion {}", field(request, "client_assertion").unwrap());
        crate::memory::Reply::json(401, &json!({"error": "invalid_client", "error_description": description}))
    });
    let failure = client_credentials(&world, &registration, None).unwrap_err();
    assert_eq!(failure.code(), "invalid_client");
    assert!(failure.message().contains("Bad assertion [redacted]"), "{failure}");
}
