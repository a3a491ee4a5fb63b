//! References: what is found stands in the text, and a relative one is read below the base.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::fhir::reference::ResourceId;
use smartrust::fhir::request::FhirRequest;
use smartrust::protocol::url::Url;

fuzz_target!(|reference: &str| {
    if let Some(read) = ResourceId::read(reference) {
        assert!(reference.contains(&[read.resource_type.as_str(), "/", &read.id].concat()));
    }
    let base = Url::parse("https://ehr.example/practice/fhir").unwrap();
    if let Ok(request) = FhirRequest::read(reference).build(&base) {
        assert!(reference.contains(':') || request.url.as_str() == [base.as_str(), "/", reference].concat());
    }
});
