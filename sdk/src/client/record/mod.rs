//! The patient's record: all of it or some resource types, the resources that it refers to, batches, attachments, and patient
//! matching. May import `session/`, `fhir/`, `server/` and `tasks/`.

mod batch;
mod content;
mod matching;
mod parts;
mod resolver;
mod whole_record;

pub use batch::Batcher;
pub use content::ContentProgress;
pub use parts::{PartState, RecordPart, RecordQuery};
pub use resolver::{Resolved, Resolver};
pub use whole_record::RecordProgress;
