//! The requests to the hub: subscriptions, events, the current context.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::PATH;
use super::subscriptions::{Outgoing, Subscription, resource, text};
use crate::oauth::grants::Access;
use crate::oauth::{bearer, random_secret};
use crate::parameters::Parameters;
use crate::{Sandbox, Shared};

/// The longest lease, in seconds.
const LONGEST_LEASE: u64 = 7200;

/// `POST hub`: a form subscribes or unsubscribes, JSON is an event.
pub async fn receive(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let access = match access(&sandbox, &headers) {
        Ok(access) => access,
        Err((status, text)) => return refused(status, text),
    };
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return change(&sandbox, &access, &Parameters::parse(&body));
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(event) => receive_event(&sandbox, &access, &event),
        Err(_) => refused(StatusCode::BAD_REQUEST, "The body is neither a form nor JSON."),
    }
}

/// `GET hub/{topic}`: the most recent open event's context.
pub async fn current(State(sandbox): State<Shared>, Path(topic): Path<String>, headers: HeaderMap) -> Response {
    let access = match access(&sandbox, &headers) {
        Ok(access) => access,
        Err((status, text)) => return refused(status, text),
    };
    if access.topic.as_deref() != Some(&*topic) {
        return refused(StatusCode::NOT_FOUND, "The topic is not known.");
    }
    let opened = sandbox.hub.state().opened(&topic);
    let Some(latest) = opened.last() else {
        return Json(json!({ "context.type": "", "context": [] })).into_response();
    };
    let kind = &resource(latest)["resourceType"];
    Json(json!({ "context.type": kind, "context.versionId": latest["id"], "context": latest["event"]["context"] }))
        .into_response()
}

fn access(sandbox: &Sandbox, headers: &HeaderMap) -> Result<Access, (StatusCode, &'static str)> {
    let access = bearer(headers).and_then(|token| sandbox.store().grants.access(token, sandbox.now()));
    let access = access.ok_or((StatusCode::UNAUTHORIZED, "A live access token is needed."))?;
    if access.topic.is_some() && access.scopes.iter().any(|scope| super::is_event_scope(scope)) {
        Ok(access)
    } else {
        Err((StatusCode::FORBIDDEN, "The token has no scope for events."))
    }
}

/// Whether the scopes allow to read or write an event.
fn allows(access: &Access, event: &str, verb: &str) -> bool {
    access.scopes.iter().any(|scope| {
        let parts = scope.split_once('/').and_then(|(_, rest)| rest.rsplit_once('.'));
        parts.is_some_and(|(name, own)| {
            (name == "*" || name.eq_ignore_ascii_case(event)) && (own == "*" || own.eq_ignore_ascii_case(verb))
        }) && super::is_event_scope(scope)
    })
}

fn change(sandbox: &Sandbox, access: &Access, form: &Parameters) -> Response {
    if form.get("hub.topic") != access.topic.as_deref() {
        return refused(StatusCode::NOT_FOUND, "The topic is not known.");
    }
    if form.get("hub.channel.type") != Some("websocket") {
        return refused(StatusCode::BAD_REQUEST, "The hub.channel.type must be websocket.");
    }
    match form.get("hub.mode") {
        Some("subscribe") => subscribe(sandbox, access, form),
        Some("unsubscribe") => unsubscribe(sandbox, form),
        _ => refused(StatusCode::BAD_REQUEST, "The hub.mode must be subscribe or unsubscribe."),
    }
}

fn subscribe(sandbox: &Sandbox, access: &Access, form: &Parameters) -> Response {
    let wanted = form.get("hub.events").unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    // Everyone may know that others do not follow.
    let may_read = |name: &&str| name.eq_ignore_ascii_case("SyncError") || allows(access, name, "read");
    let events: Vec<String> = wanted.filter(may_read).map(str::to_owned).collect();
    if events.is_empty() {
        return refused(StatusCode::FORBIDDEN, "The token has no scope to read these events.");
    }
    let lease = form.get("hub.lease_seconds").and_then(|seconds| seconds.parse::<u64>().ok());
    let lease_seconds = lease.unwrap_or(LONGEST_LEASE).clamp(1, LONGEST_LEASE);
    let name = form.get("subscriber.name").unwrap_or(&access.client_id).to_owned();
    let topic = access.topic.clone().unwrap_or_default();
    let mut state = sandbox.hub.state();
    let renewed = form.get("hub.channel.endpoint").map(endpoint_id);
    let id = match renewed {
        Some(id) => {
            let Some(subscription) = state.subscriptions.get_mut(id) else {
                return refused(StatusCode::NOT_FOUND, "There is no subscription with this endpoint.");
            };
            (subscription.events, subscription.lease_seconds) = (events, lease_seconds);
            let confirmation = subscription.confirmation();
            subscription.send(Outgoing::Text(confirmation.to_string()));
            id.to_owned()
        }
        None => {
            let id = random_secret();
            let subscription =
                Subscription { topic, events, name, lease_seconds, socket: None, unanswered: Default::default() };
            state.subscriptions.insert(id.clone(), subscription);
            id
        }
    };
    accepted(&endpoint(sandbox, &id))
}

fn unsubscribe(sandbox: &Sandbox, form: &Parameters) -> Response {
    let endpoint = form.get("hub.channel.endpoint").unwrap_or_default();
    let ended = sandbox.hub.state().subscriptions.remove(endpoint_id(endpoint));
    let Some(subscription) = ended else {
        return refused(StatusCode::NOT_FOUND, "There is no subscription with this endpoint.");
    };
    let denial = subscription.denial("The app has unsubscribed.");
    subscription.send(Outgoing::Text(denial.to_string()));
    subscription.send(Outgoing::Close);
    accepted(endpoint)
}

fn receive_event(sandbox: &Sandbox, access: &Access, event: &Value) -> Response {
    let name = text(&event["event"]["hub.event"]);
    if event["event"]["hub.topic"].as_str() != access.topic.as_deref() {
        return refused(StatusCode::NOT_FOUND, "The topic is not known.");
    }
    let is_complete = event["id"].is_string() && event["timestamp"].is_string() && event["event"]["context"].is_array();
    if !is_complete || name.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "An event has timestamp, id, hub.event and context.");
    }
    if !name.eq_ignore_ascii_case("SyncError") && !allows(access, &name, "write") {
        return refused(StatusCode::FORBIDDEN, "The token has no scope to write this event.");
    }
    sandbox.hub.broadcast(sandbox, event, None);
    StatusCode::ACCEPTED.into_response()
}

fn accepted(endpoint: &str) -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "hub.channel.endpoint": endpoint }))).into_response()
}

fn refused(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// The URL of a subscription's WebSocket.
fn endpoint(sandbox: &Sandbox, id: &str) -> String {
    format!("{}{PATH}/socket/{id}", sandbox.config.base()).replacen("http", "ws", 1)
}

fn endpoint_id(endpoint: &str) -> &str {
    endpoint.rsplit('/').next().unwrap_or_default()
}
