//! Errors and findings with a remedy.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::launch::LaunchOptions;
use crate::client::session::{IntrospectAs, Revocation, Session};
use crate::error::{Error, Failure};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::client_assertion::{ClientKey, PrivateKeyJwt};
use crate::protocol::client_auth::{BasicEncoding, ClientAuthentication};
use crate::protocol::jwk::Algorithm;
use crate::protocol::secret::ClientSecret;
use serde_json::json;

/// The result of a launch from a page at one URL with a redirect to another.
fn launch_from(page: &str, redirect_uri: &str) -> (World, Result<(), Error>) {
    let world = Server::new().world();
    let tab = world.tab(page);
    let mut record = record();
    record.redirect_uri = redirect_uri.into();
    let launched = launch(&world, &app_with(&tab, record));
    (world, launched)
}

#[test]
fn a11_a_page_that_cannot_complete_the_launch_gets_an_error_before_navigation() {
    for (page, redirect_uri) in [
        ("http://localhost:8080/", "http://127.0.0.1:8080/code"),
        ("http://localhost:8080/", "http://localhost:8081/code"),
        ("http://app.example/", "https://app.example/code"),
        ("https://www.app.example/x?y", "https://app.example/code"),
    ] {
        let (world, launched) = launch_from(page, redirect_uri);
        let Err(Error::Configuration(wrong)) = launched else { panic!("{page}: {launched:?}") };
        assert_eq!(wrong.member, "redirectUri");
        for url in [page, redirect_uri] {
            let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            assert!(wrong.problem.contains(&origin), "{}", wrong.problem);
        }
        assert!(world.requests().is_empty(), "no request was sent");
    }
    let (_, launched) = launch_from("https://app.example/anywhere", "https://app.example/code");
    assert_eq!(launched, Ok(()));
}

#[test]
fn a11_a_page_that_is_a_file_gets_an_error_with_a_remedy() {
    let (_, launched) = launch_from("file:///home/me/app/index.html", "http://localhost:8080/");
    let Err(Error::Configuration(wrong)) = launched else { panic!("{launched:?}") };
    assert!(wrong.problem.contains("file://") && wrong.problem.contains("http://localhost"), "{}", wrong.problem);
}

#[test]
fn a11_an_app_that_navigates_itself_can_forward_its_redirect() {
    let world = Server::new().world();
    let app = app(&world.tab("http://localhost:8080/"));
    let url = world.run(async move { app.authorization_url(LaunchOptions::default()).await }).unwrap();
    assert!(url.unwrap().as_str().starts_with("https://ehr.example/authorize?"));
}

/// The error of a launch whose code the server refuses with `invalid_client`.
fn refused(authentication: impl Fn(&MemoryPlatform) -> ClientAuthentication, date: Option<&str>) -> Failure {
    let (server, world, tab) = stage();
    let mut record = record();
    record.authentication = authentication(&tab);
    let app = app_with(&tab, record);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    let reply = Reply::json(401, &json!({"error": "invalid_client"}));
    let reply = match date {
        Some(date) => reply.header("Date", date),
        None => reply,
    };
    server.token_replies.borrow_mut().push_back(reply);
    let failure = Failure::from(resume(&world, &app).err().unwrap());
    assert_eq!(failure.code(), "invalid_client");
    failure
}

#[test]
fn k9_the_error_of_a_refused_client_suggests_the_encoding_of_its_secret() {
    let with = |secret: &'static str, encoding| {
        refused(move |_| ClientAuthentication::ClientSecretBasic(ClientSecret::new(secret), encoding), None).message()
    };
    let odd = with("s+cr:t/", BasicEncoding::Form);
    assert!(odd.contains("basicEncoding \"raw\"") && !odd.contains("s+cr"), "{odd}");
    assert!(with("s+cr:t/", BasicEncoding::Raw).contains("basicEncoding \"form\""));
    for encoding in [BasicEncoding::Form, BasicEncoding::Raw] {
        assert!(!with("plain-secret_1.~", encoding).contains("basicEncoding"));
    }
    assert!(!refused(|_| ClientAuthentication::None, None).message().contains("basicEncoding"));
}

#[test]
fn k9_the_error_of_a_refused_assertion_has_the_difference_of_the_clocks() {
    let with_key = |tab: &MemoryPlatform| {
        let key = ClientKey::new(tab, vec![Algorithm::ES384]);
        PrivateKeyJwt::new(key, Some("key-1".into())).authentication(tab).unwrap()
    };
    // This device's clock says Tue, 14 Nov 2023 22:13:20 GMT.
    let behind = refused(with_key, Some("Tue, 14 Nov 2023 22:23:20 GMT")).message();
    assert!(behind.contains("600 seconds behind the server's"), "{behind}");
    let ahead = refused(with_key, Some("Tue, 14 Nov 2023 22:11:20 GMT")).message();
    assert!(ahead.contains("120 seconds ahead of the server's"), "{ahead}");
    for right in [Some("Tue, 14 Nov 2023 22:13:30 GMT"), Some("yesterday"), None] {
        let message = refused(with_key, right).message();
        assert!(!message.contains("clock"), "{message}");
    }
}

