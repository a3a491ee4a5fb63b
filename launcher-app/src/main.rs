//! The launcher: patients connect to their record with it, and providers open it from a patient's chart.
//!
//! [`app`] holds what all pages share and which page is shown; [`config`] is what a deployment sets; [`idle`] ends what
//! nobody uses; [`model`] turns
//! resources and errors into words; [`pages`], [`components`] and [`charts`] draw them.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod app;
mod charts;
mod components;
mod config;
mod idle;
mod launcher;
mod model;
mod pages;
mod place;

fn main() {
    leptos::mount::mount_to_body(app::App);
}
