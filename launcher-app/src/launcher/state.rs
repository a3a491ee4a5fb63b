//! The session that the pages show, and how it ended.

use leptos::prelude::*;
use smartrust::Failure;
use smartrust::web::WebPlatform;

/// A session in a browser.
pub type Session = smartrust::Session<WebPlatform>;

/// A session that a page shows. It is `Copy`, and is dropped with the page.
pub type OpenSession = StoredValue<Session, LocalStorage>;

/// The state of the session that the pages show.
#[derive(Clone)]
pub enum State {
    /// Not yet known.
    Unknown,
    /// The session is being restored, or the authorization code is being exchanged.
    Resuming,
    /// There is no session.
    None,
    /// A session is open.
    Open(Session),
    /// The user signed out on this page.
    SignedOut {
        /// Whether the browser's storage was cleared.
        cleared: bool,
    },
    /// The session ended because it was not used.
    TimedOut {
        /// The session that ended.
        session: Session,
        /// Whether the browser's storage was cleared.
        cleared: bool,
    },
    /// The session ended for another reason.
    Ended {
        /// The reason.
        reason: Failure,
        /// The session that ended.
        session: Session,
    },
    /// The session could not be restored.
    Failed(Failure),
}

impl State {
    /// Whether this session is the one that is shown.
    pub fn shows(&self, session: &Session) -> bool {
        matches!(self, Self::Open(shown) if shown.id() == session.id())
    }
}
