//! The WebSocket of a subscription.

use std::rc::Rc;

use super::change::HubState;
use super::connection::{Connection, End};
use super::state::HubInner;
use crate::error::{Error, Failure};
use crate::platform::{Platform, SocketEvent};
use crate::protocol::fhircast::subscription::Endpoint;

/// The codes of a WebSocket that was closed on purpose: normally, and because the hub is going away (RFC 6455 section 7.4.1).
const ON_PURPOSE: [u16; 2] = [NORMAL, 1001];
/// The code with which the app closes (RFC 6455 section 7.4.1).
const NORMAL: u16 = 1000;

impl<P: Platform> HubInner<P> {
    /// Opens the WebSocket of a subscription.
    pub(super) fn open_connection(self: &Rc<Self>, endpoint: Endpoint) -> Result<Rc<Connection<P>>, Failure> {
        let connection = Rc::new(Connection::new(endpoint, self.platform.now()));
        let weak = Rc::downgrade(&connection);
        let on_event = self.weakly(move |hub, event| {
            if let Some(connection) = weak.upgrade() {
                hub.on_socket(&connection, event);
            }
        });
        *self.connection.borrow_mut() = Some(connection.clone());
        let socket = self.platform.open_socket(&connection.endpoint.expose(), Rc::new(on_event));
        *connection.socket.borrow_mut() = Some(socket.map_err(|_| Error::WebSocketUnavailable)?);
        Ok(connection)
    }

    fn on_socket(self: &Rc<Self>, connection: &Rc<Connection<P>>, event: SocketEvent) {
        connection.note_message(self.platform.now());
        match event {
            SocketEvent::Text(text) => self.receive(connection, &text),
            SocketEvent::Binary => self.note("hub_binary", "The hub sent a binary message, which was not read."),
            SocketEvent::Closed(code) if ON_PURPOSE.contains(&code) => connection.end_by(End::Closed),
            SocketEvent::Closed(_) => {
                self.fall_behind();
                connection.end_by(End::Lost);
            }
        }
    }

    /// Notes at once that the app may miss events.
    pub(super) fn fall_behind(&self) {
        if self.state.get() == HubState::Synced {
            self.set_state(HubState::Behind);
        }
    }

    /// Whether events reach this page: by its own WebSocket, or from the tab that has it.
    pub(super) fn is_connected(&self) -> bool {
        match &*self.connection.borrow() {
            Some(connection) => connection.is_confirmed.get() && connection.end().is_none(),
            None => self.other_tab_is_connected.get(),
        }
    }

    /// Sends a text to the hub.
    pub(super) fn send_text(&self, text: &str) {
        if let Some(connection) = &*self.connection.borrow()
            && let Some(socket) = &*connection.socket.borrow()
        {
            self.platform.send_text(socket, text);
        }
    }

    /// Closes a WebSocket normally.
    pub(super) fn close(&self, connection: &Connection<P>) {
        if let Some(socket) = &*connection.socket.borrow() {
            self.platform.close_socket(socket, NORMAL);
        }
    }
}
