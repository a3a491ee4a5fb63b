use super::*;
use crate::memory::SerdeJson;
use crate::protocol::client_metadata::TokenEndpointAuthMethod;
use crate::protocol::http::Redirect;
use serde_json::{Value, json};

fn endpoint() -> Url {
    Url::parse("https://ehr.example/register").unwrap()
}

fn metadata() -> ClientMetadata {
    ClientMetadata::public("My app", "https://app.example/code", "openid patient/*.rs")
}

fn read(status: u16, body: Body<Value>) -> Result<RegisteredClient, Error> {
    read_registration(&endpoint(), status, &body).map_err(Error::from)
}

fn response() -> Value {
    json!({
        "client_id": "given", "client_secret": "hidden-secret", "client_id_issued_at": 1_768_977_748,
        "client_secret_expires_at": 0, "registration_access_token": "hidden-token",
        "registration_client_uri": "https://ehr.example/register/given", "client_name": "My app",
        "redirect_uris": ["https://app.example/code"], "scope": "openid", "token_endpoint_auth_method": "client_secret_post",
    })
}

fn registered() -> RegisteredClient {
    read(201, Body::Json(response())).unwrap()
}

#[test]
fn g1_a_registration_is_posted_as_json_with_the_initial_token_if_there_is_one() {
    let request = registration_request(&SerdeJson, &endpoint(), &metadata(), None).unwrap();
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://ehr.example/register"));
    assert!(request.headers.contains(&("Content-Type".into(), "application/json".into())));
    assert_eq!((request.redirect, request.no_store, request.authorization()), (Redirect::Manual, true, None));
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
    assert_eq!(body["client_name"], "My app");
    let token = AccessToken::new("initial");
    let request = registration_request(&SerdeJson, &endpoint(), &metadata(), Some(&token)).unwrap();
    assert_eq!(request.authorization(), Some("Bearer initial"));
}

#[test]
fn g1_the_complete_response_is_read() {
    let client = registered();
    assert_eq!(client.client_id, "given");
    assert_eq!(client.client_secret, Some(ClientSecret::new("hidden-secret")));
    assert_eq!((client.client_id_issued_at, client.client_secret_expires_at), (Some(1_768_977_748.0), None));
    assert_eq!(client.registration_access_token, Some(RegistrationAccessToken::new("hidden-token")));
    assert_eq!(client.registration_client_uri.as_deref(), Some("https://ehr.example/register/given"));
    assert_eq!(client.metadata.token_endpoint_auth_method, TokenEndpointAuthMethod::ClientSecretPost);
    let mut expiring = response();
    expiring["client_secret_expires_at"] = json!(1_800_000_000);
    assert_eq!(read(200, Body::Json(expiring)).unwrap().client_secret_expires_at, Some(1_800_000_000.0));
}

#[test]
fn g2_a_page_or_an_empty_response_means_that_registration_is_off() {
    let page = || Body::Text("<!doctype html><title>Log in</title>".into());
    for (status, body) in
        [(200, page()), (201, page()), (404, page()), (404, Body::Empty), (405, Body::Json(json!({})))]
    {
        let error = read(status, body).unwrap_err();
        assert!(matches!(&error, Error::RegistrationOff { host, .. } if &**host == "ehr.example"), "{error:?}");
        assert_eq!(error.code(), "registration_off");
        assert!(error.message().contains("manually"), "{error}");
    }
}

#[test]
fn g2_a_refusal_keeps_the_servers_code_and_description() {
    for code in ["invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement"] {
        let error =
            read(400, Body::Json(json!({"error": code, "error_description": "It must be https."}))).unwrap_err();
        assert_eq!((error.code(), error.status()), ("registration_failed", Some(400)));
        let Error::Registration(refusal) = &error else { panic!("{error:?}") };
        assert_eq!((&*refusal.error, refusal.description.as_deref()), (code, Some("It must be https.")));
        assert!(error.message().contains(code) && error.message().contains("It must be https"), "{error}");
    }
}

#[test]
fn g2_t8_an_invalid_registration_response_is_an_error() {
    for (status, body) in [
        (201, Body::Empty),
        (201, Body::Json(json!({"client_id": ""}))),
        (201, Body::Json(json!([]))),
        (201, Body::Json(json!({"client_id": "given", "registration_access_token": "a\r\nX-Injected: 1"}))),
        (401, Body::Empty),
        (403, Body::Text("<html>".into())),
        (500, Body::Text("<html>".into())),
        (302, Body::Empty),
        (0, Body::Empty),
    ] {
        let error = read(status, body).unwrap_err();
        assert_eq!((error.code(), error.status()), ("invalid_registration_response", Some(status)));
    }
}

#[test]
fn g1_a_registration_is_managed_with_its_own_token_at_its_own_url() {
    let client = registered();
    let read = client.read_request(&endpoint()).unwrap();
    let update = client.update_request(&SerdeJson, &endpoint(), &metadata()).unwrap();
    let delete = client.delete_request(&endpoint()).unwrap();
    for (request, method) in [(&read, Method::Get), (&update, Method::Put), (&delete, Method::Delete)] {
        assert_eq!((request.method, request.url.as_str()), (method, "https://ehr.example/register/given"));
        assert_eq!((request.authorization(), request.redirect), (Some("Bearer hidden-token"), Redirect::Manual));
    }
    let body: Value = serde_json::from_str(update.body.as_deref().unwrap()).unwrap();
    assert_eq!((&body["client_id"], &body["client_name"]), (&json!("given"), &json!("My app")));
    for secret in ["registration_access_token", "client_secret_expires_at", "client_id_issued_at"] {
        assert_eq!(body.get(secret), None);
    }
    assert_eq!((read.body, delete.body), (None, None));
}

