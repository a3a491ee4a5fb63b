//! Writes JSON text: records for the store, and nothing else; and reads the texts of records that the platform has parsed.

use std::cell::Cell;

use crate::platform::JsonView;

/// Writes one JSON object, member by member.
#[derive(Default)]
pub struct ObjectWriter {
    text: String,
}

impl ObjectWriter {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(self, name: &str, value: &str) -> Self {
        let value = quoted(value);
        self.raw(name, &value)
    }

    /// Adds a text where there is one.
    pub fn optional_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds a time in whole seconds, where there is one.
    pub fn optional_seconds(self, name: &str, value: Option<f64>) -> Self {
        match value {
            // A cast of a number out of range gives the nearest.
            Some(value) => self.raw(name, &(value as u64).to_string()),
            None => self,
        }
    }

    /// Adds `true` or `false`.
    pub fn flag(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// Adds a member whose value is JSON text already.
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push_str(&quoted(name));
        self.text.push(':');
        self.text.push_str(json);
        self
    }

    /// The object's text.
    pub fn finish(mut self) -> String {
        if self.text.is_empty() {
            self.text.push('{');
        }
        self.text.push('}');
        self.text
    }
}

/// A JSON array of items that are JSON text already.
pub fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// A JSON string (RFC 8259 section 7).
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control < ' ' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Reads the texts that an object must have, and remembers where one is missing: less code than to leave at each.
pub(crate) struct NeededTexts<'a, V> {
    value: &'a V,
    /// Whether none has been missing.
    pub are_whole: Cell<bool>,
}

impl<'a, V: JsonView> NeededTexts<'a, V> {
    /// Reads of an object.
    pub fn of(value: &'a V) -> Self {
        Self { value, are_whole: Cell::new(true) }
    }

    /// The text of a member; empty where it is missing.
    pub fn needed(&self, name: &str) -> String {
        self.value.member_text(name).unwrap_or_else(|| {
            self.are_whole.set(false);
            String::new()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let text = ObjectWriter::new()
            .text("odd \"name\"\\", "line\nbreak\u{1} é")
            .optional_seconds("time", Some(1.5))
            .optional_seconds("never", None)
            .flag("yes", true)
            .raw("list", &array(["1".to_owned(), quoted("two")]))
            .finish();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected =
            serde_json::json!({"odd \"name\"\\": "line\nbreak\u{1} é", "time": 1, "yes": true, "list": [1, "two"]});
        assert_eq!(read, expected);
        assert_eq!(ObjectWriter::new().finish(), "{}");
    }
}
