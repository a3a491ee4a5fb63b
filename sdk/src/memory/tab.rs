//! A tab of a browser in memory, and what a test does with it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::opener::OpenerLink;
use super::page::MemoryPage;
use super::world::World;
use crate::platform::StoreFailure;

type Texts = Rc<RefCell<BTreeMap<String, String>>>;
type Form = Vec<(String, String)>;

impl World {
    /// Opens a tab at an address, with a store of its own.
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
            opener: None,
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
    pub(super) opener: Option<Rc<OpenerLink>>,
}

impl MemoryPlatform {
    /// Goes to an address, as the browser does after a redirect.
    pub fn visit(&self, location: &str) {
        self.page.enter(location);
        *self.location.borrow_mut() = location.to_owned();
    }

    /// Goes back in the history to the address before this one, and loads it.
    pub fn go_back(&self) {
        if let Some(location) = self.page.go_back() {
            *self.location.borrow_mut() = location;
        }
    }

    /// Opens another tab at an address with a copy of this tab's store and history, as duplicating a tab does.
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

    /// Opens a frame of this tab at an address; frames share the tab's store, as sessionStorage is shared.
    pub fn frame(&self, location: &str) -> Self {
        let (texts, is_store_shared) = (self.texts.clone(), self.is_store_shared.clone());
        Self { texts, is_store_shared, page: Rc::new(MemoryPage::frame(location)), ..self.world.tab(location) }
    }

    /// A tab that this one opened, with a copy of its store.
    pub(super) fn with_opener(&self, opener: Rc<OpenerLink>) -> Self {
        let copy = self.duplicate();
        Self { opener: Some(opener), page: Rc::new(self.page.opened()), ..copy }
    }

    /// The form that the tab last left a page by.
    pub fn posted_form(&self) -> Option<Form> {
        self.posted_form.borrow().clone()
    }

    /// All that is stored: key and text.
    pub fn stored(&self) -> BTreeMap<String, String> {
        self.texts.borrow().clone()
    }

    /// Puts a text in the store.
    pub fn set_stored(&self, key: &str, text: &str) {
        self.texts.borrow_mut().insert(key.to_owned(), text.to_owned());
    }

    /// Says whether the store is full from now on: what it holds can be read and removed, and nothing can be put there.
    pub fn set_store_full(&self, full: bool) {
        self.is_store_full.set(full);
    }

    /// Says how long it takes from now on until a text that is put in the store stands there.
    pub fn set_store_delay(&self, milliseconds: u32) {
        self.store_delay.set(milliseconds);
    }

    /// Says whether the store works from now on.
    pub fn set_store_available(&self, works: bool) {
        self.store_works.set(works);
    }

    pub(super) fn store(&self) -> Result<&Texts, StoreFailure> {
        if self.store_works.get() { Ok(&self.texts) } else { Err(StoreFailure) }
    }
}
