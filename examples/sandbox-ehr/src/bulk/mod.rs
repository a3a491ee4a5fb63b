//! Bulk Data Access 2.0: a service requests the data of many patients, waits, and downloads it as files.
//! [`request`] reads the request, [`selection`] selects and generates the resources, [`changes`] knows when each was last changed and
//! what was deleted, [`elements`] removes elements; [`jobs`] stores the exports until they are deleted, [`manifest`] lists their files,
//! [`routes`] has the endpoints, and [`settings`] the settings. The lines of a file are generated while it is sent.

mod changes;
mod elements;
mod jobs;
mod manifest;
mod request;
mod routes;
mod selection;
mod settings;

pub use jobs::Jobs;
pub use routes::routes;
pub use settings::{BulkExport, FileAccess};
