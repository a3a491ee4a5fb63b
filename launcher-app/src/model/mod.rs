//! What the pages show, without a DOM: FHIR resources, scopes and errors become plain structs and plain words.
//!
//! JSON is read by [`smartrust::platform::JsonView`] alone, so everything here is tested on the host. May import
//! [`smartrust`] and chrono; never Leptos or the browser.

pub mod allergies;
pub mod attached;
pub mod care;
pub mod clinics;
pub mod coding;
pub mod content;
pub mod date;
pub mod documents;
pub mod dosage;
pub mod entry;
pub mod idle;
pub mod kept;
pub mod kinds;
pub mod left_out;
pub mod loinc;
pub mod markup;
pub mod measurement;
pub mod medications;
pub mod modifiers;
pub mod names;
pub mod number;
pub mod order;
pub mod patient;
pub mod phrase;
pub mod problems;
pub mod reports;
pub mod requested_scopes;
pub mod resource;
pub mod server_messages;
pub mod sharing;
pub mod style;
pub mod summary;
pub mod time_left;
pub mod timing;
pub mod trend;
pub mod trouble;
