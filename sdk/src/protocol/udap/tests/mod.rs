//! The protocol with certificates of a test authority.

mod identity;
pub(crate) mod pki;
mod requests;
mod signed_metadata;
mod software_statement;

pub(crate) use pki::NOW;

/// The FHIR base of the server.
pub(crate) const BASE: &str = "https://ehr.example/fhir";
/// The app's URI.
pub(crate) const APP: &str = "https://app.example/udap";
