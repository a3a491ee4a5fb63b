//! The client against a scripted server, on the platform in memory.

mod app_state;
mod authentication;
mod authorization_method;
mod backend;
mod batch;
mod callback;
mod content;
mod copies;
mod current;
mod directory;
mod discovery;
mod echoes;
#[cfg(feature = "messaging")]
mod ehr;
mod export;
mod export_files;
mod export_status;
mod fhir;
mod granted;
#[cfg(feature = "hub")]
mod hub;
mod identity;
#[cfg(feature = "keep")]
mod keep;
mod keys;
mod launch;
mod launch_tasks;
mod matching;
mod named_endpoints;
mod openid_configuration;
mod passing_faults;
mod pasted;
mod popup;
mod record;
mod redirects;
mod refresh;
mod registration;
mod remedies;
mod requests;
mod resolver;
mod retries;
mod server;
mod several;
mod sign_out;
mod style;
mod truth;
// Certificates are made and read by crates that need a host.
#[cfg(all(feature = "udap", not(target_arch = "wasm32")))]
mod udap;
mod user_info;
mod whole_record;
