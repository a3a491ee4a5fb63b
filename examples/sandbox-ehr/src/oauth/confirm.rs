//! The form of the scope confirmation page.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{authorize, consent};
use crate::Shared;
use crate::pages::{self, confirmation};
use crate::parameters::Parameters;
use crate::sessions::Place;

/// `POST oauth/confirm`: an item was toggled, or the user allowed or cancelled.
pub async fn confirm(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let transaction = form.get("transaction").unwrap_or_default();
    let mut store = sandbox.store();
    let now = sandbox.now();
    let Some(request) = store.grants.pending(transaction, now).filter(|request| request.launch.is_none()).cloned()
    else {
        return authorize::stale();
    };
    let session = store
        .sessions
        .find(&sandbox.config, Place::Portal, &headers)
        .filter(|session| form.get("form_token") == Some(&session.form_token))
        .cloned();
    let Some(session) = session else {
        return pages::problem(
            StatusCode::FORBIDDEN,
            "You are not logged in any more. Go back to the app and connect again.",
        );
    };
    let mut denied: Vec<&str> = form.all("denied").collect();
    if let Some(toggled) = form.get("toggle") {
        match denied.iter().position(|name| *name == toggled) {
            Some(position) => drop(denied.remove(position)),
            None => denied.push(toggled),
        }
        return confirmation::page(&sandbox, &session, transaction, &request, &denied, Some(toggled));
    }
    store.grants.end(transaction, now);
    let granted = match form.get("decision") {
        Some("allow") => consent::granted(&consent::items(sandbox.config.dialect, &request.scopes), &denied),
        _ => None,
    };
    match granted {
        Some(scopes) => {
            let grant = authorize::patient_grant(&request, session.user, scopes, now);
            let code = store.grants.issue_code(&request, grant, now);
            authorize::redirect_with_code(&sandbox, &request, &code)
        }
        None => authorize::refuse(
            &sandbox,
            &request.redirect_uri,
            Some(&request.state),
            "access_denied",
            "The patient did not share anything.",
        ),
    }
}
