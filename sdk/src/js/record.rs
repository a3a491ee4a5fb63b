//! A patient's record for JavaScript, by queries or as a whole.

use js_sys::{Array, Function};
use wasm_bindgen::JsValue;

use super::abort::Forwarded;
use super::error::to_js_error;
use super::options::read_pairs;
use super::value::{array, object, text};
use crate::client::record::{PartState, RecordPart, RecordProgress, RecordQuery};
use crate::client::session::Session;
use crate::error::Failure;
use crate::platform::JsonView;
use crate::web::{JsonValue, WebPlatform};

/// Loads a record by its queries.
pub(super) async fn load_record(
    session: Session<WebPlatform>,
    queries: JsValue,
    listener: Function,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let forwarded = Forwarded::new(signal)?;
    let queries = read_queries(queries);
    let report = |index: usize, part: &RecordPart<JsonValue>| {
        // This listener of `pkg/` does not throw: it queues a call of the app's listener.
        let _ = listener.call2(&JsValue::UNDEFINED, &(index as u32).into(), &part_object(part));
    };
    let parts = session.load_record(&queries, &forwarded.signal(), &report).await?;
    Ok(parts.iter().map(part_object).collect::<Array>().into())
}

/// Loads the whole record.
pub(super) async fn load_whole_record(
    session: Session<WebPlatform>,
    listener: Function,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let forwarded = Forwarded::new(signal)?;
    let report = |progress: &RecordProgress| {
        let _ = listener.call1(&JsValue::UNDEFINED, &progress_object(progress));
    };
    let parts = session.load_whole_record(&forwarded.signal(), &report).await?;
    Ok(parts.iter().map(part_object).collect::<Array>().into())
}

/// The queries; by default the usual ones.
fn read_queries(queries: JsValue) -> Vec<RecordQuery> {
    let Some(queries) = JsonValue::from_js(queries).items() else { return RecordQuery::usual() };
    let read = |query: &JsonValue| {
        Some(RecordQuery { resource_type: query.member_text("type")?, parameters: read_pairs(query, "parameters") })
    };
    queries.iter().filter_map(read).collect()
}

fn part_object(part: &RecordPart<JsonValue>) -> JsValue {
    let (state, error) = match &part.state {
        PartState::Loading => ("loading", JsValue::UNDEFINED),
        PartState::Complete => ("complete", JsValue::UNDEFINED),
        PartState::ByCategory(_) => ("bycategory", JsValue::UNDEFINED),
        PartState::NotGranted => ("notgranted", JsValue::UNDEFINED),
        PartState::Failed(failure) => ("failed", to_js_error(failure)),
    };
    let pair = |(name, value): &(String, String)| JsValue::from(Array::of2(&text(name), &text(value)));
    let categories = match &part.state {
        PartState::ByCategory(categories) => categories.iter().map(|name| text(name)).collect::<Array>().into(),
        _ => JsValue::UNDEFINED,
    };
    object(&[
        ("resourceType", text(&part.query.resource_type)),
        ("parameters", part.query.parameters.iter().map(pair).collect::<Array>().into()),
        ("resources", array(part.resources.clone())),
        ("others", array(part.others.clone())),
        ("outcomes", array(part.outcomes.clone())),
        ("repeated", (part.repeated as u32).into()),
        ("total", part.total.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("bytes", (part.bytes as f64).into()),
        ("state", text(state)),
        ("categories", categories),
        ("error", error),
    ])
}

fn progress_object(progress: &RecordProgress) -> JsValue {
    let count = |count: usize| JsValue::from(count as u32);
    object(&[
        ("parts", progress.parts.map_or(JsValue::UNDEFINED, count)),
        ("done", count(progress.done)),
        ("resources", count(progress.resources)),
        ("total", progress.total.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("bytes", (progress.bytes as f64).into()),
    ])
}
