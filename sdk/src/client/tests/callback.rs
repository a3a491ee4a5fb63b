use super::server::*;
use crate::error::Error;
use crate::memory::Reply;
use futures_util::future::join;
use serde_json::json;

#[test]
fn c1_a_missing_or_unknown_state_makes_no_token_request() {
    let (_, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    for query in ["code=the-code", "code=the-code&state=unknown", "code=the-code&state="] {
        tab.visit(&format!("{REDIRECT}?{query}"));
        assert_eq!(resume(&world, &app(&tab)).err(), Some(Error::StateMismatch), "{query}");
    }
    assert!(token_requests(&world).is_empty());
}

#[test]
fn c1_a_state_that_waited_too_long_is_unknown() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    world.advance(3601.0);
    assert_eq!(resume(&world, &app(&tab)).err(), Some(Error::StateMismatch));
    assert!(token_requests(&world).is_empty());
}

#[test]
fn c2_a_replayed_callback_returns_the_active_session() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    let redirect = redirect(&server, &tab);
    for _ in 0..3 {
        tab.visit(&redirect);
        let session = resume(&world, &app(&tab)).unwrap().unwrap();
        assert_eq!(session.patient().as_deref(), Some("p1"));
    }
    assert_eq!(token_requests(&world).len(), 1);
}

#[test]
fn c2_t4_a_code_that_the_server_refused_is_not_sent_again() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    let redirect = redirect(&server, &tab);
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})));
    tab.visit(&redirect);
    assert_eq!(resume(&world, &app(&tab)).err().map(|error| error.code()), Some("invalid_grant"));
    tab.visit(&redirect);
    assert_eq!(resume(&world, &app(&tab)).err(), Some(Error::CallbackReplayed));
    assert_eq!(token_requests(&world).len(), 1);
}

#[test]
fn c3_an_error_with_a_known_state_is_typed_and_removes_the_launch() {
    let (_, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    let state = value(&parameters(&location(&tab)), "state").unwrap();
    tab.visit(&format!("{REDIRECT}?error=access_denied&error_description=%3Cb%3Eno&state={state}"));
    let error = resume(&world, &app(&tab)).err().unwrap();
    assert_eq!(error.code(), "access_denied");
    let Error::Authorization(denied) = error else { panic!() };
    assert_eq!(denied.description.as_deref(), Some("<b>no"));
    tab.visit(&format!("{REDIRECT}?code=the-code&state={state}"));
    assert!(resume(&world, &app(&tab)).is_err());
    assert!(token_requests(&world).is_empty());
}

#[test]
fn c8_the_url_is_clean_after_success_and_failure() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    let redirect = redirect(&server, &tab);
    tab.visit(&format!("{redirect}&tab=vitals#chart"));
    resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(location(&tab), "https://app.example/code?tab=vitals#chart");

    tab.visit(&format!("{REDIRECT}?error=x&state=unknown&keep=1"));
    assert!(resume(&world, &app(&tab)).is_err());
    assert_eq!(location(&tab), "https://app.example/code?keep=1");

    tab.visit(&format!("{REDIRECT}?code=1&code=2&state=s&keep=1"));
    assert!(resume(&world, &app(&tab)).is_err());
    assert_eq!(location(&tab), "https://app.example/code?keep=1");
}

#[test]
fn c9_concurrent_resumes_make_one_exchange_and_get_the_same_session() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    let mut slow = token_response(1);
    slow["id_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &slow).after(200));

    let (one, twin) = (app(&tab), app(&tab));
    let both = async move {
        let again = one.clone();
        let ((first, second), other) = join(join(one.resume(), again.resume()), twin.resume()).await;
        (first.unwrap().unwrap(), second.unwrap().unwrap(), other.unwrap().unwrap())
    };
    let (first, second, other) = world.run(both).unwrap();
    assert_eq!(token_requests(&world).len(), 1);
    assert!(std::rc::Rc::ptr_eq(&first.inner, &second.inner));
    assert_eq!(first.id(), other.id());
}

#[test]
fn s6_after_the_exchange_verifier_and_code_are_gone_from_the_store() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    assert!(tab.stored().values().any(|text| text.contains("verifier")));
    resume(&world, &app(&tab)).unwrap().unwrap();
    let verifier = field(&token_requests(&world)[0], "code_verifier").unwrap();
    for (key, text) in tab.stored() {
        assert!(!text.contains(&verifier) && !text.contains("the-code"), "{key}");
    }
}

#[test]
fn s6_a_failed_exchange_leaves_no_verifier_either() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_request"})));
    assert!(resume(&world, &app(&tab)).is_err());
    let verifier = field(&token_requests(&world)[0], "code_verifier").unwrap();
    assert!(tab.stored().values().all(|text| !text.contains(&verifier)));
}

#[test]
fn s3_no_error_or_session_prints_a_secret() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let printed = format!("{:?} {:?} {:?}", session.context(), session.identity(), world.requests());
    for secret in ["access-1", "refresh-1", "the-code"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn a_reload_keeps_the_session() {
    let (server, world, tab) = stage();
    let before = sign_in(&server, &world, &tab);
    let after = resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!((after.id(), after.patient(), after.identity()), (before.id(), before.patient(), before.identity()));
    assert_eq!(token_requests(&world).len(), 1);
}

#[test]
fn s5_a_launch_link_does_not_resume_the_old_session() {
    let (server, world, tab) = stage();
    sign_in(&server, &world, &tab);
    tab.visit("https://app.example/launch?iss=https://ehr.example/fhir&launch=other");
    assert!(resume(&world, &app(&tab)).unwrap().is_none());
}

#[test]
fn s4_a_record_that_is_corrupt_or_of_another_client_is_ignored() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let key = format!("smartrust.session.{}", session.id());
    let stored = tab.stored()[&key].clone();
    let corrupt = ["", "{", "null", "[]", "{}", "\"x\"", &stored.replace("access-1", "").replace("accessToken", "x")];
    let foreign = [
        stored.replace("\"clientId\":\"app\"", "\"clientId\":\"other\""),
        stored.replace(&format!("\"fhirBase\":\"{BASE}\""), "\"fhirBase\":\"https://other.example\""),
    ];
    for text in corrupt.into_iter().chain(foreign.iter().map(String::as_str)) {
        assert_ne!(text, stored);
        tab.set_stored(&key, text);
        assert!(resume(&world, &app(&tab)).unwrap().is_none(), "{text}");
    }
}

