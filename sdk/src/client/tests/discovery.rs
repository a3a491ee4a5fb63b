use super::server::*;
use crate::client::app::SmartApp;
use crate::client::launch::LaunchOptions;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::platform::Clock;
use crate::protocol::http::Request;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

type Launched = Result<Vec<(String, String)>, Error>;

/// A world whose server returns each document at its path, and 404 for everything else.
pub fn world(documents: Vec<(&'static str, Reply)>) -> World {
    World::new(NOW, move |request: &Request| {
        let known = documents.iter().find(|(path, _)| *path == request.url.path());
        known.map_or_else(|| Reply::text(404, "nothing here"), |(_, reply)| reply.clone())
    })
}

pub fn authorize(world: &World, app: &Rc<SmartApp<MemoryPlatform>>) -> Launched {
    let app = app.clone();
    let url = world.run(async move { app.authorization_url(LaunchOptions::default()).await }).unwrap();
    url.map(|url| parameters(url.as_str())).map_err(Error::from)
}

pub fn requested_urls(world: &World) -> Vec<String> {
    world.requests().iter().map(|request| request.url.path().to_owned()).collect()
}

pub const SMART: &str = "/fhir/.well-known/smart-configuration";
pub const OPENID: &str = "/fhir/.well-known/openid-configuration";
pub const METADATA: &str = "/fhir/metadata";

pub fn endpoints() -> Value {
    json!({
        "issuer": "https://ehr.example", "jwks_uri": "https://ehr.example/jwks",
        "authorization_endpoint": "https://ehr.example/authorize", "token_endpoint": "https://ehr.example/token",
    })
}

pub fn without(mut document: Value, member: &str) -> Value {
    document.as_object_mut().unwrap().remove(member);
    document
}

fn capability_statement() -> Value {
    json!({"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "security": {"extension": [
        {"url": "http://example.org/other"},
        {"url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris", "extension": [
            {"url": "token", "valueUri": "https://ehr.example/metadata-token"},
            {"url": "authorize", "valueUri": "https://ehr.example/metadata-authorize"},
        ]},
    ]}}]})
}

#[test]
fn d2_after_any_error_of_the_first_document_the_next_one_is_requested() {
    for wrong in [
        Reply::text(404, "not found"),
        Reply::text(200, "<html>Log in</html>"),
        Reply::text(404, "<html></html>"),
        Reply::text(200, "{\"token_endpoint\":"),
        Reply::json(200, &json!({"authorization_endpoint": "https://ehr.example/authorize"})),
        Reply::json(500, &endpoints()),
    ] {
        let world = world(vec![(SMART, wrong.clone()), (OPENID, Reply::json(200, &endpoints()))]);
        let app = app(&world.tab("https://app.example/"));
        assert!(authorize(&world, &app).is_ok(), "{wrong:?}");
        assert_eq!(requested_urls(&world), [SMART, OPENID], "{wrong:?}");
    }
}

#[test]
fn d2_d11_an_unreachable_document_is_retried_before_the_next_one_is_requested() {
    for wrong in
        [Reply::offline(), Reply::text(429, ""), Reply::text(502, ""), Reply::text(503, ""), Reply::text(504, "")]
    {
        let world = world(vec![(SMART, wrong.clone()), (OPENID, Reply::json(200, &endpoints()))]);
        let app = app(&world.tab("https://app.example/"));
        assert!(authorize(&world, &app).is_ok(), "{wrong:?}");
        assert_eq!(requested_urls(&world), [SMART, SMART, SMART, OPENID], "{wrong:?}");
    }
}

/// A server that fails so often before it returns its SMART configuration, and the times of the requests, in seconds.
fn failing(failures: Vec<Reply>) -> (World, Rc<RefCell<Vec<f64>>>) {
    let (left, times) = (RefCell::new(failures), Rc::new(RefCell::new(Vec::new())));
    let world = World::new(NOW, |_| Reply::default());
    let (clock, noted) = (world.tab("https://app.example/"), times.clone());
    world.respond_with(move |request| match request.url.path() {
        SMART => {
            noted.borrow_mut().push(clock.now() - NOW);
            let mut left = left.borrow_mut();
            if left.is_empty() { Reply::json(200, &endpoints()) } else { left.remove(0) }
        }
        _ => Reply::text(404, ""),
    });
    (world, times)
}

