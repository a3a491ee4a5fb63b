//! What most pages never come to, so that its code may lie in a file of its own which is loaded when a page does.

use std::rc::Rc;

use super::config::Server;
use super::discovery::{self, Found};
use super::launch;
use super::popup;
use super::refresh;
use super::session::Session;
use super::sign_out::{self, Revocation};
use crate::error::Failure;
use crate::platform::{LocalFuture, Platform};
use crate::protocol::discovery::SmartConfiguration;

/// The way to such code.
pub(crate) trait Parts<P: Platform> {
    /// Refreshes a session, with `scope` for less than was granted.
    fn refresh(&self, session: Session<P>, scope: Option<String>) -> LocalFuture<Result<(), Failure>>;
    /// Gives the tokens of a session that has ended back.
    fn revoke(&self, session: Session<P>) -> LocalFuture<Revocation>;
    /// Looks for endpoints in other documents than the SMART configuration, of which `outcome` tells what came back.
    fn look_further(&self, platform: P, server: Rc<Server>, outcome: String) -> LocalFuture<Result<Found, Failure>>;
    /// Reads `max_age` among the parameters of an authorization request.
    fn max_age(&self, asked: AskedMaxAge<P>) -> LocalFuture<Result<f64, Failure>>;
    /// Gives the redirect to the page that opened this window.
    fn hand_over(&self, platform: P, state: String, address: String) -> LocalFuture<Result<(), Failure>>;
}

/// `max_age` as the app asks for it, and what the server has to say for it.
pub(crate) struct AskedMaxAge<P: Platform> {
    pub platform: P,
    pub server: Rc<Server>,
    pub configuration: Rc<SmartConfiguration>,
    /// The parameters that the app adds, `max_age` among them.
    pub extra: Vec<(String, String)>,
    /// Whether an ID token is asked for.
    pub asks_identity: bool,
}

/// The code is at hand.
pub(crate) struct AtHand;

/// The way to code that is at hand.
pub(super) fn at_hand<P: Platform>() -> Rc<dyn Parts<P>> {
    Rc::new(AtHand)
}

impl<P: Platform> Parts<P> for AtHand {
    fn refresh(&self, session: Session<P>, scope: Option<String>) -> LocalFuture<Result<(), Failure>> {
        Box::pin(refresh::refresh_alone(session, scope))
    }

    fn revoke(&self, session: Session<P>) -> LocalFuture<Revocation> {
        Box::pin(sign_out::revoke(session))
    }

    fn look_further(&self, platform: P, server: Rc<Server>, outcome: String) -> LocalFuture<Result<Found, Failure>> {
        Box::pin(discovery::look_further(platform, server, outcome))
    }

    fn max_age(&self, asked: AskedMaxAge<P>) -> LocalFuture<Result<f64, Failure>> {
        Box::pin(launch::max_age(asked))
    }

    fn hand_over(&self, platform: P, state: String, address: String) -> LocalFuture<Result<(), Failure>> {
        Box::pin(popup::hand_over(platform, state, address))
    }
}
