//! Bulk Data Access 2.0: a service asks for all that the server has of many patients, waits, and fetches it as files.
//! [`request`] reads what is asked for, [`selection`] says which resources that is and makes them, [`changes`] knows when each
//! last changed and what was deleted, [`elements`] thins them out; [`jobs`] keeps what was asked until it is deleted,
//! [`manifest`] names its files, [`routes`] answers, and [`settings`] is what can be set. No file exists before it is fetched, and none is
//! ever held: its lines are made as they leave.

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
