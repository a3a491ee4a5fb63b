//! A signed-in session: its tokens and their refresh, the identity of the user, FHIR requests, the app's own data at the server, messages
//! to the EHR's page and between tabs, and signing out. May import `hub/`, `fhir/`, `server/`, `store/` and `tasks/`, but not the app or its launches.

mod app_state;
#[cfg(feature = "messaging")]
mod ehr;
pub(crate) mod handle;
#[cfg(feature = "hub")]
mod hub;
pub(crate) mod identity;
mod introspection;
mod kept;
mod messages;
pub(crate) mod open;
mod other_tabs;
mod refresh;
mod requests;
mod sign_out;
pub(crate) mod state;
mod style;
mod user_info;

pub use super::store::own_client::NotKept;
pub use super::store::records::{CheckedIdentity, Signature};
pub use app_state::{AppState, StateOptions};
#[cfg(feature = "messaging")]
pub use ehr::Ehr;
pub use handle::Session;
pub use introspection::IntrospectAs;
pub use sign_out::Revocation;
pub use state::{EventSubscription, SessionEvent};
