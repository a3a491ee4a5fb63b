//! The sandbox as newer WebChart, as HIEBus and as Epic.

#[path = "support/dialects.rs"]
mod dialects;
mod support;

use axum::http::{Method, StatusCode};
use dialects::{send_json, speaking, tokens_at};
use sandbox_ehr::{ClientSecret, Dialect, SECRET_CLIENT_ID};
use serde_json::{Value, json};
use support::{
    BASE, Browser, CODE_URI, FHIR, LAUNCH_URI, ORIGIN, STANDALONE_SCOPE, VERIFIER, changed, claims, from_chart, scopes,
    standalone, text,
};

async fn document(browser: &mut Browser, path: &str) -> Value {
    let response = browser.get(&format!("{BASE}{path}")).await;
    assert_eq!(response.status, StatusCode::OK, "{path}");
    response.json()
}

fn has(list: &Value, wanted: &str) -> bool {
    list.as_array().unwrap().iter().any(|item| item == wanted)
}

#[tokio::test]
async fn webchart_2026_has_its_endpoints_below_the_base_and_the_known_deviations() {
    let mut browser = speaking(Dialect::Webchart2026);
    let smart = document(&mut browser, "/fhir/.well-known/smart-configuration").await;
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("revocation_endpoint", "/revoke"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/jwks"),
        ("introspection_endpoint", "/introspect"),
        ("registration_endpoint", "/register"),
    ] {
        assert_eq!(smart[name], format!("{BASE}{path}"), "{name}");
    }
    assert_eq!(smart["response_types_supported"], "code");
    let capabilities = &smart["capabilities"];
    assert!(has(capabilities, "lsunch-standalone") && !has(capabilities, "launch-standalone"));
    for capability in ["authorize-post", "permission-v1", "permission-v2", "context-ehr-encounter"] {
        assert!(has(capabilities, capability), "{capability}");
    }
    for alg in ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] {
        assert!(has(&smart["token_endpoint_auth_signing_alg_values_supported"], alg), "{alg}");
    }
    for grant in ["authorization_code", "refresh_token", "client_credentials"] {
        assert!(has(&smart["grant_types_supported"], grant), "{grant}");
    }
    let old = browser.get(&format!("{BASE}/oauth/token/")).await;
    assert!(old.body.contains("Log in to WebChart"));
}

