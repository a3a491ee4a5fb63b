//! FHIR requests of a session. Every one passes the guard.

use futures_util::future::{Either, select};

use super::search::Search;
use super::session::Session;
use super::transport::{Answer, REQUEST_TIMEOUT, send};
use crate::abort::AbortSignal;
use crate::error::{Error, Failure, FhirError};
use crate::fhir::outcome::OperationOutcome;
use crate::fhir::request::{read_request, search_request};
use crate::platform::{Body, Json, Platform};
use crate::protocol::http::Request;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

type Value<P> = <P as Json>::Value;

/// How requests are made.
#[derive(Clone, Default)]
pub struct RequestOptions {
    /// Stops the request, and every one that follows from it, such as a search's pages.
    pub abort: AbortSignal,
    /// Headers to add, each a name and a value. They stay through all pages of a search.
    pub headers: Vec<(String, String)>,
}

impl From<&AbortSignal> for RequestOptions {
    fn from(abort: &AbortSignal) -> Self {
        Self { abort: abort.clone(), headers: Vec::new() }
    }
}

impl RequestOptions {
    pub(super) fn put_on(&self, request: &mut Request) -> Result<(), Failure> {
        for (name, value) in &self.headers {
            if name.eq_ignore_ascii_case("Authorization") {
                return Err(Error::ReservedParameter { name: name.as_str().into() }.into());
            }
            if !request.set_header(name, value) {
                return Err(Error::configuration(&["headers.", name].concat(), "it cannot be a header"));
            }
        }
        Ok(())
    }
}

impl<P: Platform> Session<P> {
    /// Reads a resource by its reference, such as `Patient/1`. For the options an [`AbortSignal`] alone will do.
    ///
    /// # Errors
    /// [`Error::Reference`], [`Error::ForeignUrl`] for a reference outside the FHIR server, [`Error::Fhir`],
    /// [`Error::Network`], [`Error::SessionExpired`], [`Error::ReservedParameter`] for a header that is not the app's to set.
    pub async fn read(&self, reference: &str, options: impl Into<RequestOptions>) -> Result<Value<P>, Failure> {
        let options = options.into();
        let mut request = read_request(self.inner.guard.base(), reference)?;
        options.put_on(&mut request)?;
        self.fetch(request, &options.abort).await
    }

    /// Searches for resources of a type, page by page. Nothing is sent before the first page is asked for; from then on
    /// each next page is fetched while the caller works on the one before.
    ///
    /// # Errors
    /// [`Error::Reference`] where the type's name is not one, [`Error::ReservedParameter`] for a header that is not the
    /// app's to set.
    pub fn search(
        &self,
        resource_type: &str,
        parameters: &[(String, String)],
        options: impl Into<RequestOptions>,
    ) -> Result<Search<P>, Failure> {
        let options = options.into();
        let mut first = search_request(self.inner.guard.base(), resource_type, parameters)?;
        options.put_on(&mut first)?;
        Ok(Search::new(self.clone(), first, options))
    }

    /// Sends a request with the session's token, once more with a fresh token where the server calls it dead.
    pub(super) async fn fetch(&self, request: Request, abort: &AbortSignal) -> Result<Value<P>, Failure> {
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

/// Waits for a future unless the caller calls it off. The future's own work, such as a refresh, goes on elsewhere.
pub(super) async fn unless_aborted<T>(
    abort: &AbortSignal,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
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
        body => Err(fhir_error(Answer { body, ..answer }, url)),
    }
}

/// What an error status says.
pub(super) fn fhir_error<V: crate::platform::JsonView>(answer: Answer<V>, url: &Url) -> Failure {
    Error::Fhir(Box::new(FhirError {
        status: answer.status,
        host: url.host().to_owned(),
        operation_outcome: match &answer.body {
            Body::Json(resource) => OperationOutcome::read(resource),
            _ => None,
        },
        retry_after: answer.retry_after,
        etag: answer.etag,
    }))
    .into()
}

pub(super) fn not_json(status: u16, url: &Url) -> Failure {
    Error::NotJson { status, host: url.host().into() }.into()
}
