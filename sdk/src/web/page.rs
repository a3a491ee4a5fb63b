//! Strings that a page remembers across reloads, and that other pages do not see.
//!
//! Each entry of a tab's or frame's history has a key (HTML Standard, Navigation API). sessionStorage holds the strings of each
//! entry under its key. Without that API, there is one string for the whole tab, and a frame remembers it until it is reloaded.

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
    // In web_sys, the Navigation API needs a compiler flag.
    type Navigation;
    #[wasm_bindgen(method, catch)]
    fn entries(this: &Navigation) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add_event_listener(this: &Navigation, event: &str, listener: &JsValue) -> Result<(), JsValue>;
}

/// The maximum number of stored strings for history entries. Above it, those of other frames are removed.
const MAX_ENTRIES: usize = 200;

pub(super) type Strings = RefCell<Vec<(String, String)>>;

thread_local! {
    /// The strings of this document, for all history entries that it shows.
    static REMEMBERED: Strings = const { RefCell::new(Vec::new()) };
    /// Stores the strings when the document shows another history entry. It lives as long as the document.
    static NAVIGATION_LISTENER: RefCell<Option<Callback>> = const { RefCell::new(None) };
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
            let found = PageStorage::of_document(kind)?.find(name)?;
            self.remember(name, &found);
            Some(found)
        })
    }

    fn remember(&self, name: &str, value: &str) {
        let Some(kind) = self.kind_of_document() else { return set(&self.inner.remembered, name, value) };
        REMEMBERED.with(|remembered| set(remembered, name, value));
        if let Some(storage) = PageStorage::of_document(kind) {
            storage.set(name, value);
            follow_history(kind);
        }
    }
}

impl WebPlatform {
    /// The kind of the document whose strings outlive this object; `None` if there is no document, or the sessions are only in
    /// this object's memory.
    fn kind_of_document(&self) -> Option<PageKind> {
        let outlives = !matches!(self.inner.store, StoreChoice::Memory(_));
        Some(self.page_kind()).filter(|kind| outlives && matches!(kind, PageKind::Tab | PageKind::Frame))
    }
}

fn get(strings: &Strings, name: &str) -> Option<String> {
    strings.borrow().iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn set(strings: &Strings, name: &str, value: &str) {
    let mut strings = strings.borrow_mut();
    strings.retain(|(known, _)| known != name);
    strings.push((name.to_owned(), value.to_owned()));
}

fn is_top() -> bool {
    global::<JsValue>("top") == global::<JsValue>("self")
}

/// The stored strings of a document.
struct PageStorage {
    kind: PageKind,
    storage: Storage,
    /// The keys of the history entries up to the current one, as far as the page may see them.
    entries: Vec<String>,
}

impl PageStorage {
    /// `None` if the browser stores nothing for the document.
    fn of_document(kind: PageKind) -> Option<Self> {
        Some(Self { kind, storage: global("sessionStorage")?, entries: entry_keys() })
    }

    /// The string of the current history entry, or of the nearest one before it that has one; otherwise, in a tab, that of the tab.
    fn find(&self, name: &str) -> Option<String> {
        let of_entry = self.entries.iter().rev().find_map(|entry| self.get(&storage_key(name, entry)));
        of_entry.or_else(|| if self.kind == PageKind::Tab { self.get(name) } else { None })
    }

    fn set(&self, name: &str, value: &str) {
        if value.is_empty() {
            self.remove_own(name);
            if self.find(name).is_none() {
                return;
            }
        }
        self.remove_old_entries(name);
        let entry = self.entries.last().map(|entry| storage_key(name, entry));
        let tab = (self.kind == PageKind::Tab).then(|| name.to_owned());
        let mut keys = entry.into_iter().chain(tab);
        if keys.any(|key| self.storage.set_item(&key, value).is_err()) {
            // The stored strings are outdated.
            self.entries.iter().for_each(|entry| self.remove(&storage_key(name, entry)));
            self.remove_own(name);
        }
    }

    /// Removes the string of the current history entry and, in a tab, that of the tab.
    fn remove_own(&self, name: &str) {
        self.entries.last().into_iter().for_each(|entry| self.remove(&storage_key(name, entry)));
        if self.kind == PageKind::Tab {
            self.remove(name);
        }
    }

    /// Removes the strings of other entries if there are many, because the browser does not tell which entries no longer exist.
    fn remove_old_entries(&self, name: &str) {
        let prefix = storage_key(name, "");
        let names = Object::keys(&self.storage);
        let keys = || names.iter().filter_map(|key| key.as_string()).filter(|key| key.starts_with(&prefix));
        if keys().count() >= MAX_ENTRIES {
            let own: Vec<String> = self.entries.iter().map(|entry| storage_key(name, entry)).collect();
            keys().filter(|key| !own.contains(key)).for_each(|key| self.remove(&key));
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        self.storage.get_item(key).ok()?
    }

    fn remove(&self, key: &str) {
        // If removing fails, storage is blocked, and reading returns nothing either.
        let _ = self.storage.remove_item(key);
    }
}

fn storage_key(name: &str, entry: &str) -> String {
    format!("{name} at {entry}")
}

/// The Navigation API; `None` if the browser does not have it. Then the page may use the global name for a variable, or as the id
/// of an element.
fn navigation() -> Option<Navigation> {
    let navigation: JsValue = global("navigation")?;
    let is_method = |name| member::<JsValue>(&navigation, name).is_some_and(|value| value.is_function());
    ["entries", "addEventListener"].into_iter().all(is_method).then(|| navigation.unchecked_into())
}

/// The keys of the history entries up to the current one.
fn entry_keys() -> Vec<String> {
    read_entry_keys().unwrap_or_default()
}

fn read_entry_keys() -> Option<Vec<String>> {
    let navigation = navigation()?;
    let index = |entry: &JsValue| member::<JsValue>(entry, "index")?.as_f64();
    let current = index(&member(navigation.as_ref(), "currentEntry")?)?;
    let entries = navigation.entries().ok()?.dyn_into::<Array>().ok()?;
    let so_far = entries.iter().take_while(|entry| index(entry).is_some_and(|index| index <= current));
    so_far.map(|entry| member::<JsValue>(&entry, "key")?.as_string()).collect()
}

/// Stores the document's strings for each history entry that it shows, after a link of a router or the back button.
fn follow_history(kind: PageKind) {
    let Some(navigation) = navigation() else { return };
    NAVIGATION_LISTENER.with_borrow_mut(|listener| {
        let listener = listener.get_or_insert_with(|| {
            callback(move |_| {
                let Some(storage) = PageStorage::of_document(kind) else { return };
                REMEMBERED.with_borrow(|all| all.iter().for_each(|(name, value)| storage.set(name, value)));
            })
        });
        // The browser adds the same listener only once. An object that throws here is not the Navigation API.
        let _ = navigation.add_event_listener("currententrychange", listener.as_ref());
    });
}
