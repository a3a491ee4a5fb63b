//! Compact tokens, as text and with parts that are base64url already.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartrust::memory::SerdeJson;
use smartrust::protocol::encoding::base64url;
use smartrust::protocol::jwt::decode;

fuzz_target!(|text: &str| {
    let encoded = text.split('\n').map(|part| base64url(part.as_bytes())).collect::<Vec<_>>().join(".");
    for token in [text, &encoded] {
        if let Ok(jwt) = decode(&SerdeJson, token) {
            let signed = String::from_utf8(jwt.signed).unwrap();
            assert_eq!([&signed, ".", &base64url(&jwt.signature)].concat(), token);
        }
    }
});
