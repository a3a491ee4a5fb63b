//! FHIR R4 as pure functions: requests, searches, Bundle links, references and OperationOutcome.
//!
//! As in [`crate::protocol`], there is no I/O, no clock, no host.

pub mod app_state;
pub mod batch;
pub mod bundle;
pub mod capabilities;
mod coding;
pub mod content;
pub mod directory;
pub mod export;
pub mod identifier;
pub mod launch_task;
pub mod matching;
pub mod ndjson;
pub mod outcome;
pub mod patient;
pub mod reference;
pub mod request;
pub mod resource_lines;
pub mod response;
pub mod retry;
#[cfg(feature = "serde")]
pub mod typed;
