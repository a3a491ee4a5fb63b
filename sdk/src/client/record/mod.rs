//! The patient's record: all of it or some resource types, the resources that it refers to, batches, attachments, tasks that launch
//! apps, and patient matching. May import `session/`, `fhir/`, `server/` and `tasks/`.

mod batch;
mod content;
mod launch_tasks;
mod matching;
mod parts;
mod resolver;
mod whole_record;

pub use batch::Batcher;
pub use content::ContentProgress;
pub use parts::{PartState, RecordPart, RecordQuery};
pub use resolver::{Resolved, Resolver};
pub use whole_record::RecordProgress;
