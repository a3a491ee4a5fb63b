//! The page of the EHR around a tab.

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use serde_json::Value;

use super::tab::MemoryPlatform;
use crate::platform::{EhrWindow, NavigationFailure};

type Listener = (String, Weak<dyn Fn(Value)>);

/// The EHR's page around a tab, and what was sent to it.
#[derive(Default)]
pub struct MemoryEhrWindow {
    posted: RefCell<Vec<(String, Value)>>,
    listeners: RefCell<Vec<Listener>>,
}

impl fmt::Debug for MemoryEhrWindow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The messages contain the handle.
        formatter.debug_struct("MemoryEhrWindow").finish_non_exhaustive()
    }
}

impl MemoryEhrWindow {
    /// The messages that the tab has sent, each with its target origin.
    pub fn posted(&self) -> Vec<(String, Value)> {
        self.posted.borrow().clone()
    }

    /// Sends a message to the tab, from a page of this origin.
    pub fn send(&self, origin: &str, message: &Value) {
        let handlers: Vec<_> = self.listeners.borrow().iter().filter(|(own, _)| own == origin).cloned().collect();
        handlers.iter().filter_map(|(_, handler)| handler.upgrade()).for_each(|handler| handler(message.clone()));
    }

    /// The number of listeners.
    pub fn listeners(&self) -> usize {
        self.listeners.borrow().iter().filter(|(_, handler)| handler.strong_count() > 0).count()
    }
}

impl EhrWindow for MemoryPlatform {
    type EhrListener = Rc<dyn Fn(Value)>;

    fn listen_to_ehr(&self, origin: &str, handler: Rc<dyn Fn(Value)>) -> Option<Self::EhrListener> {
        let window = self.ehr_window.borrow().clone()?;
        window.listeners.borrow_mut().push((origin.to_owned(), Rc::downgrade(&handler)));
        Some(handler)
    }

    fn post_to_ehr(&self, origin: &str, message: &Value) -> Result<(), NavigationFailure> {
        let window = self.ehr_window.borrow().clone().ok_or(NavigationFailure)?;
        window.posted.borrow_mut().push((origin.to_owned(), message.clone()));
        Ok(())
    }
}

impl MemoryPlatform {
    /// Puts the tab into a frame of an EHR's page, which is returned.
    pub fn show_in_ehr(&self) -> Rc<MemoryEhrWindow> {
        let window = Rc::new(MemoryEhrWindow::default());
        *self.ehr_window.borrow_mut() = Some(window.clone());
        window
    }
}
