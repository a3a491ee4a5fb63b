//! Reading JSON through the host's parser, and writing JSON text.

use std::cell::Cell;
use std::fmt;

/// A parsed JSON value. It remains the host's own object, and its members are read one at a time.
pub trait JsonView: Clone + 'static {
    /// The member of an object. `None` if it is absent, `null`, or this is no object.
    fn member(&self, name: &str) -> Option<Self>;
    /// The value of a JSON string.
    fn text(&self) -> Option<String>;
    /// The value of a JSON number.
    fn number(&self) -> Option<f64>;
    /// The value of `true` or `false`.
    fn flag(&self) -> Option<bool>;
    /// The items of an array, in order.
    fn items(&self) -> Option<Vec<Self>>;
    /// The names of an object's members; empty if this is not an object.
    fn names(&self) -> Vec<String>;
    /// The value as JSON text.
    fn to_json(&self) -> String;

    /// The string of a member.
    fn member_text(&self, name: &str) -> Option<String> {
        self.member(name)?.text()
    }
    /// The items of a member; empty if it is absent or not an array.
    fn member_items(&self, name: &str) -> Vec<Self> {
        self.member(name).and_then(|member| member.items()).unwrap_or_default()
    }
}

/// Parses JSON.
pub trait Json {
    /// The host's type of parsed values.
    type Value: JsonView;
    /// The value of JSON text; `None` if it is not valid JSON.
    fn parse(&self, text: &str) -> Option<Self::Value>;
}

/// The strings of an array. A string in its place counts as an array of one.
pub(crate) fn list<V: JsonView>(document: &V, member: &str) -> Vec<String> {
    match document.member_text(member) {
        Some(text) => vec![text],
        None => strings(document, member),
    }
}

/// The strings of an array.
pub(crate) fn strings<V: JsonView>(document: &V, member: &str) -> Vec<String> {
    document.member_items(member).iter().filter_map(JsonView::text).collect()
}

/// Reads the strings that an object must have, and remembers whether one is missing.
pub(crate) struct RequiredStrings<'a, V> {
    value: &'a V,
    /// Whether none has been missing.
    pub are_present: Cell<bool>,
}

impl<'a, V: JsonView> RequiredStrings<'a, V> {
    /// Reads the members of an object.
    pub fn of(value: &'a V) -> Self {
        Self { value, are_present: Cell::new(true) }
    }

    /// The string of a member; empty if it is missing.
    pub fn get(&self, name: &str) -> String {
        self.value.member_text(name).unwrap_or_else(|| {
            self.are_present.set(false);
            String::new()
        })
    }
}

/// Writes one JSON object, member by member.
///
/// ```
/// use smartrust::json::ObjectWriter;
///
/// let json = ObjectWriter::new().text("resourceType", "Patient").flag("active", true).finish();
/// assert_eq!(json, r#"{"resourceType":"Patient","active":true}"#);
/// ```
#[derive(Default)]
#[must_use = "an object is written by `finish`"]
pub struct ObjectWriter {
    text: String,
}

impl fmt::Debug for ObjectWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The members may be secrets.
        formatter.debug_struct("ObjectWriter").finish_non_exhaustive()
    }
}

impl ObjectWriter {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a string.
    pub fn text(self, name: &str, value: &str) -> Self {
        let value = quoted(value);
        self.raw(name, &value)
    }

    /// Adds a string if there is one.
    pub fn optional_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds a time in whole seconds, if there is one.
    pub fn optional_seconds(self, name: &str, value: Option<f64>) -> Self {
        match value {
            // A cast of a number that is out of range returns the nearest one.
            Some(value) => self.raw(name, &(value as u64).to_string()),
            None => self,
        }
    }

    /// Adds `true` or `false`.
    pub fn flag(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// Adds a member whose value is JSON text.
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push_str(&quoted(name));
        self.text.push(':');
        self.text.push_str(json);
        self
    }

    /// The JSON text of the object.
    pub fn finish(mut self) -> String {
        if self.text.is_empty() {
            self.text.push('{');
        }
        self.text.push('}');
        self.text
    }
}

/// A JSON array of items that are JSON text.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_value_is_read_back() {
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
