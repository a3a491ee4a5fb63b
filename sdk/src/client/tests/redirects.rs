use super::server::*;
use crate::client::fhir::{Cache, RequestOptions};
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::request::{FhirRequest, Interaction};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::{Redirect, Request};
use serde_json::{Value, json};

const FIRST: &str = "https://ehr.example/fhir/Patient/1";

/// A session whose FHIR server redirects its first URL, and the requests that it made. `reveals` is as in Node.
fn redirecting(to: &'static str, reveals: bool) -> (World, Session<MemoryPlatform>) {
    let (world, session) = signed_in_to(move |request| match request.url.as_str() {
        FIRST => Reply::redirect(307, to),
        url => Reply::json(200, &json!({"resourceType": "Patient", "id": "2", "url": url})),
    });
    world.set_redirects_visible(reveals);
    (world, session)
}

fn with_header() -> RequestOptions {
    RequestOptions { headers: vec![("X-Practice".into(), "north".into())], ..RequestOptions::default() }
}

fn read(world: &World, session: &Session<MemoryPlatform>) -> (Result<Value, Error>, Vec<Request>) {
    let (session, sent) = (session.clone(), world.requests().len());
    let read = world.run(async move { session.read("Patient/1", with_header()).await }).unwrap();
    (read.map_err(Error::from), world.requests().split_off(sent))
}

fn has_app_header(request: &Request) -> bool {
    request.headers.iter().any(|(name, _)| name == "X-Practice")
}

#[test]
fn f16_a_redirect_within_the_base_is_followed_with_the_token_and_the_apps_headers() {
    for (to, end) in
        [("2", "/fhir/2"), ("/fhir/Patient/2", "/fhir/Patient/2"), ("https://ehr.example/fhir/x?y", "/fhir/x")]
    {
        for reveals in [true, false] {
            let (world, session) = redirecting(to, reveals);
            let (read, sent) = read(&world, &session);
            let to = if to == "2" { "https://ehr.example/fhir/Patient/2" } else { to };
            let last = sent.last().unwrap();
            let end = if end == "/fhir/2" { "/fhir/Patient/2" } else { end };
            assert_eq!((last.url.path(), read.unwrap()["id"].as_str()), (end, Some("2")), "{to}");
            assert!(last.authorization().is_some() && has_app_header(last));
            assert!(
                sent.iter().all(|request| request.authorization().is_none() || request.redirect == Redirect::Manual)
            );
        }
    }
}

#[test]
fn f16_a_redirect_out_of_the_base_gets_no_token_and_no_header_and_its_response_is_not_used() {
    for to in [
        "https://ehr.example/neighbour/fhir/Patient/2",
        "/other/Patient/1",
        "../../Patient/1",
        "https://evil.example/fhir/Patient/2",
        "http://ehr.example/fhir/Patient/2",
    ] {
        for reveals in [true, false] {
            let (world, session) = redirecting(to, reveals);
            let (read, sent) = read(&world, &session);
            let refused = read.unwrap_err();
            assert_eq!((refused.code(), refused.status()), ("redirected", None), "{to}");
            assert!(matches!(&refused, Error::Redirected { to: Some(_), .. }), "{refused:?}");
            for request in sent.iter().filter(|request| request.url.as_str() != FIRST) {
                assert!(request.authorization().is_none() && !has_app_header(request), "{to}");
            }
        }
    }
}

#[test]
fn f16_a_redirect_to_another_origin_that_may_have_the_token_gets_no_header_of_the_app() {
    for reveals in [true, false] {
        let (server, world, tab) = stage();
        let mut response = token_response(1);
        response["authorization_details"] =
            json!([{"type": "smart_on_fhir", "locations": ["https://images.example/fhir"]}]);
        server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
        let session = sign_in(&server, &world, &tab);
        world.respond_with(|request| match request.url.as_str() {
            FIRST => Reply::redirect(307, "https://images.example/fhir/Patient/2"),
            _ => Reply::json(200, &json!({"resourceType": "Patient", "id": "2"})),
        });
        world.set_redirects_visible(reveals);
        let (read, sent) = read(&world, &session);
        assert_eq!(read.unwrap()["id"], json!("2"));
        let last = sent.last().unwrap();
        assert_eq!((last.url.host(), last.authorization()), ("images.example", Some("Bearer access-1")));
        assert_eq!(last.headers, [("Accept".to_owned(), "application/fhir+json".to_owned())]);
    }
}

