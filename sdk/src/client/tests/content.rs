use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::fhir::RequestOptions;
use crate::client::record::ContentProgress;
use crate::error::Error;
use crate::fhir::content::Content;
use crate::memory::{Reply, World};
use crate::protocol::http::Request;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// Bytes that are not UTF-8.
const PDF: [u8; 6] = [b'%', b'P', b'D', b'F', 0xff, 0x00];

fn accept(request: &Request) -> &str {
    request.headers.iter().find(|(name, _)| name == "Accept").map_or("", |(_, value)| value)
}

/// What a session reads from a FHIR server, the reported progress, and the `Accept` of each request.
fn read(
    fhir: impl Fn(&Request) -> Reply + 'static,
    target: &str,
    own: Option<&str>,
    options: RequestOptions,
) -> (Result<Content, Error>, Vec<ContentProgress>, Vec<String>, World) {
    let (world, session) = signed_in_to(fhir);
    let sent = world.requests().len();
    let (target, own) = (target.to_owned(), own.map(str::to_owned));
    let reports = Rc::new(RefCell::new(Vec::new()));
    let progress = reports.clone();
    let outcome = world
        .run(async move {
            let tell = |so_far: &ContentProgress| progress.borrow_mut().push(*so_far);
            session.read_bytes(&target, own.as_deref(), options, &tell).await
        })
        .unwrap();
    let accepted = world.requests().iter().skip(sent).map(|request| accept(request).to_owned()).collect();
    (outcome.map_err(Error::from), reports.take(), accepted, world)
}

fn pdf() -> Content {
    Content { media_type: Some("application/pdf".into()), bytes: PDF.to_vec() }
}

#[test]
fn f14_a_binary_is_read_in_every_form_of_the_response() {
    let as_resource = || {
        let binary = json!({"resourceType": "Binary", "id": "1", "contentType": "application/pdf", "data": "JVBERv8A"});
        Reply::json(200, &binary).header("Content-Type", "application/fhir+json;charset=utf-8")
    };
    let raw = || Reply::bytes(200, "application/pdf", &PDF);
    // Responds with FHIR JSON, whatever is requested.
    assert_eq!(read(move |_| as_resource(), "Binary/1", Some("application/pdf"), Default::default()).0, Ok(pdf()));
    // Responds with bytes, whatever is requested.
    assert_eq!(read(move |_| raw(), "Binary/1", None, Default::default()).0, Ok(pdf()));
    for refused in [404, 406] {
        // Only responds to requests for FHIR JSON, for the content's own media type, or for any.
        let only = move |wanted: &'static str, reply: fn() -> Reply| {
            move |request: &Request| if accept(request) == wanted { reply() } else { Reply::text(refused, "") }
        };
        for own in [Some("application/pdf"), None] {
            let fhir = read(only("application/fhir+json", as_resource), "Binary/1", own, Default::default());
            assert_eq!(fhir.0, Ok(pdf()), "{own:?} {refused}");
            let any = read(only("*/*", raw), "Binary/1", own, Default::default());
            assert_eq!(any.0, Ok(pdf()), "{own:?} {refused}");
        }
        let own = read(only("application/pdf", raw), "Binary/1", Some("application/pdf"), Default::default());
        assert_eq!((own.0, own.2), (Ok(pdf()), vec!["application/pdf".to_owned()]));
    }
}

#[test]
fn f14_the_apps_accept_header_is_the_media_type() {
    let options = || RequestOptions { headers: vec![("accept".into(), "image/png".into())], ..Default::default() };
    let (outcome, _, accepted, _) = read(|_| Reply::text(404, ""), "Binary/1", None, options());
    assert_eq!(outcome.unwrap_err().code(), "not_found");
    assert_eq!(accepted, ["image/png", "application/fhir+json", "*/*"]);
}

#[test]
fn f14_the_given_media_type_takes_precedence_over_an_accept_header() {
    let options = || RequestOptions { headers: vec![("accept".into(), "image/png".into())], ..Default::default() };
    let (_, _, accepted, _) = read(|_| Reply::text(404, ""), "Binary/1", Some("application/pdf"), options());
    assert_eq!(accepted, ["application/pdf", "application/fhir+json", "*/*"]);
}

