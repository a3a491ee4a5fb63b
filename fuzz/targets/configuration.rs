//! An app's configuration: it is read, or what is wrong is named.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::memory::{Reply, World};
use smartrust::{SmartApp, SmartAppConfig};

fuzz_target!(|text: &str| {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    if let Ok(config) = SmartAppConfig::read(&value) {
        let tab = World::new(0.0, |_| Reply::text(404, "")).tab("https://app.example/");
        let _ = SmartApp::new(tab, config).map(|app| app.findings());
    }
});
