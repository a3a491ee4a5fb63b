//! The messages between tabs with the same session: its new record, its end, and requests for newer tokens.

use std::rc::Rc;

use crate::client::store::records::SessionRecord;
use crate::json::ObjectWriter;
use crate::platform::JsonView;
use crate::protocol::secret::RefreshToken;

/// The user has signed out. The value is the number of refreshes of the tokens.
const SIGNED_OUT: &str = "signedOut";
/// A request for tokens with more than this number of refreshes.
const NEWER_THAN: &str = "newerThan";
/// The server refuses a refresh token.
const REFUSED: &str = "refused";

/// A message about a session.
pub(super) enum Message {
    /// The user has signed out, with tokens after this number of refreshes.
    SignedOut(f64),
    /// A tab requests tokens with more than this number of refreshes.
    NewerThan(f64),
    /// The server refuses this refresh token, perhaps with a description.
    Refused(RefreshToken, Option<String>),
    /// The record after a refresh.
    Record(Rc<SessionRecord>),
}

impl Message {
    /// Parses a message; `None` for unknown messages.
    pub fn read<V: JsonView>(message: &V) -> Option<Self> {
        let count = |name: &str| message.member(name)?.number();
        if let Some(renewals) = count(SIGNED_OUT) {
            Some(Self::SignedOut(renewals))
        } else if let Some(renewals) = count(NEWER_THAN) {
            Some(Self::NewerThan(renewals))
        } else if let Some(token) = message.member_text(REFUSED) {
            Some(Self::Refused(RefreshToken::new(token), message.member_text("description")))
        } else {
            SessionRecord::read(message).map(Self::Record)
        }
    }
}

/// The message after signing out, with the number of refreshes of the tokens.
pub(crate) fn signed_out(renewals: f64) -> String {
    with_count(SIGNED_OUT, renewals)
}

/// The request for tokens with more than this number of refreshes.
pub(crate) fn newer_than(renewals: f64) -> String {
    with_count(NEWER_THAN, renewals)
}

fn with_count(name: &str, count: f64) -> String {
    ObjectWriter::new().optional_seconds(name, Some(count)).finish()
}

/// The message that the server refuses a refresh token.
pub(crate) fn refused(token: &RefreshToken, description: Option<&str>) -> String {
    ObjectWriter::new().text(REFUSED, token.expose()).optional_text("description", description).finish()
}
