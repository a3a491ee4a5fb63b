use super::*;
use crate::memory::SerdeJson;
use serde_json::{Value, json};

const SCOPE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";
const REDIRECT: &str = "https://app.example/code";

fn written(client: &ClientMetadata) -> Value {
    serde_json::from_str(&client.to_json()).unwrap()
}

fn keys() -> ClientKeys {
    ClientKeys::Uri("https://app.example/jwks.json".into())
}

#[test]
fn g1_each_kind_of_client_has_its_required_metadata() {
    let public = ClientMetadata::public("My app", REDIRECT, SCOPE);
    assert_eq!(
        written(&public),
        json!({
            "client_name": "My app", "redirect_uris": [REDIRECT], "scope": SCOPE, "response_types": ["code"],
            "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
        })
    );
    let confidential = written(&ClientMetadata::confidential("My app", REDIRECT, "openid"));
    assert_eq!(confidential["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(confidential["grant_types"], json!(["authorization_code"]));
    let asymmetric = written(&ClientMetadata::asymmetric("My app", REDIRECT, SCOPE, keys()));
    assert_eq!(asymmetric["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(asymmetric["jwks_uri"], "https://app.example/jwks.json");
    assert_eq!(
        written(&ClientMetadata::backend("My service", "system/*.rs", keys())),
        json!({
            "client_name": "My service", "scope": "system/*.rs", "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks.json",
        })
    );
}

#[test]
fn g6_empty_lists_are_sent_as_they_are_and_absent_ones_are_left_out() {
    let document = json!({
        "client_name": "My service", "scope": "system/*.rs", "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks.json",
        "response_types": [], "redirect_uris": [], "contacts": [],
    });
    let client = ClientMetadata::read(&document);
    assert_eq!(client.check(&SerdeJson), Ok(()));
    assert_eq!(written(&client), document);
    let sparse = json!({"token_endpoint_auth_method": "none"});
    assert_eq!(written(&ClientMetadata::read(&sparse)), sparse);

    let users = ClientMetadata { redirect_uris: Some(vec![]), ..ClientMetadata::public("My app", REDIRECT, SCOPE) };
    assert_eq!(users.check(&SerdeJson).unwrap_err().code(), "invalid_configuration", "users must come back somewhere");
    let without_lists = ClientMetadata { redirect_uris: None, response_types: None, contacts: None, ..client.clone() };
    assert_eq!(client.changes(&without_lists), [], "a server that leaves an empty list out changed nothing");
    let changed = ClientMetadata { response_types: Some(vec!["code".into()]), ..client.clone() };
    let [change] = &client.changes(&changed)[..] else { panic!() };
    assert_eq!(
        (change.member, change.sent.as_deref(), change.registered.as_deref()),
        ("response_types", None, Some("code"))
    );
}

#[test]
fn g1_written_metadata_is_read_back() {
    let client = ClientMetadata {
        client_id: Some("wished".into()),
        logo_uri: Some("https://app.example/logo.png".into()),
        contacts: Some(vec!["a@app.example".into(), "b \"c\"".into()]),
        launch_uri: Some("https://app.example/launch".into()),
        software_statement: Some("a.b.c".into()),
        keys: Some(ClientKeys::Set(r#"{"keys":[{"kty":"RSA"}]}"#.into())),
        ..ClientMetadata::public("Ä \\ app", REDIRECT, SCOPE)
    };
    assert_eq!(ClientMetadata::read(&written(&client)), client);
}

#[test]
fn g1_a_client_that_no_server_could_register_is_refused_before_it_is_sent() {
    let wrong = |client: ClientMetadata| match client.check(&SerdeJson).map_err(Error::from) {
        Ok(()) => None,
        Err(Error::Configuration(wrong)) => Some(wrong.member),
        Err(other) => panic!("{other:?}"),
    };
    let public = || ClientMetadata::public("My app", REDIRECT, SCOPE);
    assert_eq!(wrong(public()), None);
    assert_eq!(wrong(ClientMetadata::backend("My service", "system/*.rs", keys())), None);
    for uris in [vec![], vec!["/code".to_owned()], vec![REDIRECT.to_owned(), format!("{REDIRECT}#x")]] {
        let client = ClientMetadata { redirect_uris: Some(uris), ..public() };
        assert_eq!(wrong(client).as_deref(), Some("redirect_uris"));
    }
    let keyless = ClientMetadata { keys: None, ..ClientMetadata::asymmetric("My app", REDIRECT, SCOPE, keys()) };
    assert_eq!(wrong(keyless).as_deref(), Some("jwks"));
    for set in ["", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"EC"},{"kty":"RSA","n":"AQAB","d":"AQAB"}]}"#] {
        let client = ClientMetadata::backend("My service", "system/*.rs", ClientKeys::Set(set.into()));
        assert_eq!(wrong(client).as_deref(), Some("jwks"), "{set}");
    }
}

#[test]
fn g1_changes_of_the_server_are_reported_and_another_order_is_not_a_change() {
    let sent = ClientMetadata {
        client_uri: Some("https://app.example/about".into()),
        ..ClientMetadata::public("My app", REDIRECT, "openid patient/*.rs")
    };
    let same = ClientMetadata { scope: Some("patient/*.rs openid".into()), ..sent.clone() };
    assert_eq!(sent.changes(&same), []);
    let registered = ClientMetadata {
        client_id: Some("given".into()),
        client_uri: None,
        scope: Some("openid".into()),
        redirect_uris: Some(vec!["https://app.example/other".into()]),
        ..sent.clone()
    };
    let changes: Vec<_> =
        sent.changes(&registered).into_iter().map(|change| (change.member, change.registered)).collect();
    assert_eq!(
        changes,
        [
            ("client_uri", None),
            ("scope", Some("openid".into())),
            ("redirect_uris", Some("https://app.example/other".into())),
        ]
    );
}
