//! A configured server together with what was found out about it.

use std::cell::Cell;
use std::rc::Rc;

use super::configured::Server;
use super::discovery::Discovery;
use super::keys::Keys;

/// A server, and what this page has learned of it: its endpoints, its keys, and whether it knows the client.
pub(crate) struct Connection {
    pub server: Rc<Server>,
    pub discovery: Rc<Discovery>,
    pub keys: Keys,
    /// Whether the token endpoint did not know the client (`invalid_client`).
    pub refused_client: Cell<bool>,
}

impl Connection {
    /// A connection of which nothing is known yet.
    pub fn new(server: Server) -> Self {
        let server = Rc::new(server);
        let discovery = Rc::new(Discovery::new(server.clone()));
        Self { server, discovery, keys: Keys::default(), refused_client: Cell::default() }
    }
}
