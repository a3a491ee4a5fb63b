//! App state, and tasks that launch an app.

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use support::{BASE, Browser, FHIR, Response, text};

const CODE: &str = "https://app.example|preferences";
const SYSTEM: &str = "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes";

fn basic(subject: Option<&str>, value: &str) -> Value {
    let mut basic = json!({
        "resourceType": "Basic",
        "code": { "coding": [{ "system": "https://app.example", "code": "preferences" }] },
        "extension": [{ "url": "https://app.example/preferences", "valueString": value }],
    });
    if let Some(subject) = subject {
        basic["subject"] = json!({ "reference": format!("{FHIR}/{subject}") });
    }
    basic
}

struct App {
    browser: Browser,
    token: String,
}

impl App {
    async fn launched(scope: &str) -> Self {
        let mut browser = Browser::new();
        let tokens = browser.ehr_tokens(1, &format!("launch openid {scope}")).await;
        Self { token: text(&tokens, "access_token").to_owned(), browser }
    }

    async fn send(&mut self, method: &str, path: &str, version: Option<&str>, body: &Value) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{FHIR}/{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/fhir+json");
        if let Some(version) = version {
            request = request.header("if-match", version);
        }
        self.browser.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn create(&mut self, body: &Value) -> Response {
        self.send("POST", "Basic", None, body).await
    }

    async fn find(&mut self, subject: &str) -> Response {
        let subject = match subject {
            "" => "subject:missing=true".to_owned(),
            subject => format!("subject={FHIR}/{subject}"),
        };
        self.browser.fhir(&self.token.clone(), &format!("Basic?code={CODE}&{subject}")).await
    }
}

#[tokio::test]
async fn app_state_is_versioned_and_changed_only_at_its_version() {
    let mut app = App::launched("user/Basic.cuds").await;
    let created = app.create(&basic(Some("Patient/1"), "a")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let (state, first) = (created.json(), created.header("etag").to_owned());
    let path = format!("Basic/{}", text(&state, "id"));
    assert_eq!(first, format!("W/\"{}\"", text(&state["meta"], "versionId")));
    let mut changed = basic(Some("Patient/1"), "b");
    changed["id"] = state["id"].clone();
    let updated = app.send("PUT", &path, Some(&first), &changed).await;
    assert_eq!(updated.status, StatusCode::OK, "{}", updated.body);
    assert_ne!(updated.header("etag"), first);
    for (method, version, status) in [
        ("PUT", Some(first.as_str()), StatusCode::PRECONDITION_FAILED),
        ("DELETE", Some(first.as_str()), StatusCode::PRECONDITION_FAILED),
        ("PUT", None, StatusCode::BAD_REQUEST),
        ("DELETE", None, StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(app.send(method, &path, version, &changed).await.status, status, "{method} {version:?}");
    }
    let found = app.find("Patient/1").await.json();
    assert_eq!(found["entry"][0]["resource"]["extension"][0]["valueString"], "b");
    let latest = updated.header("etag").to_owned();
    assert_eq!(app.send("DELETE", &path, Some(&latest), &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.send("PUT", &path, Some(&latest), &changed).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(app.find("Patient/1").await.json()["total"], 0);
}

#[tokio::test]
async fn app_state_of_another_subject_needs_a_scope_for_it() {
    let mut app = App::launched(&format!("patient/Basic.cuds?code={CODE}")).await;
    assert_eq!(app.create(&basic(Some("Patient/1"), "a")).await.status, StatusCode::CREATED);
    for subject in [Some("Patient/2"), Some("Practitioner/1"), None] {
        assert_eq!(app.create(&basic(subject, "a")).await.status, StatusCode::FORBIDDEN, "{subject:?}");
    }
    let mut other = basic(Some("Patient/1"), "a");
    other["code"]["coding"][0]["code"] = "keys".into();
    assert_eq!(app.create(&other).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.find("Patient/2").await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.find("").await.status, StatusCode::FORBIDDEN);
    let mut without = App::launched("user/*.rs").await;
    assert_eq!(without.create(&basic(None, "a")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn app_state_has_one_code_and_only_strings() {
    let mut app = App::launched("user/Basic.cuds").await;
    let mut number = basic(None, "a");
    number["extension"][0] = json!({ "url": "https://app.example/n", "valueInteger": 1 });
    let mut codes = basic(None, "a");
    codes["code"]["coding"] = json!([]);
    for wrong in [number, codes, json!({ "resourceType": "Patient" }), json!("Basic")] {
        assert_eq!(app.create(&wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(app.create(&basic(None, &"x".repeat(200_000))).await.status, StatusCode::CREATED);
    assert_eq!(app.create(&basic(None, &"x".repeat(300_000))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_patient_can_allow_app_state_and_leave_it_out() {
    let scope = "launch/patient openid patient/Observation.rs patient/Basic.cuds";
    for (denied, is_granted) in [(vec![], true), (vec!["patient/Basic.cuds"], false)] {
        let mut browser = Browser::new();
        let tokens = browser.standalone_tokens(scope, &denied).await;
        assert_eq!(support::scopes(&tokens).contains(&"patient/Basic.cuds"), is_granted);
    }
}

#[tokio::test]
async fn tasks_ask_to_launch_the_first_app() {
    let mut app = App::launched("user/Task.rs").await;
    let token = app.token.clone();
    let code = format!("{SYSTEM}|launch-app-ehr,{SYSTEM}|launch-app-standalone");
    let found = app.browser.fhir(&token, &format!("Task?patient=1&code={code}")).await.json();
    assert_eq!(found["total"], 2, "{found}");
    let task = &found["entry"][0]["resource"];
    assert_eq!(task["for"]["reference"], "Patient/1");
    assert_eq!(task["input"][1]["valueString"], "{\"task\":\"review-results\"}");
    let one = app.browser.fhir(&token, &format!("Task?patient=1&code={SYSTEM}|launch-app-ehr")).await.json();
    assert_eq!(one["total"], 1);
    assert_eq!(app.browser.fhir(&token, "Task").await.status, StatusCode::BAD_REQUEST);
    let mut other = App::launched("patient/Task.rs").await;
    let token = other.token.clone();
    assert_eq!(other.browser.fhir(&token, "Task?patient=2").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_launch_from_a_task_has_its_context() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let launched = browser.get(&format!("{BASE}?f=launch&pat_id=1&app=0&task=1")).await;
    let launch = launched.redirected("launch").expect("a launch value");
    let tokens = browser.tokens_from(&launch, "launch openid").await;
    assert_eq!(text(&tokens, "appContext"), "{\"task\":\"review-results\"}");
    assert_eq!(text(&tokens, "intent"), "review-results");
    let plain = Browser::new().ehr_tokens(1, "launch openid").await;
    assert_eq!(plain.get("appContext"), None);
    assert_eq!(plain.get("intent"), None);
}

#[tokio::test]
async fn an_app_in_the_chart_gets_the_handle_that_the_chart_knows() {
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(1, "launch openid messaging/ui messaging/scratchpad messaging/other").await;
    assert!(!support::scopes(&tokens).contains(&"messaging/other"));
    assert_eq!(text(&tokens, "smart_web_messaging_origin"), "http://localhost:9080");
    let handle = text(&tokens, "smart_web_messaging_handle").to_owned();
    let chart = browser.get(&format!("{BASE}?f=chart&pat_id=1&app=0")).await;
    assert!(handle.len() >= 20 && chart.body.contains(&format!("data-handle=\"{handle}\"")), "{}", chart.body);
    let without = Browser::new().ehr_tokens(1, "launch openid").await;
    assert_eq!(without.get("smart_web_messaging_handle"), None);
}