#[tokio::test]
async fn webchart_2026_authorizes_by_post_too() {
    let mut browser = speaking(Dialect::Webchart2026);
    let page = browser.post(&format!("{BASE}/authorize"), &standalone(STANDALONE_SCOPE)).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let code = browser.decide(&confirmation, "allow", &[]).await.redirected("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CODE_URI),
        ("client_id", "MIE-localhost"),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(browser.post(&format!("{BASE}/token"), &form).await.status, StatusCode::OK);
    let older = Browser::new().post(&format!("{BASE}/oauth/authorization/"), &standalone(STANDALONE_SCOPE)).await;
    assert_eq!(older.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn webchart_2026_reports_the_user() {
    let mut browser = speaking(Dialect::Webchart2026);
    let tokens = tokens_at(&mut browser, "/authorize", "/token", STANDALONE_SCOPE).await;
    let address = format!("{BASE}/userinfo");
    let response = browser.fhir(text(&tokens, "access_token"), &address).await;
    assert_eq!(response.status, StatusCode::OK);
    let told = response.json();
    let id_token = claims(text(&tokens, "id_token"));
    assert_eq!(told["sub"], id_token["sub"]);
    assert_eq!(told["fhirUser"], format!("{FHIR}/Patient/1"));
    assert!(!text(&told, "name").is_empty());
    assert_eq!(browser.fhir("nonsense", &address).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get(&address).await.status, StatusCode::UNAUTHORIZED);
    let without = tokens_at(&mut browser.elsewhere(), "/authorize", "/token", "launch/patient patient/*.rs").await;
    assert_eq!(browser.fhir(text(&without, "access_token"), &address).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn webchart_2026_revokes_tokens() {
    let mut browser = speaking(Dialect::Webchart2026);
    let address = format!("{BASE}/revoke");
    let tokens = tokens_at(&mut browser, "/authorize", "/token", STANDALONE_SCOPE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));

    let by_another = browser.post(&address, &[("client_id", "plain-html"), ("token", refresh)]).await;
    assert_eq!(by_another.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::OK);

    let own = |token| [("client_id", "MIE-localhost"), ("token", token)];
    assert_eq!(browser.post(&address, &own(access)).await.status, StatusCode::OK);
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    let form = [("grant_type", "refresh_token"), ("client_id", "MIE-localhost"), ("refresh_token", refresh)];
    let refreshed = browser.post(&format!("{BASE}/token"), &form).await.json();
    let (access, refresh) = (text(&refreshed, "access_token"), text(&refreshed, "refresh_token"));

    assert_eq!(browser.post(&address, &own(refresh)).await.status, StatusCode::OK);
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.post(&address, &own("unknown")).await.status, StatusCode::OK);
    assert_eq!(browser.post(&address, &[("client_id", "MIE-localhost")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.post(&address, &[("token", refresh)]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn hiebus_has_its_endpoints_only_in_the_capability_statement() {
    let mut browser = speaking(Dialect::Hiebus);
    for path in ["/fhir/.well-known/smart-configuration", "/fhir/.well-known/openid-configuration"] {
        assert_eq!(browser.get(&format!("{BASE}{path}")).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/.well-known/smart-configuration", "/jwks", "/register", "/nowhere"] {
        assert_eq!(browser.get(&format!("{BASE}{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let statement = document(&mut browser, "/fhir/metadata").await;
    let uris = &statement["rest"][0]["security"]["extension"][0]["extension"];
    let named: Vec<(&Value, &Value)> =
        uris.as_array().unwrap().iter().map(|uri| (&uri["url"], &uri["valueUri"])).collect();
    let (authorize, token) = (json!(format!("{BASE}/oauth/authorize")), json!(format!("{BASE}/oauth/token")));
    assert_eq!(named, [(&json!("authorize"), &authorize), (&json!("token"), &token)]);
}

#[tokio::test]
async fn hiebus_grants_the_scopes_of_version_1() {
    let mut browser = speaking(Dialect::Hiebus);
    let scope = "launch/patient openid fhirUser patient/*.read";
    let tokens = tokens_at(&mut browser, "/oauth/authorize", "/oauth/token", scope).await;
    let granted = scopes(&tokens);
    assert!(granted.contains(&"patient/Observation.read") && granted.contains(&"patient/Patient.read"), "{granted:?}");
    assert!(granted.iter().all(|scope| !scope.ends_with(".rs")), "{granted:?}");
    assert_eq!(browser.fhir(text(&tokens, "access_token"), "Observation?patient=1").await.status, StatusCode::OK);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(standalone("patient/*.rs")).finish();
    let refused = browser.get(&format!("{BASE}/oauth/authorize?{query}")).await;
    assert_eq!(refused.redirected("error").as_deref(), Some("invalid_scope"));
}

#[tokio::test]
async fn hiebus_has_a_token_to_paste() {
    let mut token = String::new();
    let mut browser = Browser::with(|mut config| {
        assert_eq!(config.ready_made_token(), None);
        config.dialect = Dialect::Hiebus;
        config.ready_made_token().unwrap().clone_into(&mut token);
        config
    });
    for path in ["Patient/1", "Observation?patient=1", "Condition?patient=1"] {
        assert_eq!(browser.fhir(&token, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(browser.fhir(&token, "Patient/2").await.status, StatusCode::FORBIDDEN);
    assert_eq!(Browser::new().fhir(&token, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn epic_publishes_keys_of_several_kinds_with_an_empty_key_ops() {
    let mut browser = speaking(Dialect::Epic);
    let smart = document(&mut browser, "/fhir/.well-known/smart-configuration").await;
    let address = text(&smart, "jwks_uri").strip_prefix(BASE).unwrap().to_owned();
    let keys = document(&mut browser, &address).await["keys"].as_array().unwrap().clone();
    let kinds: Vec<(&str, &str)> =
        keys.iter().map(|key| (text(key, "kty"), key["crv"].as_str().unwrap_or_default())).collect();
    assert_eq!(kinds, [("RSA", ""), ("EC", "P-384"), ("EC", "P-521")]);
    let mut kids: Vec<&str> = keys.iter().map(|key| text(key, "kid")).collect();
    kids.dedup();
    assert_eq!(kids.len(), 3);
    for key in &keys {
        assert_eq!(key["key_ops"], json!([]));
        assert!(key.get("d").is_none());
    }
    assert_eq!([text(&keys[1], "x").len(), text(&keys[2], "y").len()], [64, 88]);
}

#[tokio::test]
async fn epic_has_a_separate_issuer_and_does_not_list_offline_access() {
    let mut browser = speaking(Dialect::Epic);
    let issuer = format!("{BASE}/oauth2");
    for path in ["/fhir/.well-known/smart-configuration", "/oauth2/.well-known/openid-configuration"] {
        assert_eq!(document(&mut browser, path).await["issuer"], issuer, "{path}");
    }
    let tokens = tokens_at(&mut browser, "/oauth2/authorize", "/oauth2/token", STANDALONE_SCOPE).await;
    assert_eq!(claims(text(&tokens, "id_token"))["iss"], issuer);
}

#[tokio::test]
async fn epic_gives_refresh_tokens_to_clients_that_authenticate_and_does_not_list_offline_access() {
    let mut browser = Browser::with(|mut config| {
        config.dialect = Dialect::Epic;
        config.set_client_secret(ClientSecret::new("kept-by-the-app"));
        config
    });
    let request = changed(&standalone(STANDALONE_SCOPE), "client_id", SECRET_CLIENT_ID);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request).finish();
    let page = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let code = browser.decide(&confirmation, "allow", &[]).await.redirected("code").unwrap();
    let client = [("client_id", SECRET_CLIENT_ID), ("client_secret", "kept-by-the-app")];
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CODE_URI),
        ("code_verifier", VERIFIER),
    ];
    let token_endpoint = format!("{BASE}/oauth2/token");
    let tokens = browser.post(&token_endpoint, &[&exchange[..], &client].concat()).await.json();
    assert!(!scopes(&tokens).contains(&"offline_access"));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let refreshed = browser.post(&token_endpoint, &[&refresh[..], &client].concat()).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    assert!(!scopes(&refreshed.json()).contains(&"offline_access"));
}

#[tokio::test]
async fn epic_gives_no_refresh_token_to_a_public_client_unless_a_test_asks_for_it() {
    let mut browser = Browser::with(|mut config| {
        (config.dialect, config.control) = (Dialect::Epic, true);
        config
    });
    let order = json!({ "deviations": ["public-refresh-token"] });
    for is_ordered in [false, true, false] {
        if is_ordered {
            let url = format!("{ORIGIN}/control/protocol");
            let response = send_json(&mut browser, Method::POST, &url, "", &order).await;
            assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
        }
        let tokens = tokens_at(&mut browser.elsewhere(), "/oauth2/authorize", "/oauth2/token", STANDALONE_SCOPE).await;
        assert_eq!(tokens.get("refresh_token").is_some(), is_ordered, "{tokens}");
        assert!(!scopes(&tokens).contains(&"offline_access"));
    }
}

/// The access token of a provider who opened patient 1's chart.
async fn provider_token(browser: &mut Browser, scope: &str) -> (String, Value) {
    browser.log_in_as_provider().await;
    let launch = browser.launch_value(1, 0).await;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(from_chart(scope, &launch)).finish();
    let code = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await.redirected("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", LAUNCH_URI),
        ("client_id", "MIE-localhost-launch"),
        ("code_verifier", VERIFIER),
    ];
    let tokens = browser.post(&format!("{BASE}/oauth2/token"), &form).await.json();
    (text(&tokens, "access_token").to_owned(), tokens)
}

#[tokio::test]
async fn epic_refers_to_the_provider_by_an_absolute_url() {
    let mut browser = speaking(Dialect::Epic);
    let (_, tokens) = provider_token(&mut browser, "launch openid fhirUser patient/*.rs").await;
    assert_eq!(claims(text(&tokens, "id_token"))["fhirUser"], format!("{FHIR}/Practitioner/1"));
}

#[tokio::test]
async fn epic_refuses_a_search_for_all_observations() {
    let mut browser = speaking(Dialect::Epic);
    let tokens = tokens_at(&mut browser, "/oauth2/authorize", "/oauth2/token", STANDALONE_SCOPE).await;
    let access_token = text(&tokens, "access_token");
    let refused = browser.fhir(access_token, "Observation?patient=1").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["resourceType"], "OperationOutcome");
    for query in ["category=vital-signs", "code=http://loinc.org|8867-4"] {
        let response = browser.fhir(access_token, &format!("Observation?patient=1&{query}")).await;
        assert_eq!(response.status, StatusCode::OK, "{query}");
    }
    assert_eq!(browser.fhir(access_token, "Condition?patient=1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn epic_matches_patients_with_scores_and_grades() {
    let mut browser = speaking(Dialect::Epic);
    let (token, _) = provider_token(&mut browser, "launch user/Patient.rs").await;
    let patient = browser.fhir(&token, "Patient/2").await.json();
    let address = format!("{FHIR}/Patient/$match");
    let described = |members: &[&str]| {
        let mut resource = json!({ "resourceType": "Patient" });
        for member in members {
            resource[*member] = patient[*member].clone();
        }
        json!({ "resourceType": "Parameters", "parameter": [{ "name": "resource", "resource": resource }] })
    };

    let whole = described(&["name", "birthDate", "gender"]);
    let bundle = send_json(&mut browser, Method::POST, &address, &token, &whole).await.json();
    let best = &bundle["entry"][0];
    assert_eq!(best["resource"]["id"], "2");
    assert_eq!(best["search"]["extension"][0]["valueCode"], "certain");
    let scores: Vec<f64> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| entry["search"]["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|one, other| one >= other) && scores[0] <= 1.0, "{scores:?}");

    let half = described(&["name"]);
    let bundle = send_json(&mut browser, Method::POST, &address, &token, &half).await.json();
    let of_two = bundle["entry"].as_array().unwrap().iter().find(|entry| entry["resource"]["id"] == "2").unwrap();
    assert_eq!(of_two["search"]["extension"][0]["valueCode"], "possible");
    let mut certain = half.clone();
    certain["parameter"].as_array_mut().unwrap().push(json!({ "name": "onlyCertainMatches", "valueBoolean": true }));
    let bundle = send_json(&mut browser, Method::POST, &address, &token, &certain).await.json();
    assert_eq!(bundle["total"], 0);
    assert!(bundle.get("entry").is_none());

    let nobody = json!({ "resourceType": "Parameters" });
    assert_eq!(send_json(&mut browser, Method::POST, &address, &token, &nobody).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_match_finds_only_patients_that_the_token_can_access() {
    let mut browser = speaking(Dialect::Epic);
    let (provider, _) = provider_token(&mut browser, "launch user/Patient.rs").await;
    let other = browser.fhir(&provider, "Patient/2").await.json();
    let tokens = tokens_at(&mut browser.elsewhere(), "/oauth2/authorize", "/oauth2/token", STANDALONE_SCOPE).await;
    let body = json!({ "resourceType": "Parameters", "parameter": [{ "name": "resource", "resource": other }] });
    let address = format!("{FHIR}/Patient/$match");
    let bundle = send_json(&mut browser, Method::POST, &address, text(&tokens, "access_token"), &body).await.json();
    let found: Vec<&Value> =
        bundle["entry"].as_array().into_iter().flatten().map(|entry| &entry["resource"]["id"]).collect();
    assert!(!found.contains(&&json!("2")), "{found:?}");
}

#[tokio::test]
async fn the_redirect_has_an_issuer_if_configured() {
    for dialect in [Dialect::Webchart, Dialect::Epic] {
        let mut browser = Browser::with(|mut config| {
            (config.dialect, config.issuer_on_redirect) = (dialect, true);
            config
        });
        let smart = document(&mut browser, "/fhir/.well-known/smart-configuration").await;
        assert_eq!(smart["authorization_response_iss_parameter_supported"], true);
        let authorize = text(&smart, "authorization_endpoint").to_owned();
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(standalone("openid")).finish();
        let page = browser.get(&format!("{authorize}?{query}")).await;
        let confirmation = browser.log_in_as_patient(&page, 1).await;
        let issuer = browser.decide(&confirmation, "allow", &[]).await.redirected("iss");
        let openid = document(&mut browser, "/.well-known/openid-configuration").await;
        assert_eq!(issuer.as_deref(), openid["issuer"].as_str());
        let refused = browser.get(&format!("{authorize}?{}", query.replace("response_type=code", ""))).await;
        assert_eq!(refused.redirected("iss").as_deref(), openid["issuer"].as_str());
    }
    assert!(Browser::new().get(ORIGIN).await.redirected("iss").is_none());
}
