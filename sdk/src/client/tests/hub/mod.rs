//! Following other apps, against a scripted hub.

mod connection;
mod events;
mod patients;
mod races;
mod sending;
mod silence;
mod subscribing;
mod support;
mod tabs;
