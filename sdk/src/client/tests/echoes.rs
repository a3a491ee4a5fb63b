//! Servers that repeat the request in an error.

use super::export;
use super::server::*;
use crate::abort::AbortSignal;
use crate::client::bulk::{BackendClient, BackendConfig, ReadOptions};
use crate::client::record::Batcher;
use crate::client::server::RegistrationEndpoint;
use crate::client::session::Revocation;
use crate::error::{Error, Failure};
use crate::fhir::export::ExportRequest;
use crate::fhir::request::FhirRequest;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::client_auth::{BasicEncoding, ClientAuthentication};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::encoding::form_pairs;
use crate::protocol::http::Request;
use crate::protocol::secret::{AccessToken, ClientSecret};
use serde_json::json;

/// An OAuth error that repeats the whole request, each parameter decoded and as in the form.
fn oauth_echo(request: &Request) -> Reply {
    let body = request.body.clone().unwrap_or_default();
    let values: Vec<_> = form_pairs(&body).into_iter().map(|(_, value)| value).collect();
    let echo = format!("{} {} {body}", request.authorization().unwrap_or_default(), values.join(" "));
    let uri = format!("https://ehr.example/help?{body}");
    Reply::json(400, &json!({"error": "invalid_request", "error_description": echo, "error_uri": uri}))
}

/// An OperationOutcome that repeats the access token in its diagnostics, its details and an unknown member.
fn fhir_echo(status: u16, request: &Request) -> Reply {
    let echo = format!("The token in \"{}\" is not known.", request.authorization().unwrap_or_default());
    let issue = json!({"severity": "error", "code": "login", "diagnostics": echo, "details": {"text": echo}});
    Reply::json(status, &json!({"resourceType": "OperationOutcome", "issue": [issue], "text": {"div": echo}}))
}

/// All visible parts of an error.
fn shown(error: &Error) -> String {
    let json = match error {
        Error::Fhir(fhir) => fhir.operation_outcome.as_ref().map(|outcome| outcome.json.clone()),
        Error::FileOutcome { outcome, .. } => Some(outcome.json.clone()),
        _ => None,
    };
    format!("{error} {error:?} {}", json.unwrap_or_default())
}

fn assert_redacted(failure: &Error, code: &str, secrets: &[&str]) {
    let shown = shown(failure);
    assert_eq!(failure.code(), code, "{shown}");
    assert!(shown.contains("[redacted]"), "{shown}");
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

fn run<T: 'static>(world: &World, work: impl Future<Output = Result<T, Failure>> + 'static) -> Failure {
    world.run(work).unwrap().err().unwrap()
}

#[test]
fn s12_an_error_of_an_exchange_contains_neither_code_nor_verifier_nor_secret() {
    for secret in [
        ClientAuthentication::ClientSecretPost(ClientSecret::new("hush hush")),
        ClientAuthentication::ClientSecretBasic(ClientSecret::new("hush hush"), BasicEncoding::Form),
    ] {
        let (server, world, tab) = stage();
        let app = app_with(&tab, crate::ServerRecord { authentication: secret, ..record() });
        launch(&world, &app).unwrap();
        tab.visit(&redirect(&server, &tab));
        world.respond_with(oauth_echo);
        let refused = resume(&world, &app).err().unwrap();
        let request = token_requests(&world).remove(0);
        let verifier = field(&request, "code_verifier").unwrap();
        assert_redacted(&refused, "token_request_failed", &["the-code", &verifier, "hush hush", "hush%20hush"]);
        assert!(shown(&refused).contains("authorization_code"), "what is no secret stays");
    }
}

#[test]
fn s12_errors_of_a_refresh_and_a_revocation_contain_no_token() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["revocation_endpoint"] = json!("https://ehr.example/revoke");
    let session = sign_in(&server, &world, &tab);
    world.respond_with(oauth_echo);
    let refreshing = session.clone();
    let refused = run(&world, async move { refreshing.refresh().await });
    assert_redacted(&refused, "token_request_failed", &["refresh-1"]);
    let Revocation::Failed(failure) = world.run(async move { session.sign_out().await }).unwrap().unwrap() else {
        panic!();
    };
    assert_redacted(&failure, "revocation_failed", &["refresh-1", "access-1"]);
}

