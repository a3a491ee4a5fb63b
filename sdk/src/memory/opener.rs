//! The connection between a window and its opener.

use std::cell::{Cell, RefCell};
use std::rc::Weak;

type Listener = Weak<dyn Fn(&str)>;

/// The state that a window and its opener share.
#[derive(Default)]
pub(super) struct OpenerLink {
    pub listener: RefCell<Option<Listener>>,
    pub is_severed: Cell<bool>,
    pub is_closed: Cell<bool>,
}
