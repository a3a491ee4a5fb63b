//! Directories of FHIR servers that are fetched.

use crate::abort::AbortSignal;
use crate::client::directory::{MAX_BUNDLE_BYTES, RemoteDirectory, ServerBrands};
use crate::error::Failure;
use crate::fhir::directory::{Directory, DirectoryReader, Source};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use crate::protocol::url::Url;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

const URL: &str = "https://lists.example/brands.json?version=1";

fn bundle(name: &str) -> Value {
    json!({"resourceType": "Bundle", "entry": [
        {"resource": {"resourceType": "Organization", "id": "1", "name": name, "endpoint": [{"reference": "Endpoint/1"}]}},
        {"resource": {"resourceType": "Organization", "id": "2", "name": "East Side", "partOf": {"reference": "Organization/1"}}},
        {"resource": {"resourceType": "Endpoint", "id": "1", "address": "https://fhir.example/r4"}},
    ]})
}

type Opened = Result<Rc<RemoteDirectory<MemoryPlatform>>, Failure>;

fn open(world: &World) -> Opened {
    let tab = world.tab("https://app.example/");
    let url = Url::parse(URL).unwrap();
    let opened = async move { RemoteDirectory::open(tab, url, DirectoryReader::new(), &AbortSignal::never()).await };
    world.run(opened).unwrap().map(Rc::new)
}

fn refresh(world: &World, remote: &Rc<RemoteDirectory<MemoryPlatform>>) -> Result<bool, Failure> {
    let remote = remote.clone();
    world.run(async move { remote.refresh(&AbortSignal::never()).await }).unwrap()
}

fn load_facilities(world: &World, remote: &Rc<RemoteDirectory<MemoryPlatform>>) -> Result<(), Failure> {
    let remote = remote.clone();
    world.run(async move { remote.load_facilities(&AbortSignal::never()).await }).unwrap()
}

fn found(remote: &RemoteDirectory<MemoryPlatform>, text: &str) -> usize {
    remote.directory().search(text, 20).len()
}

/// The header of a request.
fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn e19_a_bundle_is_fetched_without_a_token_or_a_header_that_needs_a_preflight() {
    let world = World::new(0.0, |_| Reply::json(200, &bundle("Clinic")));
    let remote = open(&world).unwrap();
    assert_eq!(found(&remote, "clinic"), 1);
    assert_eq!(remote.directory().sources()[0].name, "lists.example");
    let requests = world.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].authorization(), None);
    assert_eq!(requests[0].headers.len(), 1);
    assert!(header(&requests[0], "Accept").is_some());
}

#[test]
fn e19_a_bundle_that_has_not_changed_is_kept() {
    let version = Rc::new(Cell::new(1));
    let served = version.clone();
    let world = World::new(0.0, move |request| {
        let etag = format!("W/\"{}\"", served.get());
        match header(request, "If-None-Match") == Some(&etag) {
            true => Reply::text(304, ""),
            false => Reply::json(200, &bundle(&format!("Clinic {}", served.get()))).header("ETag", &etag),
        }
    });
    let remote = open(&world).unwrap();
    assert!(!refresh(&world, &remote).unwrap());
    assert_eq!(found(&remote, "clinic 1"), 1);
    version.set(2);
    assert!(refresh(&world, &remote).unwrap());
    assert_eq!((found(&remote, "clinic 1"), found(&remote, "clinic 2")), (0, 1));
    assert!(!refresh(&world, &remote).unwrap());
}

#[test]
fn e19_a_server_that_refuses_the_preflight_gets_a_request_without_the_etag() {
    let world = World::new(0.0, |request| match header(request, "If-None-Match") {
        Some(_) => Reply::offline(),
        None => Reply::json(200, &bundle("Clinic")).header("ETag", "\"1\""),
    });
    let remote = open(&world).unwrap();
    assert!(refresh(&world, &remote).unwrap());
    assert_eq!(world.requests().len(), 3);
}

#[test]
fn e19_a_bundle_over_eight_megabytes_ends_with_an_error_that_names_the_command() {
    let large = format!("{{\"resourceType\":\"Bundle\",\"id\":\"{}\"}}", "x".repeat(MAX_BUNDLE_BYTES));
    let world = World::new(0.0, move |_| Reply::text(200, &large).in_pieces_of(1 << 20));
    let error = open(&world).unwrap_err();
    assert_eq!(error.code(), "directory_too_large");
    assert!(error.to_string().contains("cargo xtask directory"), "{error}");
    assert!(!error.to_string().contains("version=1"), "{error}");
}

#[test]
fn e19_a_bundle_that_cannot_be_fetched_or_read_is_a_typed_error_and_the_last_copy_stays() {
    for (reply, code) in [
        (Reply::offline(), "directory_unreachable"),
        (Reply::text(404, "nothing here"), "directory_unreachable"),
        (Reply::text(304, ""), "directory_unreachable"),
        (Reply::text(200, "<html>Sign in</html>"), "directory_invalid"),
        (Reply::bytes(200, "application/json", b"\xff{}"), "directory_invalid"),
        (Reply::json(200, &json!({"resourceType": "Patient"})), "directory_invalid"),
        (Reply::json(200, &json!({"index": "http://[", "places": "p.txt"})), "directory_invalid"),
        (Reply::json(200, &bundle("Clinic")).in_pieces_of(10).interrupted(), "directory_unreachable"),
    ] {
        let wrong = reply.clone();
        let world = World::new(0.0, move |_| wrong.clone());
        assert_eq!(open(&world).unwrap_err().code(), code, "{reply:?}");

        world.respond_with(|_| Reply::json(200, &bundle("Clinic")));
        let remote = open(&world).unwrap();
        world.respond_with(move |_| reply.clone());
        assert_eq!(refresh(&world, &remote).unwrap_err().code(), code);
        assert_eq!(found(&remote, "clinic"), 1);
    }
}

