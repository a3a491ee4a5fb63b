//! The URLs of the control API. They have no cross-origin access: pages of other origins cannot use them.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::Control;
use super::changes::Change;
use super::clock::Advance;
use super::deviations::DeviationRequest;
use super::faults::{Fault, FaultRequest};

/// `/control/faults`, `/control/protocol`, `/control/changes`, `/control/clock` and `/control/requests`.
pub fn routes(control: Control) -> Router {
    Router::new()
        .route("/control/faults", post(add_fault).delete(clear_faults))
        .route("/control/protocol", post(add_deviations).delete(clear_deviations))
        .route("/control/changes", post(add_change).delete(clear_changes))
        .route("/control/clock", post(advance_clock).delete(reset_clock))
        .route("/control/requests", get(requests).delete(clear_requests))
        .with_state(control)
}

async fn add_fault(State(control): State<Control>, request: Result<Json<FaultRequest>, JsonRejection>) -> Response {
    let fault = request.map_err(|rejection| rejection.body_text()).and_then(|Json(request)| Fault::try_from(request));
    respond(fault.map(|fault| control.add_fault(fault)))
}

async fn add_deviations(
    State(control): State<Control>,
    request: Result<Json<DeviationRequest>, JsonRejection>,
) -> Response {
    let request = request.map_err(|rejection| rejection.body_text());
    respond(request.and_then(|Json(request)| control.add_deviations(request)))
}

async fn add_change(State(control): State<Control>, change: Result<Json<Change>, JsonRejection>) -> Response {
    let change = change.map_err(|rejection| rejection.body_text());
    respond(change.and_then(|Json(change)| control.add_change(change)))
}

async fn clear_changes(State(control): State<Control>) -> StatusCode {
    control.clear_changes();
    StatusCode::NO_CONTENT
}

async fn advance_clock(State(control): State<Control>, advance: Result<Json<Advance>, JsonRejection>) -> Response {
    let advance = advance.map_err(|rejection| rejection.body_text());
    respond(advance.map(|Json(advance)| control.advance_clock(advance)))
}

async fn reset_clock(State(control): State<Control>) -> StatusCode {
    control.reset_clock();
    StatusCode::NO_CONTENT
}

fn respond(pending: Result<(), String>) -> Response {
    match pending {
        Ok(()) => StatusCode::CREATED.into_response(),
        Err(problem) => (StatusCode::BAD_REQUEST, Json(json!({ "error": problem }))).into_response(),
    }
}

async fn clear_deviations(State(control): State<Control>) -> StatusCode {
    control.clear_deviations();
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

async fn requests(State(control): State<Control>) -> Response {
    Json(control.requests()).into_response()
}

async fn clear_requests(State(control): State<Control>) -> StatusCode {
    control.clear_requests();
    StatusCode::NO_CONTENT
}