#[test]
fn f14_a_binary_without_data_is_requested_as_bytes() {
    let fhir = |request: &Request| match accept(request) {
        "*/*" => Reply::bytes(200, "application/pdf", &PDF),
        _ => Reply::json(200, &json!({"resourceType": "Binary"})).header("Content-Type", "application/fhir+json"),
    };
    assert_eq!(read(fhir, "Binary/1", None, Default::default()).0, Ok(pdf()));
    let never = |_: &Request| {
        Reply::json(200, &json!({"resourceType": "Binary"})).header("Content-Type", "application/fhir+json")
    };
    assert_eq!(read(never, "Binary/1", None, Default::default()).0.unwrap_err().code(), "invalid_content");
}

#[test]
fn f14_an_attachment_below_the_base_is_read_with_the_token_and_one_elsewhere_is_not_requested() {
    let own = Some("application/pdf");
    for target in ["files/7.pdf", "https://ehr.example/fhir/files/7.pdf", "/fhir/files/7.pdf"] {
        let fhir = |request: &Request| {
            assert!(request.authorization().is_some());
            assert_eq!(request.url.as_str(), "https://ehr.example/fhir/files/7.pdf");
            Reply::bytes(200, "application/pdf", &PDF)
        };
        let (outcome, _, accepted, _) = read(fhir, target, own, Default::default());
        assert_eq!((outcome, accepted), (Ok(pdf()), vec!["application/pdf".to_owned()]), "{target}");
    }
    for target in
        ["https://files.example/7.pdf", "../other/7.pdf", "//files.example/7.pdf", "https://ehr.example/7.pdf"]
    {
        let (outcome, _, accepted, _) = read(|_| unreachable!(), target, own, Default::default());
        assert_eq!((outcome.unwrap_err().code(), accepted.len()), ("foreign_url", 0), "{target}");
    }
    let (outcome, ..) = read(|_| unreachable!(), "data:text/plain,x", own, Default::default());
    assert_eq!(outcome.unwrap_err().code(), "invalid_url");
}

#[test]
fn f14_progress_counts_bytes_and_their_total() {
    let fhir = |_: &Request| Reply::bytes(200, "application/pdf", &PDF).header("Content-Length", "6").in_pieces_of(4);
    let (_, reports, ..) = read(fhir, "Binary/1", None, Default::default());
    assert_eq!(reports, [4, 6].map(|bytes| ContentProgress { bytes, total: Some(6) }));
    // The length of a compressed body is not that of its content.
    let fhir = |_: &Request| Reply::bytes(200, "application/pdf", &PDF).header("Content-Length", "5");
    assert_eq!(read(fhir, "Binary/1", None, Default::default()).1, [ContentProgress { bytes: 6, total: None }]);
}

#[test]
fn f14_abort_ends_the_reading() {
    let handle = AbortHandle::new();
    handle.abort();
    let options = RequestOptions::from(&handle.signal());
    let (outcome, _, accepted, _) = read(|_| unreachable!(), "Binary/1", None, options);
    assert_eq!((outcome.unwrap_err(), accepted.len()), (Error::Aborted, 0));

    let handle = AbortHandle::new();
    let (world, session) = signed_in_to(|_| Reply::bytes(200, "application/pdf", &PDF).in_pieces_of(2));
    let options = RequestOptions::from(&handle.signal());
    let outcome = world.run(async move {
        let abort = |_: &ContentProgress| handle.abort();
        session.read_bytes("Binary/1", None, options, &abort).await
    });
    assert_eq!(outcome.unwrap().unwrap_err(), Error::Aborted);
}

#[test]
fn f14_an_error_has_the_servers_message_and_a_refused_token_is_replaced() {
    let outcome =
        json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": "Sealed."}]});
    for status in [403, 200] {
        let body = outcome.clone();
        let fhir = move |_: &Request| Reply::json(status, &body).header("Content-Type", "application/fhir+json");
        let (outcome, ..) = read(fhir, "Binary/1", None, Default::default());
        assert!(outcome.unwrap_err().to_string().contains("Sealed."), "{status}");
    }
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    server.dead_tokens.borrow_mut().push("access-1".into());
    server.fhir_replies.borrow_mut().push_back(Reply::bytes(200, "application/pdf", &PDF));
    let read = world.run(async move { session.read_bytes("Binary/1", None, &AbortSignal::never(), &|_| {}).await });
    assert_eq!(read.unwrap().unwrap(), pdf());
}
