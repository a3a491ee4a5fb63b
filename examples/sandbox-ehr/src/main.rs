//! The sandbox EHR as a program.
fn main() {}
