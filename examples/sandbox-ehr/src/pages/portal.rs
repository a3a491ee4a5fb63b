//! The portal's page: the apps that the patient connected, each with a button that disconnects it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::{HOME, layout, log_in, token_administration};
use crate::oauth::grants::Grant;
use crate::parameters::Parameters;
use crate::sessions::{Place, Session};
use crate::{Sandbox, Shared};

/// `GET portal`.
pub async fn page(State(sandbox): State<Shared>, headers: HeaderMap) -> Response {
    let session = sandbox.store().sessions.find(&sandbox.config, Place::Portal, &headers).cloned();
    match session {
        Some(session) => home(&sandbox, &session),
        None => log_in::patient_page(None, None, None),
    }
}

/// `POST portal/disconnect`: revokes the grant in the form, if it is this patient's.
pub async fn disconnect(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let now = sandbox.now();
    let mut store = sandbox.store();
    let Some(session) = store.sessions.find(&sandbox.config, Place::Portal, &headers).cloned() else {
        return log_in::patient_page(None, None, None);
    };
    if form.get("form_token") != Some(&session.form_token) {
        return layout::problem(StatusCode::FORBIDDEN, "This page is out of date. Open it again.");
    }
    let named = form.get("grant").unwrap_or_default();
    if store.grants.live(now).iter().any(|(id, grant)| *id == named && grant.user == session.user) {
        store.grants.revoke(named);
    }
    layout::redirect(StatusCode::SEE_OTHER, &format!("{HOME}/portal"))
}

fn home(sandbox: &Sandbox, session: &Session) -> Response {
    let grants: Vec<(String, Grant)> = {
        let store = sandbox.store();
        let own = store.grants.live(sandbox.now()).into_iter().filter(|(_, grant)| grant.user == session.user);
        own.map(|(id, grant)| (id.to_owned(), grant.clone())).collect()
    };
    let content = html! {
        section.card {
            h1 { "Welcome, " (log_in::patient_name(sandbox, session.user)) }
            p { "To see your record in an app, open the app and choose to connect to this clinic." }
            h2 { "Your apps" }
            @if grants.is_empty() {
                p { "No app can see your record." }
            } @else {
                ul.plain { @for (id, grant) in &grants { (app(sandbox, session, id, grant)) } }
            }
            form method="post" action={ (HOME) "/portal/log-out" } {
                div.actions { button type="submit" { "Log out" } }
            }
        }
    };
    layout::portal("Patient portal", &content)
}

fn app(sandbox: &Sandbox, session: &Session, id: &str, grant: &Grant) -> Markup {
    let name = token_administration::app_name(sandbox, grant);
    let since = token_administration::time(grant.since);
    html! {
        li {
            form method="post" action={ (HOME) "/portal/disconnect" } {
                input type="hidden" name="form_token" value=(session.form_token);
                input type="hidden" name="grant" value=(id);
                p { strong { (name) } " since " (since) " (UTC) "
                    button type="submit" aria-label={ "Disconnect " (name) ", connected " (since) } { "Disconnect" } }
            }
        }
    }
}
