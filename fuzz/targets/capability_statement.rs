//! Capability statements: no endpoint that they name is on plain http.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::protocol::discovery::read_capability_statement;
use smartrust::protocol::url::Url;

fuzz_target!(|text: &str| {
    let Ok(statement) = serde_json::from_str::<Value>(text) else { return };
    let base = Url::parse("https://ehr.example/fhir").unwrap();
    if let Ok(read) = read_capability_statement(&statement, &base, false) {
        assert!(read.token_endpoint.is_confidential());
        assert!(read.authorization_endpoint.is_none_or(|endpoint| endpoint.is_confidential()));
    }
});
