//! An app that registers itself at a server for which it has no client ID.

use super::server::{BASE, NOW, REDIRECT, launch, location, parameters, value};
use crate::abort::AbortSignal;
use crate::client::server::{RegistrationEndpoint, ServerRecord, SmartAppConfig};
use crate::error::{Error, Failure};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::http::{Method, Request};
use crate::protocol::registration::RegisteredClient;
use crate::protocol::secret::{AccessToken, ClientSecret, RegistrationAccessToken};
use serde_json::{Value, json};
use std::rc::Rc;

const SCOPE: &str = "openid offline_access patient/*.rs";

fn configuration() -> Value {
    json!({
        "issuer": "https://ehr.example", "jwks_uri": "https://ehr.example/jwks",
        "authorization_endpoint": "https://ehr.example/authorize", "token_endpoint": "https://ehr.example/token",
        "registration_endpoint": "https://ehr.example/register",
    })
}

/// The server's response about the client `given`, whose metadata it decides.
fn registration(request: &Request) -> Reply {
    if request.method == Method::Delete {
        return Reply { status: 204, ..Reply::default() };
    }
    let sent = request.body.as_deref().map_or_else(|| json!({}), |body| serde_json::from_str(body).unwrap());
    let mut response = sent;
    response["client_id"] = json!("given");
    response["scope"] = json!("openid patient/*.rs");
    response["registration_access_token"] = json!("manage");
    response["registration_client_uri"] = json!("https://ehr.example/register/given");
    if response["token_endpoint_auth_method"] == "client_secret_basic" {
        response["client_secret"] = json!("made");
    }
    Reply::json(if request.method == Method::Post { 201 } else { 200 }, &response)
}

fn world_with(smart: Value, openid: Value) -> World {
    World::new(NOW, move |request| match request.url.path() {
        "/fhir/.well-known/smart-configuration" => Reply::json(200, &smart),
        "/fhir/.well-known/openid-configuration" if !openid.is_null() => Reply::json(200, &openid),
        path if path.starts_with("/register") => registration(request),
        _ => Reply::text(404, "nothing here"),
    })
}

fn free() -> ServerRecord {
    ServerRecord::new(BASE, "", REDIRECT, SCOPE)
}

fn discovered(world: &World) -> Result<RegistrationEndpoint<MemoryPlatform>, Failure> {
    let tab = world.tab("https://app.example/");
    world.run(async move { RegistrationEndpoint::discover(tab, &free()).await }).unwrap()
}

fn register(world: &World, metadata: ClientMetadata) -> Result<RegisteredClient, Failure> {
    let endpoint = discovered(world)?;
    world.run(async move { endpoint.register(&metadata, None, &AbortSignal::never()).await }).unwrap()
}

fn sent(world: &World) -> Vec<Request> {
    world.requests().into_iter().filter(|request| request.url.path().starts_with("/register")).collect()
}

#[test]
fn d9_g1_an_entered_url_registers_and_its_client_id_launches() {
    let world = world_with(configuration(), Value::Null);
    let metadata = ClientMetadata::public("My app", REDIRECT, SCOPE);
    let client = register(&world, metadata.clone()).unwrap();
    let changes: Vec<_> = metadata.changes(&client.metadata).into_iter().map(|change| change.member).collect();
    assert_eq!(changes, ["scope"]);

    let record = free().registered(&client);
    let tab = world.tab("https://app.example/");
    let config = SmartAppConfig::new([record]);
    launch(&world, &Rc::new(crate::SmartApp::new(tab.clone(), config).unwrap())).unwrap();
    assert_eq!(value(&parameters(&location(&tab)), "client_id").as_deref(), Some("given"));
}

#[test]
fn d9_a_url_without_a_registration_requires_a_client_id() {
    let world = world_with(configuration(), Value::Null);
    let config = SmartAppConfig::new([free()]);
    let error = crate::SmartApp::new(world.tab("https://app.example/"), config).err().unwrap();
    assert!(matches!(&*error, Error::Configuration(wrong) if wrong.member == "clientId"), "{error:?}");
    assert!(error.message().contains("register"), "{error}");
}

#[test]
fn g1_a_secret_that_the_server_made_authenticates_the_client() {
    let world = world_with(configuration(), Value::Null);
    let client = register(&world, ClientMetadata::confidential("My app", REDIRECT, SCOPE)).unwrap();
    let ClientAuthentication::ClientSecretBasic(secret, _) = free().registered(&client).authentication else {
        panic!("another authentication");
    };
    assert_eq!(secret, ClientSecret::new("made"));
}