#[test]
fn s12_a_fhir_error_an_introspection_and_a_batch_entry_contain_no_access_token() {
    let (world, session) = signed_in_to(|request| match request.url.path() {
        "/introspect" => oauth_echo(request),
        _ => fhir_echo(403, request),
    });
    let reading = session.clone();
    let refused = run(&world, async move { reading.read("Patient/p1", &AbortSignal::never()).await });
    assert_redacted(&refused, "forbidden", &["access-1"]);

    world.respond_with(|request| {
        let outcome: serde_json::Value = serde_json::from_str(&fhir_echo(403, request).body).unwrap();
        let entry = json!({"response": {"status": "403 Forbidden", "outcome": outcome}});
        Reply::json(200, &json!({"resourceType": "Bundle", "type": "batch-response", "entry": [entry]}))
    });
    let refused = run(&world, async move {
        let batcher = Batcher::new(&session, 1, 0, &AbortSignal::never());
        batcher.request(&FhirRequest::read("Patient/p1"), &AbortSignal::never()).await
    });
    assert_redacted(&refused, "forbidden", &["access-1"]);
}

#[test]
fn s12_an_outcome_with_status_200_in_place_of_a_resource_or_page_contains_no_access_token() {
    let (world, session) = signed_in_to(|request| fhir_echo(200, request));
    let (reading, never) = (session.clone(), AbortSignal::never());
    let refused = run(&world, async move { reading.read("Patient/p1", &never).await });
    assert_redacted(&refused, "fhir_error", &["access-1"]);
    let refused = run(&world, async move { session.search("Patient", &[], &AbortSignal::never())?.next_page().await });
    assert_redacted(&refused, "fhir_error", &["access-1"]);
}

#[test]
fn s12_an_error_of_an_introspection_contains_no_access_token() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["introspection_endpoint"] = json!("https://ehr.example/introspect");
    let session = sign_in(&server, &world, &tab);
    world.respond_with(oauth_echo);
    let refused = run(&world, async move { session.introspect(Default::default(), &AbortSignal::never()).await });
    assert_redacted(&refused, "introspection_failed", &["access-1"]);
}

#[test]
fn s12_an_error_of_a_registration_contains_no_initial_access_token() {
    let (_, world, tab) = stage();
    world.respond_with(oauth_echo);
    let endpoint = RegistrationEndpoint::at(tab, "https://ehr.example/register").unwrap();
    let refused = run(&world, async move {
        let metadata = ClientMetadata::public("My app", REDIRECT, SCOPE);
        endpoint.register(&metadata, Some(&AccessToken::new("initial-token")), &AbortSignal::never()).await
    });
    assert_redacted(&refused, "registration_failed", &["initial-token"]);
}

#[test]
fn s12_an_error_of_a_service_contains_neither_its_secret_nor_its_token() {
    let service = |tab: &MemoryPlatform| {
        let secret = ClientAuthentication::ClientSecretPost(ClientSecret::new("hush hush"));
        BackendClient::new(tab.clone(), BackendConfig::new(BASE, "service", secret, "system/*.rs")).unwrap()
    };
    let (server, world, tab) = stage();
    let scripted = server.clone();
    world.respond_with(move |request| match request.url.path() {
        "/token" => oauth_echo(request),
        _ => scripted.respond(request),
    });
    let client = service(&tab);
    let refused = run(&world, async move { client.read("Patient/p1", &AbortSignal::never()).await });
    assert_redacted(&refused, "token_request_failed", &["hush hush", "hush%20hush"]);

    world.respond_with(move |request| match request.url.path() {
        path if path.starts_with("/fhir/Patient") => fhir_echo(403, request),
        _ => server.respond(request),
    });
    for kick_off in [false, true] {
        let client = service(&tab);
        let refused = run(&world, async move {
            match kick_off {
                true => client.start_export(&ExportRequest::default(), &AbortSignal::never()).await.map(|_| ()),
                false => client.read("Patient/p1", &AbortSignal::never()).await.map(|_| ()),
            }
        });
        assert_redacted(&refused, "forbidden", &["access-"]);
    }
}

#[test]
fn s12_an_error_of_an_export_contains_no_token_whatever_the_status() {
    let line = |request: &Request| Reply::text(200, &format!("{}\n", fhir_echo(200, request).body));
    for (path, code) in [("/jobs/1", "export_failed"), ("/files/1", "file_failed")] {
        let (_, jobs, world, tab) = export::jobs();
        jobs.done(&json!({"requiresAccessToken": true, "output": [{"type": "Patient", "url": export::FILE}]}));
        let scripted = jobs.clone();
        let server = Server::new();
        world.respond_with(move |request| match request.url.path() {
            requested if requested == path && path == "/jobs/1" => fhir_echo(200, request),
            requested if requested == path => line(request),
            "/jobs/1" => scripted.statuses.borrow_mut().pop_front().unwrap(),
            _ => server.respond(request),
        });
        let job = export::export_of(&tab);
        let refused = run(&world, async move {
            let manifest = job.wait(&AbortSignal::never(), &|_| {}).await?;
            let mut reader = job.read_files(&manifest, &manifest.output, ReadOptions::default())?;
            while reader.next().await?.is_some() {}
            Ok(())
        });
        assert_redacted(&refused, code, &["access-1"]);
    }
}