#[test]
fn f16_redirects_that_do_not_end_are_an_error() {
    for reveals in [true, false] {
        let (world, session) = signed_in_to(|request| {
            // Without a token, the redirects end.
            let next = request.url.query().map_or(0, str::len) + 1;
            match request.authorization() {
                None => Reply::json(200, &json!({})),
                Some(_) => Reply::redirect(302, &format!("{FIRST}?{}", "x".repeat(next))),
            }
        });
        world.set_redirects_visible(reveals);
        let (read, sent) = read(&world, &session);
        assert_eq!(read.unwrap_err().code(), "redirected");
        assert!(sent.len() <= 6, "{}", sent.len());
    }
}

#[test]
fn f16_a_change_that_is_redirected_says_so() {
    use Interaction::*;
    for (interaction, target) in
        [(Create, "Patient"), (Update, "Patient/1"), (Patch, "Patient/1"), (Delete, "Patient/1")]
    {
        for status in [301, 302, 303, 307, 308] {
            for reveals in [true, false] {
                let (world, session) =
                    signed_in_to(move |_| Reply::redirect(status, "https://ehr.example/fhir/Patient/2"));
                world.set_redirects_visible(reveals);
                let sent = world.requests().len();
                let change = FhirRequest::new(interaction, target).body("{}");
                let outcome = world.run(async move { session.request(&change, RequestOptions::default()).await });
                let refused = outcome.unwrap().unwrap_err();
                assert_eq!(refused.code(), "redirected", "{interaction:?} {status}");
                assert!(refused.to_string().starts_with("ehr.example redirected the request to "), "{refused}");
                assert!(!refused.to_string().contains("status"), "{refused}");
                assert_eq!(world.requests().len(), sent + 1);
            }
        }
    }
}

#[test]
fn f16_bytes_and_pages_pass_the_same_guard() {
    let outside = "https://ehr.example/other";
    let (world, session) = signed_in_to(move |request| match request.url.as_str() {
        url if url == outside => Reply::json(200, &json!({})),
        _ => Reply::redirect(302, outside),
    });
    let bytes = session.clone();
    let bytes = world.run(async move { bytes.read_bytes("Binary/1", None, with_header(), &|_| {}).await });
    assert_eq!(bytes.unwrap().unwrap_err().code(), "redirected");
    let page = world.run(async move { session.search("Patient", &[], with_header())?.next_page().await });
    assert_eq!(page.unwrap().unwrap_err().code(), "redirected");
    assert!(world.requests().iter().filter(|sent| sent.url.as_str() == outside).all(|sent| !has_app_header(sent)));
}

#[test]
fn s10_no_request_of_a_session_is_cached_unless_the_app_enables_it() {
    let bundle = |next: Option<&str>| {
        let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
        Reply::json(200, &json!({"resourceType": "Bundle", "link": links}))
    };
    for (cache, stays_out) in [(Cache::NoStore, true), (Cache::Default, false)] {
        let (world, session) = signed_in_to(move |request| match request.url.query() {
            Some(query) if query.starts_with("code") => bundle(Some("?page=2")),
            Some(_) => bundle(None),
            None => Reply::json(200, &json!({"resourceType": "Patient"})),
        });
        let sent = world.requests().len();
        let options = move || RequestOptions { cache, ..RequestOptions::default() };
        let read = world.run(async move {
            session.read("Patient/1", options()).await?;
            session.read_bytes("Binary/1", None, options(), &|_| {}).await?;
            let search = session.search("Patient", &[("code".into(), "x".into())], options())?;
            while search.next_page().await?.is_some() {}
            Ok::<(), Failure>(())
        });
        read.unwrap().unwrap();
        let sent = world.requests().split_off(sent);
        assert_eq!(sent.len(), 4);
        assert!(sent.iter().all(|request| request.stays_out_of_caches() == stays_out), "{cache:?}");
    }
}
