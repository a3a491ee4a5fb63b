//! SMART configurations: no endpoint is on plain http, and the document is kept whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::protocol::diagnosis::{openid_configuration_findings, smart_configuration_findings};
use smartrust::protocol::discovery::read_smart_configuration;
use smartrust::protocol::url::Url;

fuzz_target!(|text: &str| {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    let base = Url::parse("https://ehr.example/fhir").unwrap();
    smart_configuration_findings(&document);
    openid_configuration_findings(&document);
    if let Ok(read) = read_smart_configuration(&document, &base, false) {
        let others = [read.authorization_endpoint, read.jwks_uri].into_iter().flatten();
        assert!(others.chain([read.token_endpoint]).all(|endpoint| endpoint.is_confidential()));
        assert!(serde_json::from_str::<Value>(&read.json).is_ok());
    }
});
