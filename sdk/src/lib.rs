#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! - [`protocol`] and [`fhir`] implement the standards as pure functions.
//! - [`platform`] has the traits of a host; [`web`] implements them on web-standard APIs, `memory` (a feature) for tests.
//! - [`client`] decides: launches, sessions, refresh, which request carries a token. Start with [`SmartApp`].
#![cfg_attr(docsrs, feature(doc_cfg))]
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

/// The Rust examples in the documentation, which are compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/rust-guide.md")]
    struct RustGuide;
    #[doc = include_str!("../../docs/guide/stay-connected.md")]
    struct StayConnected;
    #[cfg(feature = "hub")]
    #[doc = include_str!("../../docs/guide/follow-the-chart.md")]
    struct FollowTheChart;
    #[cfg(feature = "messaging")]
    #[doc = include_str!("../../docs/guide/messages.md")]
    struct Messages;
}

pub use client::app::SmartApp;
pub use client::server::{ServerRecord, SmartAppConfig};
pub use client::session::Session;
pub use error::{Error, Failure};
