//! A log of requests for tests.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use super::Control;

/// Parameters with secret values; the log does not contain them.
const SECRET_PARAMETERS: [&str; 5] = ["launch", "code", "transaction", "access_token", "_page"];

/// A request, preflights included.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    method: String,
    /// With its query.
    path: String,
    /// Whether it had an Authorization header.
    authorization: bool,
}

impl Entry {
    fn of(request: &Request) -> Self {
        let query = request.uri().query().map(|query| format!("?{}", without_secrets(query))).unwrap_or_default();
        Self {
            method: request.method().to_string(),
            path: format!("{}{query}", without_topic(request.uri().path())),
            authorization: request.headers().contains_key(AUTHORIZATION),
        }
    }
}

impl Control {
    pub(super) fn requests(&self) -> Vec<Entry> {
        self.state().requests.clone()
    }

    pub(super) fn clear_requests(&self) {
        self.state().requests.clear();
    }
}

/// Logs each request, and passes it on.
pub async fn record(State(control): State<Control>, request: Request, next: Next) -> Response {
    control.state().requests.push(Entry::of(&request));
    next.run(request).await
}

/// The path without a hub's topic or endpoint, which are secrets.
fn without_topic(path: &str) -> String {
    match path.split_once("/hub/") {
        Some((before, _)) => format!("{before}/hub/[redacted]"),
        None => path.to_owned(),
    }
}

fn without_secrets(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if SECRET_PARAMETERS.contains(&name) => format!("{name}=[redacted]"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}
