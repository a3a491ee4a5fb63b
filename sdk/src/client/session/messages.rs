//! The messages between the tabs that hold the same session: its new record, its end, and who has the newer tokens.

use std::rc::Rc;

use crate::client::store::records::SessionRecord;
use crate::json::ObjectWriter;
use crate::platform::JsonView;
use crate::protocol::secret::RefreshToken;

/// The user has signed out, with tokens that were renewed so many times.
const SIGNED_OUT: &str = "signedOut";
/// Who holds tokens that were renewed more often than so many times?
const NEWER_THAN: &str = "newerThan";
/// The server refuses this refresh token.
const REFUSED: &str = "refused";

/// What a tab says of a session.
pub(super) enum Message {
    /// The user has signed out, with tokens that were renewed so many times.
    SignedOut(f64),
    /// Who holds tokens that were renewed more often than so many times?
    NewerThan(f64),
    /// The server refuses this refresh token, and describes why.
    Refused(RefreshToken, Option<String>),
    /// The record after a refresh.
    Record(Rc<SessionRecord>),
}

impl Message {
    /// Reads a message; `None` for what no tab of this version says.
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

/// That the user has signed out, with tokens that were renewed so many times.
pub(crate) fn signed_out(renewals: f64) -> String {
    with_count(SIGNED_OUT, renewals)
}

/// The question who holds tokens that were renewed more often than so many times.
pub(crate) fn newer_than(renewals: f64) -> String {
    with_count(NEWER_THAN, renewals)
}

fn with_count(name: &str, count: f64) -> String {
    ObjectWriter::new().optional_seconds(name, Some(count)).finish()
}

/// That the server refuses a refresh token.
pub(crate) fn refused(token: &RefreshToken, description: Option<&str>) -> String {
    ObjectWriter::new().text(REFUSED, token.expose()).optional_text("description", description).finish()
}
