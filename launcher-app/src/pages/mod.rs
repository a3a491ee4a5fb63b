//! One file for each page. May import everything else in the launcher.

pub mod entry;
pub mod home;
pub mod not_found;
pub mod record;
pub mod session;
