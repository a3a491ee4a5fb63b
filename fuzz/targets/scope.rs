//! Scopes: a set is read back, and reduces to one that allows the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::protocol::scope::ScopeSet;

fuzz_target!(|text: &str| {
    let set = ScopeSet::parse(text);
    assert_eq!(ScopeSet::parse(&set.to_text()), set);
    let reduced = set.reduced();
    assert!(reduced.covers_all(&set) && set.covers_all(&reduced));
    set.iter().for_each(|scope| assert!(!scope.sentence().is_empty()));
});