/// A session on a server with this response of its introspection and revocation endpoints.
fn session_with(reply: &Reply) -> (World, Session<MemoryPlatform>) {
    let (server, world, tab) = stage();
    for name in ["introspection", "revocation"] {
        server.configuration.borrow_mut()[format!("{name}_endpoint")] = json!(format!("https://ehr.example/{name}"));
    }
    let session = sign_in(&server, &world, &tab);
    let reply = reply.clone();
    world.respond_with(move |_| reply.clone());
    (world, session)
}

#[test]
fn g4_the_error_of_a_refused_introspection_suggests_client_authentication() {
    let introspect = |reply: &Reply, authentication| {
        let (world, session) = session_with(reply);
        let outcome =
            world.run(async move { session.introspect(authentication, &AbortSignal::never()).await.map(|_| ()) });
        outcome.unwrap().unwrap_err()
    };
    let oauth = Reply::json(401, &json!({"error": "invalid_client", "error_description": "Who are you?"}));
    let text = Reply::text(403, "Bearer is not supported.");
    for reply in [&oauth, &text, &Reply::text(401, "")] {
        let failure = introspect(reply, IntrospectAs::Token);
        assert_eq!((failure.code(), failure.status()), ("introspection_failed", Some(reply.status)));
        let message = failure.message();
        assert!(message.starts_with("The introspection failed") && message.contains("asClient"), "{message}");
        assert!(!message.contains("token request"), "{message}");
        assert!(!introspect(reply, IntrospectAs::Client).message().contains("asClient"));
    }
    assert!(introspect(&oauth, IntrospectAs::Token).message().contains("Who are you?"));
    assert!(introspect(&text, IntrospectAs::Token).message().contains("Bearer is not supported"));
    let Error::Introspection(refused) = introspect(&oauth, IntrospectAs::Token).into() else { panic!() };
    assert_eq!(refused.oauth.unwrap().error, "invalid_client");
    let busy = introspect(&Reply::text(503, "busy"), IntrospectAs::Token).message();
    assert!(!busy.contains("asClient"), "{busy}");
}

#[test]
fn g4_a_refused_revocation_is_named() {
    let (world, session) = session_with(&Reply::json(400, &json!({"error": "unsupported_token_type"})));
    let Revocation::Failed(failure) = world.run(async move { session.sign_out().await }).unwrap().unwrap() else {
        panic!("it did not fail")
    };
    assert_eq!(failure.code(), "revocation_failed");
    assert!(failure.message().contains("unsupported_token_type"), "{}", failure.message());
}

#[test]
fn f5_s12_plain_text_of_the_server_is_in_the_error() {
    let read = |reply: Reply| {
        let (world, session) = signed_in_to(move |_| reply.clone());
        world.run(async move { session.read("Patient/1", &AbortSignal::never()).await }).unwrap().unwrap_err()
    };
    let failure = read(Reply::text(403, "Your account is locked:\ncall 555-0100.\n"));
    assert_eq!((failure.code(), failure.status()), ("forbidden", Some(403)));
    assert_eq!(failure.message(), "ehr.example returned the status 403: Your account is locked: call 555-0100.");
    let gateway = read(Reply::json(403, &json!({"message": "Forbidden by policy 7"})));
    assert!(gateway.message().ends_with("403: Forbidden by policy 7"), "{}", gateway.message());
    let echo = read(Reply::text(403, "The token access-1 has no access.")).message();
    assert!(echo.ends_with("The token [redacted] has no access."), "{echo}");
    assert_eq!(read(Reply::text(403, "<html>no</html>")).message(), "ehr.example returned the status 403.");
    let outcome =
        json!({"resourceType": "OperationOutcome", "issue": [{"diagnostics": "No consent."}], "message": "x"});
    assert!(read(Reply::json(403, &outcome)).message().ends_with("403: No consent."));
}

#[test]
fn t5_a_token_endpoints_plain_text_is_in_the_error() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    server.token_replies.borrow_mut().push_back(Reply::text(401, "Client not enabled for this site."));
    let error = resume(&world, &app).err().unwrap();
    assert_eq!((error.code(), error.status()), ("invalid_token_response", Some(401)));
    assert!(error.message().contains("Client not enabled for this site"), "{}", error.message());
}

#[test]
fn p4_scopes_of_version_1_that_the_server_dropped_are_a_finding() {
    let findings = |requested: &str, granted: &str| {
        let (server, world, tab) = stage();
        let mut response = token_response(1);
        response["scope"] = json!(granted);
        response.as_object_mut().unwrap().remove("id_token");
        server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
        let mut record = record();
        record.scope = requested.into();
        let app = app_with(&tab, record);
        launch(&world, &app).unwrap();
        tab.visit(&redirect(&server, &tab));
        let session = resume(&world, &app).unwrap().unwrap();
        session.findings().into_iter().filter(|finding| finding.code == "dropped_v1_scopes").collect::<Vec<_>>()
    };
    let dropped = findings("launch/patient patient/*.read patient/Observation.write", "launch/patient");
    assert_eq!(dropped.len(), 1);
    assert!(dropped[0].message.ends_with("Ask for patient/*.rs patient/Observation.cud."), "{}", dropped[0].message);
    assert!(findings("launch/patient patient/*.read", "launch/patient patient/Patient.rs").is_empty());
    assert!(findings("patient/*.read patient/Patient.read", "patient/Patient.read").is_empty());
    assert!(findings("launch/patient patient/*.rs", "launch/patient").is_empty());
}
