//! A signed-in session: its tokens and their refresh, who the user is, its FHIR requests, what its tabs tell each other, and its
//! end. May import `fhir/`, `server/`, `store/` and `tasks/`; it knows nothing of the app and of how it was launched.

pub(crate) mod handle;
pub(crate) mod identity;
mod introspection;
mod messages;
pub(crate) mod open;
mod other_tabs;
mod refresh;
mod requests;
mod sign_out;
pub(crate) mod state;
mod user_info;

pub use super::store::records::{CheckedIdentity, Signature};
pub use handle::Session;
pub use introspection::IntrospectAs;
pub use sign_out::Revocation;
pub use state::{EventSubscription, SessionEvent};
