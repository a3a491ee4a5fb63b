//! Server records that name endpoints.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::bulk::{BackendClient, BackendConfig};
use crate::client::server::{NamedEndpoints, ServerRecord};
use crate::client::session::{Revocation, Signature};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::client_auth::ClientAuthentication;
use serde_json::json;

const TOKEN: &str = "https://login.ehr.example/token";

fn named() -> NamedEndpoints {
    NamedEndpoints::of("https://login.ehr.example/authorize?tenant=1", TOKEN)
}

fn record_with(endpoints: NamedEndpoints) -> ServerRecord {
    ServerRecord { endpoints, ..record() }
}

/// The requested paths.
fn paths(world: &World) -> Vec<String> {
    world.requests().iter().map(|request| request.url.path().to_owned()).collect()
}

fn findings_of(tab: &MemoryPlatform, world: &World, record: ServerRecord) -> Vec<(&'static str, String)> {
    let app = app_with(tab, record);
    let findings = world.run(async move { app.diagnose(None).await }).unwrap().unwrap();
    findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
}

#[test]
fn d10_with_both_endpoints_a_launch_needs_no_document() {
    let (server, world, tab) = stage();
    let app = app_with(&tab, record_with(named()));
    launch(&world, &app).unwrap();
    assert!(location(&tab).starts_with("https://login.ehr.example/authorize?tenant=1&"), "{}", location(&tab));
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    world.settle();
    assert_eq!(token_requests(&world)[0].url.as_str(), TOKEN);
    assert_eq!(paths(&world), ["/token"], "nothing was discovered");
    assert_eq!(session.identity().unwrap().signature, Signature::Unchecked("the server has no jwks_uri".into()));
    let signed_out = world.run(async move { session.sign_out().await }).unwrap().unwrap();
    assert_eq!(signed_out, Revocation::NotOffered);
}

#[test]
fn d10_each_named_endpoint_is_used() {
    let (server, world, tab) = stage();
    let record = record_with(NamedEndpoints {
        jwks_uri: Some("https://ehr.example/jwks".into()),
        id_token_issuer: Some("https://ehr.example".into()),
        revocation_endpoint: Some("https://ehr.example/revoke".into()),
        introspection_endpoint: Some("https://ehr.example/introspect".into()),
        ..named()
    });
    let app = app_with(&tab, record.clone());
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    world.settle();
    let identity = session.identity().unwrap();
    assert_eq!((identity.identity.issuer_checked, &identity.signature), (true, &Signature::Verified));
    let asking = session.clone();
    world.run(async move { asking.introspect(Default::default(), &AbortSignal::never()).await }).unwrap().unwrap();
    let signed_out = world.run(async move { session.sign_out().await }).unwrap().unwrap();
    assert_eq!(signed_out, Revocation::Revoked);
    assert!(paths(&world).iter().all(|path| !path.contains("well-known")), "{:?}", paths(&world));

    *server.claims.borrow_mut() = json!({"iss": "https://other.example"});
    let app = app_with(&tab, record);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    assert_eq!(resume(&world, &app).err().unwrap().code(), "invalid_id_token");
}

#[test]
fn d10_one_endpoint_replaces_that_of_the_documents_and_the_rest_stays() {
    let (server, world, tab) = stage();
    let token_alone = NamedEndpoints { authorization_endpoint: None, ..named() };
    let app = app_with(&tab, record_with(token_alone));
    launch(&world, &app).unwrap();
    assert!(location(&tab).starts_with("https://ehr.example/authorize?"));
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    world.settle();
    assert_eq!(token_requests(&world)[0].url.as_str(), TOKEN);
    assert_eq!(session.identity().unwrap().signature, Signature::Verified);
}

#[test]
fn d10_a_service_only_needs_its_token_endpoint() {
    let (_, world, tab) = stage();
    let mut config = BackendConfig::new(BASE, "service", ClientAuthentication::None, "system/*.rs");
    config.token_endpoint = Some(TOKEN.into());
    let client = BackendClient::new(tab.clone(), config.clone()).unwrap();
    world.run(async move { client.read("Patient/p1", &AbortSignal::never()).await }).unwrap().unwrap();
    assert_eq!(paths(&world), ["/token", "/fhir/Patient/p1"]);
    config.token_endpoint = Some("http://login.ehr.example/token".into());
    assert_eq!(BackendClient::new(tab, config).err().unwrap().code(), "invalid_configuration");
}

#[test]
fn d10_diagnose_reports_documents_with_other_endpoints() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["authorization_endpoint"] = json!("/authorize");
    let same = NamedEndpoints {
        jwks_uri: Some("https://ehr.example/jwks".into()),
        ..NamedEndpoints::of("https://ehr.example/authorize", TOKEN)
    };
    let differing: Vec<_> = findings_of(&tab, &world, record_with(same))
        .into_iter()
        .filter(|(code, _)| *code == "endpoint_differs")
        .map(|(_, message)| message)
        .collect();
    let [message] = &differing[..] else { panic!("{differing:?}") };
    for part in ["tokenEndpoint", TOKEN, "https://ehr.example/token", "SMART configuration"] {
        assert!(message.contains(part), "{message}");
    }
    world.respond_with(|_| Reply::text(404, ""));
    let codes: Vec<_> = findings_of(&tab, &world, record_with(named())).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["missing_document"; 2]);
}
