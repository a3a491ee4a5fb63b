//! The classes that the npm package wraps. They convert values, and contain no logic. Each entry of the package is a WebAssembly module
//! of its own, selected by a feature: `js` for pages, `js-launch` for launch pages, `js-backend` for services, `js-directory` for directories,
//! `js-hub` for pages whose sessions have a hub and the EHR's page, and `js-udap` for apps in trust communities.
//!
//! No method borrows its object while it waits, so the object may be freed or used again at any time. This module may import
//! everything of the crate; nothing imports it.

mod error;
mod instance;
mod value;

#[cfg(any(feature = "js", feature = "js-backend", feature = "js-directory", feature = "js-udap"))]
mod abort;
#[cfg(any(feature = "js", feature = "js-backend"))]
mod client_auth;
#[cfg(any(feature = "js", feature = "js-backend", feature = "js-udap"))]
mod client_key;
#[cfg(any(feature = "js", feature = "js-backend"))]
mod options;
#[cfg(any(feature = "js", feature = "js-backend"))]
mod search;

#[cfg(feature = "js")]
mod app;
#[cfg(feature = "js")]
mod app_state;
#[cfg(feature = "js")]
mod batcher;
#[cfg(feature = "js")]
mod connection;
#[cfg(any(feature = "js", feature = "js-launch"))]
mod launch;
#[cfg(feature = "js")]
mod launch_tasks;
#[cfg(feature = "js")]
mod record;
#[cfg(feature = "js")]
mod request;
#[cfg(feature = "js")]
mod resolver;
#[cfg(feature = "js")]
mod session;

#[cfg(feature = "js-hub")]
mod ehr;
#[cfg(feature = "js-hub")]
mod hub;

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

#[cfg(feature = "js-directory")]
mod directory;

#[cfg(feature = "js-udap")]
mod udap;

// As fast for a page as the standard library's allocator, and 2.3 kB smaller (brotli).
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
