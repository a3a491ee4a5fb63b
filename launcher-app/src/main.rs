//! The launcher: patients connect to their record with it, and providers open it from a patient's chart.
//!
//! [`app`] chooses the page; [`launcher`] holds what all pages share; [`config`] is what a deployment sets; [`model`] turns resources
//! and errors into text; [`pages`], [`components`] and [`charts`] render it.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod app;
mod charts;
mod components;
mod config;
mod launcher;
mod model;
mod pages;
mod place;

fn main() {
    leptos::mount::mount_to_body(app::App);
}
