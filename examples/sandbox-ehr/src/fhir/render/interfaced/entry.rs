//! What the resources have in common: their times, members and IDs.

use chrono::{Days, NaiveDateTime, NaiveTime};
use serde_json::Value;

use crate::people::AS_OF;

/// Half past nine and a fraction of a second, this many days before the end of the record.
pub fn moment(days: u64) -> NaiveDateTime {
    let time = NaiveTime::from_hms_milli_opt(9, 30, 1, 700).unwrap_or_default();
    (AS_OF - Days::new(days)).and_time(time)
}

/// `2026-06-20T09:30:01.7-05:00`.
pub fn fractional(days: u64) -> String {
    moment(days).format("%Y-%m-%dT%H:%M:%S.7-05:00").to_string()
}

/// Adds members; `null` removes one.
pub fn add(resource: &mut Value, members: Value) {
    for (name, value) in members.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(resource.as_object_mut().and_then(|object| object.remove(name))),
            value => resource[name] = value.clone(),
        }
    }
}

/// The resources with their ids.
pub fn numbered(mut all: Vec<Value>, id: impl Fn(usize) -> String) -> Vec<Value> {
    for (position, resource) in all.iter_mut().enumerate() {
        resource["id"] = id(position).into();
    }
    all
}
