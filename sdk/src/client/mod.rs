//! The only orchestration: every decision that spans two exchanges, over any [`crate::platform::Platform`].
//!
//! May import [`crate::protocol`], [`crate::fhir`] and [`crate::platform`]; never a browser's API. The folders follow what a person
//! does, and each imports only from those after it: `launch`, `app`, `record`, `session`, `bulk`, `fhir`, `server`, `store`, `tasks`.
//! What a folder adds to a type of a later one is an `impl` block of its own: launches are methods of [`app::SmartApp`], and the
//! whole record is a method of [`session::Session`].

pub mod app;
pub mod bulk;
pub mod fhir;
pub mod launch;
pub mod record;
pub mod server;
pub mod session;
mod store;
mod tasks;

#[cfg(test)]
mod tests;
