//! Backend services (SMART Backend Services): their access tokens, bulk exports and export files. May import `fhir/`, `server/` and
//! `tasks/`.

mod backend;
mod backend_config;
#[cfg(any(feature = "js-backend", test))]
mod config_json;
mod export;
mod export_files;
mod export_manifest;
mod export_source;
mod read_options;

pub use backend::BackendClient;
pub use backend_config::BackendConfig;
pub use export::{Export, ExportProgress, ExportStatus};
pub use export_files::{Batch, ExportDownload, ExportReader, ReadProgress};
pub use read_options::ReadOptions;
