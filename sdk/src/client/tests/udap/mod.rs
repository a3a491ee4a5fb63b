//! An app in a trust community, at a server that verifies what the app signs.

mod registering;
mod support;
mod tokens;
mod trust;
