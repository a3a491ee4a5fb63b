//! The list of providers: it is fetched when a patient first uses the search, and searched in steps, so that the page stays responsive. A
//! search sends nothing.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::AbortSignal;
use smartrust::client::directory::RemoteDirectory;
use smartrust::client::server::diagnose;
use smartrust::fhir::directory::{DirectoryReader, SearchInSteps};
use smartrust::platform::{Navigator, Timer};
use smartrust::protocol::url::Url;
use smartrust::web::WebPlatform;
use smartrust::{Failure, ServerRecord};

use super::Launcher;
use super::browser::let_page_react;
use crate::config::{Entry, LauncherConfig};
use crate::model::clinics::address::{self, Outcome};
use crate::model::clinics::words::{ListState, coverage};
use crate::model::clinics::{Clinic, Found, SHOWN, Way, is_same_base};
use crate::place::on_host;

/// How many places are searched at once: a few milliseconds on a slow phone.
const PLACES_AT_ONCE: usize = 5_000;

/// How often an address that was entered waits for the list, in milliseconds. Loading it ends by a timeout at the latest.
const WAIT_FOR_LIST: u32 = 50;

/// The list, as far as it is loaded.
#[derive(Clone, Copy)]
pub struct List {
    remote: StoredValue<Option<Rc<RemoteDirectory<WebPlatform>>>, LocalStorage>,
    state: RwSignal<ListState>,
    failure: RwSignal<Option<Failure>>,
    is_loading: StoredValue<bool>,
    /// The number of the last search. A search ends when there is a newer one.
    search: StoredValue<usize>,
}

impl Default for List {
    fn default() -> Self {
        Self {
            remote: StoredValue::new_local(None),
            state: RwSignal::new(ListState::Loading),
            failure: RwSignal::new(None),
            is_loading: StoredValue::new(false),
            search: StoredValue::new(0),
        }
    }
}

impl Launcher {
    /// Whether patients search a list.
    pub fn has_directory(self) -> bool {
        self.config.with_value(|config| config.directory.is_some())
    }

    /// What is offered before a search.
    pub fn without_search(self) -> Found {
        let recent = self.recent.get_untracked();
        self.config.with_value(|config| Found::without_search(&recent, config))
    }

    /// The clinic that is chosen when the page opens: without a list the first of the configuration; with a list, the one that was used
    /// last, or the only one of the configuration.
    pub fn first_clinic(self) -> Option<Clinic> {
        let offered = self.without_search().clinics;
        let is_clear = !self.has_directory() || !self.recent.get_untracked().is_empty() || offered.len() == 1;
        offered.into_iter().next().filter(|_| is_clear)
    }

    /// The scopes of the first clinic, which are shown before one is chosen.
    pub fn usual_scope(self) -> String {
        self.config.with_value(|config| config.usual_scope().to_owned())
    }

    /// How much of the list is there. Tracks changes.
    pub fn list_state(self) -> ListState {
        self.list.state.get()
    }

    /// Why the list, or a part of it, could not be loaded. Tracks changes.
    pub fn list_failure(self) -> Option<Failure> {
        self.list.failure.get()
    }

    /// What the list covers; empty if it is not there.
    pub fn list_coverage(self) -> String {
        let remote = self.list.remote.get_value();
        remote.map(|remote| coverage(&remote.directory(), self.now())).unwrap_or_default()
    }

    /// Loads the list when a patient first uses it. A start page on which nobody searches does not fetch it.
    pub fn use_list(self) {
        if self.list.state.get_untracked() == ListState::Loading {
            self.load_list();
        }
    }

    /// Loads the list, unless it is there: first its brands, then its places. Call it again after a failure.
    pub fn load_list(self) {
        let Some(index) = self.config.with_value(|config| config.directory.as_ref().map(|list| list.index.clone()))
        else {
            return;
        };
        let List { remote, state, failure, is_loading, .. } = self.list;
        if is_loading.get_value() || state.get_untracked() == ListState::Complete {
            return;
        }
        is_loading.set_value(true);
        failure.set(None);
        if remote.get_value().is_none() {
            state.set(ListState::Loading);
        }
        spawn_local(async move {
            let reached = self.load_parts(&index).await.unwrap_or_else(|error| {
                failure.set(Some(error));
                if remote.with_value(Option::is_some) { ListState::WithoutPlaces } else { ListState::Failed }
            });
            is_loading.set_value(false);
            state.set(reached);
        });
    }

