//! HTTP with fetch.

use js_sys::{Object, Promise, Reflect};
use smartrust::abort::{AbortHandle, AbortSignal};
use smartrust::fhir::ndjson::{JsonArray, JsonLine, LineRules, Lines};
use smartrust::platform::{Body, Http, HttpFailure, HttpResponse, JsonView};
use smartrust::protocol::guard::Guard;
use smartrust::protocol::http::{Method, Request};
use smartrust::protocol::secret::AccessToken;
use smartrust::protocol::url::Url;
use smartrust::web::WebPlatform;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{ReferrerPolicy, RequestCache, RequestCredentials, RequestRedirect, Response};

use crate::browser::{self, Network};

fn get_from(url: Url) -> Request {
    Request::get(url, "application/fhir+json")
}

fn get() -> Request {
    get_from(Url::parse("https://ehr.example/fhir/Patient/1").unwrap())
}

fn with_method(method: Method) -> Request {
    let mut request = get();
    request.method = method;
    request
}

fn form() -> Request {
    Request::form(Url::parse("https://ehr.example/token").unwrap(), &[("code", "c d"), ("client_id", "app")])
}

async fn send(request: &Request) -> Result<<WebPlatform as Http>::Response, HttpFailure> {
    WebPlatform::default().send(request, &AbortSignal::never()).await
}

fn empty(_: &web_sys::Request) -> JsValue {
    browser::response(200, "", &JsValue::UNDEFINED).into()
}

fn silence(_: &web_sys::Request) -> JsValue {
    Promise::new(&mut |_, _| {}).into()
}

#[wasm_bindgen_test]
async fn s8_a_request_sends_no_cookie_and_no_referrer() {
    let network = Network::answering(empty);
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    for method in methods {
        send(&with_method(method)).await.unwrap();
    }
    send(&form()).await.unwrap();
    let requests = network.requests();
    assert_eq!(requests.len(), methods.len() + 1);
    for request in &requests {
        assert_eq!(request.credentials(), RequestCredentials::Omit);
        assert_eq!(request.referrer_policy(), ReferrerPolicy::NoReferrer);
    }
    let sent: Vec<String> = requests.iter().map(|request| request.method()).collect();
    assert_eq!(sent, ["GET", "POST", "PUT", "PATCH", "DELETE", "POST"]);
}

#[wasm_bindgen_test]
async fn s8_a_token_request_is_not_cached_and_follows_no_redirect() {
    let network = Network::answering(empty);
    send(&form()).await.unwrap();
    send(&get()).await.unwrap();
    let [form, get] = network.requests().try_into().unwrap();
    assert_eq!((form.cache(), form.redirect()), (RequestCache::NoStore, RequestRedirect::Manual));
    assert_eq!((get.cache(), get.redirect()), (RequestCache::Default, RequestRedirect::Follow));
    assert_eq!(form.url(), "https://ehr.example/token");
    assert_eq!(form.headers().get("content-type").unwrap().as_deref(), Some("application/x-www-form-urlencoded"));
    let body = JsFuture::from(form.text().unwrap()).await.unwrap();
    assert_eq!(body.as_string().as_deref(), Some("code=c%20d&client_id=app"));
}

#[wasm_bindgen_test]
async fn s10_a_request_with_a_token_is_not_cached() {
    let network = Network::answering(empty);
    let mut request = get();
    let guard = Guard::new(Url::parse("https://ehr.example/fhir").unwrap());
    guard.authorize(&mut request, &AccessToken::new("t")).unwrap();
    send(&request).await.unwrap();
    request.may_be_cached = true;
    send(&request).await.unwrap();
    let caches: Vec<RequestCache> = network.requests().iter().map(web_sys::Request::cache).collect();
    assert_eq!(caches, [RequestCache::NoStore, RequestCache::Default]);
}

