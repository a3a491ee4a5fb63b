//! The WebSockets of a world, and its controls for tests.

use std::rc::Rc;

use super::socket::{Handler, MemorySocket};
use super::tab::MemoryPlatform;
use super::world::World;
use crate::platform::{SocketFailure, WebSockets};

impl World {
    /// Every WebSocket that a page opened, in order.
    pub fn sockets(&self) -> Vec<MemorySocket> {
        self.shared.sockets.opened.borrow().clone()
    }

    /// Calls a function with every WebSocket that a page opens.
    pub fn greet_sockets_with(&self, greeting: impl Fn(&MemorySocket) + 'static) {
        *self.shared.sockets.greeting.borrow_mut() = Some(Rc::new(greeting));
    }

    /// Sets whether there are WebSockets.
    pub fn set_sockets_available(&self, available: bool) {
        self.shared.sockets.are_absent.set(!available);
    }
}

impl WebSockets for MemoryPlatform {
    type Socket = MemorySocket;

    fn open_socket(&self, url: &str, handler: Handler) -> Result<MemorySocket, SocketFailure> {
        let sockets = &self.world.shared.sockets;
        if sockets.are_absent.get() {
            return Err(SocketFailure);
        }
        let socket = MemorySocket::new(self.world.shared.spawner.clone(), url, handler);
        sockets.opened.borrow_mut().push(socket.clone());
        if let Some(greeting) = sockets.greeting.borrow().clone() {
            greeting(&socket);
        }
        Ok(socket)
    }

    fn send_text(&self, socket: &MemorySocket, text: &str) {
        if socket.is_open() {
            socket.sent.borrow_mut().push(text.to_owned());
        }
    }

    fn close_socket(&self, socket: &MemorySocket, code: u16) {
        if socket.is_open() {
            socket.closed.set(Some(code));
        }
    }
}
