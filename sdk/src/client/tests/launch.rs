use super::server::*;
use crate::client::launch::LaunchOptions;
use crate::client::server::SmartAppConfig;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};

use crate::protocol::pkce::{Pkce, code_challenge};
use crate::protocol::secret::CodeVerifier;
use serde_json::json;
use std::collections::HashSet;
use std::rc::Rc;

fn authorization_request(world: &World, tab: &MemoryPlatform) -> Vec<(String, String)> {
    launch(world, &app(tab)).unwrap();
    parameters(&location(tab))
}

#[test]
fn d1_one_request_without_a_token_or_a_header_that_needs_a_preflight() {
    let server = Server::new();
    let world = server.world();
    launch(&world, &app(&world.tab("https://app.example/"))).unwrap();
    let requests = world.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].url.to_string(), "https://ehr.example/fhir/.well-known/smart-configuration");
    assert_eq!(requests[0].headers, [("Accept".to_owned(), "application/json".to_owned())]);
    assert_eq!(requests[0].authorization(), None);
}

#[test]
fn a1_a_challenge_is_always_sent_even_where_the_server_does_not_advertise_it() {
    let server = Server::new();
    server.configuration.borrow_mut()["code_challenge_methods_supported"] = json!(null);
    let world = server.world();
    let tab = world.tab("https://app.example/");
    let request = authorization_request(&world, &tab);
    assert_eq!(value(&request, "code_challenge_method").as_deref(), Some("S256"));

    tab.visit(&redirect(&server, &tab));
    resume(&world, &app(&tab)).unwrap().unwrap();
    let verifier = CodeVerifier::new(field(&token_requests(&world)[0], "code_verifier").unwrap());
    assert_eq!(value(&request, "code_challenge"), Some(code_challenge(&verifier)));
}

#[test]
fn a1_required_refuses_a_server_without_s256_and_disabled_sends_none() {
    let server = Server::new();
    server.configuration.borrow_mut()["code_challenge_methods_supported"] = json!(["plain"]);
    let world = server.world();
    let with = |pkce: Pkce| {
        let tab = world.tab("https://app.example/");
        let mut record = record();
        record.pkce = pkce;
        launch(&world, &app_with(&tab, record)).map(|()| parameters(&location(&tab)))
    };
    assert_eq!(with(Pkce::Required).unwrap_err(), Error::PkceUnsupported);
    let disabled = with(Pkce::Disabled).unwrap();
    assert_eq!((value(&disabled, "code_challenge"), value(&disabled, "code_challenge_method")), (None, None));
}

#[test]
fn a2_every_launch_has_its_own_state_nonce_and_verifier() {
    let (server, world, tab) = stage();
    let mut seen = HashSet::new();
    for _ in 0..2 {
        tab.visit("https://app.example/");
        let request = authorization_request(&world, &tab);
        tab.visit(&redirect(&server, &tab));
        resume(&world, &app(&tab)).unwrap().unwrap();
        let verifier = field(token_requests(&world).last().unwrap(), "code_verifier").unwrap();
        assert!((43..=128).contains(&verifier.len()));
        for text in [value(&request, "state").unwrap(), value(&request, "nonce").unwrap(), verifier] {
            // 128 bits need at least 22 characters of base64url.
            assert!(text.len() >= 22, "{text}");
            assert!(seen.insert(text));
        }
    }
}

#[test]
fn a3_an_ehr_launch_sends_launch_and_iss_unchanged() {
    let server = Server::new();
    let world = server.world();
    let mut record = record();
    record.fhir_base = format!("{BASE}/");
    let tab = world.tab("https://app.example/launch?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=a.b%2Bc%3D%3D");
    launch(&world, &app_with(&tab, record)).unwrap();
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "launch").as_deref(), Some("a.b+c=="));
    assert_eq!(value(&request, "aud").as_deref(), Some("https://ehr.example/fhir"));
    let scope = value(&request, "scope").unwrap();
    assert!(scope.split(' ').any(|scope| scope == "launch"), "{scope}");
}

#[test]
fn a3_a_record_may_set_another_aud() {
    let server = Server::new();
    let world = server.world();
    let mut record = record();
    record.aud = Some("https://ehr.example/aud".into());
    for location_ in ["https://app.example/", "https://app.example/launch?iss=https://ehr.example/fhir&launch=1"] {
        let tab = world.tab(location_);
        launch(&world, &app_with(&tab, record.clone())).unwrap();
        assert_eq!(value(&parameters(&location(&tab)), "aud").as_deref(), Some("https://ehr.example/aud"));
    }
}

#[test]
fn a3_a_standalone_launch_has_no_launch_parameter_and_no_bare_launch_scope() {
    let (_, world, tab) = stage();
    let mut record = record();
    record.scope = "launch launch/patient openid".into();
    launch(&world, &app_with(&tab, record)).unwrap();
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "launch"), None);
    assert_eq!(value(&request, "scope").as_deref(), Some("launch/patient openid"));
    assert_eq!(value(&request, "aud").as_deref(), Some(BASE));
}

#[test]
fn a5_the_redirect_uri_is_the_same_in_both_requests() {
    let (server, world, tab) = stage();
    let request = authorization_request(&world, &tab);
    tab.visit(&redirect(&server, &tab));
    resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(value(&request, "redirect_uri"), field(&token_requests(&world)[0], "redirect_uri"));
    assert_eq!(value(&request, "redirect_uri").as_deref(), Some(REDIRECT));
}

