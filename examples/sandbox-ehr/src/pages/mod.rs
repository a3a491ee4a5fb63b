//! The pages for people: portal and chart. They are rendered here with maud, which escapes all values; they work
//! without a script, and load nothing from another host.

pub mod chart;
pub mod confirmation;
mod layout;
pub mod log_in;
mod patients;
pub mod portal;
pub mod token_administration;

pub use chart::is_messaging_scope;
pub use layout::{problem, redirect};

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::Shared;
use crate::parameters::Parameters;
use crate::sessions::Place;

/// The URL of the EHR, as its own pages refer to it.
const HOME: &str = "/webchart.cgi";

/// `GET /`.
pub async fn to_home() -> Response {
    redirect(StatusCode::SEE_OTHER, HOME)
}

/// `GET webchart.cgi`: the page that `f` names, for the provider; the log-in page for everyone else.
pub async fn home(State(sandbox): State<Shared>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes());
    let session = sandbox.store().sessions.find(&sandbox.config, Place::Chart, &headers).cloned();
    let Some(session) = session else {
        return log_in::provider_page(None, None);
    };
    if token_administration::matches_query(&query) {
        return token_administration::page(&sandbox, &session);
    }
    match query.get("f") {
        Some("chart") => chart::page(&sandbox, &session, &query),
        Some("launch") => chart::launch(&sandbox, &query),
        _ => patients::page(&sandbox, &query),
    }
}

/// Any other URL. WebChart responds with the log-in page and status 200.
pub async fn unknown_address(State(sandbox): State<Shared>) -> Response {
    if sandbox.config.dialect.hides_unknown_addresses() {
        log_in::provider_page(None, None)
    } else {
        problem(StatusCode::NOT_FOUND, "There is no page at this address.")
    }
}
