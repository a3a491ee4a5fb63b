//! Windows that a tab opens.

use std::fmt;
use std::rc::{Rc, Weak};

use super::opener::OpenerLink;
use super::tab::MemoryPlatform;
use crate::platform::{NavigationFailure, Popups};

/// A window that a tab opened. A clone refers to the same window.
#[derive(Clone)]
pub struct MemoryPopup {
    /// The tab in the window.
    pub tab: MemoryPlatform,
    line: Rc<OpenerLink>,
}

impl fmt::Debug for MemoryPopup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryPopup").field("tab", &self.tab).finish_non_exhaustive()
    }
}

impl MemoryPopup {
    /// Severs the window from its opener, as a page with COOP does: each seems closed to the other.
    pub fn sever(&self) {
        self.line.is_severed.set(true);
    }

    /// The user closes the window.
    pub fn leave(&self) {
        self.line.is_closed.set(true);
    }

    /// Whether the window was closed.
    pub fn is_closed(&self) -> bool {
        self.line.is_closed.get()
    }
}

impl Popups for MemoryPlatform {
    type Popup = MemoryPopup;
    type MessageListener = Rc<dyn Fn(&str)>;

    fn open_popup(&self) -> Result<MemoryPopup, NavigationFailure> {
        let line = Rc::new(OpenerLink::default());
        Ok(MemoryPopup { tab: self.with_opener(line.clone()), line })
    }

    fn navigate_popup(&self, popup: &MemoryPopup, url: &str) -> Result<(), NavigationFailure> {
        if popup.is_closed() {
            return Err(NavigationFailure);
        }
        popup.tab.visit(url);
        Ok(())
    }

    fn is_popup_closed(&self, popup: &MemoryPopup) -> bool {
        popup.is_closed() || popup.line.is_severed.get()
    }

    fn close_popup(&self, popup: &MemoryPopup) {
        if !popup.line.is_severed.get() {
            popup.leave();
        }
    }

    fn listen_to_popup(&self, popup: &MemoryPopup, handler: Rc<dyn Fn(&str)>) -> Rc<dyn Fn(&str)> {
        *popup.line.listener.borrow_mut() = Some(Rc::downgrade(&handler));
        handler
    }

    fn post_to_opener(&self, message: &str) {
        let Some(line) = self.opener.as_ref().filter(|line| !line.is_severed.get()) else { return };
        let listener = line.listener.borrow().as_ref().and_then(Weak::upgrade);
        if let Some(handler) = listener {
            handler(message);
        }
    }

    fn close(&self) {
        if let Some(line) = &self.opener {
            line.is_closed.set(true);
        }
    }
}