#[test]
fn a7_an_untrusted_issuer_gets_no_request() {
    let server = Server::new();
    let world = server.world();
    for iss in ["https://evil.example/fhir", "https://ehr.example/fhir2", "https://ehr.example/fhir/%2e%2e", "x"] {
        let tab = world.tab(&format!("https://app.example/launch?iss={iss}&launch=1"));
        assert_eq!(launch(&world, &app(&tab)).unwrap_err().code(), "untrusted_issuer", "{iss}");
        assert!(location(&tab).starts_with("https://app.example/launch"));
    }
    assert!(world.requests().is_empty());
}

#[test]
fn a7_the_url_changes_nothing_but_iss_and_launch() {
    let server = Server::new();
    let world = server.world();
    let tab = world.tab(
        "https://app.example/launch?iss=https://ehr.example/fhir&launch=1&client_id=evil&fhirServiceUrl=https://evil.example\
         &redirect_uri=https://evil.example&scope=user/*.cruds&aud=https://evil.example",
    );
    let request = authorization_request(&world, &tab);
    assert_eq!(value(&request, "client_id").as_deref(), Some("app"));
    assert_eq!(value(&request, "redirect_uri").as_deref(), Some(REDIRECT));
    assert!(!location(&tab).contains("evil"));
    assert!(world.requests().iter().all(|request| request.url.host() == "ehr.example"));
}

#[test]
fn d9_a_launch_goes_to_the_server_that_trusts_its_issuer_with_that_servers_client() {
    let server = Server::new();
    let world = server.world();
    let mut standalone = record();
    standalone.name = Some("patients".into());
    standalone.issuers = Some(Vec::new());
    let mut ehr = record();
    ehr.name = Some("providers".into());
    ehr.client_id = "ehr-app".into();
    ehr.redirect_uri = "https://app.example/launch".into();
    ehr.issuers = Some(vec!["https://alias.example/fhir".into()]);
    let config = SmartAppConfig::new([standalone, ehr]);

    let tab = world.tab("https://app.example/launch?iss=https://alias.example/fhir/&launch=1");
    let app = Rc::new(crate::SmartApp::new(tab.clone(), config).unwrap());
    launch(&world, &app).unwrap();
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "client_id").as_deref(), Some("ehr-app"));
    assert_eq!(value(&request, "redirect_uri").as_deref(), Some("https://app.example/launch"));
    assert!(world.requests().iter().all(|request| request.url.host() == "ehr.example"));

    tab.visit("https://app.example/");
    assert_eq!(launch(&world, &app).unwrap_err(), Error::UnknownServer { name: None });
    let by_name = LaunchOptions { server: Some("patients".into()), ..LaunchOptions::default() };
    world.run(async move { app.launch(by_name).await }).unwrap().unwrap();
    assert_eq!(value(&parameters(&location(&tab)), "client_id").as_deref(), Some("app"));
}

#[test]
fn d9_the_exchange_uses_the_endpoint_of_the_launch() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    server.configuration.borrow_mut()["token_endpoint"] = json!("https://evil.example/token");
    tab.visit(&redirect(&server, &tab));
    resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(token_requests(&world)[0].url.to_string(), "https://ehr.example/token");
}

#[test]
fn failed_discovery_names_the_document_and_its_response() {
    let world = World::new(NOW, |_| Reply::text(200, "<html>Log in</html>"));
    let error = launch(&world, &app(&world.tab("https://app.example/"))).unwrap_err();
    let Error::Discovery { attempts } = error else { panic!("{error:?}") };
    assert_eq!(attempts[0].url, "https://ehr.example/fhir/.well-known/smart-configuration");
    assert!(attempts[0].outcome.contains("not JSON"));
}

#[test]
fn a_launch_that_cannot_be_stored_is_not_started() {
    let (_, world, tab) = stage();
    tab.set_store_available(false);
    assert_eq!(launch(&world, &app(&tab)).unwrap_err(), Error::Storage);
    assert_eq!(location(&tab), "https://app.example/");
}

#[test]
fn d6_discovery_gives_up_after_ten_seconds() {
    let world = World::new(NOW, |_| Reply::json(200, &json!({})).after(10_001));
    let tab = world.tab("https://app.example/");
    let error = launch(&world, &app(&tab)).unwrap_err();
    let Error::Discovery { attempts } = error else { panic!("{error:?}") };
    assert!(attempts[0].outcome.contains("no response came in time"), "{attempts:?}");
    assert_eq!(attempts.len(), 1, "a server that does not respond gets no second request");
    assert_eq!(crate::platform::Clock::now(&tab), NOW + 10.0);
}

#[test]
fn a_page_with_half_a_launch_link_can_launch_at_a_server_that_the_app_names() {
    let server = Server::new();
    let world = server.world();
    let launch_with = |options: LaunchOptions| {
        let tab = world.tab("https://app.example/?iss=https%3A%2F%2Fehr.example%2Ffhir");
        let app = app(&tab);
        world.run(async move { app.launch(options).await }).unwrap().map(|()| parameters(&location(&tab)))
    };
    let options = LaunchOptions { iss: Some("https://ehr.example/fhir".into()), ..LaunchOptions::default() };
    let request = launch_with(options).unwrap();
    assert_eq!(value(&request, "launch"), None);
    assert_eq!(value(&request, "aud").as_deref(), Some("https://ehr.example/fhir"));
    assert_eq!(launch_with(LaunchOptions::default()).unwrap_err(), Error::LaunchLink { parameter: "launch" });
}