#[test]
fn d11_transient_errors_are_retried_within_the_timeout() {
    for failure in [Reply::offline(), Reply::text(429, ""), Reply::json(502, &json!({})), Reply::text(504, "<html>")] {
        let (world, times) = failing(vec![failure.clone(), failure.clone()]);
        assert!(authorize(&world, &app(&world.tab("https://app.example/"))).is_ok(), "{failure:?}");
        let times = times.borrow();
        assert_eq!((times.len(), times[0]), (3, 0.0), "{failure:?}");
        assert!(times[1] >= 0.3 && times[2] < 10.0, "{times:?}");
        assert_eq!(requested_urls(&world), [SMART; 3]);
    }
}

#[test]
fn d11_retry_after_is_followed_within_the_timeout() {
    let busy = |seconds: &str| Reply::text(503, "").header("Retry-After", seconds);
    let (world, times) = failing(vec![busy("4"), busy("3")]);
    assert!(authorize(&world, &app(&world.tab("https://app.example/"))).is_ok());
    assert_eq!(*times.borrow(), [0.0, 4.0, 7.0]);

    let (world, times) = failing(vec![busy("6"), busy("6")]);
    let error = authorize(&world, &app(&world.tab("https://app.example/"))).unwrap_err();
    assert_eq!((error.code(), times.borrow().as_slice()), ("discovery_failed", &[0.0, 6.0][..]));
    assert!(error.to_string().contains("status 503"), "{error}");

    let (world, times) = failing(vec![busy("60")]);
    assert!(authorize(&world, &app(&world.tab("https://app.example/"))).is_err());
    assert_eq!(*times.borrow(), [0.0], "nobody waits a minute for a page");
}

#[test]
fn d11_no_retry_starts_after_the_timeout() {
    let (world, times) = failing(vec![Reply::text(503, ""), Reply::default().after(60_000)]);
    let error = authorize(&world, &app(&world.tab("https://app.example/"))).unwrap_err();
    assert!(error.to_string().contains("no response came in time"), "{error}");
    assert_eq!(times.borrow().len(), 2);
    assert!(world.tab("https://app.example/").now() - NOW <= 10.0);
}

#[test]
fn d11_a_permanent_error_is_not_retried() {
    for answer in [Reply::text(404, ""), Reply::text(500, ""), Reply::text(403, ""), Reply::text(200, "<html>")] {
        let (world, times) = failing(vec![answer.clone()]);
        assert!(authorize(&world, &app(&world.tab("https://app.example/"))).is_err(), "{answer:?}");
        assert_eq!(times.borrow().len(), 1, "{answer:?}");
    }
}

#[test]
fn d2_the_capability_statement_is_requested_last() {
    let world = world(vec![(METADATA, Reply::json(200, &capability_statement()))]);
    let tab = world.tab("https://app.example/");
    launch(&world, &app(&tab)).unwrap();
    assert!(location(&tab).starts_with("https://ehr.example/metadata-authorize?"), "{}", location(&tab));
    assert_eq!(requested_urls(&world)[..3], [SMART, OPENID, METADATA]);
}

#[test]
fn d2_if_all_fail_one_error_names_each_attempt_and_its_response() {
    let world = world(vec![
        (SMART, Reply::text(200, "<html>Log in</html>")),
        (OPENID, Reply::offline()),
        (METADATA, Reply::json(200, &json!({"resourceType": "CapabilityStatement"}))),
    ]);
    let error = authorize(&world, &app(&world.tab("https://app.example/"))).unwrap_err();
    let Error::Discovery { attempts } = &error else { panic!("{error:?}") };
    let attempted: Vec<_> = attempts.iter().map(|attempt| (attempt.url.as_str(), attempt.outcome.as_str())).collect();
    assert_eq!(attempted[0].0, "https://ehr.example/fhir/.well-known/smart-configuration");
    assert!(attempted[0].1.contains("not JSON"));
    assert_eq!(attempted[1].0, "https://ehr.example/fhir/.well-known/openid-configuration");
    assert!(attempted[1].1.contains("no response"));
    assert_eq!(attempted[2].0, "https://ehr.example/fhir/metadata");
    assert!(attempted[2].1.contains("token_endpoint"));
    attempted.iter().for_each(|(url, _)| assert!(error.to_string().contains(url)));
}

#[test]
fn d5_an_endpoint_on_plain_http_ends_the_search() {
    let mut document = endpoints();
    document["token_endpoint"] = json!("http://ehr.example/token");
    let world = world(vec![(SMART, Reply::json(200, &document)), (OPENID, Reply::json(200, &endpoints()))]);
    let refused = authorize(&world, &app(&world.tab("https://app.example/"))).unwrap_err();
    assert_eq!(refused.code(), "insecure_url");
    assert_eq!(requested_urls(&world), [SMART]);
}

