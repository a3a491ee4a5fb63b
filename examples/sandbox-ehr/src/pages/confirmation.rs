//! The scope confirmation page.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::{HOME, layout, log_in};
use crate::Sandbox;
use crate::oauth::consent::{self, Item};
use crate::oauth::request::AuthorizationRequest;
use crate::sessions::Session;

const SCRIPT: &str = include_str!("confirm.js");

/// The page, with these items denied. `focused` is the item that was toggled last, in a browser without scripts.
pub fn page(
    sandbox: &Sandbox,
    session: &Session,
    transaction: &str,
    request: &AuthorizationRequest,
    denied: &[&str],
    focused: Option<&str>,
) -> Response {
    let app = sandbox.client(&request.client_id).map_or_else(|| "An app".to_owned(), |client| client.name);
    let items = consent::items(sandbox.config.dialect, &request.scopes);
    let (mandatory, optional): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.is_mandatory);
    let content = html! {
        form.card.confirmation method="post" action={ (HOME) "/oauth/confirm" } {
            h1 { "Scope confirmation" }
            p { strong { (app) } " asks for access to the record of "
                strong { (log_in::patient_name(sandbox, session.user)) } "." }
            input type="hidden" name="transaction" value=(transaction);
            input type="hidden" name="form_token" value=(session.form_token);
            @if !mandatory.is_empty() {
                h2 { "What the app cannot do without" }
                ul.items.fixed { @for item in &mandatory { (fixed(item)) } }
            }
            @if !optional.is_empty() {
                h2 { "What you share" }
                p.hint { "Everything is allowed at first. Click an item to turn it grey: grey is denied." }
                ul.items { @for item in &optional { (choice(item, denied.contains(&item.name.as_str()), focused == Some(&item.name))) } }
            }
            div.actions {
                button type="submit" name="decision" value="cancel" { "Cancel" }
                button.primary type="submit" name="decision" value="allow" { "Allow" }
            }
        }
        form method="post" action={ (HOME) "/portal/log-out" } {
            p.hint.centred { "Not you? " button.link type="submit" { "Log out" } }
        }
        script src={ (HOME) "/confirm.js" } {}
    };
    layout::portal("Scope confirmation", &content)
}

/// An item that a click denies. Without a script, the click submits the form, and the response is the changed page.
fn choice(item: &Item, is_denied: bool, is_focused: bool) -> Markup {
    let (name_id, meaning_id) = ids(item);
    html! {
        li {
            input type="hidden" name="denied" value=(item.name) disabled[!is_denied];
            button.item type="submit" name="toggle" value=(item.name) aria-pressed=(if is_denied { "false" } else { "true" })
                aria-labelledby=(name_id) aria-describedby=(meaning_id) autofocus[is_focused] {
                span.mark aria-hidden="true" {}
                span.name id=(name_id) { (item.name) }
                span.meaning id=(meaning_id) { (item.meaning) }
            }
        }
    }
}

fn fixed(item: &Item) -> Markup {
    let (name_id, meaning_id) = ids(item);
    html! {
        li {
            button.item type="button" disabled aria-pressed="true" aria-labelledby=(name_id) aria-describedby=(meaning_id) {
                span.mark aria-hidden="true" {}
                span.name id=(name_id) { (item.name) }
                span.meaning id=(meaning_id) { (item.meaning) }
            }
        }
    }
}

/// The ids of an item's name and of its meaning.
fn ids(item: &Item) -> (String, String) {
    let name: String = item.name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
    (format!("name-{name}"), format!("meaning-{name}"))
}

/// `GET confirm.js`.
pub async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript"), (CACHE_CONTROL, "no-cache")], SCRIPT).into_response()
}
