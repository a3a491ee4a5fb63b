//! The common parts of all pages.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// Without `form-action`, which Chromium would apply to the redirect that follows a form.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page of the chart with a frame that starts here and continues at the origin of an app.
pub fn chart_with_frame(title: &str, content: &Markup, origin: &str) -> Response {
    let mut response = chart(title, content);
    if let Ok(policy) = HeaderValue::try_from(format!("{POLICY}; frame-src 'self' {origin}")) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page of the patient portal: one card in the middle.
pub fn portal(title: &str, content: &Markup) -> Response {
    let body = html! {
        header.bar.portal { span.brand { "Summit Family Medicine" } span.place { "Patient Portal" } }
        main.narrow { (content) }
        footer { "Sandbox EHR. Every person here is made up." }
    };
    page(StatusCode::OK, title, &body)
}

/// A page of the chart, for the provider.
pub fn chart(title: &str, content: &Markup) -> Response {
    let body = html! {
        header.bar {
            a.brand href=(super::HOME) { "WebChart" }
            span.place { "Summit Family Medicine" }
            a.menu href=(super::token_administration::address()) { "Token Administration" }
            span.who { (crate::people::staff::PROVIDER.name()) }
            form method="post" action={ (super::HOME) "/log-out" } { button.quiet type="submit" { "Log out" } }
        }
        main.wide { (content) }
        footer { "Sandbox EHR. Every person here is made up." }
    };
    page(StatusCode::OK, title, &body)
}

/// A page with an error message.
pub fn problem(status: StatusCode, message: &str) -> Response {
    let body = html! {
        header.bar { span.brand { "WebChart" } span.place { "Summit Family Medicine" } }
        main.narrow {
            section.card role="alert" {
                h1 { "This cannot go on" }
                p { (message) }
            }
        }
    };
    page(status, "This cannot go on", &body)
}

/// The document of a page without navigation.
pub fn bare(title: &str, content: &Markup) -> Response {
    let body = html! {
        header.bar { span.brand { "WebChart" } span.place { "Summit Family Medicine" } }
        main.narrow { (content) }
        footer { "Sandbox EHR. Every person here is made up." }
    };
    page(StatusCode::OK, title, &body)
}

fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · WebChart" }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    let mut response = (status, document.into_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    protect(headers);
    response
}

/// A redirect that leaves neither a copy in a cache nor a referrer.
pub fn redirect(status: StatusCode, address: &str) -> Response {
    let Ok(address) = HeaderValue::try_from(address) else {
        return problem(StatusCode::BAD_REQUEST, "The app's address cannot be opened.");
    };
    let mut response = status.into_response();
    response.headers_mut().insert(LOCATION, address);
    protect(response.headers_mut());
    response
}

fn protect(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
