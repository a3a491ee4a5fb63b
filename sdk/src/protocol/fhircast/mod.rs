//! FHIRcast 3: the apps of one user's session follow each other, through a hub that informs each of them which patient, encounter or study
//! is open.
//!
//! [`grant`] is the hub in the token response; [`scope`] what the app may do there; [`subscription`], [`current`] and [`event`]
//! have a request and the twin that reads the response; [`message`] reads what the hub sends by WebSocket; [`identity`] decides whether an
//! event is about the same patient. Topics and endpoints are secrets: whoever knows one can listen.

pub mod current;
pub mod event;
pub mod grant;
pub mod identity;
pub mod message;
pub mod name;
pub mod scope;
pub mod subscription;
pub mod sync_error;
pub mod timestamp;

/// The section for the findings about a hub.
pub(crate) const SUBSCRIBING: &str = "FHIRcast 3, subscribing and unsubscribing";
