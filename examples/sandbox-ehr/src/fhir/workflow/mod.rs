//! Resources that are not part of a record: the data of apps (`Basic`), and tasks that ask the provider to launch an app (`Task`). They need
//! scopes that name their type; a wildcard does not include them.

mod app_state;
mod tasks;

pub use app_state::{BODY_LIMIT_BYTES, States, announce};
pub use tasks::{APP_CONTEXT, launch_app};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::access::Token;
use super::outcome::Refusal;
use crate::Sandbox;
use crate::parameters::Parameters;

/// A scope for `Basic` or `Task`, such as `user/Basic.cuds?code=https://app.example|preferences`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkflowScope<'a> {
    is_patient: bool,
    resource: &'a str,
    letters: &'a str,
    /// The code to which it is limited.
    code: Option<&'a str>,
}

impl<'a> WorkflowScope<'a> {
    pub fn parse(scope: &'a str) -> Option<Self> {
        let (plain, code) = match scope.split_once('?') {
            Some((plain, query)) => (plain, Some(query.strip_prefix("code=").filter(|code| !code.is_empty())?)),
            None => (scope, None),
        };
        let (level, rest) = plain.split_once('/')?;
        let (resource, letters) = rest.split_once('.')?;
        let known = match resource {
            "Basic" => "cruds",
            "Task" => "rs",
            _ => return None,
        };
        let mut order = known.chars();
        let is_known = !letters.is_empty() && letters.chars().all(|letter| order.any(|known| known == letter));
        (matches!(level, "patient" | "user") && is_known).then_some(Self {
            is_patient: level == "patient",
            resource,
            letters,
            code,
        })
    }

    /// What allowing it means, in plain language.
    pub fn meaning(&self) -> &'static str {
        match self.resource {
            "Task" => "The tasks that your clinic has for you",
            _ => "Settings of this app, kept by your clinic",
        }
    }

    fn allows(&self, resource: &str, letter: char, code: Option<&str>) -> bool {
        self.resource == resource && self.letters.contains(letter) && (self.code.is_none() || self.code == code)
    }
}

/// The response to a request for `Basic` or `Task`.
pub fn respond(
    sandbox: &Sandbox,
    token: &Token,
    method: &Method,
    segments: &[&str],
    query: &Parameters,
    request: (&HeaderMap, &Bytes),
) -> Result<Response, Refusal> {
    match segments {
        ["Basic", rest @ ..] => app_state::respond(sandbox, token, method, rest, query, request),
        ["Task"] if *method == Method::GET => tasks::search(sandbox, token, query),
        _ => Err(Refusal::not_supported("This server searches tasks only.")),
    }
}