#[test]
fn g1_f1_the_registration_token_is_sent_to_no_other_origin() {
    for (uri, code) in [
        ("https://evil.example/register/given", "foreign_url"),
        ("https://ehr.example.evil.example/register/given", "foreign_url"),
        ("https://ehr.example:8443/register/given", "foreign_url"),
        ("http://ehr.example/register/given", "foreign_url"),
        ("https://ehr.example@evil.example/", "invalid_url"),
        ("/register/given", "invalid_url"),
    ] {
        let client = RegisteredClient { registration_client_uri: Some(uri.into()), ..registered() };
        let requests = [
            client.read_request(&endpoint()),
            client.update_request(&SerdeJson, &endpoint(), &metadata()),
            client.delete_request(&endpoint()),
        ];
        for request in requests {
            assert_eq!(request.unwrap_err().code(), code, "{uri}");
        }
    }
    let unmanaged = RegisteredClient { registration_access_token: None, ..registered() };
    assert_eq!(unmanaged.read_request(&endpoint()).unwrap_err().code(), "not_offered");
}

#[test]
fn g1_after_an_update_missing_members_stay_and_a_new_token_replaces_the_old_one() {
    let client = registered();
    let kept = client.read_response(&endpoint(), 200, &Body::Json(json!({"client_id": "given", "scope": "openid"})));
    let kept = kept.unwrap();
    assert_eq!(kept.registration_access_token, client.registration_access_token);
    assert_eq!((kept.client_secret, kept.metadata.scope.as_deref()), (client.client_secret.clone(), Some("openid")));
    let rotated = json!({"client_id": "given", "registration_access_token": "next"});
    let rotated = client.read_response(&endpoint(), 200, &Body::Json(rotated)).unwrap();
    assert_eq!(rotated.registration_access_token, Some(RegistrationAccessToken::new("next")));
    for (status, body) in [(200, Body::Json(json!({"client_id": "other"}))), (404, Body::Empty), (401, Body::Empty)] {
        let error = client.read_response(&endpoint(), status, &body).unwrap_err();
        assert_eq!(error.code(), "invalid_registration_response");
    }
}

#[test]
fn g1_the_response_to_a_removal_is_empty() {
    let deleted = |status, body: Body<Value>| read_deletion(&endpoint(), status, &body).map_err(|error| error.code());
    assert_eq!(deleted(204, Body::Empty), Ok(()));
    assert_eq!(deleted(200, Body::Json(json!({}))), Ok(()));
    assert_eq!(deleted(200, Body::Text("<html>".into())), Err("registration_off"));
    assert_eq!(deleted(401, Body::Json(json!({"error": "invalid_token"}))), Err("registration_failed"));
    assert_eq!(deleted(405, Body::Empty), Err("invalid_registration_response"));
}

#[test]
fn s3_a_registered_client_does_not_print_its_secret() {
    let client = registered();
    let request = client.read_request(&endpoint()).unwrap();
    for printed in [format!("{client:?}"), format!("{request:?}")] {
        assert!(!printed.contains("hidden"), "{printed}");
    }
}

const JWKS: &str = r#"{"keys":[{"kty":"RSA","kid":"k","n":"AQAB","e":"AQAB"}]}"#;

#[test]
fn n5_a_protected_registration_names_the_software_and_the_key_and_its_token_goes_to_the_endpoint() {
    let token = AccessToken::new("initial");
    let request = protected_registration_request(&SerdeJson, &endpoint(), "app", JWKS, &token).unwrap();
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://ehr.example/register"));
    assert_eq!(request.authorization(), Some("Bearer initial"));
    assert_eq!((request.redirect, request.no_store), (Redirect::Manual, true));
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
    let key = json!({"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"});
    assert_eq!(body, json!({"software_id": "app", "jwks": {"keys": [key]}}));
}

#[test]
fn n3_a_private_key_is_never_registered() {
    let private = JWKS.replace(r#""e""#, r#""d":"AQAB","e""#);
    for set in [&*private, "{}", "not JSON"] {
        let refused = protected_registration_request(&SerdeJson, &endpoint(), "app", set, &AccessToken::new("t"));
        assert_eq!(refused.unwrap_err().code(), "invalid_configuration", "{set}");
    }
}

#[test]
fn n5_only_a_client_with_the_jwt_bearer_grant_may_use_its_key_for_tokens() {
    let allows = |response: Value| read(201, Body::Json(response)).unwrap().allows_jwt_bearer();
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let response =
        |grants: Value| json!({"client_id": "own", "grant_types": grants, "token_endpoint_auth_method": "none"});
    assert!(allows(response(json!([grant]))));
    assert!(allows(response(json!(["authorization_code", grant]))));
    assert!(!allows(response(json!(["authorization_code"]))));
    assert!(!allows(json!({"client_id": "own"})));
}
