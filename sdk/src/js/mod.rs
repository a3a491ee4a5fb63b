//! The classes that the npm package wraps: they convert and name, and decide nothing. What a page needs (feature `js`) and what a
//! service needs (`js-backend`) become files of their own, so that a page loads no more than it uses; `lazy` lists what of the former
//! is cut off into one more.
//!
//! No method holds a borrow while it waits, so an object may be freed or used again at any time. May import everything
//! of the crate; nothing imports it.

mod abort;
#[cfg(feature = "js")]
mod app;
mod asked;
#[cfg(feature = "js-backend")]
mod backend;
#[cfg(feature = "js")]
mod batcher;
mod client_auth;
mod error;
#[cfg(feature = "js-backend")]
mod export;
mod handle;
mod instance;
#[cfg(feature = "js-backend")]
mod keys;
#[cfg(feature = "js")]
mod lazy;
#[cfg(feature = "js")]
mod record;
#[cfg(feature = "js")]
mod request;
#[cfg(feature = "js")]
mod resolver;
#[cfg(feature = "js-backend")]
mod scopes;
mod search;
#[cfg(feature = "js-backend")]
mod server;
#[cfg(feature = "js")]
mod session;
mod value;

// A page's few small allocations need no more, and it weighs 1.6 kB less than the standard library's.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
