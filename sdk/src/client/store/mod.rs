//! Stored data: pending launches, sessions, connections on the device, and which session a page shows. Imports nothing else of `client/`.

pub(crate) mod connections;
pub(crate) mod current;
pub(crate) mod own_client;
pub(crate) mod pending;
pub(crate) mod records;
