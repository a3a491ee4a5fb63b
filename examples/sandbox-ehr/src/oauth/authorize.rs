//! The authorization endpoint (RFC 6749, 3.1): from a request to a code, with log-in and confirmation.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::consent;
use super::grants::{Grant, User};
use super::request::{AuthorizationRequest, Refusal};
use crate::control::Deviation;
use crate::fhir::ResourceScope;
use crate::pages::{self, confirmation, log_in};
use crate::parameters::{Parameters, with_query};
use crate::people::PROVIDER_ID;
use crate::sessions::Place;
use crate::{Sandbox, Shared};

/// A description that would run a script if it were used as HTML.
const MARKUP: &str =
    "<h1>Log in again</h1><img src=x onerror=\"document.title='script ran'\"><a href=https://evil.example>here</a>";

/// `GET` of the authorization endpoint, by any of its URLs.
pub async fn authorize(State(sandbox): State<Shared>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    begin(&sandbox, &headers, &Parameters::parse(query.unwrap_or_default().as_bytes()))
}

/// `POST` of the authorization endpoint (SMART App Launch 2.2, `authorize-post`).
pub async fn authorize_by_post(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    begin(&sandbox, &headers, &Parameters::parse(&body))
}

fn begin(sandbox: &Sandbox, headers: &HeaderMap, parameters: &Parameters) -> Response {
    match AuthorizationRequest::read(parameters, sandbox) {
        Ok(request) => {
            let transaction = sandbox.store().grants.begin(request, sandbox.now());
            proceed(sandbox, headers, &transaction)
        }
        Err(Refusal::Person(message)) => pages::problem(StatusCode::BAD_REQUEST, message),
        Err(Refusal::Client { redirect_uri, state, error, description }) => {
            refuse(sandbox, &redirect_uri, state.as_deref(), error, description)
        }
    }
}

/// `GET oauth/continue`: continues the pending authorization after a log-in.
pub async fn resume(State(sandbox): State<Shared>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    proceed(&sandbox, &headers, parameters.get("transaction").unwrap_or_default())
}

/// The next step of a pending authorization: a log-in, the confirmation page, or the code.
fn proceed(sandbox: &Sandbox, headers: &HeaderMap, transaction: &str) -> Response {
    let mut store = sandbox.store();
    let now = sandbox.now();
    let Some(request) = store.grants.pending(transaction, now).cloned() else {
        return stale();
    };
    let place = if request.launch.is_some() { Place::Chart } else { Place::Portal };
    let session = store.sessions.find(&sandbox.config, place, headers).cloned();
    match (session, &request.launch) {
        (None, Some(_)) => log_in::provider_page(Some(transaction), None),
        (None, None) => log_in::patient_page(Some(transaction), None, None),
        (Some(session), None) => confirmation::page(sandbox, &session, transaction, &request, &[], None),
        (Some(session), Some(launch)) => {
            store.grants.end(transaction, now);
            let refuse = |description| {
                refuse(sandbox, &request.redirect_uri, Some(&request.state), "invalid_request", description)
            };
            let context = &launch.context;
            if context.provider != format!("Practitioner/{PROVIDER_ID}") {
                return refuse("The launch value was made for another provider.");
            }
            if !store.grants.use_launch(&launch.id, launch.expires, now) {
                return refuse("The launch value was used before: open the app from the chart again.");
            }
            let grant = Grant {
                client_id: request.client_id.clone(),
                user: session.user,
                scopes: consent::granted_without_asking(&request.scopes),
                patient: Some(context.patient),
                launch: Some(context.clone()),
                topic: Some(session.topic),
                since: now,
            };
            let code = store.grants.issue_code(&request, grant, now);
            redirect_with_code(sandbox, &request, &code)
        }
    }
}

/// The grant for a patient's choice: the patient in context is the one who logged in.
pub fn patient_grant(request: &AuthorizationRequest, user: User, scopes: Vec<String>, now: u64) -> Grant {
    let needs_patient = |scope: &String| {
        scope == "launch/patient" || ResourceScope::parse(scope).is_some_and(|scope| scope.is_patient())
    };
    let patient = match user {
        User::Patient(number) if scopes.iter().any(needs_patient) => Some(number),
        _ => None,
    };
    Grant { client_id: request.client_id.clone(), user, scopes, patient, launch: None, topic: None, since: now }
}

/// Redirects the user to the app with a code (RFC 6749, 4.1.2).
pub fn redirect_with_code(sandbox: &Sandbox, request: &AuthorizationRequest, code: &str) -> Response {
    redirect(sandbox, &request.redirect_uri, &[("code", code), ("state", request.state.as_str())])
}

/// Redirects the user to the app with an error (RFC 6749, 4.1.2.1).
pub fn refuse(sandbox: &Sandbox, redirect_uri: &str, state: Option<&str>, error: &str, description: &str) -> Response {
    let description = if sandbox.meets(Deviation::ErrorMarkup) { MARKUP } else { description };
    let mut query = vec![("error", error), ("error_description", description)];
    query.extend(state.map(|state| ("state", state)));
    redirect(sandbox, redirect_uri, &query)
}

/// The redirect to the app, with the `iss` of RFC 9207 if it is configured.
fn redirect(sandbox: &Sandbox, redirect_uri: &str, query: &[(&str, &str)]) -> Response {
    let mut address = with_query(redirect_uri, query);
    if sandbox.meets(Deviation::WrongIssuerOnRedirect) {
        address = with_query(&address, &[("iss", "https://another.example")]);
    } else if sandbox.config.issuer_on_redirect || sandbox.meets(Deviation::IssuerOnRedirect) {
        address = with_query(&address, &[("iss", &sandbox.config.issuer())]);
    }
    pages::redirect(StatusCode::FOUND, &address)
}

/// The page for an authorization that has ended or expired.
pub fn stale() -> Response {
    pages::problem(StatusCode::BAD_REQUEST, "This request has expired. Go back to the app and connect again.")
}
