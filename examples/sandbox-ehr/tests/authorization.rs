//! The authorization endpoint: what it refuses, the log-in, and the scope confirmation page.

mod support;

use std::collections::HashSet;

use axum::http::StatusCode;
use support::{BASE, Browser, CODE_URI, FHIR, STANDALONE_SCOPE, changed, scopes, standalone, text, without};

/// What a wildcard of a patient opens.
const PATIENT_KINDS: [&str; 21] = [
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "Location",
    "Medication",
    "MedicationRequest",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
];

async fn error_of(parameters: &[(&str, &str)]) -> String {
    let response = Browser::new().authorize(parameters).await;
    assert_eq!(response.status, StatusCode::FOUND, "{}", response.body);
    assert!(response.location().starts_with(&format!("{CODE_URI}?")), "{}", response.location());
    assert_eq!(response.redirected("code"), None);
    response.redirected("error").unwrap()
}

#[tokio::test]
async fn a_client_or_redirect_uri_that_is_not_registered_never_redirects() {
    let right = standalone(STANDALONE_SCOPE);
    let mut twice = right.clone();
    twice.push(("redirect_uri", CODE_URI));
    let wrong = [
        changed(&right, "client_id", "someone-else"),
        without(&right, "client_id"),
        without(&right, "redirect_uri"),
        changed(&right, "redirect_uri", "http://localhost:8080/code/"),
        changed(&right, "redirect_uri", "http://localhost:8080/code?x=1"),
        changed(&right, "redirect_uri", "http://LOCALHOST:8080/code"),
        changed(&right, "redirect_uri", "http://localhost:8080/launch"),
        changed(&right, "redirect_uri", "https://evil.example/code"),
        twice,
    ];
    for parameters in wrong {
        let response = Browser::new().authorize(&parameters).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{parameters:?}");
        assert_eq!(response.location(), "");
        assert!(response.body.contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn the_audience_is_compared_character_by_character() {
    let right = standalone(STANDALONE_SCOPE);
    for aud in [FHIR, BASE] {
        let response = Browser::new().authorize(&changed(&right, "aud", aud)).await;
        assert_eq!(response.status, StatusCode::OK, "{aud}");
        assert!(response.body.contains("Log in to your portal"));
    }
    for aud in [
        "http://localhost:9080/webchart.cgi/fhir/",
        "http://localhost:9080/webchart.cgi/",
        "http://LOCALHOST:9080/webchart.cgi/fhir",
        "https://evil.example/fhir",
    ] {
        assert_eq!(error_of(&changed(&right, "aud", aud)).await, "invalid_request", "{aud}");
    }
    assert_eq!(error_of(&without(&right, "aud")).await, "invalid_request");
}

#[tokio::test]
async fn a_public_client_must_send_an_s256_challenge() {
    let right = standalone(STANDALONE_SCOPE);
    for wrong in [
        without(&right, "code_challenge"),
        without(&right, "code_challenge_method"),
        changed(&right, "code_challenge_method", "plain"),
        changed(&right, "code_challenge_method", "s256"),
        changed(&right, "code_challenge", "too-short"),
        changed(&right, "code_challenge", "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"),
    ] {
        assert_eq!(error_of(&wrong).await, "invalid_request");
    }
}

#[tokio::test]
async fn state_response_type_and_scope_are_required() {
    let right = standalone(STANDALONE_SCOPE);
    assert_eq!(error_of(&without(&right, "state")).await, "invalid_request");
    assert_eq!(error_of(&without(&right, "response_type")).await, "invalid_request");
    assert_eq!(error_of(&changed(&right, "response_type", "token")).await, "unsupported_response_type");
    assert_eq!(error_of(&without(&right, "scope")).await, "invalid_scope");
    let mut repeated = right.clone();
    repeated.push(("scope", "openid"));
    assert_eq!(error_of(&repeated).await, "invalid_request");
}

#[tokio::test]
async fn an_error_returns_the_state() {
    let parameters = changed(&standalone(STANDALONE_SCOPE), "aud", "elsewhere");
    let response = Browser::new().authorize(&parameters).await;
    assert_eq!(response.redirected("state").as_deref(), Some("a state & more"));
}

#[tokio::test]
async fn both_authorization_endpoints_work() {
    let mut browser = Browser::new();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(standalone(STANDALONE_SCOPE)).finish();
    for path in ["/oauth/authenticate/", "/oauth/authorization/", "/oauth/authorization"] {
        let response = browser.get(&format!("{BASE}{path}?{query}")).await;
        assert!(response.body.contains("Log in to your portal"), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let mut browser = Browser::new();
    let page = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    let transaction = page.field("transaction");
    let form = [("transaction", &*transaction), ("user_name", "patient1"), ("password", "portal-2")];
    let response = browser.post(&format!("{BASE}/portal/log-in"), &form).await;
    assert_eq!(response.status, StatusCode::OK);
    assert!(response.body.contains("role=\"alert\""));
    assert_eq!(response.header("set-cookie"), "");
    let resumed = browser.get(&format!("{BASE}/oauth/continue?transaction={transaction}")).await;
    assert!(resumed.body.contains("Log in to your portal"));
}

#[tokio::test]
async fn a_patient_cannot_log_in_as_a_provider_nor_a_provider_as_a_patient() {
    let mut browser = Browser::new();
    let as_provider = [("user_name", "patient1"), ("password", "portal-1")];
    assert_eq!(browser.post(&format!("{BASE}/log-in"), &as_provider).await.status, StatusCode::OK);
    browser.log_in_as_provider().await;
    let page = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    assert!(page.body.contains("Log in to your portal"));
}

#[tokio::test]
async fn with_a_session_there_is_no_second_log_in_but_a_confirmation() {
    let mut browser = Browser::new();
    let first = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    browser.log_in_as_patient(&first, 1).await;
    let again = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    assert!(again.body.contains("Scope confirmation"));
}

#[tokio::test]
async fn a_wildcard_is_one_item_for_each_kind_of_data() {
    for wildcard in ["patient/*.rs", "patient/*.read"] {
        let mut browser = Browser::new();
        let scope = format!("launch/patient openid fhirUser offline_access {wildcard}");
        let page = browser.authorize(&standalone(&scope)).await;
        let confirmation = browser.log_in_as_patient(&page, 1).await;
        for kind in PATIENT_KINDS {
            assert!(confirmation.body.contains(&format!("value=\"{kind}\" aria-pressed=\"true\"")), "{kind}");
        }
        assert!(!confirmation.body.contains("value=\"Group\""));
        for mandatory in ["launch/patient", "openid", "fhirUser", "offline_access"] {
            assert!(confirmation.body.contains(&format!(">{mandatory}</span>")), "{mandatory}");
            assert!(!confirmation.body.contains(&format!("value=\"{mandatory}\"")), "{mandatory}");
        }
        let tokens = browser.elsewhere().standalone_tokens(&scope, &["Encounter", "openid"]).await;
        let mandatory = ["launch/patient", "openid", "fhirUser", "offline_access"].map(str::to_owned);
        let kinds = PATIENT_KINDS.iter().filter(|kind| **kind != "Encounter");
        let expected: HashSet<String> =
            mandatory.into_iter().chain(kinds.map(|kind| format!("patient/{kind}.rs"))).collect();
        let granted = scopes(&tokens);
        assert_eq!(granted.iter().map(|scope| (*scope).to_owned()).collect::<HashSet<_>>(), expected);
        assert_eq!(granted.len(), expected.len());
    }
}

#[tokio::test]
async fn single_scopes_are_granted_as_written() {
    let scope = "openid patient/Observation.read patient/Condition.r profile system/*.rs patient/Nonsense.rs";
    let tokens = Browser::new().standalone_tokens(scope, &[]).await;
    assert_eq!(scopes(&tokens), ["openid", "patient/Condition.r", "patient/Observation.read"]);
}

#[tokio::test]
async fn a_scope_with_a_query_is_a_separate_item() {
    let (vital, laboratory) =
        ("patient/Observation.rs?category=vital-signs", "patient/Observation.rs?category=laboratory");
    let scope = format!("launch/patient {vital} {laboratory}");
    let mut browser = Browser::new();
    let page = browser.authorize(&standalone(&scope)).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    assert!(confirmation.body.contains("only vital signs"));
    let tokens = browser.elsewhere().standalone_tokens(&scope, &["Observation?category=laboratory"]).await;
    assert_eq!(scopes(&tokens), ["launch/patient", vital]);
}

#[tokio::test]
async fn without_a_script_a_click_returns_the_page_with_the_item_denied() {
    let mut browser = Browser::new();
    let page = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let (transaction, form_token) = (confirmation.field("transaction"), confirmation.field("form_token"));
    let send = [("transaction", &*transaction), ("form_token", &form_token), ("toggle", "Observation")];
    let grey = browser.post(&format!("{BASE}/oauth/confirm"), &send).await;
    assert!(grey.body.contains("value=\"Observation\" aria-pressed=\"false\""));
    assert!(grey.body.contains("value=\"Condition\" aria-pressed=\"true\""));
    let mut again = send.to_vec();
    again.push(("denied", "Observation"));
    let allowed = browser.post(&format!("{BASE}/oauth/confirm"), &again).await;
    assert!(allowed.body.contains("value=\"Observation\" aria-pressed=\"true\""));
}

#[tokio::test]
async fn cancelling_or_denying_everything_is_access_denied() {
    for (decision, denied) in [("cancel", &[][..]), ("allow", &PATIENT_KINDS)] {
        let mut browser = Browser::new();
        let page = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
        let confirmation = browser.log_in_as_patient(&page, 1).await;
        let response = browser.decide(&confirmation, decision, denied).await;
        assert_eq!(response.redirected("error").as_deref(), Some("access_denied"));
        assert_eq!(response.redirected("state").as_deref(), Some("a state & more"));
        assert_eq!(response.redirected("code"), None);
        let replay = browser.decide(&confirmation, "allow", &[]).await;
        assert_eq!(replay.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn only_the_form_of_its_session_confirms() {
    let mut browser = Browser::new();
    let page = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let transaction = confirmation.field("transaction");
    for form_token in ["", "guessed"] {
        let form = [("transaction", &*transaction), ("form_token", form_token), ("decision", "allow")];
        let response = browser.post(&format!("{BASE}/oauth/confirm"), &form).await;
        assert_eq!(response.status, StatusCode::FORBIDDEN);
    }
    let stranger = browser.elsewhere().decide(&confirmation, "allow", &[]).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    let own = browser.decide(&confirmation, "allow", &[]).await;
    assert!(own.redirected("code").is_some());
}

#[tokio::test]
async fn a_request_expires_if_the_user_takes_too_long() {
    let mut browser = Browser::new();
    let page = browser.authorize(&standalone(STANDALONE_SCOPE)).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    browser.hands.turn(601);
    assert_eq!(browser.decide(&confirmation, "allow", &[]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn values_of_a_client_are_shown_as_text() {
    let mut browser = Browser::new();
    let form = [("transaction", "\"><script>alert(1)</script>"), ("user_name", "<b>Eve</b>")];
    let page = browser.post(&format!("{BASE}/portal/log-in"), &form).await;
    assert!(!page.body.contains("<script>") && !page.body.contains("<b>Eve"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn a_patient_without_a_patient_scope_has_no_patient_in_context() {
    let tokens = Browser::new().standalone_tokens("openid fhirUser", &[]).await;
    assert!(tokens.get("patient").is_none());
    assert!(tokens.get("refresh_token").is_none());
    assert!(text(&tokens, "id_token").len() > 100);
}
