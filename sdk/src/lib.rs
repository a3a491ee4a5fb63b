//! SMART on FHIR client for the web: discovery, launch, authorization, tokens, refresh and FHIR calls.
//!
//! - [`protocol`] and [`fhir`] are pure: the standards as functions over text and values.
//! - [`platform`] names what a host gives; [`web`] is that host on web-standard APIs, [`memory`] one for tests.
//! - [`client`] decides: launches, sessions, refresh, which request carries a token. Start with [`SmartApp`].
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

pub mod abort;
pub mod client;
pub mod error;
pub mod fhir;
pub mod json;
#[cfg(any(test, feature = "memory"))]
pub mod memory;
pub mod platform;
pub mod protocol;
#[cfg(feature = "web")]
pub mod web;

#[cfg(feature = "bindings")]
mod js;

/// The Rust of the pages that are written for people, compiled and run as every example here.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../README.md")]
    struct CrateReadme;
    #[doc = include_str!("../../docs/rust-guide.md")]
    struct RustGuide;
}

pub use client::app::SmartApp;
pub use client::server::{ServerRecord, SmartAppConfig};
pub use client::session::Session;
pub use error::{Error, Failure};
