//! Opens a session: it receives messages of other tabs from then on, and its ID token is checked.

use std::rc::Rc;

use super::handle::Session;
use super::identity;
use super::other_tabs;
use super::state::Inner;
use crate::client::server::connection::Connection;
use crate::client::store::current::Current;
use crate::client::store::records::SessionRecord;
use crate::platform::Platform;

/// The origin of a session's record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The server has just issued its tokens.
    Server,
    /// It was in the store.
    Store,
}

impl<P: Platform> Session<P> {
    /// Opens the session of a record. The app has at most one for each id.
    pub(crate) fn open(
        platform: P,
        current: Rc<Current>,
        connection: Rc<Connection>,
        id: String,
        record: Rc<SessionRecord>,
        origin: Origin,
    ) -> Self {
        let may_be_stale = origin == Origin::Store;
        let inner = Rc::new(Inner::new(platform, current, connection, id, record, may_be_stale));
        let weak = Rc::downgrade(&inner);
        let subscription =
            inner.platform.subscribe(&inner.topic(), Rc::new(move |message| other_tabs::on_message(&weak, message)));
        *inner.subscription.borrow_mut() = Some(subscription);
        Self { inner }
    }

    /// Starts the check of the ID token's signature, if there is a token to check.
    pub(crate) fn check_identity(&self) {
        identity::check_signature(&self.inner);
    }
}
