//! Token Administration: the active grants, each with a button that revokes it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::DateTime;
use maud::{Markup, html};

use super::{HOME, layout, log_in};
use crate::oauth::grants::{Grant, User};
use crate::parameters::{Parameters, with_query};
use crate::sessions::{Place, Session};
use crate::{Sandbox, Shared};

/// WebChart's URL of the page, below its home.
const QUERY: [(&str, &str); 3] = [("f", "layout"), ("module", "Login"), ("name", "OAuthCodes")];

/// The URL of the page.
pub fn address() -> String {
    with_query(HOME, &QUERY)
}

/// Whether a query is for the page: with its own URL, or those that the discovery documents name for management
/// and revocation.
pub fn matches_query(query: &Parameters) -> bool {
    let has = |wanted: &[(&str, &str)]| wanted.iter().all(|(name, value)| query.get(name) == Some(value));
    has(&QUERY) || has(&[("f", "admin"), ("s", "jwt")]) || has(&[("f", "jwt"), ("opp", "manage")])
}

/// The grants, the newest first.
pub fn page(sandbox: &Sandbox, session: &Session) -> Response {
    let grants: Vec<(String, Grant)> = {
        let store = sandbox.store();
        let live = store.grants.live(sandbox.now());
        live.into_iter().map(|(id, grant)| (id.to_owned(), grant.clone())).collect()
    };
    let content = html! {
        div.heading { h1 { "Token Administration" } }
        p.hint { "Apps that may see records now. A revoked app loses its access at once." }
        @if grants.is_empty() {
            p.card { "No app has access." }
        } @else {
            table.card.grants {
                thead { tr { th scope="col" { "Patient" } th scope="col" { "App" } th scope="col" { "Given by" }
                    th scope="col" { "Scopes" } th scope="col" { "Since (UTC)" } th scope="col" { span.hidden { "Revoke" } } } }
                tbody { @for (id, grant) in &grants { (row(sandbox, session, id, grant)) } }
            }
        }
    };
    layout::chart("Token Administration", &content)
}

fn row(sandbox: &Sandbox, session: &Session, id: &str, grant: &Grant) -> Markup {
    let name = |number| sandbox.people.person(number).map(|person| person.name());
    let patient = grant.patient.and_then(name).unwrap_or_else(|| "None".to_owned());
    let app = app_name(sandbox, grant);
    let user = match grant.user {
        User::Patient(number) => name(number).unwrap_or_default(),
        User::Provider => crate::people::staff::PROVIDER.name(),
        User::Backend => "Nobody: the app acts by itself".to_owned(),
    };
    html! {
        tr {
            th scope="row" { (patient) }
            td { (app) div.hint { (grant.client_id) } }
            td { (user) }
            td { details { summary { (grant.scopes.len()) " scopes" } ul.plain { @for scope in &grant.scopes { li { (scope) } } } } }
            td.number { (time(grant.since)) }
            td {
                form method="post" action=(HOME) {
                    input type="hidden" name="form_token" value=(session.form_token);
                    input type="hidden" name="grant" value=(id);
                    button type="submit" aria-label={ "Revoke " (app) " for " (patient) } { "Revoke" }
                }
            }
        }
    }
}

/// The name of the app that a grant is for.
pub fn app_name(sandbox: &Sandbox, grant: &Grant) -> String {
    sandbox.client(&grant.client_id).map_or_else(|| grant.client_id.clone(), |client| client.name)
}

/// A time in seconds, as it is shown on pages.
pub fn time(seconds: u64) -> impl std::fmt::Display {
    let time = DateTime::from_timestamp(i64::try_from(seconds).unwrap_or_default(), 0).unwrap_or_default();
    time.format("%b %-d, %Y %H:%M")
}

/// `POST webchart.cgi`: only revokes the grant in the form.
pub async fn revoke(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let mut store = sandbox.store();
    let Some(session) = store.sessions.find(&sandbox.config, Place::Chart, &headers) else {
        return log_in::provider_page(None, None);
    };
    if form.get("form_token") != Some(&session.form_token) {
        return layout::problem(StatusCode::FORBIDDEN, "This page is out of date. Open it again.");
    }
    store.grants.revoke(form.get("grant").unwrap_or_default());
    layout::redirect(StatusCode::SEE_OTHER, &address())
}