/// The description and the files of a list.
fn list() -> (Directory, impl Fn(&Request) -> Reply + 'static) {
    let mut reader = DirectoryReader::new();
    reader.start(Source::new("vendor"));
    reader.read_bundle(&bundle("Clinic"));
    let directory = reader.finish();
    let text = directory.to_text();
    let serve = move |request: &Request| match request.url.path() {
        "/brands.json" => Reply::json(200, &json!({"index": "index-1.txt", "places": "./places-1.txt"})),
        "/index-1.txt" => Reply::text(200, &text.brands),
        "/places-1.txt" => Reply::text(200, &text.facilities),
        _ => Reply::text(404, "nothing here"),
    };
    (directory, serve)
}

#[test]
fn e12_a_list_loads_its_brands_first_and_its_facilities_on_demand() {
    let (directory, serve) = list();
    let world = World::new(0.0, serve);
    let remote = open(&world).unwrap();
    assert_eq!(world.requests().len(), 2);
    assert_eq!((found(&remote, "clinic"), found(&remote, "east side")), (1, 0));
    load_facilities(&world, &remote).unwrap();
    load_facilities(&world, &remote).unwrap();
    assert_eq!(world.requests().len(), 3);
    assert_eq!(remote.directory().search("east side", 20), directory.search("east side", 20));
    assert_eq!(found(&remote, "east side"), 1);
}

#[test]
fn e12_facilities_that_cannot_be_loaded_leave_the_brands_and_can_be_loaded_later() {
    let (_, serve) = list();
    let serve = Rc::new(serve);
    let world = World::new(0.0, {
        let serve = serve.clone();
        move |request| serve(request)
    });
    let remote = open(&world).unwrap();
    world.respond_with(|_| Reply::offline());
    assert_eq!(load_facilities(&world, &remote).unwrap_err().code(), "directory_unreachable");
    world.respond_with(|_| Reply::text(200, "<html>"));
    assert_eq!(load_facilities(&world, &remote).unwrap_err().code(), "directory_invalid");
    assert_eq!((found(&remote, "clinic"), found(&remote, "east side")), (1, 0));
    world.respond_with(move |request| serve(request));
    load_facilities(&world, &remote).unwrap();
    assert_eq!(found(&remote, "east side"), 1);
}

#[test]
fn e14_a_search_sends_nothing() {
    let (_, serve) = list();
    let world = World::new(0.0, serve);
    let remote = open(&world).unwrap();
    load_facilities(&world, &remote).unwrap();
    let before = world.requests().len();
    for text in ["c", "cl", "clinic east", "53703"] {
        found(&remote, text);
    }
    assert_eq!(world.requests().len(), before);
}

const FHIR_BASE: &str = "https://fhir.example/r4";

fn own_of(members: Value) -> Result<ServerBrands<MemoryPlatform>, Failure> {
    let world = World::new(0.0, move |request| match request.url.path() {
        "/r4/.well-known/smart-configuration" => Reply::json(200, &members),
        "/own.json" => Reply::json(200, &two_brands()),
        _ => Reply::text(404, "nothing here"),
    });
    let tab = world.tab("https://app.example/");
    let base = Url::parse(FHIR_BASE).unwrap();
    let opened =
        async move { RemoteDirectory::of_server(tab, &base, DirectoryReader::new(), &AbortSignal::never()).await };
    world.run(opened).unwrap()
}

fn two_brands() -> Value {
    let brand = |id: &str| {
        json!({"resource": {"resourceType": "Organization", "id": id, "name": id, "identifier": [{"system": "s", "value": id}],
            "endpoint": [{"reference": format!("Endpoint/{id}")}]}})
    };
    let endpoint = |id: &str| json!({"resource": {"resourceType": "Endpoint", "id": id, "address": format!("https://{id}.example/r4")}});
    json!({"resourceType": "Bundle", "entry": [brand("north"), endpoint("north"), brand("south"), endpoint("south")]})
}

#[test]
fn e7_a_server_names_its_bundle_and_its_brand() {
    let identifier = |value: &str| json!({"system": "s", "value": value});
    let own = |identifier: Value| {
        own_of(json!({"user_access_brand_bundle": "https://fhir.example/own.json", "user_access_brand_identifier": identifier}))
            .unwrap()
    };
    let found = own(identifier("south"));
    assert_eq!((found.primary, found.findings.len()), (Some(1), 0));
    assert!(found.brands.unwrap().directory().sources()[0].is_of_server);
    for ambiguous in [identifier("west"), json!(null), json!({})] {
        let found = own(ambiguous);
        assert_eq!(found.primary, None, "nothing is guessed");
        assert_eq!(found.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["primary_brand"]);
        assert_eq!(found.brands.unwrap().directory().brands().len(), 2);
    }
}

#[test]
fn e7_a_bundle_that_is_missing_or_whose_url_cannot_be_used_is_a_finding() {
    for (members, findings) in [
        (json!({}), 0),
        (json!({"user_access_brand_identifier": {"value": "1"}}), 1),
        (json!({"user_access_brand_bundle": "own.json"}), 1),
        (json!({"user_access_brand_bundle": "http://fhir.example/own.json"}), 1),
    ] {
        let found = own_of(members.clone()).unwrap();
        assert!(found.brands.is_none() && found.primary.is_none(), "{members}");
        assert_eq!(found.findings.len(), findings, "{members}");
    }
    let gone = json!({"user_access_brand_bundle": "https://fhir.example/gone.json"});
    assert_eq!(own_of(gone).unwrap_err().code(), "directory_unreachable");
}
