//! The only orchestration: every decision that spans two exchanges, over any [`crate::platform::Platform`].
//!
//! May import [`crate::protocol`], [`crate::fhir`] and [`crate::platform`]; never a browser's API.

pub mod app;
mod authentication;
pub mod backend;
pub mod batch;
mod callback;
pub mod config;
pub(crate) mod config_json;
mod config_names;
pub mod content;
mod current;
pub mod diagnosis;
pub mod discovery;
pub mod export;
mod export_files;
mod export_manifest;
mod export_source;
pub mod fhir;
mod flight;
mod identity;
pub mod introspection;
mod keys;
mod launch;
mod matching;
mod messages;
mod named_endpoints;
pub mod pasted;
mod pending;
mod popup;
pub mod record;
mod records;
mod redirect;
mod refresh;
pub mod registration;
pub mod resolver;
pub mod search;
pub mod session;
mod side_by_side;
pub mod sign_out;
mod transport;
pub mod user_info;
pub mod whole_record;

#[cfg(test)]
mod tests;
