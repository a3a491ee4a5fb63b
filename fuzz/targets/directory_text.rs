//! The texts of a directory: any text is read or refused, and what was read is written and read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::fhir::directory::Directory;

fuzz_target!(|text: &str| {
    let (brands, facilities) = text.split_once("\n\n").unwrap_or((text, ""));
    let Ok(mut directory) = Directory::read_brands(brands) else { return };
    let _ = directory.read_facilities(facilities);
    directory.search("a", 20);
    let written = directory.to_text();
    let mut copy = Directory::read_brands(&written.brands).unwrap();
    copy.read_facilities(&written.facilities).unwrap();
    assert_eq!(copy.to_text(), written);
});
