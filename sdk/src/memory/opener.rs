//! The tie between a window and its opener.

use std::cell::{Cell, RefCell};
use std::rc::Weak;

type Listener = Weak<dyn Fn(&str)>;

/// What a window and its opener know of each other.
#[derive(Default)]
pub(super) struct OpenerLink {
    pub listener: RefCell<Option<Listener>>,
    pub is_severed: Cell<bool>,
    pub is_closed: Cell<bool>,
}
