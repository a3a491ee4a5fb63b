//! Which of the stored sessions a page shows. Pages share stores, so this is remembered for each page by itself, and for each app.

use crate::platform::{Page, Store};

/// The names by which a page remembers its session of one app.
pub(crate) struct Current {
    current: String,
    pending: String,
}

/// What a page remembers in place of an id where it shows no session any more.
const NONE: &str = "";

/// The same, for a page that would otherwise take the only session of a store that all tabs share.
const NONE_OF_STORE: &str = "none";

impl Current {
    /// The names of an app, of which each server knows a client id and a redirect URI. It is known by its client ids and by the folders of its redirect URIs, so that two apps of one origin
    /// under different paths are told apart.
    pub fn of<'a>(clients: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let name = |(client_id, redirect_uri)| format!("{client_id} {}", folder(redirect_uri));
        let mut names: Vec<String> = clients.map(name).collect();
        names.sort_unstable();
        names.dedup();
        let app = names.join(" ");
        Self { current: format!("smartrust.current.{app}"), pending: format!("smartrust.waiting.{app}") }
    }

    /// The id of the session that the page shows: [`None`] where it never showed one, and `Some(None)` where it shows none any more.
    pub fn id(&self, page: &impl Page) -> Option<Option<String>> {
        page.recall(&self.current).map(|id| Some(id).filter(|id| id != NONE && id != NONE_OF_STORE))
    }

    /// Whether the page shows the session of this id.
    pub fn is(&self, page: &impl Page, id: &str) -> bool {
        self.id(page).flatten().as_deref() == Some(id)
    }

    /// Makes the session of an id the one that the page shows, whether or not it exists yet.
    pub fn set(&self, page: &impl Page, id: &str) {
        page.remember(&self.current, id);
        self.clear_pending(page);
    }

    /// Notes that the session of an id has ended: where the page showed it, it shows none.
    pub fn unset(&self, page: &(impl Page + Store), id: &str) {
        if self.is(page, id) {
            page.remember(&self.current, if page.is_shared_by_tabs() { NONE_OF_STORE } else { NONE });
        }
    }

    /// The state of the launch whose code the page has yet to exchange.
    pub fn pending(&self, page: &impl Page) -> Option<String> {
        page.recall(&self.pending).filter(|state| state != NONE)
    }

    /// Notes that the page has yet to exchange the code of a launch.
    pub fn set_pending(&self, page: &impl Page, state: &str) {
        page.remember(&self.pending, state);
    }

    /// Notes that the page has no code to exchange.
    pub fn clear_pending(&self, page: &impl Page) {
        if self.pending(page).is_some() {
            page.remember(&self.pending, NONE);
        }
    }
}

/// The folder of a redirect URI: what stands before the last slash of its path.
pub(crate) fn folder(redirect_uri: &str) -> &str {
    let path = redirect_uri.split(['?', '#']).next().unwrap_or_default();
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_an_app_is_known_by_the_folder_of_its_redirect_uri() {
        for redirect_uri in
            ["https://a.example/one/", "https://a.example/one/code", "https://a.example/one/x?next=/two/"]
        {
            assert_eq!(folder(redirect_uri), "https://a.example/one", "{redirect_uri}");
        }
        assert_eq!(folder("https://a.example/"), "https://a.example");
    }
}
