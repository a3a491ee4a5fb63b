//! The WebSockets of subscriptions.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::events;
use super::subscriptions::{Outgoing, text};
use crate::Shared;
use crate::control::Deviation;

/// How long a subscriber may take to reply to an event (FHIRcast 3, hub generated SyncError events).
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of events in a flood.
const FLOOD: usize = 1_000;

/// `GET hub/socket/{id}`: the id is the only secret.
pub async fn connect(State(sandbox): State<Shared>, Path(id): Path<String>, upgrade: WebSocketUpgrade) -> Response {
    if !sandbox.hub.state().subscriptions.contains_key(&id) {
        return (StatusCode::NOT_FOUND, "There is no subscription with this endpoint.").into_response();
    }
    upgrade.on_upgrade(|socket| serve(sandbox, id, socket))
}

async fn serve(sandbox: Shared, id: String, mut socket: WebSocket) {
    let (sender, mut outgoing) = unbounded_channel();
    greet(&sandbox, &id, sender);
    loop {
        tokio::select! {
            message = outgoing.recv() => match message {
                Some(Outgoing::Text(text)) => {
                    watch_for_reply(&sandbox, &id, &text);
                    if socket.send(Message::Text(text.into())).await.is_err() {
                        break;
                    }
                }
                Some(Outgoing::Binary) => {
                    let _ = socket.send(Message::Binary(vec![0, 1].into())).await;
                }
                // Dropped without a closing handshake.
                Some(Outgoing::Lost) => return,
                Some(Outgoing::Close) | None => {
                    let _ = socket.send(Message::Close(None)).await;
                    break;
                }
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => on_reply(&sandbox, &id, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    sandbox.hub.state().subscriptions.remove(&id);
}

/// Confirms the subscription, and sends the events of the open resources.
fn greet(sandbox: &Shared, id: &str, sender: tokio::sync::mpsc::UnboundedSender<Outgoing>) {
    let mut state = sandbox.hub.state();
    let Some(topic) = state.subscriptions.get(id).map(|subscription| subscription.topic.clone()) else { return };
    let opened = state.opened(&topic);
    let Some(subscription) = state.subscriptions.get_mut(id) else { return };
    subscription.socket = Some(sender);
    if sandbox.meets(Deviation::HubSilent) {
        return;
    }
    if sandbox.meets(Deviation::HubDenied) {
        let denial = subscription.denial("The session has ended.");
        subscription.send(Outgoing::Text(denial.to_string()));
        return subscription.send(Outgoing::Close);
    }
    let confirmation = subscription.confirmation();
    subscription.send(Outgoing::Text(confirmation.to_string()));
    for event in opened {
        if subscription.wants(&text(&event["event"]["hub.event"])) {
            subscription.tell(&event);
        }
    }
    if sandbox.meets(Deviation::HubFlood) {
        for number in 1..=FLOOD {
            let name = json!([{ "text": format!("Patient {number} of {FLOOD}") }]);
            let patient = json!({ "resourceType": "Patient", "id": format!("flood-{number}"), "name": name });
            let context = json!([{ "key": "patient", "resource": patient }]);
            subscription.tell(&events::event(&topic, "Patient-open", context));
        }
    }
}

/// A reply: an id and a status. Some clients send no status, or a string.
fn on_reply(sandbox: &Shared, id: &str, message: &str) {
    let Ok(reply) = serde_json::from_str::<Value>(message) else { return };
    let status = match &reply["status"] {
        Value::String(text) => text.parse().unwrap_or(200),
        status => status.as_u64().unwrap_or(200),
    };
    let answered = {
        let mut state = sandbox.hub.state();
        let subscription = state.subscriptions.get_mut(id);
        subscription.and_then(|subscription| {
            subscription.unanswered.remove(&text(&reply["id"])).map(|event| (event, subscription.name.clone()))
        })
    };
    if let Some((event, name)) = answered.filter(|_| status >= 400) {
        let reason = format!("The status was {status}.");
        report(sandbox, id, &event, &name, &reason);
    }
}

/// A subscriber that does not reply in time counts as one that does not follow.
fn watch_for_reply(sandbox: &Shared, id: &str, message: &str) {
    let Some(event) = serde_json::from_str::<Value>(message).ok().filter(|message| message["event"].is_object()) else {
        return;
    };
    let (sandbox, id) = (sandbox.clone(), id.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(REPLY_TIMEOUT).await;
        let late = {
            let mut state = sandbox.hub.state();
            let subscription = state.subscriptions.get_mut(&id);
            subscription.and_then(|subscription| {
                subscription.unanswered.remove(&text(&event["id"])).map(|_| subscription.name.clone())
            })
        };
        if let Some(name) = late {
            report(&sandbox, &id, &event, &name, "There was no reply in time.");
        }
    });
}

/// Informs the other subscribers that one does not follow. There is no `SyncError` about a `SyncError`.
fn report(sandbox: &Shared, id: &str, event: &Value, name: &str, reason: &str) {
    if text(&event["event"]["hub.event"]).eq_ignore_ascii_case("SyncError") {
        return;
    }
    let error = events::sync_error(&text(&event["event"]["hub.topic"]), event, name, reason);
    sandbox.hub.broadcast(sandbox, &error, Some(id));
}
