//! JSON by serde_json.

use serde_json::Value;

use crate::platform::{Json, JsonView};

/// Parses JSON by serde_json.
#[derive(Clone, Copy, Debug, Default)]
pub struct SerdeJson;

impl Json for SerdeJson {
    type Value = Value;

    fn parse(&self, text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }
}

impl JsonView for Value {
    fn member(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|member| !member.is_null()).cloned()
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn flag(&self) -> Option<bool> {
        self.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }

    fn names(&self) -> Vec<String> {
        self.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    }

    fn to_json(&self) -> String {
        self.to_string()
    }
}
