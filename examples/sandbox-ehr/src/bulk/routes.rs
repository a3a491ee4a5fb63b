//! The endpoints of exports: to start one, to get its status, to delete it, and to download its files.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LOCATION, CONTENT_TYPE, EXPIRES, HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::sync::mpsc;

use super::jobs::{Beginning, Job};
use super::manifest::{Content, broken_off, content, http_date, manifest};
use super::request::{self, Level};
use super::settings::{FileAccess, PAGE_FILES};
use crate::control::Deviation;
use crate::fhir::{Refusal, Token};
use crate::parameters::Parameters;
use crate::{Sandbox, Shared};

/// The limit of a kick-off's body: enough for the greatest number of patients that a request may name.
const BODY_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// The number of pieces of a file that may wait for a slow network.
const PIECES_AHEAD: usize = 4;
/// How long a status request waits for the end of the count.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/webchart.cgi/fhir/$export", get(of_system).post(of_system))
        .route("/webchart.cgi/fhir/Patient/$export", get(of_patients).post(of_patients))
        .route("/webchart.cgi/fhir/Group/{id}/$export", get(of_group).post(of_group))
        .route("/webchart.cgi/bulk/{job}", get(status).delete(give_up))
        .route("/webchart.cgi/bulk/{job}/{file}", get(file))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}

/// A kick-off request.
type KickOff = (Method, OriginalUri, HeaderMap, Bytes);

async fn of_system(State(sandbox): State<Shared>, m: Method, u: OriginalUri, h: HeaderMap, body: Bytes) -> Response {
    kick_off(&sandbox, &Level::System, (m, u, h, body))
}

async fn of_patients(State(sandbox): State<Shared>, m: Method, u: OriginalUri, h: HeaderMap, body: Bytes) -> Response {
    kick_off(&sandbox, &Level::Patient, (m, u, h, body))
}

async fn of_group(
    State(sandbox): State<Shared>,
    Path(id): Path<String>,
    m: Method,
    u: OriginalUri,
    h: HeaderMap,
    body: Bytes,
) -> Response {
    kick_off(&sandbox, &Level::Group(id), (m, u, h, body))
}

