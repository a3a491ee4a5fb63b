//! A tab of a browser in memory, and its controls for tests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};

use super::ehr_window::MemoryEhrWindow;
use super::opener::OpenerLink;
use super::page::MemoryPage;
use super::world::World;
use crate::platform::{StoreFailure, Transition};

type Texts = Rc<RefCell<BTreeMap<String, String>>>;
type Form = Vec<(String, String)>;
type TransitionHandlers = Rc<RefCell<Vec<Weak<dyn Fn(Transition)>>>>;

impl World {
    /// Opens a tab at a URL, with its own store.
    pub fn tab(&self, location: &str) -> MemoryPlatform {
        self.shared.tabs.set(self.shared.tabs.get() + 1);
        MemoryPlatform {
            world: self.clone(),
            tab: self.shared.tabs.get(),
            texts: Texts::default(),
            is_store_shared: Rc::default(),
            page: Rc::new(MemoryPage::tab(location)),
            location: Rc::new(RefCell::new(location.to_owned())),
            store_works: Rc::new(Cell::new(true)),
            is_store_full: Rc::default(),
            store_delay: Rc::default(),
            posted_form: Rc::default(),
            transitions: Rc::default(),
            opener: None,
            ehr_window: Rc::default(),
        }
    }
}

/// One tab of a [`World`].
#[derive(Clone)]
pub struct MemoryPlatform {
    pub(super) world: World,
    pub(super) tab: usize,
    pub(super) texts: Texts,
    pub(super) is_store_shared: Rc<Cell<bool>>,
    pub(super) page: Rc<MemoryPage>,
    pub(super) location: Rc<RefCell<String>>,
    pub(super) store_works: Rc<Cell<bool>>,
    pub(super) is_store_full: Rc<Cell<bool>>,
    pub(super) store_delay: Rc<Cell<u32>>,
    pub(super) posted_form: Rc<RefCell<Option<Form>>>,
    pub(super) transitions: TransitionHandlers,
    pub(super) opener: Option<Rc<OpenerLink>>,
    pub(super) ehr_window: Rc<RefCell<Option<Rc<MemoryEhrWindow>>>>,
}

impl fmt::Debug for MemoryPlatform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryPlatform").field("location", &self.location.borrow()).finish_non_exhaustive()
    }
}

impl MemoryPlatform {
    /// Navigates to a URL, as the browser does after a redirect.
    pub fn visit(&self, location: &str) {
        self.page.enter(location);
        *self.location.borrow_mut() = location.to_owned();
    }

    /// Goes back in the history, and loads that URL.
    pub fn go_back(&self) {
        if let Some(location) = self.page.go_back() {
            *self.location.borrow_mut() = location;
        }
    }

    /// Opens another tab at a URL with a copy of this tab's store and history, as duplicating a tab does.
    pub fn duplicate(&self) -> Self {
        let copy = self.world.tab(&self.location.borrow());
        *copy.texts.borrow_mut() = self.texts.borrow().clone();
        Self { page: Rc::new(self.page.duplicate()), ..copy }
    }

    /// Opens another tab that shares this tab's store, as localStorage is shared.
    pub fn with_same_store(&self) -> Self {
        self.is_store_shared.set(true);
        let tab = self.world.tab(&self.location.borrow());
        Self { texts: self.texts.clone(), is_store_shared: self.is_store_shared.clone(), ..tab }
    }

    /// Opens a frame of this tab at a URL; frames share the tab's store, as sessionStorage is shared.
    pub fn frame(&self, location: &str) -> Self {
        let (texts, is_store_shared) = (self.texts.clone(), self.is_store_shared.clone());
        Self { texts, is_store_shared, page: Rc::new(MemoryPage::frame(location)), ..self.world.tab(location) }
    }

    /// A tab that this one opened, with a copy of its store.
    pub(super) fn with_opener(&self, opener: Rc<OpenerLink>) -> Self {
        let copy = self.duplicate();
        Self { opener: Some(opener), page: Rc::new(self.page.opened()), ..copy }
    }

    /// The form of the last navigation by POST.
    pub fn posted_form(&self) -> Option<Form> {
        self.posted_form.borrow().clone()
    }

    /// All stored strings by their keys.
    pub fn stored(&self) -> BTreeMap<String, String> {
        self.texts.borrow().clone()
    }

    /// Stores a string.
    pub fn set_stored(&self, key: &str, text: &str) {
        self.texts.borrow_mut().insert(key.to_owned(), text.to_owned());
    }

    /// Sets whether the store is full. Its strings can then be read and removed, and none can be added.
    pub fn set_store_full(&self, full: bool) {
        self.is_store_full.set(full);
    }

    /// Sets the number of milliseconds until a string is stored.
    pub fn set_store_delay(&self, milliseconds: u32) {
        self.store_delay.set(milliseconds);
    }

    /// Sets whether the store is available.
    pub fn set_store_available(&self, works: bool) {
        self.store_works.set(works);
    }

    pub(super) fn store(&self) -> Result<&Texts, StoreFailure> {
        if self.store_works.get() { Ok(&self.texts) } else { Err(StoreFailure) }
    }
}
