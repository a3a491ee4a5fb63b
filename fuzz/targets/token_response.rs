//! Token responses: what is taken has a token and a time that is one; its context is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::platform::Body;
use smartrust::protocol::context::LaunchContext;
use smartrust::protocol::token::read_token_response;

fuzz_target!(|text: &str| {
    let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
    if let Ok(read) = read_token_response(200, &Body::Json(answer)) {
        assert!(!read.access_token.expose().is_empty());
        assert!(read.expires_in.is_none_or(|seconds| seconds >= 0.0));
        let kept: Value = serde_json::from_str(&read.context.to_json()).unwrap();
        let again = LaunchContext::read(&kept);
        assert_eq!((&again.patient, &again.fhir_context), (&read.context.patient, &read.context.fhir_context));
    }
});
