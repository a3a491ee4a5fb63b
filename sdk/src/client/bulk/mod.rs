//! Backend services (SMART Backend Services): their access tokens, bulk exports and export files. May import `fhir/`, `server/` and
//! `tasks/`.

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
