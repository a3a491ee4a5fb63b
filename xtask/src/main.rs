//! Builds, runs, tests and measures smartrust.
fn main() {}
