//! Addresses, alone and resolved against a base: what is accepted reads back as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::protocol::url::Url;

fuzz_target!(|text: &str| {
    let base = Url::parse("https://ehr.example/practice/fhir").unwrap();
    for url in [Url::parse(text), base.join(text), base.child(text)].into_iter().flatten() {
        assert_eq!(Url::parse(url.as_str()), Ok(url.clone()));
        assert!(url.is_within(&url) && url.as_str().is_ascii());
    }
});
