//! Tasks that ask a user to launch an app, as objects.

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::abort::Forwarded;
use super::options::{read_options, read_pairs};
use super::value::{object, optional_text, text};
use crate::client::session::Session;
use crate::error::Failure;
use crate::fhir::launch_task::{LaunchKind, LaunchTask};
use crate::protocol::url::Url;
use crate::web::{JsonValue, WebPlatform};

/// Returns an array of tasks.
pub(super) async fn launch_tasks(
    session: Session<WebPlatform>,
    request: JsValue,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let (request, forwarded) = (JsonValue::from_js(request), Forwarded::new(signal)?);
    let tasks = session.launch_tasks(&read_pairs(&request, "parameters"), read_options(&request, &forwarded)?).await?;
    Ok(tasks.into_iter().map(task_object).collect::<Array>().into())
}

fn task_object(task: LaunchTask<JsonValue>) -> JsValue {
    let kind = match task.kind {
        LaunchKind::Ehr => "ehr",
        LaunchKind::Standalone => "standalone",
    };
    object(&[
        ("kind", text(kind)),
        ("url", optional_text(task.url.as_ref().map(Url::as_str))),
        ("patient", optional_text(task.patient.as_deref())),
        ("encounter", optional_text(task.encounter.as_deref())),
        ("appContext", optional_text(task.app_context.as_deref())),
        ("task", task.task.into_js()),
    ])
}