#[wasm_bindgen_test]
async fn a_request_has_the_headers_that_were_set_and_no_other() {
    let network = Network::answering(empty);
    send(&get()).await.unwrap();
    let headers = network.requests()[0].headers();
    let all = Object::from_entries(&headers).unwrap();
    assert_eq!(js_sys::JSON::stringify(&all).unwrap(), r#"{"accept":"application/fhir+json"}"#);
}

#[wasm_bindgen_test]
async fn a_response_has_its_status_its_headers_and_its_body() {
    let headers = Object::new();
    Reflect::set(&headers, &"Retry-After".into(), &"7".into()).unwrap();
    let _network = Network::answering(move |request| {
        let (status, body) = match request.method().as_str() {
            "GET" => (200, r#"{"resourceType": "Patient"}"#),
            "POST" => (503, "<html>"),
            _ => (201, ""),
        };
        browser::response(status, body, &headers)
    });
    let of = async |method| send(&with_method(method)).await.unwrap();

    let found = of(Method::Get).await;
    assert_eq!((found.status(), found.header("retry-after").as_deref()), (200, Some("7")));
    assert_eq!(found.header("etag"), None);
    let Ok((Body::Json(resource), _)) = found.body(false).await else { panic!("it is JSON") };
    assert_eq!(resource.member_text("resourceType").as_deref(), Some("Patient"));

    let failed = of(Method::Post).await;
    assert_eq!(failed.status(), 503);
    assert!(matches!(failed.body(false).await, Ok((Body::Text(text), _)) if text == "<html>"));
    assert!(matches!(of(Method::Put).await.body(false).await, Ok((Body::Empty, _))));
}

#[wasm_bindgen_test]
async fn a_counted_body_is_the_same_and_reports_its_bytes() {
    // A byte order mark of three bytes, and characters of two, three and four.
    let _network = Network::answering(|request| {
        let body = if request.method() == "GET" { "\u{feff}{\"id\":\"é€𝄞\"}" } else { "" };
        browser::response(200, body, &JsValue::UNDEFINED)
    });
    for counts_bytes in [true, false] {
        let Ok((Body::Json(resource), bytes)) = send(&get()).await.unwrap().body(counts_bytes).await else {
            panic!("it is JSON")
        };
        assert_eq!(resource.member_text("id").as_deref(), Some("é€𝄞"));
        assert_eq!(bytes, if counts_bytes { 21 } else { 0 });
        let empty = send(&with_method(Method::Put)).await.unwrap().body(counts_bytes).await;
        assert!(matches!(empty, Ok((Body::Empty, 0))));
    }
}

#[wasm_bindgen_test]
async fn a_body_arrives_piece_by_piece() {
    let _network = Network::answering(|_| browser::response_in_pieces(vec!["one\n".into(), "two é".into()]));
    let mut response = send(&get()).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().as_deref(), Some("one\n".as_bytes()));
    assert_eq!(response.chunk().await.unwrap().as_deref(), Some("two é".as_bytes()));
    assert_eq!(response.chunk().await.unwrap(), None);
}

/// The lines of a body that arrives in pieces of a size: an id, or the text of a line that is not JSON.
async fn lines(body: &[u8], size: u32) -> Vec<String> {
    let bytes = body.to_vec();
    lines_of(body, move || browser::response_cut_every(&bytes, size)).await
}

/// The lines of a response's body.
async fn lines_of(body: &[u8], respond: impl Fn() -> Response + 'static) -> Vec<String> {
    let rules = LineRules { max_line_bytes: 10_000_000, split_at_markers: &["\"apart\""] };
    read_lines(body, rules, respond).await
}

async fn read_lines(body: &[u8], rules: LineRules, respond: impl Fn() -> Response + 'static) -> Vec<String> {
    let _network = Network::answering(move |_| respond());
    let mut response = send(&get()).await.unwrap();
    let mut read = Vec::new();
    let mut arrived = 0;
    while let Some(piece) = response.json_lines(rules).await.unwrap() {
        arrived += piece.bytes;
        let lines = match piece.lines {
            Lines::Array(JsonArray { array, .. }) => array.items().unwrap().into_iter().map(JsonLine::Value).collect(),
            Lines::Each(lines) => lines,
        };
        read.extend(lines.into_iter().map(|line| match line {
            JsonLine::Value(value) => value.member_text("id").unwrap(),
            JsonLine::Blank => "blank".into(),
            JsonLine::NotJson => "not JSON".into(),
            JsonLine::NotUtf8 => "not text".into(),
            JsonLine::TooLong => "too long".into(),
        }));
    }
    assert!(arrived == body.len() || read.contains(&"not text".into()));
    read
}

#[wasm_bindgen_test]
async fn b5_lines_of_json_are_the_same_however_the_body_is_cut() {
    let body = "\u{feff}{\"id\":\"é€𝄞\"}\r\n\n  \n{\"id\":\"b\"}\n{broken\n{\"id\":\"c\"}";
    for size in 1..=body.len() as u32 {
        assert_eq!(lines(body.as_bytes(), size).await, ["é€𝄞", "blank", "blank", "b", "not JSON", "c"], "{size}");
    }
    assert_eq!(lines(b"{\"id\":\"a\"}\n", 4).await, ["a"]);
    assert!(lines(b"", 1).await.is_empty());
}

#[wasm_bindgen_test]
async fn b5_large_pieces_lose_no_line_whether_the_stream_fills_a_buffer_or_not() {
    let ids: Vec<String> = (0..15_000).map(|number| format!("é{number}")).collect();
    let body: String = ids.iter().map(|id| format!("{{\"id\":\"{id}\"}}\n")).collect();
    assert_eq!(lines(body.as_bytes(), 100_000).await, ids);
    let bytes = body.clone().into_bytes();
    let respond = move || browser::byte_response_cut_every(&bytes, 100_000);
    assert_eq!(lines_of(body.as_bytes(), respond).await, ids);
}

#[wasm_bindgen_test]
async fn b5_a_line_with_two_values_or_half_of_one_is_bad() {
    assert_eq!(lines(b"{\"id\":\"a\"},{\"id\":\"b\"}\n{\"id\":\"c\"}\n", 100).await, ["not JSON", "c"]);
    assert_eq!(lines(b"{\"id\":\"a\"\n\"x\":1}\n{\"id\":\"c\"}\n", 100).await, ["not JSON", "not JSON", "c"]);
    let both = b"{\"id\":\"a\"},{\"id\":\"b\"}\n{\"id\":\"c\"\n\"x\":1}\n";
    assert_eq!(lines(both, 100).await, ["not JSON"; 3]);
    assert_eq!(lines(b"{\"id\":\"a\"}],[{\"id\":\"b\"}\n{\"id\":\"c\"}\n", 100).await, ["not JSON", "c"]);
    assert_eq!(lines(b"{\"id\":\"a\n{b\"}\n{\"id\":\"c\"}\n", 100).await, ["not JSON", "not JSON", "c"]);
}

#[wasm_bindgen_test]
async fn b5_a_line_longer_than_many_pieces_is_one() {
    let id = "é".repeat(300_000);
    let body = format!("{{\"id\":\"a\"}}\n{{\"id\":\"{id}\"}}\r\n{{\"id\":\"c\"}}\r\n");
    assert!(lines(body.as_bytes(), 10_001).await == ["a", &id, "c"]);
}

#[wasm_bindgen_test]
async fn b5_bytes_that_are_not_utf8_are_reported_and_end_the_lines() {
    assert_eq!(lines(b"{\"id\":\"a\"}\n{\"id\":\"\xff\"}\n{\"id\":\"b\"}\n", 11).await, ["a", "not text"]);
    assert_eq!(lines(b"{\"id\":\"a\"}\n\xc3", 100).await, ["a", "not text"]);
}

#[wasm_bindgen_test]
async fn b11_a_line_that_is_too_long_is_skipped_however_the_body_is_cut() {
    let rules = LineRules { max_line_bytes: 20, split_at_markers: &[] };
    let long = format!("{{\"id\":\"{}\"}}", "é".repeat(40));
    let body = format!("{{\"id\":\"a\"}}\n{long}\n{{\"id\":\"b\"}}\n{long}\n{long}\n\n{{\"id\":\"c\"}}\n{long}");
    let expected = ["a", "too long", "b", "too long", "too long", "blank", "c", "too long"];
    for size in 1..=body.len() as u32 {
        let bytes = body.clone().into_bytes();
        let respond = move || browser::response_cut_every(&bytes, size);
        assert_eq!(read_lines(body.as_bytes(), rules, respond).await, expected, "{size}");
    }
}

#[wasm_bindgen_test]
async fn b11_lines_without_an_object_are_not_parsed_by_the_engine() {
    let body = "\n \r\n\nplain text\n".repeat(5_000) + "{\"id\":\"a\"}\n";
    let parsing = browser::count_parsing();
    let bytes = body.clone().into_bytes();
    let found = lines_of(body.as_bytes(), move || browser::response_cut_every(&bytes, 70_000)).await;
    assert_eq!(found.len(), 20_001);
    assert_eq!(found.iter().filter(|line| *line == "blank").count(), 15_000);
    assert_eq!(found.last().unwrap(), "a");
    let calls = parsing.end();
    assert!(calls <= 2, "{calls} calls of JSON.parse");
}

#[wasm_bindgen_test]
async fn b9_lines_with_a_certain_string_are_returned_one_by_one() {
    let body = b"{\"id\":\"a\"}\n{\"id\":\"b\",\"kind\":\"apart\"}\n";
    let rules = LineRules { max_line_bytes: 1_000, split_at_markers: &["\"apart\""] };
    let _network = Network::answering(|_| browser::response_cut_every(body, 1_000));
    let mut response = send(&get()).await.unwrap();
    let lines = response.json_lines(rules).await.unwrap().unwrap().lines;
    assert!(matches!(lines, Lines::Each(lines) if lines.len() == 2));
}

#[wasm_bindgen_test]
async fn a_refused_connection_is_an_error() {
    let refused = send(&get_from(Url::parse("http://localhost:1/").unwrap())).await;
    assert_eq!(refused.err(), Some(HttpFailure::Network));
}

#[wasm_bindgen_test]
async fn the_real_fetch_returns_a_response() {
    let url = Url::parse(&browser::page_address()).unwrap().join("/there-is-no-such-file").unwrap();
    let absent = send(&get_from(url)).await.unwrap();
    assert_eq!(absent.status(), 404);
}

#[wasm_bindgen_test]
async fn f7_an_abort_ends_the_fetch() {
    let network = Network::answering(silence);
    let handle = AbortHandle::new();
    let (platform, request, signal) = (WebPlatform::default(), get(), handle.signal());
    let sending = platform.send(&request, &signal);
    let aborting = async {
        let before = network.requests()[0].signal().aborted();
        handle.abort();
        before
    };
    let (sent, aborted_before) = futures_util::future::join(sending, aborting).await;
    assert!(!aborted_before);
    assert_eq!(sent.err(), Some(HttpFailure::Aborted));
    assert!(network.requests()[0].signal().aborted());
}

#[wasm_bindgen_test]
async fn a_fetch_is_aborted_if_its_future_is_dropped() {
    let network = Network::answering(empty);
    let response = send(&get()).await.unwrap();
    let signal = network.requests()[0].signal();
    assert!(!signal.aborted());
    drop(response);
    assert!(signal.aborted());
}
