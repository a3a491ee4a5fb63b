//! Percent-encoding, forms, base64url and JSON texts are read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::protocol::encoding::{base64url, base64url_decode, form, form_decode, form_pairs, percent_encode};
use smartrust::json::quoted;

fuzz_target!(|text: &str| {
    assert_eq!(form_decode(&percent_encode(text)).as_deref(), Some(text));
    assert_eq!(base64url_decode(&base64url(text.as_bytes())).as_deref(), Some(text.as_bytes()));
    assert!(base64url_decode(text).is_none_or(|bytes| base64url(&bytes) == text));
    assert_eq!(serde_json::from_str::<String>(&quoted(text)).unwrap(), text);
    let pairs = form_pairs(text);
    let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(form_pairs(&form(&borrowed)), pairs);
});
