//! Logging in: patients in two steps at the portal, the provider in one at the chart.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::{HOME, layout};
use crate::hub;
use crate::oauth::grants::User;
use crate::parameters::{Parameters, with_query};
use crate::sessions::Place;
use crate::{Sandbox, Shared};

const WRONG: &str = "The user name or the password is not right.";

/// The portal's log-in page: the first step, or the second when the user name is known.
pub fn patient_page(transaction: Option<&str>, user_name: Option<&str>, problem: Option<&str>) -> Response {
    let content = html! {
        form.card method="post" action={ (HOME) "/portal/log-in" } {
            h1 { "Log in to your portal" }
            (alert(problem))
            (hidden("transaction", transaction))
            @if let Some(user_name) = user_name {
                p.hint { "Logging in as " strong { (user_name) } }
                input hidden name="user_name" value=(user_name) autocomplete="username";
                label for="password" { "Password" }
                input id="password" name="password" type="password" autocomplete="current-password" required autofocus;
            } @else {
                label for="user_name" { "User name" }
                input id="user_name" name="user_name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus;
            }
            div.actions { button.primary type="submit" { "Next" } }
        }
    };
    layout::portal("Patient portal log-in", &content)
}

/// The chart's log-in page.
pub fn provider_page(transaction: Option<&str>, problem: Option<&str>) -> Response {
    let content = html! {
        form.card method="post" action={ (HOME) "/log-in" } {
            h1 { "Log in to WebChart" }
            p.hint { "For providers and staff. " a href={ (HOME) "/portal" } { "Patients log in here." } }
            (alert(problem))
            (hidden("transaction", transaction))
            label for="user_name" { "User name" }
            input id="user_name" name="user_name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus;
            label for="password" { "Password" }
            input id="password" name="password" type="password" autocomplete="current-password" required;
            div.actions { button.primary type="submit" { "Log in" } }
        }
    };
    layout::bare("Log in", &content)
}

/// The name of a patient who is logged in.
pub fn patient_name(sandbox: &Sandbox, user: User) -> String {
    match user {
        User::Patient(number) => sandbox.people.person(number).map(|person| person.name()).unwrap_or_default(),
        User::Provider | User::Backend => String::new(),
    }
}

/// `POST portal/log-in`: either step of the portal's log-in.
pub async fn patient(State(sandbox): State<Shared>, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let transaction = form.get("transaction");
    let Some(user_name) = form.get("user_name") else {
        return patient_page(transaction, None, Some("Type your user name."));
    };
    let Some(password) = form.get("password") else {
        return patient_page(transaction, Some(user_name), None);
    };
    match sandbox.config.patient_login(user_name, password) {
        Some(number) => begin(&sandbox, Place::Portal, User::Patient(number), transaction),
        None => patient_page(transaction, None, Some(WRONG)),
    }
}

/// `POST log-in`: the provider's log-in.
pub async fn provider(State(sandbox): State<Shared>, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let (user_name, password) = (form.get("user_name").unwrap_or_default(), form.get("password").unwrap_or_default());
    if sandbox.config.is_provider_login(user_name, password) {
        begin(&sandbox, Place::Chart, User::Provider, form.get("transaction"))
    } else {
        provider_page(form.get("transaction"), Some(WRONG))
    }
}

/// `POST portal/log-out`.
pub async fn patient_out(State(sandbox): State<Shared>, headers: HeaderMap) -> Response {
    end(&sandbox, Place::Portal, &headers, &format!("{HOME}/portal"))
}

/// `POST log-out`.
pub async fn provider_out(State(sandbox): State<Shared>, headers: HeaderMap) -> Response {
    end(&sandbox, Place::Chart, &headers, HOME)
}

fn begin(sandbox: &Sandbox, place: Place, user: User, transaction: Option<&str>) -> Response {
    let cookie = sandbox.store().sessions.begin(&sandbox.config, place, user);
    let address = match (transaction, place) {
        (Some(transaction), _) => with_query(&format!("{HOME}/oauth/continue"), &[("transaction", transaction)]),
        (None, Place::Portal) => format!("{HOME}/portal"),
        (None, Place::Chart) => HOME.to_owned(),
    };
    with_cookie(layout::redirect(StatusCode::SEE_OTHER, &address), &cookie)
}

fn end(sandbox: &Sandbox, place: Place, headers: &HeaderMap, address: &str) -> Response {
    let (ended, cookie) = sandbox.store().sessions.end(&sandbox.config, place, headers);
    ended.iter().for_each(|session| hub::log_out(sandbox, &session.topic));
    with_cookie(layout::redirect(StatusCode::SEE_OTHER, address), &cookie)
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn hidden(name: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
    }
}

fn alert(problem: Option<&str>) -> Markup {
    html! {
        @if let Some(problem) = problem { p.alert role="alert" { (problem) } }
    }
}
