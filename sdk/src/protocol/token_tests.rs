use super::*;
use serde_json::{Value, json};

fn read(status: u16, response: Value) -> Result<Box<TokenResponse>, Failure> {
    read_token_response(status, &Body::Json(response))
}

#[test]
fn a5_the_exchange_has_the_redirect_uri_and_encodes_the_code() {
    let endpoint = Url::parse("https://ehr.example/token").unwrap();
    let client = TokenClient { endpoint, credential: ClientCredential::public("app") };
    let verifier = CodeVerifier::new("v");
    let request = client.code_request(&AuthorizationCode::new("a+b&c="), "https://app.example/code", Some(&verifier));
    assert_eq!(
        request.body.as_deref(),
        Some(
            "grant_type=authorization_code&code=a%2Bb%26c%3D&redirect_uri=https%3A%2F%2Fapp.example%2Fcode&code_verifier=v&client_id=app"
        )
    );
}

#[test]
fn s8_a_token_request_is_not_cached_and_follows_no_redirect() {
    let endpoint = Url::parse("https://ehr.example/token").unwrap();
    let client = TokenClient { endpoint, credential: ClientCredential::public("app") };
    let request = client.refresh_request(&RefreshToken::new("r"), None);
    assert!(request.no_store);
    assert_eq!(request.redirect, crate::protocol::http::Redirect::Manual);
}

#[test]
fn t1_only_bearer_tokens_are_accepted() {
    assert!(read(200, json!({"access_token": "a", "token_type": "bEARER"})).is_ok());
    for response in [json!({"access_token": "a", "token_type": "mac"}), json!({"access_token": "a"})] {
        assert_eq!(read(200, response).unwrap_err().code(), "invalid_token_response");
    }
}

#[test]
fn a_server_error_is_distinguished_from_a_response_that_is_a_page() {
    let message = |status| {
        let page = Body::<Value>::Text("<h1>Hello</h1>".into());
        read_token_response(status, &page).unwrap_err().message()
    };
    for status in [429, 500, 503] {
        assert!(message(status).contains("try again later"), "{}", message(status));
    }
    for status in [200, 404] {
        assert!(message(status).contains("not JSON"), "{}", message(status));
    }
}

#[test]
fn t2_expires_in_is_a_number_a_numeric_string_or_absent() {
    let expires_in = |value: Value| {
        read(200, json!({"access_token": "a", "token_type": "Bearer", "expires_in": value}))
            .map(|response| response.expires_in)
    };
    assert_eq!(expires_in(json!(3600)), Ok(Some(3600.0)));
    assert_eq!(expires_in(json!("3600")), Ok(Some(3600.0)));
    assert_eq!(expires_in(Value::Null), Ok(None));
    for wrong in [json!(-1), json!("-1"), json!("soon"), json!("NaN"), json!(true), json!({})] {
        assert_eq!(expires_in(wrong).unwrap_err().code(), "invalid_token_response");
    }
}

#[test]
fn t8_a_lifetime_beyond_every_date_is_bounded() {
    let lifetime = |value: Value| {
        let response = json!({"access_token": "a", "token_type": "Bearer", "expires_in": value});
        read(200, response).unwrap().expires_in.unwrap()
    };
    // The last moment that a JavaScript Date can hold is 8.64e12 seconds after 1970.
    for beyond in [json!(1e18), json!(1e308), json!("99999999999999999999"), json!("9".repeat(400))] {
        let seconds = lifetime(beyond.clone());
        assert!((3e9..8e12).contains(&seconds), "{beyond}: {seconds}");
    }
    assert_eq!(lifetime(json!("4294967296")), 4_294_967_296.0_f64.min(LONGEST_LIFETIME));
    for wrong in [json!("1e3"), json!("Infinity"), json!("+5"), json!("")] {
        let response = json!({"access_token": "a", "token_type": "Bearer", "expires_in": wrong});
        assert_eq!(read(200, response).unwrap_err().code(), "invalid_token_response", "{wrong}");
    }
}

