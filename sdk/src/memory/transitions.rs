//! Pages that are left and restored.

use std::rc::{Rc, Weak};

use super::tab::MemoryPlatform;
use crate::platform::{Transition, Transitions};

type TransitionHandler = Rc<dyn Fn(Transition)>;

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