#[test]
fn d6_a_success_is_cached_for_five_minutes_in_memory_and_in_the_tab() {
    let world = world(vec![(SMART, Reply::json(200, &endpoints()))]);
    let tab = world.tab("https://app.example/");
    let first = app(&tab);
    authorize(&world, &first).unwrap();
    world.advance(299.0);
    authorize(&world, &first).unwrap();
    authorize(&world, &app(&tab)).unwrap();
    assert_eq!(requested_urls(&world).len(), 1, "the same app and one after a reload");
    world.advance(2.0);
    authorize(&world, &first).unwrap();
    assert_eq!(requested_urls(&world).len(), 2);
}

#[test]
fn d6_max_age_limits_how_long_a_success_is_cached() {
    for (cache_control, after, requests) in
        [("public, max-age=3600", 3599.0, 1), ("max-age=10", 11.0, 2), ("no-cache", 0.0, 2), ("no-store", 0.0, 2)]
    {
        let world = world(vec![(SMART, Reply::json(200, &endpoints()).header("Cache-Control", cache_control))]);
        let app = app(&world.tab("https://app.example/"));
        authorize(&world, &app).unwrap();
        world.advance(after);
        authorize(&world, &app).unwrap();
        assert_eq!(requested_urls(&world).len(), requests, "{cache_control}");
    }
}

#[test]
fn d6_a_failure_is_never_cached() {
    let world = world(vec![]);
    let app = app(&world.tab("https://app.example/"));
    authorize(&world, &app).unwrap_err();
    world.respond_with(|_| Reply::json(200, &endpoints()));
    assert!(authorize(&world, &app).is_ok());
}

#[test]
fn d6_concurrent_calls_share_one_request() {
    let world = world(vec![(SMART, Reply::json(200, &endpoints()).after(500))]);
    let app = app(&world.tab("https://app.example/"));
    let calls = (0..5).map(|_| {
        let app = app.clone();
        async move { app.authorization_url(LaunchOptions::default()).await.is_ok() }
    });
    let outcomes = world.run(futures_util::future::join_all(calls.collect::<Vec<_>>())).unwrap();
    assert_eq!(outcomes, [true; 5]);
    assert_eq!(requested_urls(&world), [SMART]);
}

#[test]
fn d6_with_a_blocked_store_the_document_is_requested_again() {
    let world = world(vec![(SMART, Reply::json(200, &endpoints()))]);
    let tab = world.tab("https://app.example/");
    tab.set_store_available(false);
    let refused = authorize(&world, &app(&tab)).unwrap_err();
    assert_eq!(refused, Error::Storage, "the error says that the launch cannot be stored");
    assert_eq!(requested_urls(&world), [SMART]);
}

#[test]
fn d7_a_servers_documents_are_checked_and_a_missing_one_is_a_finding() {
    let mut smart = endpoints();
    smart["issuer"] = json!("");
    let world = world(vec![(SMART, Reply::json(200, &smart)), (OPENID, Reply::text(200, "<html>Log in</html>"))]);
    let app = app(&world.tab("https://app.example/"));
    let findings = world.run(async move { app.diagnose(None).await }).unwrap().unwrap();
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["missing_document", "empty_issuer", "missing_pkce"]);
    assert!(findings[0].message.contains("openid-configuration"), "{}", findings[0].message);
}

#[test]
fn u18_a_server_that_registers_apps_of_its_trust_community_is_a_finding() {
    const UDAP: &str = "/fhir/.well-known/udap";
    let codes = |udap: Reply| {
        let world = world(vec![(SMART, Reply::json(200, &endpoints())), (UDAP, udap)]);
        let app = app(&world.tab("https://app.example/"));
        let findings = world.run(async move { app.diagnose(None).await }).unwrap().unwrap();
        findings.iter().filter(|finding| finding.code == "trust_community").count()
    };
    assert_eq!(codes(Reply::json(200, &json!({"udap_profiles_supported": ["udap_dcr", "udap_authn"]}))), 1);
    assert_eq!(codes(Reply::json(200, &json!({"udap_profiles_supported": []}))), 0);
    assert_eq!(codes(Reply::text(200, "<html>Log in</html>")), 0);
    assert_eq!(codes(Reply::text(404, "nothing here")), 0);
}