#[test]
fn g1_a_registration_is_read_changed_and_removed_with_its_own_token() {
    let world = world_with(configuration(), Value::Null);
    let endpoint = discovered(&world).unwrap();
    let initial = AccessToken::new("initial");
    let metadata = ClientMetadata::public("My app", REDIRECT, SCOPE);
    world
        .run(async move {
            let never = AbortSignal::never();
            let client = endpoint.register(&metadata, Some(&initial), &never).await.unwrap();
            let client = endpoint.read(&client, &never).await.unwrap();
            let renamed = ClientMetadata { client_name: Some("Our app".into()), ..metadata };
            let client = endpoint.update(&client, &renamed, &never).await.unwrap();
            assert_eq!(client.metadata.client_name.as_deref(), Some("Our app"));
            endpoint.delete(&client, &never).await.unwrap();
        })
        .unwrap();
    let reported: Vec<_> = sent(&world)
        .iter()
        .map(|request| (request.method, request.url.path().to_owned(), request.authorization().unwrap().to_owned()))
        .collect();
    let manage = |method| (method, "/register/given".to_owned(), "Bearer manage".to_owned());
    assert_eq!(
        reported,
        [
            (Method::Post, "/register".to_owned(), "Bearer initial".to_owned()),
            manage(Method::Get),
            manage(Method::Put),
            manage(Method::Delete),
        ]
    );
}

#[test]
fn g1_f1_a_registration_that_is_managed_elsewhere_gets_no_request() {
    let world = world_with(configuration(), Value::Null);
    let endpoint = discovered(&world).unwrap();
    let client = RegisteredClient {
        registration_access_token: Some(RegistrationAccessToken::new("manage")),
        registration_client_uri: Some("https://evil.example/register/given".into()),
        ..register(&world, ClientMetadata::public("My app", REDIRECT, SCOPE)).unwrap()
    };
    let before = world.requests().len();
    let read = world.run(async move { endpoint.read(&client, &AbortSignal::never()).await }).unwrap();
    assert_eq!((read.unwrap_err().code(), world.requests().len()), ("foreign_url", before));
}

#[test]
fn g1_an_endpoint_that_only_the_openid_configuration_names_is_used_if_it_is_of_the_same_server() {
    let mut smart = configuration();
    smart["registration_endpoint"] = Value::Null;
    let world = world_with(smart.clone(), configuration());
    assert_eq!(discovered(&world).unwrap().url().as_str(), "https://ehr.example/register");

    let mut foreign = configuration();
    foreign["token_endpoint"] = json!("https://evil.example/token");
    foreign["registration_endpoint"] = json!("https://evil.example/register");
    let world = world_with(smart, foreign);
    assert_eq!(discovered(&world).err().unwrap().code(), "registration_off");
}

#[test]
fn g2_a_server_without_the_endpoint_gets_no_request() {
    for endpoint in [Value::Null, json!(""), json!("http://ehr.example/register")] {
        let mut smart = configuration();
        smart["registration_endpoint"] = endpoint;
        let world = world_with(smart, Value::Null);
        let error = register(&world, ClientMetadata::public("My app", REDIRECT, SCOPE)).unwrap_err();
        assert!(matches!(&*error, Error::RegistrationOff { host, .. } if &**host == "ehr.example"), "{error:?}");
        assert!(world.requests().iter().all(|request| request.method == Method::Get));
    }
}

#[test]
fn g2_a_login_page_says_that_registration_is_off() {
    let world = world_with(configuration(), Value::Null);
    let endpoint = discovered(&world).unwrap();
    world.respond_with(|_| Reply::text(200, "<!doctype html><title>Log in</title>"));
    let metadata = ClientMetadata::public("My app", REDIRECT, SCOPE);
    let outcome = world.run(async move { endpoint.register(&metadata, None, &AbortSignal::never()).await }).unwrap();
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), "registration_off");
    assert!(error.message().contains("Login Trusts"), "{error}");
}

#[test]
fn g1_invalid_metadata_is_not_sent() {
    let world = world_with(configuration(), Value::Null);
    let metadata = ClientMetadata::public("My app", "/code", SCOPE);
    assert_eq!(register(&world, metadata).unwrap_err().code(), "invalid_configuration");
    assert!(sent(&world).is_empty());
}

#[test]
fn g1_an_endpoint_that_is_known_needs_no_discovery_and_must_be_https() {
    let world = world_with(configuration(), Value::Null);
    let at = |url: &str| RegistrationEndpoint::at(world.tab("https://app.example/"), url).map(|_| ());
    assert_eq!(at("https://ehr.example/register"), Ok(()));
    assert_eq!(at("http://ehr.example/register").unwrap_err().code(), "insecure_url");
    assert_eq!(at("register").unwrap_err().code(), "invalid_url");
    assert!(world.requests().is_empty());
}
