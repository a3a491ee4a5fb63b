//! The strings that a page stores for itself, and the history of its tab or frame.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::platform::PageKind;

type Strings = BTreeMap<String, String>;

/// The history of a tab or a frame, with the strings of each entry.
#[derive(Clone)]
pub(super) struct MemoryPage {
    pub kind: PageKind,
    /// The strings of the whole tab.
    tab: RefCell<Strings>,
    places: RefCell<Vec<Place>>,
    /// The index of the current entry.
    now: Cell<usize>,
}

#[derive(Clone)]
struct Place {
    location: String,
    remembered: Strings,
}

impl Place {
    fn at(location: &str) -> Self {
        Self { location: location.to_owned(), remembered: Strings::new() }
    }

    fn origin(&self) -> &str {
        let end = self.location.match_indices('/').nth(2).map_or(self.location.len(), |(index, _)| index);
        self.location.get(..end).unwrap_or_default()
    }
}

impl MemoryPage {
    pub fn tab(location: &str) -> Self {
        Self::of(PageKind::Tab, location)
    }

    pub fn frame(location: &str) -> Self {
        Self::of(PageKind::Frame, location)
    }

    fn of(kind: PageKind, location: &str) -> Self {
        let places = RefCell::new(vec![Place::at(location)]);
        Self { kind, tab: RefCell::default(), places, now: Cell::new(0) }
    }

    /// The page of a duplicated tab.
    pub fn duplicate(&self) -> Self {
        self.clone()
    }

    /// The first page of a window that this page opened: it has a copy of the tab's strings, and a history of its own.
    pub fn opened(&self) -> Self {
        Self { tab: self.tab.clone(), ..Self::tab("about:blank") }
    }

    /// Adds an entry to the history, after the current one.
    pub fn enter(&self, location: &str) {
        let mut places = self.places.borrow_mut();
        places.truncate(self.now.get() + 1);
        places.push(Place::at(location));
        self.now.set(places.len() - 1);
    }

    /// Replaces the URL of the current entry.
    pub fn replace(&self, location: &str) {
        if let Some(place) = self.places.borrow_mut().get_mut(self.now.get()) {
            place.location = location.to_owned();
        }
    }

    /// Goes back by one entry, and returns its URL.
    pub fn go_back(&self) -> Option<String> {
        let before = self.now.get().checked_sub(1)?;
        self.now.set(before);
        self.places.borrow().get(before).map(|place| place.location.clone())
    }

    pub fn recall(&self, name: &str) -> Option<String> {
        let places = self.places.borrow();
        let reached = places.get(..=self.now.get())?;
        let origin = reached.last()?.origin();
        // A page sees the history of its own origin, up to the first entry of another.
        let mut seen = reached.iter().rev().take_while(|place| place.origin() == origin);
        let found = seen.find_map(|place| place.remembered.get(name).cloned());
        found.or_else(|| (self.kind == PageKind::Tab).then(|| self.tab.borrow().get(name).cloned())?)
    }

    pub fn remember(&self, name: &str, value: &str) {
        if let Some(place) = self.places.borrow_mut().get_mut(self.now.get()) {
            place.remembered.insert(name.to_owned(), value.to_owned());
        }
        if self.kind == PageKind::Tab {
            self.tab.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
    }
}
