//! What an OpenID configuration adds to a SMART configuration, or must not add.

use super::discovery::*;
use super::server::*;
use crate::memory::{MemoryPlatform, Reply};
use serde_json::{Value, json};

/// The issuer and keys of a launch if the SMART configuration names an empty issuer and no keys.
fn completed(openid: &Value, scope: &str) -> (Value, Vec<String>) {
    let mut smart = without(endpoints(), "jwks_uri");
    smart["issuer"] = json!("");
    let world = world(vec![(SMART, Reply::json(200, &smart)), (OPENID, Reply::json(200, openid))]);
    let tab = world.tab("https://app.example/");
    let mut record = record();
    record.scope = scope.into();
    authorize(&world, &app_with(&tab, record)).unwrap();
    (stored_launch(&tab)["endpoints"].clone(), requested_urls(&world))
}

/// The stored launch of a tab.
fn stored_launch(tab: &MemoryPlatform) -> Value {
    let stored = tab.stored();
    let (_, launch) = stored.iter().find(|(key, _)| key.starts_with("smartrust.launch.")).unwrap();
    serde_json::from_str(launch).unwrap()
}

#[test]
fn d8_a_missing_issuer_and_missing_keys_come_from_the_openid_configuration() {
    let mut openid = endpoints();
    openid["authorization_endpoint"] = json!("https://ehr.example/other-authorize");
    openid["token_endpoint"] = json!("https://ehr.example/other-token");
    let (found, requested) = completed(&openid, "openid patient/*.rs");
    assert_eq!(found["issuer"], json!("https://ehr.example"));
    assert_eq!(found["jwks"], json!("https://ehr.example/jwks"));
    assert_eq!(found["token"], json!("https://ehr.example/token"), "nothing else is taken from it");
    assert_eq!(found["authorization"], json!("https://ehr.example/authorize"));
    assert_eq!(requested, [SMART, OPENID]);
}

#[test]
fn d8_the_openid_configuration_of_another_server_is_not_used() {
    for token_endpoint in ["https://evil.example/token", "https://ehr.example:8443/token", ""] {
        let mut openid = endpoints();
        openid["token_endpoint"] = json!(token_endpoint);
        let (found, _) = completed(&openid, "openid patient/*.rs");
        assert_eq!((&found["issuer"], &found["jwks"]), (&json!(null), &json!(null)), "{token_endpoint}");
    }
}

#[test]
fn d12_an_openid_configuration_of_another_issuer_is_not_used_and_is_a_finding() {
    for issuer in ["https://other.example", "https://ehr.example/other-practice", "https://ehr.example.evil.example"] {
        let mut openid = endpoints();
        openid["issuer"] = json!(issuer);
        let (found, _) = completed(&openid, "openid patient/*.rs");
        assert_eq!((&found["issuer"], &found["jwks"]), (&json!(null), &json!(null)), "{issuer}");
        assert_eq!(found["leftOpenidAside"], json!(true), "{issuer}");
    }
    for issuer in ["https://ehr.example", "https://ehr.example/", "https://ehr.example/fhir", "/", ""] {
        let mut openid = endpoints();
        openid["issuer"] = json!(issuer);
        let (found, _) = completed(&openid, "openid patient/*.rs");
        assert_eq!(
            (&found["jwks"], &found["leftOpenidAside"]),
            (&json!("https://ehr.example/jwks"), &json!(false)),
            "{issuer}"
        );
    }
}

#[test]
fn d12_keys_of_an_openid_configuration_that_contradicts_the_smart_configuration_are_not_used() {
    let smart = without(endpoints(), "jwks_uri");
    let mut openid = endpoints();
    openid["issuer"] = json!("https://ehr.example/fhir");
    let world = world(vec![(SMART, Reply::json(200, &smart)), (OPENID, Reply::json(200, &openid))]);
    let tab = world.tab("https://app.example/");
    authorize(&world, &app(&tab)).unwrap();
    let launch = stored_launch(&tab);
    assert_eq!(launch["endpoints"]["issuer"], json!("https://ehr.example"));
    assert_eq!((&launch["endpoints"]["jwks"], &launch["endpoints"]["leftOpenidAside"]), (&json!(null), &json!(true)));
    let app = app(&tab);
    let findings = world.run(async move { app.diagnose(None).await }).unwrap().unwrap();
    let [finding] =
        findings.iter().filter(|finding| finding.code == "foreign_openid_configuration").collect::<Vec<_>>()[..]
    else {
        panic!("{findings:?}");
    };
    assert!(finding.message.contains("issuer") && finding.section.contains("4.3"), "{finding:?}");
}

#[test]
fn d12_without_a_smart_configuration_the_openid_configuration_is_used_and_its_keys_only_for_its_own_issuer() {
    for (issuer, is_own) in [("https://ehr.example", true), ("https://other.example", false)] {
        let mut openid = endpoints();
        openid["issuer"] = json!(issuer);
        let world = world(vec![(OPENID, Reply::json(200, &openid))]);
        let tab = world.tab("https://app.example/");
        authorize(&world, &app(&tab)).unwrap();
        // A later page reads what this one stored.
        for launch in [stored_launch(&tab), {
            tab.stored().keys().filter(|key| key.contains("launch")).for_each(|key| tab.set_stored(key, "{}"));
            authorize(&world, &app(&tab)).unwrap();
            stored_launch(&tab)
        }] {
            let found = &launch["endpoints"];
            assert_eq!(found["token"], json!("https://ehr.example/token"));
            assert_eq!((found["issuer"] == issuer, found["jwks"].is_string()), (is_own, is_own), "{issuer}");
            assert_eq!(found["leftOpenidAside"], json!(!is_own), "{issuer}");
        }
        assert_eq!(requested_urls(&world), [SMART, OPENID]);
    }
}

#[test]
fn d12_keys_of_another_issuers_openid_configuration_are_not_used_without_the_scope_openid_either() {
    let mut openid = endpoints();
    openid["issuer"] = json!("https://other.example");
    let world = world(vec![(OPENID, Reply::json(200, &openid))]);
    let tab = world.tab("https://app.example/");
    let without_openid = crate::ServerRecord { scope: "launch/patient patient/*.rs".into(), ..record() };
    authorize(&world, &app_with(&tab, without_openid)).unwrap();
    let found = stored_launch(&tab)["endpoints"].clone();
    assert_eq!(found["token"], json!("https://ehr.example/token"));
    assert_eq!((&found["issuer"], &found["jwks"]), (&json!(null), &json!(null)));
    assert_eq!(found["leftOpenidAside"], json!(true));
}

#[test]
fn d12_an_ignored_openid_configuration_is_a_finding_of_the_session() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["issuer"] = json!("");
    let scripted = server.clone();
    world.respond_with(move |request| match request.url.path() {
        OPENID => {
            let mut openid = endpoints();
            openid["issuer"] = json!("https://other.example");
            Reply::json(200, &openid)
        }
        _ => scripted.respond(request),
    });
    let session = sign_in(&server, &world, &tab);
    world.settle();
    let codes: Vec<_> = session.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["foreign_openid_configuration"]);
    let checked = session.identity().unwrap();
    assert!(!checked.identity.issuer_checked, "no issuer is known to check");
}

#[test]
fn d8_without_openid_the_openid_configuration_is_not_used() {
    let (found, requested) = completed(&endpoints(), "launch/patient patient/*.rs");
    assert_eq!(found["issuer"], json!(null));
    assert_eq!(requested, [SMART]);
}
