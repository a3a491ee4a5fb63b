//! All logic that spans several requests, generic over the [platform](crate::platform::Platform).
//!
//! May import [`crate::protocol`], [`crate::fhir`] and [`crate::platform`], but no browser API. The folders follow what a person
//! does. Each imports only from those after it: `launch`, `keep`, `app`, `record`, `session`, `udap`, `bulk`, `directory`, `hub`, `fhir`, `server`, `store`, `tasks`.
//! A folder extends a type of a later folder by an `impl` block: launches are methods of [`app::SmartApp`], and loading the whole
//! record is a method of [`session::Session`].

pub mod app;
pub mod bulk;
pub mod directory;
pub mod fhir;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(feature = "keep")]
pub mod keep;
pub mod launch;
pub mod record;
pub mod server;
pub mod session;
mod store;
mod tasks;
#[cfg(feature = "udap")]
pub mod udap;

#[cfg(test)]
mod tests;
