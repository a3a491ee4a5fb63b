use super::server::*;
use crate::abort::AbortSignal;
use crate::client::backend::{BackendClient, BackendConfig};
use crate::error::Failure;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::client_assertion::{ClientKey, PrivateKeyJwt};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::jwk::Algorithm;
use futures_util::future::join;
use serde_json::{Value, json};

/// A service with a key, at the scripted server.
pub fn service(tab: &MemoryPlatform) -> BackendClient<MemoryPlatform> {
    let key = ClientKey::new(tab, vec![Algorithm::RS384]);
    let authentication = PrivateKeyJwt::new(key, Some("key-1".into())).authentication(tab).unwrap();
    BackendClient::new(tab.clone(), BackendConfig::new(BASE, "service", authentication, "system/*.rs")).unwrap()
}

fn read(world: &World, service: &BackendClient<MemoryPlatform>) -> Result<Value, Failure> {
    let service = service.clone();
    world.run(async move { service.read("Group/1", &AbortSignal::never()).await }).unwrap()
}

fn tokens_used(world: &World) -> Vec<String> {
    world.requests().iter().filter_map(|request| request.authorization().map(str::to_owned)).collect()
}

#[test]
fn b1_a_token_is_got_by_an_assertion_and_used_until_it_runs_out() {
    let (_, world, tab) = stage();
    let service = service(&tab);
    read(&world, &service).unwrap();
    read(&world, &service).unwrap();
    world.advance(3_600.0);
    read(&world, &service).unwrap();
    let posts = token_requests(&world);
    assert_eq!(posts.len(), 2);
    for post in &posts {
        assert_eq!(field(post, "grant_type").as_deref(), Some("client_credentials"));
        assert_eq!(field(post, "scope").as_deref(), Some("system/*.rs"));
        assert!(field(post, "client_assertion").is_some() && field(post, "client_id").is_none());
    }
    assert_ne!(field(&posts[0], "client_assertion"), field(&posts[1], "client_assertion"));
    assert_eq!(tokens_used(&world), ["Bearer access-1", "Bearer access-1", "Bearer access-2"]);
    assert!(tab.stored().values().all(|text| !text.contains("access-")), "the token is kept in memory alone");
}

#[test]
fn b1_two_who_ask_at_once_share_a_token_request() {
    let (_, world, tab) = stage();
    let (one, two) = (service(&tab), AbortSignal::never());
    let other = one.clone();
    let both = world.run(async move {
        let never = AbortSignal::never();
        join(one.read("Group/1", &two), other.read("Group/2", &never)).await
    });
    assert!(both.is_some_and(|(one, two)| one.is_ok() && two.is_ok()));
    assert_eq!(token_requests(&world).len(), 1);
}

#[test]
fn b1_a_dead_token_is_replaced_once() {
    let (server, world, tab) = stage();
    let service = service(&tab);
    read(&world, &service).unwrap();
    server.dead_tokens.borrow_mut().push("access-1".into());
    read(&world, &service).unwrap();
    assert_eq!(token_requests(&world).len(), 2);
    server.dead_tokens.borrow_mut().extend(["access-2".into(), "access-3".into()]);
    assert_eq!(read(&world, &service).unwrap_err().status(), Some(401));
    assert_eq!(token_requests(&world).len(), 3);
}

#[test]
fn b1_a_service_must_name_its_scopes() {
    let (_, _, tab) = stage();
    let config = BackendConfig::new(BASE, "service", ClientAuthentication::None, " ");
    assert_eq!(BackendClient::new(tab, config).err().unwrap().code(), "invalid_configuration");
}

#[test]
fn b1_a_server_without_an_authorization_endpoint_will_do() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut().as_object_mut().unwrap().remove("authorization_endpoint");
    assert_eq!(read(&world, &service(&tab)).unwrap()["id"], json!("1"));
}

#[test]
fn k6_a_service_authenticates_for_client_credentials_as_for_any_other_grant() {
    let (_, world, tab) = stage();
    let config = BackendConfig::new(
        BASE,
        "service",
        ClientAuthentication::ClientSecretPost(crate::protocol::secret::ClientSecret::new("s")),
        "system/*.rs",
    );
    read(&world, &BackendClient::new(tab, config).unwrap()).unwrap();
    assert_eq!(field(&token_requests(&world)[0], "client_secret").as_deref(), Some("s"));
}

#[test]
fn a_refused_service_says_so() {
    let (server, world, tab) = stage();
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_scope"})));
    assert_eq!(read(&world, &service(&tab)).unwrap_err().code(), "token_request_failed");
}