#[test]
fn c4_an_error_with_an_unknown_state_does_not_affect_other_launches() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    launch(&world, &app).unwrap();
    let redirect = redirect(&server, &tab);
    tab.visit(&format!("{REDIRECT}?error=access_denied&state=forged"));
    assert_eq!(resume(&world, &app).err(), Some(Error::StateMismatch));
    tab.visit(&redirect);
    assert!(resume(&world, &app).unwrap().is_some());
}

#[test]
fn c7_tokens_in_the_fragment_are_ignored() {
    let (_, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    let state = value(&parameters(&location(&tab)), "state").unwrap();
    tab.visit(&format!("{REDIRECT}#access_token=forged&token_type=bearer&state={state}&patient=p9"));
    assert!(resume(&world, &app(&tab)).unwrap().is_none());
    assert!(token_requests(&world).is_empty());
    assert!(!tab.stored().values().any(|text| text.contains("forged")));
}

#[test]
fn c10_no_value_of_a_callback_is_navigated_to() {
    let server = Server::new();
    let world = server.world();
    let app_origin = "https://app.example/code";
    for query in [
        "error=access_denied&error_uri=https%3A%2F%2Fevil.example%2F&state=STATE",
        "code=https%3A%2F%2Fevil.example%2F&state=STATE&iss=https%3A%2F%2Fehr.example",
        "code=c&state=javascript%3Aalert(1)",
        "code=c&state=STATE&redirect_uri=https%3A%2F%2Fevil.example%2F&next=%2F%2Fevil.example",
    ] {
        let tab = world.tab("https://app.example/");
        launch(&world, &app(&tab)).unwrap();
        let state = value(&parameters(&location(&tab)), "state").unwrap();
        redirect(&server, &tab);
        tab.visit(&format!("{app_origin}?{}", query.replace("STATE", &state)));
        let _ = resume(&world, &app(&tab));
        let address = location(&tab);
        assert_eq!(address.split('?').next(), Some(app_origin), "{query}");
    }
    let fetched = world.requests().into_iter().map(|request| request.url.host().to_owned());
    assert!(fetched.into_iter().all(|host| host == "ehr.example"));
}

#[test]
fn t4_a_code_that_the_server_refused_is_not_sent_again() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    launch(&world, &app).unwrap();
    let redirect = redirect(&server, &tab);
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})));
    tab.visit(&redirect);
    let refused = resume(&world, &app).err().unwrap();
    assert_eq!(refused.code(), "invalid_grant");
    for again in [app, super::server::app(&tab)] {
        tab.visit(&redirect);
        assert_eq!(resume(&world, &again).err(), Some(Error::CallbackReplayed));
    }
    assert_eq!(token_requests(&world).len(), 1);
}

/// The result of a redirect with an issuer, from a server whose configuration has some members.
fn answered_by(iss: Option<&str>, members: &serde_json::Value) -> (Result<Vec<String>, Error>, usize) {
    let server = Server::new();
    for (name, value) in members.as_object().unwrap() {
        server.configuration.borrow_mut()[name] = value.clone();
    }
    let world = server.world();
    let tab = world.tab("https://app.example/");
    launch(&world, &app(&tab)).unwrap();
    let iss = iss.map(|iss| format!("&iss={iss}")).unwrap_or_default();
    tab.visit(&format!("{}{iss}", redirect(&server, &tab)));
    let outcome = resume(&world, &app(&tab)).map(|session| {
        let findings = session.map(|session| session.findings()).unwrap_or_default();
        findings.iter().map(|finding| finding.code.to_owned()).collect()
    });
    (outcome, token_requests(&world).len())
}

#[test]
fn c5_another_issuer_than_that_of_the_launch_ends_the_launch() {
    for iss in ["https%3A%2F%2Fevil.example", "https%3A%2F%2Fehr.example%2F", ""] {
        let (outcome, exchanges) = answered_by(Some(iss), &json!({}));
        assert!(matches!(outcome, Err(Error::Callback { .. })), "{iss}: {outcome:?}");
        assert_eq!(exchanges, 0);
    }
}

#[test]
fn c5_a_server_that_announces_the_issuer_must_send_it() {
    let promised = json!({"authorization_response_iss_parameter_supported": true});
    let (outcome, exchanges) = answered_by(None, &promised);
    assert!(matches!(outcome, Err(Error::Callback { .. })), "{outcome:?}");
    assert_eq!(exchanges, 0);
    assert_eq!(answered_by(Some("https%3A%2F%2Fehr.example"), &promised), (Ok(vec![]), 1));
    assert_eq!(answered_by(None, &json!({})), (Ok(vec![]), 1));
}

#[test]
fn c5_an_unknown_issuer_is_a_finding_and_not_an_error() {
    let (outcome, exchanges) = answered_by(Some("https%3A%2F%2Felsewhere.example"), &json!({"issuer": ""}));
    assert_eq!((outcome, exchanges), (Ok(vec!["unknown_issuer".to_owned()]), 1));
}
