//! The hub (FHIRcast 3): subscriptions, events and replies by WebSocket.

mod support;

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::{BASE, Browser, Response, text};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const SCOPE: &str = "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.read";

/// A launched app at a sandbox that also listens for WebSockets.
struct App {
    browser: Browser,
    tokens: Value,
    port: u16,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl App {
    async fn launched(scope: &str) -> Self {
        let mut browser = Browser::with(|mut config| {
            config.control = true;
            config
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(axum::serve(listener, browser.router()).into_future());
        let tokens = browser.ehr_tokens(1, scope).await;
        Self { browser, tokens, port }
    }

    async fn post(&mut self, content_type: &str, body: String) -> Response {
        let request = Request::post(text(&self.tokens, "hub.url"))
            .header(AUTHORIZATION, format!("Bearer {}", text(&self.tokens, "access_token")))
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .unwrap();
        self.browser.send(request).await
    }

    async fn change(&mut self, mode: &str, more: &[(&str, &str)]) -> Response {
        let topic = text(&self.tokens, "hub.topic").to_owned();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("hub.channel.type", "websocket")
            .append_pair("hub.mode", mode)
            .append_pair("hub.topic", &topic);
        form.extend_pairs(more);
        self.post("application/x-www-form-urlencoded", form.finish()).await
    }

    /// Subscribes, and returns the endpoint with its WebSocket.
    async fn subscribe(&mut self, name: &str) -> (String, Socket) {
        self.subscribe_to("Patient-open,Patient-close,SyncError", name).await
    }

    async fn subscribe_to(&mut self, events: &str, name: &str) -> (String, Socket) {
        let accepted = self.change("subscribe", &[("hub.events", events), ("subscriber.name", name)]).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.body);
        let endpoint = text(&accepted.json(), "hub.channel.endpoint").to_owned();
        let (socket, _) =
            connect_async(endpoint.replace("localhost:9080", &format!("127.0.0.1:{}", self.port))).await.unwrap();
        (endpoint, socket)
    }

    async fn open_chart(&mut self, patient: u32) {
        let page = self.browser.get(&format!("{BASE}?f=chart&pat_id={patient}")).await;
        assert_eq!(page.status, StatusCode::OK);
    }

    async fn order(&mut self, deviation: &str) {
        let body = json!({ "deviations": [deviation] }).to_string();
        let request = Request::post("http://localhost:9080/control/protocol").header(CONTENT_TYPE, "application/json");
        let ordered = self.browser.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    }
}

/// The next message as JSON; `None` at the end.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await.expect("a message in time")? {
            Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap_or(Value::Null)),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

async fn reply(socket: &mut Socket, event: &Value, status: Value) {
    let reply = json!({ "id": event["id"], "status": status }).to_string();
    socket.send(Message::Text(reply.into())).await.unwrap();
}

fn patient_of(event: &Value) -> &str {
    event["event"]["context"][0]["resource"]["id"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_launch_from_the_chart_with_scopes_for_events_names_the_hub() {
    let app = App::launched(SCOPE).await;
    assert_eq!(text(&app.tokens, "hub.url"), format!("{BASE}/hub"));
    assert!(text(&app.tokens, "hub.topic").len() >= 32);
    assert!(text(&app.tokens, "scope").contains("fhircast/Patient-open.*"));
    let without = App::launched("launch patient/*.rs").await;
    assert_eq!((&without.tokens["hub.url"], &without.tokens["hub.topic"]), (&Value::Null, &Value::Null));
    let mut portal = Browser::new();
    let tokens = portal.standalone_tokens("launch/patient patient/*.rs fhircast/Patient-open.read", &[]).await;
    assert_eq!(tokens["hub.topic"], Value::Null);
}

#[tokio::test]
async fn a_subscriber_is_confirmed_and_told_which_patient_the_chart_opens() {
    let mut app = App::launched(SCOPE).await;
    app.open_chart(2).await;
    let (_, mut socket) = app.subscribe("One").await;
    let confirmation = next(&mut socket).await.unwrap();
    assert_eq!(
        (&confirmation["hub.mode"], &confirmation["hub.topic"]),
        (&json!("subscribe"), &app.tokens["hub.topic"])
    );
    assert_eq!(confirmation["hub.events"], "Patient-open,Patient-close,SyncError");
    // What is open already comes first.
    let open = next(&mut socket).await.unwrap();
    assert_eq!((patient_of(&open), &open["event"]["hub.event"]), ("2", &json!("Patient-open")));
    app.open_chart(2).await;
    app.open_chart(3).await;
    assert_eq!(patient_of(&next(&mut socket).await.unwrap()), "3");
}

#[tokio::test]
async fn each_log_in_has_its_own_topic_and_its_end_is_an_event() {
    let mut app = App::launched("launch openid patient/*.rs fhircast/*.read").await;
    let (_, mut socket) = app.subscribe_to("Patient-open,UserLogout", "One").await;
    next(&mut socket).await;
    let mut elsewhere = app.browser.elsewhere();
    let tokens = elsewhere.ehr_tokens(1, "launch openid patient/*.rs fhircast/*.read").await;
    assert_ne!(tokens["hub.topic"], app.tokens["hub.topic"]);
    // What the other log-in opens, and its end, are not told.
    elsewhere.get(&format!("{BASE}?f=chart&pat_id=5")).await;
    elsewhere.post(&format!("{BASE}/log-out"), &[]).await;
    app.open_chart(6).await;
    assert_eq!(patient_of(&next(&mut socket).await.unwrap()), "6");
    app.browser.post(&format!("{BASE}/log-out"), &[]).await;
    assert_eq!(next(&mut socket).await.unwrap()["event"]["hub.event"], "UserLogout");
    // One topic's token does not read another topic.
    let request = Request::get(format!("{BASE}/hub/{}", text(&tokens, "hub.topic")))
        .header(AUTHORIZATION, format!("Bearer {}", text(&app.tokens, "access_token")));
    assert_eq!(app.browser.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refusal_reaches_the_other_subscribers_as_a_sync_error() {
    let mut app = App::launched(SCOPE).await;
    let ((_, mut one), (_, mut other)) = (app.subscribe("One").await, app.subscribe("Other").await);
    let _ = (next(&mut one).await, next(&mut other).await);
    app.open_chart(3).await;
    let (event, same) = (next(&mut one).await.unwrap(), next(&mut other).await.unwrap());
    assert_eq!(event, same);
    reply(&mut other, &event, json!("200")).await;
    reply(&mut one, &event, json!(409)).await;
    let error = next(&mut other).await.unwrap();
    let codings = &error["event"]["context"][0]["resource"]["issue"][0]["details"]["coding"];
    assert_eq!((&codings[0]["code"], &codings[2]["code"]), (&event["id"], &json!("One")));
}

#[tokio::test]
async fn an_app_opens_a_patient_if_its_scope_allows() {
    let mut app = App::launched(SCOPE).await;
    let (_, mut socket) = app.subscribe("One").await;
    next(&mut socket).await;
    let event = |topic: &str, name: &str| {
        let context = json!([{ "key": "patient", "resource": { "resourceType": "Patient", "id": "7" } }]);
        json!({ "timestamp": "2026-01-01T00:00:00Z", "id": "e1", "event": { "hub.topic": topic, "hub.event": name, "context": context } }).to_string()
    };
    let topic = text(&app.tokens, "hub.topic").to_owned();
    for (body, status) in [
        (event(&topic, "patient-OPEN"), StatusCode::ACCEPTED),
        (event(&topic, "Patient-close"), StatusCode::FORBIDDEN),
        (event("another", "Patient-open"), StatusCode::NOT_FOUND),
        ("{}".to_owned(), StatusCode::NOT_FOUND),
        ("no".to_owned(), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(app.post("application/fhir+json", body).await.status, status);
    }
    // The sender gets it, too.
    assert_eq!(next(&mut socket).await.unwrap()["id"], "e1");
    let (hub, token) = (text(&app.tokens, "hub.url").to_owned(), text(&app.tokens, "access_token").to_owned());
    let request = Request::get(format!("{hub}/{topic}")).header(AUTHORIZATION, format!("Bearer {token}"));
    let current = app.browser.send(request.body(Body::empty()).unwrap()).await.json();
    assert_eq!((&current["context.type"], &current["context"][0]["resource"]["id"]), (&json!("Patient"), &json!("7")));
    let without = app.browser.get(&format!("{hub}/{topic}")).await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn unsubscribing_denies_and_closes_and_the_endpoint_is_gone() {
    let mut app = App::launched(SCOPE).await;
    let (endpoint, mut socket) = app.subscribe("One").await;
    next(&mut socket).await;
    let renewed = app.change("subscribe", &[("hub.events", "Patient-open"), ("hub.channel.endpoint", &endpoint)]).await;
    assert_eq!(
        (renewed.status, text(&renewed.json(), "hub.channel.endpoint").to_owned()),
        (StatusCode::ACCEPTED, endpoint.clone())
    );
    assert_eq!(next(&mut socket).await.unwrap()["hub.events"], "Patient-open");
    assert_eq!(app.change("unsubscribe", &[("hub.channel.endpoint", &endpoint)]).await.status, StatusCode::ACCEPTED);
    assert_eq!(next(&mut socket).await.unwrap()["hub.mode"], "denied");
    assert_eq!(next(&mut socket).await, None);
    assert_eq!(app.change("unsubscribe", &[("hub.channel.endpoint", &endpoint)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.change("subscribe", &[("hub.events", "Encounter-open")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_test_orders_denials_silence_losses_nonsense_and_floods() {
    let mut app = App::launched(SCOPE).await;
    app.order("hub-denied").await;
    let (_, mut socket) = app.subscribe("One").await;
    assert_eq!(next(&mut socket).await.unwrap()["hub.mode"], "denied");
    app.order("hub-silent").await;
    let (_, mut silent) = app.subscribe("One").await;
    app.open_chart(4).await;
    assert_eq!(patient_of(&next(&mut silent).await.unwrap()), "4");
    drop(silent);
    app.order("hub-flood").await;
    let (_, mut flood) = app.subscribe("One").await;
    let mut last = Value::Null;
    for _ in 0..1_002 {
        last = next(&mut flood).await.unwrap();
    }
    assert_eq!(patient_of(&last), "flood-1000");
    app.order("hub-malformed").await;
    app.open_chart(5).await;
    assert_eq!(next(&mut flood).await, Some(Value::Null));
    assert_eq!(next(&mut flood).await.unwrap()["event"], json!({}));
    app.order("hub-lost").await;
    app.open_chart(6).await;
    assert_eq!(next(&mut flood).await, None);
}
