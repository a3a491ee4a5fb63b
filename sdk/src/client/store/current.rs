//! Which of the stored sessions a page shows. Pages share stores, so this is stored for each page and each app.

use crate::platform::{Page, Store};

/// The keys under which a page stores the id of its session, for one app.
pub(crate) struct Current {
    current: String,
    pending: String,
}

/// The value in place of an id after the session of the page has ended.
const NONE: &str = "";

/// The same, if all tabs share the store: otherwise the page would show the only session in it.
const NONE_OF_STORE: &str = "none";

impl Current {
    /// The keys of an app with these client ids and redirect URIs. The folders of the redirect URIs distinguish two apps of one origin
    /// under different paths.
    pub fn of<'a>(clients: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let name = |(client_id, redirect_uri)| format!("{client_id} {}", folder(redirect_uri));
        let mut names: Vec<String> = Vec::new();
        for name in clients.map(name) {
            if let Err(place) = names.binary_search(&name) {
                names.insert(place, name);
            }
        }
        let app = names.join(" ");
        Self { current: format!("smartrust.current.{app}"), pending: format!("smartrust.waiting.{app}") }
    }

    /// The id of the session that the page shows: [`None`] if it has not shown one, and `Some(None)` after the session has ended.
    pub fn id(&self, page: &impl Page) -> Option<Option<String>> {
        page.recall(&self.current).map(|id| Some(id).filter(|id| id != NONE && id != NONE_OF_STORE))
    }

    /// Whether the page shows the session with this id.
    pub fn is(&self, page: &impl Page, id: &str) -> bool {
        self.id(page).flatten().as_deref() == Some(id)
    }

    /// Makes the session with an id the one that the page shows, even if it does not exist yet.
    pub fn set(&self, page: &impl Page, id: &str) {
        page.remember(&self.current, id);
        self.clear_pending(page);
    }

    /// If the page shows the session with this id, it shows none from now on.
    pub fn unset(&self, page: &(impl Page + Store), id: &str) {
        if self.is(page, id) {
            page.remember(&self.current, if page.is_shared_by_tabs() { NONE_OF_STORE } else { NONE });
        }
    }

    /// The state of the launch whose code the page has still to exchange.
    pub fn pending(&self, page: &impl Page) -> Option<String> {
        page.recall(&self.pending).filter(|state| state != NONE)
    }

    /// Sets the launch whose code the page has still to exchange.
    pub fn set_pending(&self, page: &impl Page, state: &str) {
        page.remember(&self.pending, state);
    }

    /// The page has no code to exchange any more.
    pub fn clear_pending(&self, page: &impl Page) {
        if self.pending(page).is_some() {
            page.remember(&self.pending, NONE);
        }
    }
}

/// The folder of a redirect URI: the part before the last slash of its path.
pub(crate) fn folder(redirect_uri: &str) -> &str {
    let path = redirect_uri.split(['?', '#']).next().unwrap_or_default();
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_an_app_is_identified_by_the_folder_of_its_redirect_uri() {
        for redirect_uri in
            ["https://a.example/one/", "https://a.example/one/code", "https://a.example/one/x?next=/two/"]
        {
            assert_eq!(folder(redirect_uri), "https://a.example/one", "{redirect_uri}");
        }
        assert_eq!(folder("https://a.example/"), "https://a.example");
    }
}
