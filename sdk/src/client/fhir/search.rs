//! A search, read page by page. The next page is fetched while the caller processes the current one.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::client::FhirClient;
use super::options::{RequestOptions, set_headers};
use super::response::not_expected;
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::fhir::bundle::{Page, UniqueResources};
use crate::fhir::request::{FhirRequest, page_request};
use crate::platform::{Json, Platform};
use crate::protocol::http::Request;
use crate::protocol::url::Url;

type FetchedPage<P> = Option<Page<<P as Json>::Value>>;

/// The progress of a search. A page that is fetched in advance counts when it is returned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchProgress {
    /// The number of pages.
    pub pages: usize,
    /// The number of matches on them, including repeated ones that are left out.
    pub resources: usize,
    /// The total number of matches, if the server knows.
    pub total: Option<f64>,
    /// The size of the pages in bytes, without their content encoding.
    pub bytes: u64,
}

/// A search, read page by page. Cloning it gives another handle to the same search.
#[must_use = "nothing is sent before next_page"]
pub struct Search<P: Platform> {
    inner: Rc<Inner<P>>,
}

struct Inner<P: Platform> {
    client: Box<dyn FhirClient<P>>,
    options: RequestOptions,
    next: RefCell<Option<Result<Request, Failure>>>,
    visited: RefCell<Vec<Url>>,
    matches: RefCell<UniqueResources>,
    included: RefCell<UniqueResources>,
    /// How many resources may still be returned.
    left: Cell<usize>,
    ahead: RefCell<Option<SharedTask<FetchedPage<P>>>>,
    delivered: Cell<SearchProgress>,
}

impl<P: Platform> Clone for Search<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<P: Platform> Search<P> {
    /// A search of a session or a service. Nothing is sent yet.
    pub(crate) fn new(
        client: impl FhirClient<P> + 'static,
        request: &FhirRequest,
        options: RequestOptions,
    ) -> Result<Self, Failure> {
        let mut first = options.prepare(request, client.base(), || client.granted_scopes())?;
        first.counts_bytes = true;
        let inner = Inner {
            client: Box::new(client),
            options,
            next: RefCell::new(Some(Ok(first))),
            visited: RefCell::default(),
            matches: RefCell::default(),
            included: RefCell::default(),
            left: Cell::new(usize::MAX),
            ahead: RefCell::default(),
            delivered: Cell::default(),
        };
        Ok(Self { inner: Rc::new(inner) })
    }

    /// Limits the search to this number of resources: the last page is truncated, and no page after it is fetched.
    ///
    /// For an example, see [`Session::pages`](crate::Session::pages).
    pub fn limited_to(self, resources: usize) -> Self {
        self.inner.left.set(resources);
        self
    }

    /// Returns the next page; `None` after the last.
    ///
    /// For an example, see [`Session::search`](crate::Session::search).
    ///
    /// # Errors
    /// As [`Session::read`](crate::client::session::Session::read), and [`Error::PageCycle`] if a page
    /// links to an earlier one. After a transient error such as [`Error::Network`], the next call requests the same page.
    pub async fn next_page(&self) -> Result<FetchedPage<P>, Failure> {
        let page = self.inner.next().await?;
        if self.inner.has_more() {
            *self.inner.ahead.borrow_mut() = Some(self.inner.start_fetch());
        }
        page.iter().for_each(|page| self.inner.count(page));
        Ok(page)
    }

    /// The progress so far.
    ///
    /// For an example, see [`BackendClient::search`](crate::client::bulk::BackendClient::search).
    pub fn progress(&self) -> SearchProgress {
        self.inner.delivered.get()
    }
}

impl<P: Platform> Inner<P> {
    fn has_more(&self) -> bool {
        self.left.get() > 0 && self.next.borrow().is_some()
    }

    fn count(&self, page: &Page<P::Value>) {
        let before = self.delivered.get();
        self.delivered.set(SearchProgress {
            pages: before.pages + 1,
            resources: before.resources + page.resources.len() + page.repeated,
            total: page.total.or(before.total),
            bytes: before.bytes + page.bytes,
        });
    }

    /// The result of the running request, or of a new one. It is not lost if the caller stops waiting. Of several callers, one gets
    /// it.
    async fn next(self: &Rc<Self>) -> Result<FetchedPage<P>, Failure> {
        loop {
            let task = self.ahead.borrow_mut().get_or_insert_with(|| self.start_fetch()).clone();
            let outcome = task.clone().outcome().await;
            if self.ahead.borrow_mut().take_if(|ahead| ahead.is(&task)).is_some() {
                return outcome;
            }
        }
    }

    fn start_fetch(self: &Rc<Self>) -> SharedTask<FetchedPage<P>> {
        let inner = self.clone();
        SharedTask::spawn(self.client.platform(), Box::pin(async move { inner.fetch().await }))
    }

    async fn fetch(&self) -> Result<FetchedPage<P>, Failure> {
        if !self.has_more() {
            return Ok(None);
        }
        let Some(request) = self.next.borrow().clone().transpose()? else { return Ok(None) };
        let url = request.url.clone();
        let response = self.client.exchange(request, &self.options, &Page::is_page).await?;
        let page = response.resource.as_ref().and_then(Page::read);
        let mut page = page.ok_or_else(|| not_expected(response.status, &url, response.resource.as_ref()))?;
        page.bytes = response.bytes;
        self.remove_repeated(&mut page);
        self.visited.borrow_mut().push(url.clone());
        *self.next.borrow_mut() = page.next.as_ref().map(|link| self.follow(&url, link));
        page.resources.truncate(self.left.get());
        self.left.set(self.left.get() - page.resources.len());
        Ok(Some(page))
    }

    /// Removes resources of earlier pages: results may change between two requests, and some servers repeat them.
    fn remove_repeated(&self, page: &mut Page<P::Value>) {
        if page.is_history() {
            return;
        }
        let received = page.resources.len();
        page.resources.retain(|resource| self.matches.borrow_mut().is_new(resource));
        page.included.retain(|resource| self.included.borrow_mut().is_new(resource));
        page.repeated = received - page.resources.len();
    }

    fn follow(&self, page: &Url, link: &str) -> Result<Request, Failure> {
        let mut request = page_request(page, link)?;
        set_headers(&self.options.headers, &mut request)?;
        request.counts_bytes = true;
        if let Some(secure) = request.url.upgraded_to_https(self.client.base()) {
            self.client.on_insecure_link();
            request.url = secure;
        }
        if self.visited.borrow().contains(&request.url) { Err(Error::PageCycle.into()) } else { Ok(request) }
    }
}

impl<P: Platform> fmt::Debug for Search<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Search").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
