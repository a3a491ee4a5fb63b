//! WebSockets of a browser in memory, and pages that are left and restored.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use super::tab::MemoryPlatform;
use super::world::World;
use crate::platform::{SocketEvent, SocketFailure, Transition, Transitions, WebSockets};

type Handler = Rc<dyn Fn(SocketEvent)>;
type Greeting = Rc<dyn Fn(&MemorySocket)>;

/// The WebSockets of a world.
#[derive(Default)]
pub(super) struct Sockets {
    opened: RefCell<Vec<MemorySocket>>,
    greeting: RefCell<Option<Greeting>>,
    are_absent: Cell<bool>,
}

/// A WebSocket that a page opened, as its server sees it. A clone is the same WebSocket.
#[derive(Clone)]
pub struct MemorySocket {
    world: World,
    url: String,
    handler: Handler,
    sent: Rc<RefCell<Vec<String>>>,
    closed: Rc<Cell<Option<u16>>>,
    is_lost: Rc<Cell<bool>>,
}

impl MemorySocket {
    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the page has sent.
    pub fn sent(&self) -> Vec<String> {
        self.sent.borrow().clone()
    }

    /// The code by which the page closed it.
    pub fn closed_by_page(&self) -> Option<u16> {
        self.closed.get()
    }

    /// Whether it can still be used.
    pub fn is_open(&self) -> bool {
        self.closed.get().is_none() && !self.is_lost.get()
    }

    /// Sends a text to the page.
    pub fn send(&self, text: &str) {
        self.report(SocketEvent::Text(text.to_owned()));
    }

    /// Sends bytes to the page.
    pub fn send_binary(&self) {
        self.report(SocketEvent::Binary);
    }

    /// Closes it from the server's side, or loses it.
    pub fn close(&self, code: u16) {
        self.report(SocketEvent::Closed(code));
        self.is_lost.set(true);
    }

    fn report(&self, event: SocketEvent) {
        if !self.is_open() {
            return;
        }
        let (handler, closed) = (self.handler.clone(), self.closed.clone());
        self.world.spawn(Box::pin(async move {
            if closed.get().is_none() {
                handler(event);
            }
        }));
    }
}

impl fmt::Debug for MemorySocket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemorySocket").field("closed", &self.closed.get()).finish_non_exhaustive()
    }
}

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
        let socket = MemorySocket {
            world: self.world.clone(),
            url: url.to_owned(),
            handler,
            sent: Rc::default(),
            closed: Rc::default(),
            is_lost: Rc::default(),
        };
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

type TransitionHandler = Rc<dyn Fn(Transition)>;

/// The handlers of a page's transitions.
pub(super) type TransitionHandlers = Rc<RefCell<Vec<Weak<dyn Fn(Transition)>>>>;

impl MemoryPlatform {
    /// Leaves the page, which may be [restored](Self::restore).
    pub fn leave(&self) {
        self.report_transition(Transition::Left);
    }

    /// Shows the page again, as it was when it was left.
    pub fn restore(&self) {
        self.report_transition(Transition::Restored);
    }

    /// The user looks at the page again, or the device is online again.
    pub fn return_to_page(&self) {
        self.report_transition(Transition::Returned);
    }

    fn report_transition(&self, transition: Transition) {
        let handlers: Vec<TransitionHandler> = self.transitions.borrow().iter().filter_map(Weak::upgrade).collect();
        handlers.iter().for_each(|handler| handler(transition));
    }
}

impl Transitions for MemoryPlatform {
    type TransitionListener = TransitionHandler;

    fn on_transition(&self, handler: TransitionHandler) -> TransitionHandler {
        self.transitions.borrow_mut().push(Rc::downgrade(&handler));
        handler
    }
}
