//! Faults: what goes wrong, where, and how often. [`super::bodies`] changes the bodies of responses.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Control;
use super::bodies::{End, broken, ended, halting, halved};

/// A fault that a test requests. All its parts happen together: first the delay, then the drop, or the status instead
/// of the EHR's own response; a malformed body is the first half of the response's. With `after`, the drop and the cut happen after this
/// number of bytes of the response; with `lines`, the body ends after this number of lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    /// The start of the path.
    path: String,
    /// The method; any method if it is missing.
    method: Option<String>,
    /// The number of requests that it affects.
    #[serde(default = "once")]
    count: u32,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Headers to add to the EHR's own response.
    #[serde(default)]
    add: BTreeMap<String, String>,
    body: Option<String>,
    /// In milliseconds.
    #[serde(default)]
    delay: u64,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    malformed: bool,
    after: Option<usize>,
    lines: Option<usize>,
    /// In milliseconds.
    #[serde(default)]
    pause: u64,
}

pub const fn once() -> u32 {
    1
}

/// A fault that can happen.
#[derive(Clone, Debug)]
pub struct Fault {
    path: String,
    method: Option<Method>,
    count: u32,
    delay: Duration,
    drop: bool,
    malformed: bool,
    end: Option<End>,
    pause: Duration,
    response: Option<FaultResponse>,
    added: Vec<(HeaderName, HeaderValue)>,
}

/// The response instead of the EHR's.
#[derive(Clone, Debug)]
struct FaultResponse {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl TryFrom<FaultRequest> for Fault {
    type Error = String;

    fn try_from(request: FaultRequest) -> Result<Self, String> {
        if !request.path.starts_with('/') {
            return Err("The path must start with a slash.".to_owned());
        }
        if request.count == 0 {
            return Err("The count must be at least 1.".to_owned());
        }
        let method = request.method.map(|name| {
            Method::from_bytes(name.to_ascii_uppercase().as_bytes()).map_err(|_| format!("{name:?} is not a method."))
        });
        let status = request.status.map(|code| {
            StatusCode::from_u16(code)
                .ok()
                .filter(|_| code >= 200)
                .ok_or(format!("{code} is not a status of a final response."))
        });
        if status.is_none() && (request.body.is_some() || !request.headers.is_empty()) {
            return Err("Headers and body need a status.".to_owned());
        }
        let response = match status.transpose()? {
            Some(status) => {
                let headers = request.headers.iter().map(header).collect::<Result<_, _>>()?;
                Some(FaultResponse { status, headers, body: request.body.unwrap_or_default() })
            }
            None => None,
        };
        let end = match (request.after, request.lines) {
            (Some(_), _) if request.drop == request.malformed => {
                return Err("With `after` name either drop or malformed.".to_owned());
            }
            (None, Some(_)) if request.drop || request.malformed => {
                return Err("Lines are whole: leave drop and malformed out, or name `after`.".to_owned());
            }
            (Some(_), Some(_)) => return Err("Name `after` or lines, not both.".to_owned()),
            (Some(bytes), None) if request.drop => Some(End::Broken(bytes)),
            (Some(bytes), None) => Some(End::Bytes(bytes)),
            (None, lines) => lines.map(End::Lines),
        };
        let added: Vec<_> = request.add.iter().map(header).collect::<Result<_, _>>()?;
        let is_late = request.delay > 0 || request.pause > 0;
        if response.is_none() && added.is_empty() && !is_late && !request.drop && !request.malformed && end.is_none() {
            return Err("Nothing is to go wrong: name status, add, delay, pause, drop, malformed or lines.".to_owned());
        }
        Ok(Self {
            path: request.path,
            method: method.transpose()?,
            count: request.count,
            delay: Duration::from_millis(request.delay),
            drop: request.drop && end.is_none(),
            malformed: request.malformed && end.is_none(),
            end,
            pause: Duration::from_millis(request.pause),
            response,
            added,
        })
    }
}

fn header((name, value): (&String, &String)) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(name).map_err(|_| format!("{name:?} is not a header name."))?;
    let value = HeaderValue::try_from(value).map_err(|_| format!("The value of {name} is not a header value."))?;
    Ok((name, value))
}

impl Control {
    pub(super) fn add_fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    pub(super) fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The oldest of the faults for this request. Its count is reduced by one.
    fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let faults = &mut self.state().faults;
        let meets =
            |fault: &Fault| path.starts_with(&fault.path) && fault.method.as_ref().is_none_or(|own| own == method);
        let position = faults.iter().position(meets)?;
        faults[position].count -= 1;
        let fault = faults[position].clone();
        if fault.count == 0 {
            faults.remove(position);
        }
        Some(fault)
    }
}

/// Applies the fault for a request, if there is one.
pub async fn apply(State(control): State<Control>, request: Request, next: Next) -> Response {
    let Some(fault) = control.take(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    tokio::time::sleep(fault.delay).await;
    if fault.drop {
        return broken();
    }
    let response = match fault.response {
        Some(response) => response.into_response(),
        None => next.run(request).await,
    };
    let mut response = response;
    response.headers_mut().extend(fault.added);
    let response = if fault.malformed { halved(response).await } else { response };
    let response = match fault.end {
        Some(end) => ended(response, end),
        None => response,
    };
    if fault.pause.is_zero() { response } else { halting(response, fault.pause) }
}

impl IntoResponse for FaultResponse {
    fn into_response(self) -> Response {
        let media_type = match serde_json::from_str::<serde_json::Value>(&self.body) {
            Ok(_) => "application/json",
            Err(_) => "text/plain; charset=utf-8",
        };
        let mut response = (self.status, [(CONTENT_TYPE, media_type)], self.body).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
