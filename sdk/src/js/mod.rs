//! The classes that the npm package wraps: they convert and name, and decide nothing.
//!
//! No method holds a borrow while it waits, so an object may be freed or used again at any time. May import everything
//! of the crate; nothing imports it.

mod abort;
mod app;
mod client_auth;
mod error;
mod request;
mod resolver;
mod session;
mod value;

// A page's few small allocations need no more, and it weighs 1.6 kB less than the standard library's.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
