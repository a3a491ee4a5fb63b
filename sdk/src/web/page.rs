//! What a page remembers for itself alone, over reloads.
//!
//! The places of a tab's or frame's history have keys of their own (HTML Standard, Navigation API), by which sessionStorage tells the
//! pages of one tab apart. A browser without that API remembers for a tab as a whole, and for a frame until it is reloaded.

use std::cell::RefCell;

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

use super::WebPlatform;
use super::global::{global, has_global, member};
use super::host::{Callback, callback};
use super::storage::StoreChoice;
use crate::platform::{Page, PageKind};

#[wasm_bindgen]
extern "C" {
    // web-sys keeps the Navigation API behind a compiler flag.
    type Navigation;
    #[wasm_bindgen(method, catch)]
    fn entries(this: &Navigation) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add_event_listener(this: &Navigation, event: &str, listener: &JsValue) -> Result<(), JsValue>;
}

/// So many strings at most are kept for the places of a tab's history. Beyond it, those of other frames are dropped.
const MOST_PLACES: usize = 200;

pub(super) type Strings = RefCell<Vec<(String, String)>>;

thread_local! {
    /// What this document remembers, for all places of the history that it comes to.
    static REMEMBERED: Strings = const { RefCell::new(Vec::new()) };
    /// Notes when the document comes to another place; it lives as long as the document.
    static FOLLOWING: RefCell<Option<Callback>> = const { RefCell::new(None) };
}

impl Page for WebPlatform {
    fn page_kind(&self) -> PageKind {
        match (has_global("document"), has_global("location")) {
            (true, _) if is_top() => PageKind::Tab,
            (true, _) => PageKind::Frame,
            (false, true) => PageKind::Worker,
            (false, false) => PageKind::Program,
        }
    }

    fn recall(&self, name: &str) -> Option<String> {
        let Some(kind) = self.kind_of_document() else { return get(&self.inner.remembered, name) };
        REMEMBERED.with(|remembered| get(remembered, name)).or_else(|| {
            let found = Kept::of_document(kind)?.find(name)?;
            self.remember(name, &found);
            Some(found)
        })
    }

    fn remember(&self, name: &str, value: &str) {
        let Some(kind) = self.kind_of_document() else { return put(&self.inner.remembered, name, value) };
        REMEMBERED.with(|remembered| put(remembered, name, value));
        if let Some(kept) = Kept::of_document(kind) {
            kept.put(name, value);
            follow(kind);
        }
    }
}

impl WebPlatform {
    /// The kind of the document whose strings outlive this object; `None` where there is no document, or the sessions themselves are
    /// kept by this object alone.
    fn kind_of_document(&self) -> Option<PageKind> {
        let outlives = !matches!(self.inner.store, StoreChoice::Memory(_));
        Some(self.page_kind()).filter(|kind| outlives && matches!(kind, PageKind::Tab | PageKind::Frame))
    }
}

fn get(strings: &Strings, name: &str) -> Option<String> {
    strings.borrow().iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn put(strings: &Strings, name: &str, value: &str) {
    let mut strings = strings.borrow_mut();
    strings.retain(|(known, _)| known != name);
    strings.push((name.to_owned(), value.to_owned()));
}

fn is_top() -> bool {
    global::<JsValue>("top") == global::<JsValue>("self")
}

/// Where the strings of a document are kept over reloads.
struct Kept {
    kind: PageKind,
    storage: Storage,
    /// The keys of the history's places up to the one that is shown, as far as the page may see them.
    places: Vec<String>,
}

impl Kept {
    /// `None` where the browser keeps nothing for the document.
    fn of_document(kind: PageKind) -> Option<Self> {
        Some(Self { kind, storage: global("sessionStorage")?, places: places() })
    }

    /// The string of the place that is shown, or of the nearest before it; in a tab, else the tab's.
    fn find(&self, name: &str) -> Option<String> {
        let of_place = self.places.iter().rev().find_map(|place| self.get(&of_place(name, place)));
        of_place.or_else(|| if self.kind == PageKind::Tab { self.get(name) } else { None })
    }

    fn put(&self, name: &str, value: &str) {
        if value.is_empty() {
            self.remove_own(name);
            if self.find(name).is_none() {
                return;
            }
        }
        self.drop_if_many(name);
        let place = self.places.last().map(|place| of_place(name, place));
        let tab = (self.kind == PageKind::Tab).then(|| name.to_owned());
        let mut keys = place.into_iter().chain(tab);
        if keys.any(|key| self.storage.set_item(&key, value).is_err()) {
            // What stood there before is not this page's any more.
            self.places.iter().for_each(|place| self.remove(&of_place(name, place)));
            self.remove_own(name);
        }
    }

    /// Removes the string of the place that is shown, and in a tab the tab's.
    fn remove_own(&self, name: &str) {
        self.places.last().into_iter().for_each(|place| self.remove(&of_place(name, place)));
        if self.kind == PageKind::Tab {
            self.remove(name);
        }
    }

    /// Places that are gone from the history leave their strings behind.
    fn drop_if_many(&self, name: &str) {
        let prefix = of_place(name, "");
        let names = Object::keys(&self.storage);
        let of_places = || names.iter().filter_map(|key| key.as_string()).filter(|key| key.starts_with(&prefix));
        if of_places().count() >= MOST_PLACES {
            let own: Vec<String> = self.places.iter().map(|place| of_place(name, place)).collect();
            of_places().filter(|key| !own.contains(key)).for_each(|key| self.remove(&key));
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        self.storage.get_item(key).ok()?
    }

    fn remove(&self, key: &str) {
        // A storage that cannot even remove is blocked, and gives nothing either.
        let _ = self.storage.remove_item(key);
    }
}

fn of_place(name: &str, place: &str) -> String {
    format!("{name} at {place}")
}

/// The Navigation API; `None` where the browser does not have it. The global of that name is then free for the page: a variable, or the
/// element with that id.
fn navigation() -> Option<Navigation> {
    let navigation: JsValue = global("navigation")?;
    let is_method = |name| member::<JsValue>(&navigation, name).is_some_and(|value| value.is_function());
    ["entries", "addEventListener"].into_iter().all(is_method).then(|| navigation.unchecked_into())
}

fn places() -> Vec<String> {
    places_so_far().unwrap_or_default()
}

fn places_so_far() -> Option<Vec<String>> {
    let navigation = navigation()?;
    let index = |entry: &JsValue| member::<JsValue>(entry, "index")?.as_f64();
    let current = index(&member(navigation.as_ref(), "currentEntry")?)?;
    let entries = navigation.entries().ok()?.dyn_into::<Array>().ok()?;
    let so_far = entries.iter().take_while(|entry| index(entry).is_some_and(|index| index <= current));
    so_far.map(|entry| member::<JsValue>(&entry, "key")?.as_string()).collect()
}

/// Notes for every place that this document comes to, by a router's links or by going back, what the document shows there.
fn follow(kind: PageKind) {
    let Some(navigation) = navigation() else { return };
    FOLLOWING.with_borrow_mut(|following| {
        let listener = following.get_or_insert_with(|| {
            callback(move |_| {
                let Some(kept) = Kept::of_document(kind) else { return };
                REMEMBERED.with_borrow(|all| all.iter().for_each(|(name, value)| kept.put(name, value)));
            })
        });
        // The same listener is added once, however often it is given. What refuses it is not the Navigation API.
        let _ = navigation.add_event_listener("currententrychange", listener.as_ref());
    });
}
