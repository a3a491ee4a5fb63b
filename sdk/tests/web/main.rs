//! The platform on web-standard APIs, in a browser: what only a real engine, its cryptography and its storage can test.
#![cfg(all(target_arch = "wasm32", feature = "web"))]

mod browser;
mod crypto;
mod device;
mod ehr_window;
mod http;
mod json;
mod keys;
mod launch;
mod location;
mod page;
mod published;
mod storage;
mod tabs;
mod tasks;
mod timer;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
