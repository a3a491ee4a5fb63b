//! What the pages show, without a DOM: FHIR resources, scopes and errors become plain structs and plain words.
//!
//! JSON is read by [`smartrust::platform::JsonView`] alone, so everything here is tested on the host. May import
//! [`smartrust`] and chrono; never Leptos or the browser.

pub mod allergies;
pub mod asking;
pub mod attached;
pub mod care;
pub mod coding;
pub mod content;
pub mod date;
pub mod documents;
pub mod dosage;
pub mod entry;
pub mod idle;
pub mod kinds;
pub mod left_out;
pub mod marks;
pub mod markup;
pub mod measured;
pub mod measurement;
pub mod medications;
pub mod names;
pub mod number;
pub mod order;
pub mod patient;
pub mod phrase;
pub mod problems;
pub mod remarks;
pub mod reports;
pub mod resource;
pub mod sharing;
pub mod summary;
pub mod time_left;
pub mod timing;
pub mod trend;
pub mod trouble;
