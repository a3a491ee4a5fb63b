use super::server::*;
use crate::abort::AbortSignal;
use crate::client::bulk::{BackendClient, BackendConfig};
use crate::client::fhir::{RequestOptions, SearchProgress};
use crate::error::{Error, Failure};
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
fn b1_a_token_is_requested_by_an_assertion_and_used_until_it_expires() {
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
fn b1_concurrent_callers_share_a_token_request() {
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
fn b1_a_refused_token_is_replaced_once() {
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
fn b1_a_server_without_an_authorization_endpoint_is_accepted() {
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

fn page(ids: &[&str], next: Option<&str>) -> Reply {
    let entries: Vec<Value> = ids.iter().map(|id| json!({"resource": {"id": id}})).collect();
    let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
    Reply::json(200, &json!({"resourceType": "Bundle", "total": 3, "entry": entries, "link": links}))
}

/// The ids of all pages, the reported progress, and the error that ended the search.
fn search(
    world: &World,
    service: &BackendClient<MemoryPlatform>,
    options: RequestOptions,
) -> (Vec<String>, SearchProgress, Option<Error>) {
    let search = service.search("Group", &[("name".into(), "diabetes".into())], options).unwrap();
    world
        .run(async move {
            let mut ids = Vec::new();
            loop {
                match search.next_page().await {
                    Ok(Some(page)) => {
                        ids.extend(page.resources.iter().map(|found| found["id"].as_str().unwrap().to_owned()));
                    }
                    Ok(None) => return (ids, search.progress(), None),
                    Err(failure) => return (ids, search.progress(), Some(failure.into())),
                }
            }
        })
        .unwrap()
}

#[test]
fn b1_a_service_searches_page_by_page_and_replaces_a_refused_token() {
    let (server, world, tab) = stage();
    let next = "https://ehr.example/fhir/Group?page=2&x=%7C";
    server.fhir_replies.borrow_mut().extend([page(&["1", "2"], Some(next)), page(&["3"], None)]);
    server.dead_tokens.borrow_mut().push("access-1".into());
    let headers = vec![("X-Trace".to_owned(), "7".to_owned())];
    let (ids, progress, error) =
        search(&world, &service(&tab), RequestOptions { headers, ..RequestOptions::default() });
    assert_eq!((ids, error), (vec!["1".into(), "2".into(), "3".into()], None));
    assert_eq!((progress.pages, progress.resources, progress.total), (2, 3, Some(3.0)));
    let first = "GET /Group?name=diabetes";
    assert_eq!(fhir_lines(&world), [first, first, "GET /Group?page=2&x=%7C"]);
    assert_eq!(tokens_used(&world), ["Bearer access-1", "Bearer access-2", "Bearer access-2"]);
    let traced = |request: &crate::protocol::http::Request| request.headers.contains(&("X-Trace".into(), "7".into()));
    assert_eq!(world.requests().iter().filter(|request| traced(request)).count(), 3);
}

#[test]
fn f1_a_next_link_outside_of_the_fhir_base_gets_no_token_of_a_service_and_no_request() {
    for next in ["https://ehr.example/other/Group?page=2", "https://evil.example/fhir/Group?page=2"] {
        let (server, world, tab) = stage();
        server.fhir_replies.borrow_mut().push_back(page(&["1"], Some(next)));
        let (ids, _, error) = search(&world, &service(&tab), RequestOptions::default());
        assert_eq!(ids, ["1"]);
        assert!(matches!(error, Some(Error::ForeignUrl { .. })), "{next}: {error:?}");
        assert!(world.requests().iter().all(|request| request.url.as_str() != next));
    }
}

#[test]
fn f6_a_search_of_a_service_follows_retry_after_and_continues() {
    let (server, world, tab) = stage();
    let busy = Reply::json(429, &json!({"resourceType": "OperationOutcome"})).header("Retry-After", "7");
    server.fhir_replies.borrow_mut().extend([busy, page(&["1"], None)]);
    let (ids, _, error) = search(&world, &service(&tab), RequestOptions::default());
    assert_eq!((ids, error), (vec!["1".into()], None));
    let elapsed = crate::platform::Clock::now(&tab) - NOW;
    assert!((7.0..7.5).contains(&elapsed), "{elapsed}");
}

#[test]
fn a_search_that_the_scopes_of_a_service_do_not_allow_fails_before_anything_is_sent_on_demand() {
    let (_, world, tab) = stage();
    let secret = ClientAuthentication::ClientSecretPost(crate::protocol::secret::ClientSecret::new("s"));
    let service = BackendClient::new(tab, BackendConfig::new(BASE, "service", secret, "system/Patient.rs")).unwrap();
    let options = RequestOptions { check_scopes: true, ..RequestOptions::default() };
    let refused = service.search("Group", &[], options.clone()).err().unwrap();
    assert_eq!(*refused, Error::NotGranted { resource_type: "Group".into() });
    assert!(service.search("Patient", &[], options).is_ok());
    assert!(world.requests().is_empty());
}
