//! A small EHR that behaves as WebChart does.
