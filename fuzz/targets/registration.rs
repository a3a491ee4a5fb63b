//! Answers to a registration: what is taken is a client, its metadata is read back, and its token stays at its origin.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::platform::Body;
use smartrust::protocol::client_metadata::ClientMetadata;
use smartrust::protocol::registration::read_registration;
use smartrust::protocol::url::Url;

fuzz_target!(|text: &str| {
    let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
    let endpoint = Url::parse("https://ehr.example/register").unwrap();
    if let Ok(client) = read_registration(&endpoint, 201, &Body::Json(answer)) {
        assert!(!client.client_id.is_empty());
        let kept: Value = serde_json::from_str(&client.metadata.to_json()).unwrap();
        assert_eq!(client.metadata.changes(&ClientMetadata::read(&kept)), []);
        if let Ok(request) = client.read_request(&endpoint) {
            assert_eq!(request.url.origin(), endpoint.origin());
        }
    }
});