fn kick_off(sandbox: &Sandbox, level: &Level, (method, OriginalUri(uri), headers, body): KickOff) -> Response {
    let begun = service(sandbox, &headers).and_then(|token| {
        let query = Parameters::parse(uri.query().unwrap_or_default().as_bytes());
        let accepted = request::read(sandbox, &token, level, &method, &query, &headers, &body)?;
        let (now, settings) = (sandbox.now(), &sandbox.config.bulk);
        let files_per_page = match settings.files_per_page {
            0 if accepted.allows_pages => PAGE_FILES,
            files => files,
        };
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        Ok(sandbox.jobs().begin(Beginning {
            client_id: token.client_id().to_owned(),
            request: format!("{}{path}", sandbox.config.origin),
            began: now,
            expires: now + settings.lifetime.as_secs(),
            selection: accepted.selection,
            ignored: accepted.ignored,
            files_per_page: files_per_page as usize,
            polls: settings.polls,
        }))
    });
    match begun {
        Ok(job) => (StatusCode::ACCEPTED, [(CONTENT_LOCATION, address(sandbox, &job))]).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The token of a client without a user.
fn service(sandbox: &Sandbox, headers: &HeaderMap) -> Result<Token, Refusal> {
    let token = Token::read(sandbox, headers)?;
    if token.is_for_a_service() {
        Ok(token)
    } else {
        Err(Refusal::forbidden("Exports are for clients that act by themselves, with a system/ scope."))
    }
}

fn address(sandbox: &Sandbox, job: &Job) -> String {
    sandbox.config.at(&format!("/bulk/{}", job.id))
}

fn find(sandbox: &Sandbox, id: &str) -> Result<Arc<Job>, Refusal> {
    sandbox.jobs().find(id, sandbox.now()).ok_or(Refusal::not_found("There is no such export, or it is over."))
}

/// The job with this id, if this client started it.
fn own_job(sandbox: &Sandbox, headers: &HeaderMap, id: &str) -> Result<Arc<Job>, Refusal> {
    let token = service(sandbox, headers)?;
    let job = find(sandbox, id)?;
    if job.client_id == token.client_id() { Ok(job) } else { Err(Refusal::not_found("There is no such export.")) }
}

async fn status(
    State(sandbox): State<Shared>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let job = match own_job(&sandbox, &headers, &id) {
        Ok(job) => job,
        Err(refusal) => return refusal.into_response(),
    };
    if sandbox.meets(Deviation::ExportTransient) {
        return Refusal::transient("The status is not available at the moment.").into_response();
    }
    let settings = &sandbox.config.bulk;
    if job.is_pending() || tokio::time::timeout(PATIENCE, job.counted()).await.is_err() {
        let headers = [
            (RETRY_AFTER, settings.retry_after.as_secs().to_string()),
            (HeaderName::from_static("x-progress"), job.progress()),
        ];
        return (StatusCode::ACCEPTED, headers).into_response();
    }
    let Some(counts) = job.counts() else {
        return Refusal::failed("The export came to nothing: its resources could not be counted.").into_response();
    };
    let query = Parameters::parse(uri.query().unwrap_or_default().as_bytes());
    let page = query.get("page").map_or(Some(0), |page| page.parse().ok());
    let found = page.and_then(|page| manifest(&job, &counts, settings, &address(&sandbox, &job), page));
    let Some(mut manifest) = found else {
        return Refusal::not_found("The manifest has no such page.").into_response();
    };
    if sandbox.meets(Deviation::ExportMiscounted) {
        let files = manifest["output"].as_array_mut().into_iter().flatten();
        files.for_each(|file| file["count"] = (file["count"].as_u64().unwrap_or_default() + 1).into());
    }
    if let Some(elsewhere) = sandbox.detour(Deviation::ExportNextElsewhere) {
        manifest["link"] = json!([{ "relation": "next", "url": format!("{elsewhere}/page") }]);
    }
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (EXPIRES, http_date(job.expires))];
    (headers, manifest.to_string()).into_response()
}

async fn give_up(State(sandbox): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match own_job(&sandbox, &headers, &id) {
        Ok(job) => {
            sandbox.jobs().forget(&job.id);
            StatusCode::ACCEPTED.into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn file(State(sandbox): State<Shared>, Path((id, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let settings = &sandbox.config.bulk;
    let job = match settings.file_access {
        FileAccess::Token => own_job(&sandbox, &headers, &id),
        FileAccess::Open | FileAccess::OpenAsText if headers.contains_key(AUTHORIZATION) => {
            Err(Refusal::invalid("This file needs no access token: send none."))
        }
        FileAccess::Open | FileAccess::OpenAsText => find(&sandbox, &id),
    };
    let found = job.and_then(|job| {
        let content = content(&job, settings, &file).ok_or(Refusal::not_found("The export has no such file."))?;
        Ok((job, content))
    });
    let (job, content) = match found {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    let selection = job.selection.clone();
    let body = match content {
        Content::Errors(lines) => Body::from(lines),
        Content::Deleted => streamed(move |send| selection.write_deleted(send)),
        Content::Resources(file) if sandbox.meets(Deviation::ExportFileOutcome) => streamed(move |send| {
            selection.write(file, |piece| {
                let end = piece.iter().position(|byte| *byte == b'\n').map_or(piece.len(), |end| end + 1);
                if send(piece.slice(..end)) {
                    send(broken_off());
                }
                false
            });
        }),
        Content::Resources(file) => streamed(move |send| selection.write(file, send)),
    };
    ([(CONTENT_TYPE, "application/fhir+ndjson")], body).into_response()
}

/// A body that a thread writes as fast as it is read, a few pieces ahead.
fn streamed(write: impl FnOnce(&mut dyn FnMut(Bytes) -> bool) + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel::<Bytes>(PIECES_AHEAD);
    tokio::task::spawn_blocking(move || write(&mut |piece| sender.blocking_send(piece).is_ok()));
    Body::from_stream(futures_util::stream::unfold(receiver, async |mut receiver| {
        let piece = receiver.recv().await?;
        Some((Ok::<_, Infallible>(piece), receiver))
    }))
}
