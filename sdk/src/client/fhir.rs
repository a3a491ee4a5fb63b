//! FHIR requests of a session. Every one passes the guard.

use futures_util::future::{Either, select};

use super::session::Session;
use super::transport::{Answer, REQUEST_TIMEOUT, send};
use crate::abort::AbortSignal;
use crate::error::{Error, Failure, FhirError};
use crate::fhir::bundle::Page;
use crate::fhir::outcome::OperationOutcome;
use crate::fhir::request::{page_request, read_request, search_request};
use crate::platform::{Body, Json, Platform};
use crate::protocol::http::Request;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

type Value<P> = <P as Json>::Value;

impl<P: Platform> Session<P> {
    /// Reads a resource by its reference, such as `Patient/1`.
    ///
    /// # Errors
    /// [`Error::Reference`], [`Error::ForeignUrl`] for a reference outside the FHIR server, [`Error::Fhir`],
    /// [`Error::Network`], [`Error::SessionExpired`].
    pub async fn read(&self, reference: &str, abort: &AbortSignal) -> Result<Value<P>, Failure> {
        self.fetch(read_request(self.inner.guard.base(), reference)?, abort).await
    }

    /// Searches for resources of a type, page by page. Nothing is sent before the first page is asked for.
    ///
    /// # Errors
    /// [`Error::Reference`] where the type's name is not one.
    pub fn search(&self, resource_type: &str, parameters: &[(String, String)]) -> Result<Search<P>, Failure> {
        let first = search_request(self.inner.guard.base(), resource_type, parameters)?;
        Ok(Search { session: self.clone(), next: Some(Ok(first)), seen: Vec::new() })
    }

    /// Sends a request with the session's token, once more with a fresh token where the server calls it dead.
    async fn fetch(&self, request: Request, abort: &AbortSignal) -> Result<Value<P>, Failure> {
        let token = unless_aborted(abort, self.access_token()).await?;
        let mut answer = self.send_with(&token, &request, abort).await?;
        if answer.status == 401 && self.can_refresh() {
            self.replace_token(&token, abort).await?;
            let token = self.inner.record.borrow().access_token.clone();
            answer = self.send_with(&token, &request, abort).await?;
        }
        read_answer(answer, &request.url)
    }

    async fn send_with(
        &self,
        token: &AccessToken,
        request: &Request,
        abort: &AbortSignal,
    ) -> Result<Answer<Value<P>>, Failure> {
        let mut request = request.clone();
        let authorized = self.inner.guard.authorize(&mut request, token);
        authorized.map_err(|_| Error::ForeignUrl { origin: request.url.origin().into() })?;
        send(&self.inner.platform, &request, REQUEST_TIMEOUT, abort).await
    }

    /// Refreshes, unless the dead token has been replaced meanwhile.
    async fn replace_token(&self, dead: &AccessToken, abort: &AbortSignal) -> Result<(), Failure> {
        let is_current = self.inner.record.borrow().access_token == *dead;
        if is_current { unless_aborted(abort, self.refresh()).await } else { Ok(()) }
    }
}

/// A search, read page by page.
#[derive(Clone)]
pub struct Search<P: Platform> {
    session: Session<P>,
    next: Option<Result<Request, Failure>>,
    seen: Vec<Url>,
}

impl<P: Platform> Search<P> {
    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As [`Session::read`], and [`Error::PageCycle`] where the pages point in a circle. After an error that may pass,
    /// such as [`Error::Network`], the same page can be asked for again.
    pub async fn next_page(&mut self, abort: &AbortSignal) -> Result<Option<Page<Value<P>>>, Failure> {
        let Some(request) = self.next.clone().transpose()? else { return Ok(None) };
        let resource = self.session.fetch(request.clone(), abort).await?;
        let page = Page::read(&resource).ok_or_else(|| not_json(200, &request.url))?;
        self.seen.push(request.url.clone());
        self.next = page.next.as_ref().map(|link| self.follow(&request.url, link));
        Ok(Some(page))
    }

    fn follow(&self, page: &Url, link: &str) -> Result<Request, Failure> {
        let request = page_request(page, link)?;
        if self.seen.contains(&request.url) { Err(Error::PageCycle.into()) } else { Ok(request) }
    }
}

/// Waits for a future unless the caller calls it off. The future's own work, such as a refresh, goes on elsewhere.
async fn unless_aborted<T>(abort: &AbortSignal, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match select(Box::pin(work), abort.aborted()).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(Error::Aborted.into()),
    }
}

fn read_answer<V: crate::platform::JsonView>(answer: Answer<V>, url: &Url) -> Result<V, Failure> {
    let is_success = (200..300).contains(&answer.status);
    match answer.body {
        Body::Json(resource) if is_success => Ok(resource),
        _ if is_success => Err(not_json(answer.status, url)),
        body => Err(Error::Fhir(Box::new(FhirError {
            status: answer.status,
            host: url.host().to_owned(),
            operation_outcome: match &body {
                Body::Json(resource) => OperationOutcome::read(resource),
                _ => None,
            },
            retry_after: answer.retry_after,
        }))
        .into()),
    }
}

fn not_json(status: u16, url: &Url) -> Failure {
    Error::NotJson { status, host: url.host().into() }.into()
}
