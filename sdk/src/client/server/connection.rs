//! A configured server, with its discovered endpoints and keys.

use std::cell::Cell;
use std::rc::Rc;

use super::configured::Server;
use super::discovery::Discovery;
use super::keys::Keys;

/// A server with its discovered endpoints and keys, and whether it refused the client.
pub(crate) struct Connection {
    pub server: Rc<Server>,
    pub discovery: Rc<Discovery>,
    pub keys: Keys,
    /// Whether the token endpoint refused the client (`invalid_client`).
    pub refused_client: Cell<bool>,
}

impl Connection {
    /// A connection without discovered endpoints or keys.
    pub fn new(server: Server) -> Self {
        let server = Rc::new(server);
        let discovery = Rc::new(Discovery::new(server.clone()));
        Self { server, discovery, keys: Keys::default(), refused_client: Cell::default() }
    }
}
