//! What holds for every input that a server, a link or a page can send: nothing panics, what is written is read back, and
//! what is accepted keeps what the types promise. Inputs are generated; a counterexample that was found becomes an ordinary
//! test where its subject lives.
//!
//! Other people's software says what is right where it can: the `url` crate reads addresses and forms as browsers do
//! (WHATWG URL), serde_json reads JSON.
#![cfg(not(target_arch = "wasm32"))]

mod addresses;
mod directories;
mod documents;
mod encodings;
mod fhir;
mod generated;
mod hubs;
mod identity;
mod jose;
mod links;
mod registration;
mod scopes;
mod stored;
mod tokens;
