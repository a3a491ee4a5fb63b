//! Properties of every input from a server, a link or a page: nothing panics, written values are read back, and accepted
//! values have the properties of their types. Inputs are generated. A counterexample becomes an ordinary test in the file of
//! its subject.
//!
//! Other libraries are the reference where possible: the `url` crate parses URLs and forms as browsers do (WHATWG URL),
//! serde_json parses JSON.
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
