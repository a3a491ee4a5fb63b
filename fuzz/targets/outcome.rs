//! OperationOutcomes are kept whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::fhir::outcome::OperationOutcome;

fuzz_target!(|text: &str| {
    let Ok(resource) = serde_json::from_str::<Value>(text) else { return };
    if let Some(outcome) = OperationOutcome::read(&resource) {
        outcome.first_text();
        assert_eq!(outcome.issues.len(), resource["issue"].as_array().map_or(0, Vec::len));
        assert!(serde_json::from_str::<Value>(&outcome.json).is_ok());
    }
});
