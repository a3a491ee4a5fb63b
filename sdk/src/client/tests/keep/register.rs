//! After the redirect: the key, the registration, and the first token for the key.

use super::*;
use crate::client::session::SessionEvent;
use crate::client::tests::server::NOW;
use crate::protocol::encoding::base64url_decode;

fn all_scopes() -> String {
    format!("{SCOPE} {REGISTRATION_SCOPE}")
}

fn jwt_parts(assertion: &str) -> Vec<Value> {
    let part = |text: &str| serde_json::from_slice(&base64url_decode(text).unwrap()).unwrap();
    assertion.split('.').take(2).map(part).collect()
}

#[test]
fn n3_each_connection_has_a_key_of_its_own_which_is_rsa_unless_the_server_lists_only_others() {
    for (listed, algorithm, kty) in [
        (json!(null), "RS384", "RSA"),
        (json!(["ES384", "RS384"]), "RS384", "RSA"),
        (json!(["ES384", "RS256"]), "RS256", "RSA"),
        (json!(["ES384"]), "ES384", "EC"),
    ] {
        let (keeper, world, tab) = stage();
        keeper.server.configuration.borrow_mut()["token_endpoint_auth_signing_alg_values_supported"] = listed;
        kept(&keeper, &world, &tab);
        let body: Value = serde_json::from_str(sent_to(&world, "/register")[0].body.as_deref().unwrap()).unwrap();
        let key = &body["jwks"]["keys"][0];
        assert_eq!((&key["alg"], &key["kty"]), (&json!(algorithm), &json!(kty)));
        assert!(key.get("d").is_none());
        let assertion = field(&key_requests(&world)[0], "assertion").unwrap();
        assert_eq!(jwt_parts(&assertion)[0], json!({"alg": algorithm, "typ": "JWT", "kid": key["kid"]}));
    }
}

#[test]
fn n3_a_second_connection_never_uses_the_key_of_the_first() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    tab.visit("https://app.example/");
    kept(&keeper, &world, &tab);
    let keys =
        |request: &Request| serde_json::from_str::<Value>(request.body.as_deref().unwrap()).unwrap()["jwks"].clone();
    let registrations = sent_to(&world, "/register");
    assert_eq!(registrations.len(), 2);
    assert_ne!(keys(&registrations[0]), keys(&registrations[1]));
    assert_eq!(world.keys_on_device().len(), 2);
}

#[test]
fn n3_the_key_is_on_the_device_before_the_registration_is_sent() {
    let (keeper, world, tab) = stage();
    let (seen, device) = (Rc::new(RefCell::new(Vec::new())), world.clone());
    let (seen_then, server) = (seen.clone(), keeper.clone());
    world.respond_with(move |request| {
        if request.url.path() == "/register" {
            *seen_then.borrow_mut() = device.keys_on_device();
        }
        server.respond(request)
    });
    kept(&keeper, &world, &tab);
    assert_eq!(*seen.borrow(), world.keys_on_device());
    assert_eq!(seen.borrow().len(), 1);
}

#[test]
fn n4_the_token_that_registers_is_in_no_storage_and_no_other_tab() {
    let (keeper, world, tab) = stage();
    let other = tab.duplicate();
    let (seen, stored) = (Rc::new(RefCell::new(String::new())), tab.clone());
    let (seen_then, server, device) = (seen.clone(), keeper.clone(), world.clone());
    world.respond_with(move |request| {
        // At the registration, and whenever else something is sent after the code was exchanged.
        if matches!(request.url.path(), "/register" | "/token") {
            seen_then.borrow_mut().push_str(&dump(&device, &[&stored, &other]));
        }
        server.respond(request)
    });
    kept(&keeper, &world, &tab);
    seen.borrow_mut().push_str(&dump(&world, &[&tab]));
    assert!(!seen.borrow().contains("access-1\""), "{}", seen.borrow());
    let registration = &sent_to(&world, "/register")[0];
    assert_eq!(registration.authorization(), Some("Bearer access-1"));
}

#[test]
fn n5_the_registration_names_the_software_and_the_token_goes_to_the_endpoint_only() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    let with_token = |request: &&Request| request.authorization() == Some("Bearer access-1");
    let requests = world.requests();
    let paths: Vec<&str> = requests.iter().filter(with_token).map(|request| request.url.path()).collect();
    assert_eq!(paths, ["/register"]);
    let body: Value = serde_json::from_str(sent_to(&world, "/register")[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["jwks", "software_id"]);
    assert_eq!(body["software_id"], "software");
    assert_eq!(session.patient().as_deref(), Some("p1"));
    // The user is that of the launch.
    assert!(session.identity().is_some() && session.fhir_user().is_some());
}

#[test]
fn n5_a_registration_that_fails_leaves_the_session_as_it_was_and_says_why() {
    let client = |grants: Value| Reply::json(201, &json!({"client_id": "own", "grant_types": grants}));
    for (reply, code) in [
        (Reply::text(200, "<html>Log in</html>"), "registration_off"),
        (Reply::text(404, ""), "registration_off"),
        (Reply::json(400, &json!({"error": "invalid_client_metadata"})), "registration_failed"),
        (Reply::json(403, &json!({})), "invalid_registration_response"),
        (Reply::json(201, &json!({"grant_types": [JWT_BEARER]})), "invalid_registration_response"),
        (client(json!(["authorization_code"])), "invalid_registration_response"),
        (Reply::offline(), "network"),
    ] {
        let (keeper, world, tab) = stage();
        keeper.registrations.borrow_mut().push_back(reply);
        let session = come_back(&keeper, &world, &tab, &app_with(&tab, keepable()), &all_scopes());
        assert!(!session.is_kept());
        assert_eq!(session.not_kept().unwrap().code, code);
        read(&world, &session).unwrap();
        assert_eq!(world.requests().last().unwrap().authorization(), Some("Bearer access-1"));
        assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty(), "{code}");
    }
}

