//! The only orchestration: every decision that spans two exchanges, over any [`crate::platform::Platform`].
//!
//! May import [`crate::protocol`], [`crate::fhir`] and [`crate::platform`]; never a browser's API.

pub mod app;
mod authentication;
pub mod backend;
mod callback;
pub mod config;
pub(crate) mod config_json;
mod diagnosis;
mod discovery;
pub mod export;
mod export_files;
pub mod fhir;
mod flight;
mod identity;
pub mod introspection;
mod keys;
mod launch;
pub mod pasted;
mod popup;
pub mod record;
mod records;
mod refresh;
pub mod registration;
pub mod search;
pub mod session;
pub mod sign_out;
mod transport;
pub mod user_info;

#[cfg(test)]
mod tests;
