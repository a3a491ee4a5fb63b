//! Futures that several callers share, and several futures that run at once. Imports nothing else of `client/`.

pub(crate) mod join;
pub(crate) mod shared_task;