#[test]
fn n5_a_device_that_cannot_store_the_connection_is_noticed_before_the_token_is_used_up() {
    let (keeper, world, tab) = stage();
    let app = app_with(&tab, keepable());
    launch(&world, &app, keep()).unwrap();
    tab.visit(&redirect(&keeper.server, &tab));
    keeper.grant_code(&all_scopes());
    world.set_device_available(false);
    let session = resume(&world, &app).unwrap().unwrap();
    assert_eq!(session.not_kept().unwrap().code, "storage_unavailable");
    assert!(sent_to(&world, "/register").is_empty());
    read(&world, &session).unwrap();
}

#[test]
fn n6_the_first_calls_wait_for_one_token_of_the_key() {
    let (keeper, world, tab) = stage();
    let app = app_with(&tab, keepable());
    let session = come_back(&keeper, &world, &tab, &app, &all_scopes());
    let reads = (0..5).map(|_| {
        let session = session.clone();
        async move { session.read("Patient/p1", &crate::abort::AbortSignal::never()).await.is_ok() }
    });
    let all = futures_util::future::join_all(reads.collect::<Vec<_>>());
    assert_eq!(world.run(all).unwrap(), [true; 5]);
    assert_eq!(key_requests(&world).len(), 1);
    let fhir = world.requests().into_iter().filter(|request| request.url.path() == "/fhir/Patient/p1");
    assert!(fhir.into_iter().all(|request| request.authorization() == Some("Bearer own-access-1")));
}

#[test]
fn n6_the_token_for_the_key_is_requested_before_the_page_asks_for_anything() {
    let (keeper, world, tab) = stage();
    come_back(&keeper, &world, &tab, &app_with(&tab, keepable()), &all_scopes());
    world.settle();
    assert_eq!(key_requests(&world).len(), 1);
}

#[test]
fn n8_a_token_request_proves_the_key_and_has_no_other_credential() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    world.advance(3700.0);
    read(&world, &session).unwrap();
    let requests = key_requests(&world);
    assert_eq!(requests.len(), 2);
    let mut ids = Vec::new();
    for request in &requests {
        assert_eq!(field(request, "grant_type").as_deref(), Some(JWT_BEARER));
        assert_eq!(field(request, "client_id").as_deref(), Some("own-1"));
        assert!(field(request, "client_secret").is_none() && field(request, "client_assertion").is_none());
        assert_eq!(request.authorization(), None);
        let claims = &jwt_parts(&field(request, "assertion").unwrap())[1];
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("own-1"), &json!("own-1")));
        assert_eq!(claims["aud"], "https://ehr.example/token");
        assert!((NOW..=NOW + 4000.0).contains(&claims["exp"].as_f64().unwrap()));
        ids.push(claims["jti"].clone());
    }
    let lifetime = jwt_parts(&field(&requests[0], "assertion").unwrap())[1]["exp"].as_f64().unwrap() - NOW;
    assert!(lifetime > 0.0 && lifetime <= 300.0, "{lifetime}");
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn n9_a_token_for_a_key_comes_without_refresh_and_id_token_and_that_is_no_finding() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    assert_eq!(session.findings(), []);
    assert!(session.can_refresh());
    assert_eq!(session.scopes().missing(), Vec::<&crate::protocol::scope::Scope>::new());
    assert!(!session.scopes().granted.contains(REGISTRATION_SCOPE));
    // Its tab is closed, so that the next one cannot ask it.
    drop(session);
    let (_, app) = next_day(&world, &keeper);
    let later = open(&world, &app, &connections(&world, &app)[0]).unwrap();
    assert_eq!(later.findings(), []);
    assert!(later.identity().is_none());
}

#[test]
fn n9_a_token_for_another_patient_is_not_adopted() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    *keeper.patient.borrow_mut() = json!("p2");
    world.advance(3700.0);
    assert_eq!(read(&world, &session).unwrap_err().code(), "patient_changed");
    assert_eq!(session.patient().as_deref(), Some("p1"));
    // Nor on another day, when only the connection knows the patient.
    let connection = &connections(&world, &app)[0];
    let (_, app) = next_day(&world, &keeper);
    assert_eq!(open(&world, &app, connection).unwrap_err().code(), "patient_changed");
}

#[test]
fn n9_a_narrower_scope_is_told() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    let narrow =
        json!({"access_token": "narrow", "token_type": "Bearer", "scope": "patient/Patient.rs", "patient": "p1"});
    keeper.key_replies.borrow_mut().push_back(Reply::json(200, &narrow));
    let (_, app) = next_day(&world, &keeper);
    let session = open(&world, &app, &connections(&world, &app)[0]).unwrap();
    assert!(session.may_read("Patient") && !session.may_read("Observation"));
    assert!(session.scopes().missing().iter().any(|scope| scope.as_str() == "fhirUser"));
}

#[test]
fn n6_the_session_says_when_it_has_its_first_token() {
    let (keeper, world, tab) = stage();
    let token = keeper.tokens_for_key().after(1_000);
    keeper.key_replies.borrow_mut().push_back(token);
    let session = come_back(&keeper, &world, &tab, &app_with(&tab, keepable()), &all_scopes());
    let events = Rc::new(RefCell::new(Vec::new()));
    let seen = events.clone();
    let _subscription = session.on_event(move |event| seen.borrow_mut().push(event.clone()));
    read(&world, &session).unwrap();
    assert!(events.borrow().contains(&SessionEvent::Refreshed));
}
