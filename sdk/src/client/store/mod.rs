//! Stored data: pending launches, sessions, and which session a page shows. Imports nothing else of `client/`.

pub(crate) mod current;
pub(crate) mod pending;
pub(crate) mod records;
