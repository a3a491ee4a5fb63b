//! A server's messages about the entries of a Bundle (FHIR R4, Bundle: search.mode outcome; OperationOutcome).

use smartrust::fhir::outcome::OperationOutcome;
use smartrust::platform::JsonView;

/// The messages of OperationOutcomes among resources, each once.
pub fn server_messages<'a, V: JsonView>(resources: impl IntoIterator<Item = &'a V>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for issue in resources.into_iter().filter_map(OperationOutcome::read).flat_map(|outcome| outcome.issues) {
        let words = issue.text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let words = words.unwrap_or_else(|| format!("a message without text ({})", issue.code));
        if !found.contains(&words) {
            found.push(words);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn l1_messages_of_the_server_are_shown_once() {
        let withheld = json!({"resourceType": "OperationOutcome", "issue": [
            {"severity": "warning", "code": "suppressed", "details": {"text": "Some results were withheld."}},
            {"severity": "information", "code": "informational"},
        ]});
        assert_eq!(
            server_messages(&[withheld.clone(), json!({"resourceType": "Observation"}), withheld][..]),
            ["Some results were withheld.", "a message without text (informational)"]
        );
    }
}