    async fn load_parts(self, index: &str) -> Result<ListState, Failure> {
        let List { remote, state, .. } = self.list;
        let list = match remote.get_value() {
            Some(list) => list,
            None => self.open_list(index).await?,
        };
        remote.set_value(Some(list.clone()));
        state.set(ListState::Brands);
        list.load_facilities(&AbortSignal::never()).await?;
        Ok(ListState::Complete)
    }

    async fn open_list(self, index: &str) -> Result<Rc<RemoteDirectory<WebPlatform>>, Failure> {
        let wrong = |_| crate::config::wrong("directory.index", "it is not a URL");
        let page = self.platform.with_value(Navigator::location).unwrap_or_default();
        let home =
            Url::parse(page.split(['?', '#']).next().unwrap_or_default()).and_then(|page| page.join(&on_host("/")));
        let url = home.and_then(|home| home.join(index)).map_err(wrong)?;
        let opened = RemoteDirectory::open(self.platform(), url, DirectoryReader::new(), &AbortSignal::never()).await?;
        Ok(Rc::new(opened))
    }

    /// Searches the list as it is now. `None` if another search has begun in the meantime.
    pub async fn search_list(self, words: &str) -> Option<Found> {
        let number = self.list.search.get_value() + 1;
        self.list.search.set_value(number);
        let remote = self.list.remote.get_value();
        let recent = self.recent.get_untracked();
        if words.trim().is_empty() {
            return Some(self.without_search());
        }
        let mut search = SearchInSteps::new(words);
        if let Some(remote) = &remote {
            while !search.step(&remote.directory(), PLACES_AT_ONCE) {
                let_page_react().await;
                if self.list.search.get_value() != number {
                    return None;
                }
            }
        }
        let directory = remote.as_ref().map(|remote| remote.directory());
        let directory = directory.as_deref();
        let matches = directory.map(|directory| search.finish(directory, SHOWN)).unwrap_or_default();
        Some(
            self.config
                .with_value(|config| Found::of_search(words, (&matches.0, matches.1), directory, &recent, config)),
        )
    }

    /// Looks up an address that a patient entered: it is a clinic of the list or the configuration, another FHIR server, or none.
    pub async fn check_address(self, text: &str) -> Outcome {
        let Some(url) = address::read(text) else { return Outcome::NotAnAddress };
        self.use_list();
        while self.list.state.get_untracked() == ListState::Loading {
            self.platform().sleep(WAIT_FOR_LIST).await;
        }
        if let Some(known) = self.known_clinic(&url) {
            return match known.is_set_up() {
                true => Outcome::Clinic(known),
                false => Outcome::NotSetUp { name: known.name, findings: Vec::new() },
            };
        }
        if !self.config.with_value(|config| config.directory.as_ref().is_none_or(|list| list.allows(&url))) {
            // The policy blocks the request, which would look like a server that cannot be reached.
            return Outcome::NotInList { host: url.host().to_owned() };
        }
        let record = ServerRecord::new(url.as_str(), "", "", "");
        match diagnose(&self.platform(), &record).await {
            Ok(findings) => Outcome::of_findings(&url, findings, self.registered_clinic(&url)),
            Err(_) => Outcome::NotAnAddress,
        }
    }

    /// The clinic with this FHIR base, or with a portal on this host.
    fn known_clinic(self, url: &Url) -> Option<Clinic> {
        let configured = self.choices().into_iter().find(|choice| is_same_base(&choice.fhir_base, url.as_str()));
        if let Some(choice) = configured {
            return Some(Clinic::configured(&choice));
        }
        let remote = self.list.remote.get_value()?;
        let directory = remote.directory();
        let brand = directory.find_by_url(url)?;
        Some(self.config.with_value(|config| Clinic::of_brand(brand, &directory, config)))
    }

    /// The clinic with a FHIR base that a pattern of the configuration matches.
    fn registered_clinic(self, url: &Url) -> Option<Clinic> {
        let of_config = |config: &LauncherConfig| {
            let directory = config.directory.as_ref()?;
            let matches = directory.client(url, None)?.matches.clone();
            let name = url.host().to_owned();
            let entry = Entry { base: url.as_str().to_owned(), name: name.clone(), place: String::new(), matches };
            let choice = directory.choice(&entry)?;
            let way = Way { portal: None, description: None, choice, entry: Some(entry) };
            Some(Clinic { name, lines: Vec::new(), ways: vec![way] })
        };
        self.config.with_value(of_config)
    }
}
