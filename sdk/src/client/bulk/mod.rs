//! A service that acts by itself (SMART Backend Services): its access token, and exports with their files. May import `fhir/`,
//! `server/` and `tasks/`.

mod backend;
#[cfg(any(feature = "js-backend", test))]
mod config_json;
mod export;
mod export_files;
mod export_manifest;
mod export_source;

pub use backend::{BackendClient, BackendConfig};
pub use export::{Export, ExportProgress, ExportStatus};
pub use export_files::{Batch, ExportDownload, ExportReader, ReadOptions, ReadProgress};
