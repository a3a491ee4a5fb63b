//! Bundles: every resource of the entries is on the page.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::fhir::bundle::Page;
use smartrust::fhir::patient::belongs_to_other_patient;
use smartrust::fhir::request::page_request;
use smartrust::protocol::url::Url;

fuzz_target!(|text: &str| {
    let Ok(bundle) = serde_json::from_str::<Value>(text) else { return };
    let base = Url::parse("https://ehr.example/fhir").unwrap();
    belongs_to_other_patient(&bundle, "1", &base);
    let Some(page) = Page::read(&bundle) else { return };
    if let Some(next) = &page.next {
        let _ = page_request(&base, next);
    }
    let resources = bundle["entry"].as_array().into_iter().flatten().filter(|entry| !entry["resource"].is_null());
    assert_eq!(page.resources.len() + page.included.len() + page.outcomes.len(), resources.count());
});
