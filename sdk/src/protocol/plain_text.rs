//! Error messages of servers in plain text.

use super::http::Body;
use crate::json::JsonView;

/// The longest message, in characters.
const LONGEST: usize = 300;

/// Members with the error messages of gateways and frameworks, the most detailed first.
const MEMBERS: [&str; 4] = ["error_description", "message", "detail", "error"];

/// The message in a body: plain text, or a usual member of a JSON object, on one line. `None` for HTML and XML, which are for
/// other readers, and for other bodies.
pub fn message<V: JsonView>(body: &Body<V>) -> Option<String> {
    let text = match body {
        Body::Text(text) => text.clone(),
        Body::Json(value) => value.text().or_else(|| MEMBERS.iter().find_map(|member| value.member_text(member)))?,
        Body::Empty => return None,
    };
    let text = text.trim_start_matches('\u{feff}');
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.first()?.starts_with('<') {
        return None;
    }
    // Words are never cut, so that secrets can be found afterwards.
    let mut length = 0;
    let fitting = words.iter().take_while(|word| {
        length += word.chars().count() + 1;
        length <= LONGEST
    });
    let mut message: Vec<&str> = fitting.copied().collect();
    if message.len() < words.len() {
        message.push("…");
    }
    Some(message.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn text(text: &str) -> Option<String> {
        message::<Value>(&Body::Text(text.into()))
    }

    #[test]
    fn plain_text_is_returned_on_one_line_and_markup_is_left_out() {
        assert_eq!(text("\u{feff} The token\r\nhas run out.\n").as_deref(), Some("The token has run out."));
        assert_eq!(text("a\u{0}b\u{1b}[31m").as_deref(), Some("a b [31m"));
        for nothing in ["", " \n", "<html>no</html>", "\n <?xml version=\"1.0\"?>"] {
            assert_eq!(text(nothing), None, "{nothing}");
        }
        assert_eq!(message::<Value>(&Body::Empty), None);
        assert_eq!(text(&"é".repeat(1_000)).as_deref(), Some("…"));
        let long = text(&"wörd ".repeat(1_000)).unwrap();
        assert!(long.ends_with("wörd …") && long.chars().count() <= LONGEST + 2, "{long}");
    }

    #[test]
    fn the_message_of_a_json_object_is_returned() {
        let json = |value: Value| message(&Body::Json(value));
        assert_eq!(json(json!({"message": "Unauthorized"})).as_deref(), Some("Unauthorized"));
        let both = json!({"error": "invalid_token", "error_description": "It has run out."});
        assert_eq!(json(both).as_deref(), Some("It has run out."));
        assert_eq!(json(json!("no")).as_deref(), Some("no"));
        assert_eq!(json(json!({"resourceType": "Patient"})), None);
    }
}
