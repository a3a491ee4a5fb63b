//! Directories of FHIR servers: every brand has a name and a safe endpoint, and what is written is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::fhir::directory::{Directory, DirectoryReader};

fuzz_target!(|text: &str| {
    let Ok(bundle) = serde_json::from_str::<Value>(text) else { return };
    let mut reader = DirectoryReader::new();
    reader.read_bundle(&bundle);
    let directory = reader.finish();
    for brand in directory.brands() {
        assert!(!brand.name.trim().is_empty());
        assert!(brand.endpoints().next().is_some());
        assert!(brand.endpoints().all(|endpoint| endpoint.fhir_base.is_confidential()));
        directory.search(&brand.name, 20);
    }
    let written = directory.to_text();
    let mut copy = Directory::read_brands(&written.brands).unwrap();
    copy.read_facilities(&written.facilities).unwrap();
    assert_eq!(copy.to_text(), written);
});