#[test]
fn t8_a_patient_or_encounter_with_an_invalid_id_is_refused() {
    for member in ["patient", "encounter"] {
        let with = |value: Value| {
            let mut response = json!({"access_token": "a", "token_type": "Bearer"});
            response[member] = value;
            read(200, response)
        };
        let long = "a".repeat(65);
        for wrong in [
            json!(7),
            json!("../Observation"),
            json!("Patient/1"),
            json!(".."),
            json!("1?x"),
            json!(" "),
            json!(long),
            json!(true),
            json!({"reference": "Patient/1"}),
        ] {
            let refused = with(wrong.clone()).unwrap_err();
            assert_eq!(refused.code(), "invalid_token_response", "{wrong}");
            assert!(refused.message().contains(member), "{}", refused.message());
        }
        for right in [json!("p-1.A"), json!(""), Value::Null] {
            assert!(with(right.clone()).is_ok(), "{right}");
        }
    }
}

#[test]
fn t8_an_access_token_that_cannot_be_sent_is_refused() {
    for wrong in ["a\r\nX-Injected: 1", "a\u{0}b", "a\tb", "a\u{7f}", "é", "a\u{2028}b"] {
        let refused = read(200, json!({"access_token": wrong, "token_type": "Bearer"})).unwrap_err();
        assert_eq!(refused.code(), "invalid_token_response", "{wrong:?}");
        assert!(!refused.message().contains("Injected"));
    }
    assert!(read(200, json!({"access_token": "a-._~+/= b", "token_type": "Bearer"})).is_ok());
}

#[test]
fn t5_an_invalid_token_response_is_an_error() {
    let html: Body<Value> = Body::Text("<html>Log in</html>".into());
    assert_eq!(read_token_response(200, &html).unwrap_err().code(), "invalid_token_response");
    assert_eq!(read(200, json!({"token_type": "Bearer"})).unwrap_err().code(), "invalid_token_response");
    assert_eq!(read(500, json!({})).unwrap_err().code(), "invalid_token_response");
    let error =
        read(400, json!({"error": "invalid_scope", "error_description": "no", "error_uri": "https://e.example"}));
    let expected = OAuthError {
        error: "invalid_scope".into(),
        description: Some("no".into()),
        uri: Some("https://e.example".into()),
        status: Some(400),
        hint: None,
    };
    assert_eq!(error, Err(Error::Token(Box::new(expected)).into()));
}

#[test]
fn c11_only_an_error_that_is_not_about_the_request_is_transient() {
    let page = || Body::<Value>::Text("<h1>Hello</h1>".into());
    for (status, body) in [
        (429, Body::Empty),
        (500, Body::Empty),
        (503, page()),
        (502, Body::Json(json!({"message": "no upstream"}))),
        (200, page()),
        (404, page()),
    ] {
        assert!(may_pass(status, &body), "{status} {body:?}");
    }
    for (status, body) in [
        (400, Body::Json(json!({"error": "invalid_grant"}))),
        (500, Body::Json(json!({"error": "server_error"}))),
        (200, Body::Json(json!({"token_type": "Bearer"}))),
        (400, Body::Json(json!({}))),
        (302, page()),
        (0, Body::Empty),
        (204, Body::Empty),
    ] {
        assert!(!may_pass(status, &body), "{status} {body:?}");
    }
}

#[test]
fn t6_a_redirect_is_not_a_token_response() {
    for status in [0, 302, 307] {
        assert_eq!(read_token_response::<Value>(status, &Body::Empty).unwrap_err().code(), "invalid_token_response");
    }
}

#[test]
fn s3_a_token_response_does_not_print_its_tokens() {
    let response =
        json!({"access_token": "hidden1", "refresh_token": "hidden2", "id_token": "hidden3", "token_type": "Bearer"});
    let printed = format!("{:?}", read(200, response).unwrap());
    assert!(!printed.contains("hidden"), "{printed}");
}
