//! A WebSocket of a browser in memory, as its server sees it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use futures_executor::LocalSpawner;
use futures_util::task::LocalSpawnExt as _;

use crate::platform::SocketEvent;

pub(super) type Handler = Rc<dyn Fn(SocketEvent)>;
type Greeting = Rc<dyn Fn(&MemorySocket)>;

/// The WebSockets of a world.
#[derive(Default)]
pub(super) struct Sockets {
    pub opened: RefCell<Vec<MemorySocket>>,
    pub greeting: RefCell<Option<Greeting>>,
    pub are_absent: Cell<bool>,
}

/// A WebSocket that a page opened, as its server sees it. A clone is the same WebSocket.
#[derive(Clone)]
pub struct MemorySocket {
    spawner: LocalSpawner,
    url: String,
    handler: Handler,
    pub(super) sent: Rc<RefCell<Vec<String>>>,
    pub(super) closed: Rc<Cell<Option<u16>>>,
    is_lost: Rc<Cell<bool>>,
}

impl MemorySocket {
    pub(super) fn new(spawner: LocalSpawner, url: &str, handler: Handler) -> Self {
        Self {
            spawner,
            url: url.to_owned(),
            handler,
            sent: Rc::default(),
            closed: Rc::default(),
            is_lost: Rc::default(),
        }
    }

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
        // The pool lives as long as the world, so spawning never fails.
        let _ = self.spawner.spawn_local(async move {
            if closed.get().is_none() {
                handler(event);
            }
        });
    }
}

impl fmt::Debug for MemorySocket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemorySocket").field("closed", &self.closed.get()).finish_non_exhaustive()
    }
}
