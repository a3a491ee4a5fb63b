//! The classes that the npm package wraps: they convert and name, and decide nothing. Each entry of the package has a module of its
//! own, by a feature: `js` for a page, `js-launch` for a launch page, `js-backend` for a service.
//!
//! No method holds a borrow while it waits, so an object may be freed or used again at any time. May import everything
//! of the crate; nothing imports it.

mod client_auth;
mod error;
mod instance;
mod value;

#[cfg(any(feature = "js", feature = "js-backend"))]
mod abort;
#[cfg(any(feature = "js", feature = "js-backend"))]
mod options;
#[cfg(any(feature = "js", feature = "js-backend"))]
mod search;

#[cfg(feature = "js")]
mod app;
#[cfg(feature = "js")]
mod batcher;
#[cfg(any(feature = "js", feature = "js-launch"))]
mod launch;
#[cfg(feature = "js")]
mod record;
#[cfg(feature = "js")]
mod request;
#[cfg(feature = "js")]
mod resolver;
#[cfg(feature = "js")]
mod session;

#[cfg(feature = "js-launch")]
mod launch_page;

#[cfg(feature = "js-backend")]
mod backend;
#[cfg(feature = "js-backend")]
mod export;
#[cfg(feature = "js-backend")]
mod keys;
#[cfg(feature = "js-backend")]
mod scopes;
#[cfg(feature = "js-backend")]
mod server;

// A page's few small allocations need no more, and it weighs 1.6 kB less than the standard library's.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
