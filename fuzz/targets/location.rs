//! The page's address: redirects and launch links. What is cleaned once is clean.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::protocol::callback::{Callback, without_callback};
use smartrust::protocol::launch::LaunchLink;

fuzz_target!(|location: &str| {
    let _ = Callback::read(location);
    let _ = LaunchLink::read(location);
    let clean = without_callback(location);
    assert_eq!(Callback::read(&clean), Ok(None));
    assert_eq!(without_callback(&clean), clean);
});
