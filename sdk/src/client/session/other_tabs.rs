//! Handles the messages of other tabs with the same session, and decides which of two copies of a session is newer.

use std::rc::{Rc, Weak};

use super::identity;
use super::messages::{self, Message};
use super::sign_out;
use super::state::Inner;
use crate::client::store::records::{self, SessionRecord};
use crate::error::{Error, Failure, OAuthError};
use crate::platform::Platform;
use crate::protocol::secret::RefreshToken;

/// Handles a message of another tab.
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
                    // The other tab has stored it. If it fails here, the next refresh reads the store again.
                    let _ = inner.store(&record).await;
                }));
            }
        }
    }
}

/// Ends the session in this tab, too. Revokes tokens that the other tab did not have.
fn on_sign_out<P: Platform>(inner: Rc<Inner<P>>, is_newer: bool) {
    inner.end(Error::SignedOut.into());
    let platform = inner.platform.clone();
    platform.spawn(Box::pin(async move {
        // If removing fails, the session has ended in memory nevertheless.
        let _ = inner.forget().await;
        if is_newer {
            sign_out::revoke(&inner).await;
        }
    }));
}

/// Ends the session in this tab, too, if it has the refused refresh token.
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
    /// Replaces the record in memory by a newer one of the same session. Returns whether it was newer.
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

    /// Ends the session after the server has refused its refresh token, in all tabs with the same token. Other tokens stay in the store
    /// and in other tabs.
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
            // The session has ended even if the store fails.
            let _ = self.forget().await;
        }
    }
}
