//! What the tabs that hold the same session do about each other's messages, and which of two copies of it is the newer one.

use std::rc::{Rc, Weak};

use super::identity;
use super::messages::{self, Message};
use super::sign_out;
use super::state::Inner;
use crate::client::store::records::{self, SessionRecord};
use crate::error::{Error, Failure, OAuthError};
use crate::platform::Platform;
use crate::protocol::secret::RefreshToken;

/// Hears what another tab says of the session.
pub(super) fn on_message<P: Platform>(session: &Weak<Inner<P>>, message: &str) {
    let Some(inner) = session.upgrade().filter(|inner| inner.check_active().is_ok()) else { return };
    let Some(message) = inner.platform.parse(message).and_then(|message| Message::read(&message)) else { return };
    let renewals = inner.record.borrow().renewals;
    match message {
        Message::SignedOut(known) => on_sign_out(inner, renewals > known),
        Message::NewerThan(known) => {
            if renewals > known {
                let record = inner.record.borrow().to_json();
                inner.publish(&record);
            }
        }
        Message::Refused(token, description) => on_refusal(inner, &token, description),
        Message::Record(record) => {
            if inner.adopt_newer(record.clone()) {
                let platform = inner.platform.clone();
                platform.spawn(Box::pin(async move {
                    // The other tab has stored it; a copy that fails here is read anew at the next refresh.
                    let _ = inner.store(&record).await;
                }));
            }
        }
    }
}

/// The session ends here, too. Tokens that the other tab does not know of are given back by this one.
fn on_sign_out<P: Platform>(inner: Rc<Inner<P>>, is_newer: bool) {
    inner.end(Error::SignedOut.into());
    let platform = inner.platform.clone();
    platform.spawn(Box::pin(async move {
        // What cannot be removed here was ended in memory, and its tokens are void for this page.
        let _ = inner.forget().await;
        if is_newer {
            sign_out::revoke(&inner).await;
        }
    }));
}

/// Where this tab holds the refresh token that another tab saw refused, the session ends here, too.
fn on_refusal<P: Platform>(inner: Rc<Inner<P>>, refused: &RefreshToken, description: Option<String>) {
    if inner.record.borrow().refresh_token.as_ref() != Some(refused) {
        return;
    }
    let error = OAuthError { error: "invalid_grant".to_owned(), description, uri: None, status: None, hint: None };
    inner.end(Error::Token(Box::new(error)).into());
    let platform = inner.platform.clone();
    platform.spawn(Box::pin(async move {
        // As after a sign-out in another tab.
        let _ = inner.forget().await;
    }));
}

impl<P: Platform> Inner<P> {
    /// Takes over a record of the same session, if it is newer than the one in memory.
    pub fn adopt_newer(self: &Rc<Self>, record: Rc<SessionRecord>) -> bool {
        let is_newer = {
            let own = self.record.borrow();
            record.renewals > own.renewals && own.is_of_same_launch(&record)
        };
        if is_newer {
            self.adopt(record);
            identity::check_signature(self);
        }
        is_newer
    }

    /// Ends the session whose refresh token the server refuses, in all tabs that hold the same token. Another token stays as it is,
    /// here in the store and in other tabs.
    pub async fn end_refused(&self, failure: Failure) {
        self.end(failure.clone());
        let refused = self.record.borrow().refresh_token.clone();
        let description = match &*failure {
            Error::Token(error) => error.description.clone(),
            _ => None,
        };
        if let Some(token) = &refused {
            self.publish(&messages::refused(token, description.as_deref()));
        }
        let stored = records::load_session(&self.platform, &self.id).await.ok().flatten();
        if stored.is_none_or(|stored| stored.refresh_token == refused) {
            // The session is over whether or not the store can be reached.
            let _ = self.forget().await;
        }
    }
}
