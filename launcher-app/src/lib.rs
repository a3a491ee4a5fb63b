//! The launcher: patients connect to their record with it, and providers open it from a patient's chart.
//!
//! [`config`] is what a deployment sets, and [`model`] turns resources and errors into text. Both are plain Rust, so that the build of the
//! site reads the configuration with the same code. The rest is the app for browsers: `app` chooses the page, `launcher` holds what all
//! pages share, `pages`, `components` and `charts` render it, and
//! `shell` is the markup that the build wrote into the page.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]
// The documentation is for those who change the launcher: nobody else uses this library.
#![allow(rustdoc::private_intra_doc_links)]

pub mod config;
pub mod model;

#[cfg(feature = "app")]
mod app;
#[cfg(feature = "app")]
mod charts;
#[cfg(feature = "app")]
mod components;
#[cfg(feature = "app")]
mod launcher;
#[cfg(feature = "app")]
mod pages;
#[cfg(feature = "app")]
mod place;
#[cfg(feature = "app")]
mod shell;

/// Starts the app in the body of the page.
#[cfg(feature = "app")]
pub fn run() {
    leptos::mount::mount_to_body(app::App);
}
