//! One file a page, one function a part of it. May import everything else of the launcher.

pub mod entry;
pub mod home;
pub mod not_found;
pub mod record;
pub mod session;
