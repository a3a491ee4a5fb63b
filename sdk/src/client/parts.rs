//! What most pages never come to, so that its code may lie in a file of its own which is loaded when a page does.

use super::popup;
use super::refresh;
use super::session::Session;
use super::sign_out::{self, Revocation};
use crate::error::Failure;
use crate::platform::{LocalFuture, Platform};

/// The way to such code.
pub(crate) trait Parts<P: Platform> {
    /// Refreshes a session, with `scope` for less than was granted.
    fn refresh(&self, session: Session<P>, scope: Option<String>) -> LocalFuture<Result<(), Failure>>;
    /// Gives the tokens of a session that has ended back.
    fn revoke(&self, session: Session<P>) -> LocalFuture<Revocation>;
    /// Gives the redirect to the page that opened this window.
    fn hand_over(&self, platform: P, state: String, address: String) -> LocalFuture<Result<(), Failure>>;
}

/// The code is at hand.
pub(crate) struct AtHand;

impl<P: Platform> Parts<P> for AtHand {
    fn refresh(&self, session: Session<P>, scope: Option<String>) -> LocalFuture<Result<(), Failure>> {
        Box::pin(refresh::refresh_alone(session, scope))
    }

    fn revoke(&self, session: Session<P>) -> LocalFuture<Revocation> {
        Box::pin(sign_out::revoke(session))
    }

    fn hand_over(&self, platform: P, state: String, address: String) -> LocalFuture<Result<(), Failure>> {
        Box::pin(popup::hand_over(platform, state, address))
    }
}
