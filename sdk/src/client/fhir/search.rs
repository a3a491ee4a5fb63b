//! A search, read page by page, each fetched while the caller works on the one before.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::options::set_headers;
use super::response::not_expected;
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::fhir::bundle::{Page, Seen};
use crate::fhir::request::page_request;
use crate::fhir::response::FhirResponse;
use crate::platform::{Json, LocalFuture, Platform};
use crate::protocol::http::Request;
use crate::protocol::url::Url;

/// Sends a request with the token of a session or a service.
pub(super) type Exchange<V> = Box<dyn Fn(Request) -> LocalFuture<Result<FhirResponse<V>, Failure>>>;

/// What a server's links to its pages are held against, and what was found of them.
pub(crate) struct Links {
    /// The FHIR base.
    pub base: Url,
    /// Whether one had http in place of https.
    pub were_insecure: Rc<Cell<bool>>,
}

type FetchedPage<P> = Option<Page<<P as Json>::Value>>;

/// How far the reading of pages has come. A page that is fetched ahead counts when it is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SearchProgress {
    /// How many pages were delivered.
    pub pages: usize,
    /// How many matches were on them, also those that are not given because an earlier page had them.
    pub resources: usize,
    /// How many matches there are in all, where the server says.
    pub total: Option<f64>,
    /// How many bytes the pages have, without their content encoding.
    pub bytes: u64,
}

/// A search, read page by page. Cloning it gives another handle to the same search.
pub struct Search<P: Platform> {
    inner: Rc<Inner<P>>,
}

struct Inner<P: Platform> {
    platform: P,
    exchange: Exchange<<P as Json>::Value>,
    headers: Vec<(String, String)>,
    next: RefCell<Option<Result<Request, Failure>>>,
    links: Links,
    visited: RefCell<Vec<Url>>,
    matches: RefCell<Seen>,
    included: RefCell<Seen>,
    /// How many resources may still come.
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
    pub(crate) fn new(
        platform: P,
        exchange: Exchange<<P as Json>::Value>,
        links: Links,
        mut first: Request,
        headers: Vec<(String, String)>,
    ) -> Self {
        first.counts_bytes = true;
        Self {
            inner: Rc::new(Inner {
                platform,
                exchange,
                headers,
                next: RefCell::new(Some(Ok(first))),
                links,
                visited: RefCell::default(),
                matches: RefCell::default(),
                included: RefCell::default(),
                left: Cell::new(usize::MAX),
                ahead: RefCell::default(),
                delivered: Cell::default(),
            }),
        }
    }

    /// Ends the search after so many resources: what is left of the last page is cut off, and no page after it is fetched.
    pub fn limited_to(self, resources: usize) -> Self {
        self.inner.left.set(resources);
        self
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Session::read`](crate::client::session::Session::read), and [`Error::PageCycle`] where the pages point in a circle. After an error that may pass,
    /// such as [`Error::Network`], the same page can be asked for again.
    pub async fn next_page(&self) -> Result<FetchedPage<P>, Failure> {
        let page = self.inner.next().await?;
        if self.inner.has_more() {
            *self.inner.ahead.borrow_mut() = Some(self.inner.start_fetch());
        }
        page.iter().for_each(|page| self.inner.count(page));
        Ok(page)
    }

    /// How far it has come.
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

    /// The outcome of the request that is under way, or of a new one. It stays there until it has come, so that nothing is lost to a
    /// caller who goes away, and of several who wait for it one takes it.
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
        SharedTask::spawn(&self.platform, async move { inner.fetch().await })
    }

    async fn fetch(&self) -> Result<FetchedPage<P>, Failure> {
        if !self.has_more() {
            return Ok(None);
        }
        let Some(request) = self.next.borrow().clone().transpose()? else { return Ok(None) };
        let url = request.url.clone();
        let response = (self.exchange)(request).await?;
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

    /// Leaves out what earlier pages had: the results may have moved on between two pages, and some servers repeat.
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
        set_headers(&self.headers, &mut request)?;
        request.counts_bytes = true;
        if let Some(secure) = request.url.secured(&self.links.base) {
            self.links.were_insecure.set(true);
            request.url = secure;
        }
        if self.visited.borrow().contains(&request.url) { Err(Error::PageCycle.into()) } else { Ok(request) }
    }
}
