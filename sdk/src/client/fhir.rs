//! FHIR requests of a session. Every one passes the guard.

use super::redirect::{Bearer, send_with_token};
use super::search::{Links, Search};
use super::session::Session;
use super::side_by_side::Work;
use super::transport::Answer;
use crate::abort::AbortSignal;
use crate::error::{Error, Failure, FhirError};
use crate::fhir::bundle::Page;
use crate::fhir::outcome::OperationOutcome;
use crate::fhir::request::FhirRequest;
use crate::fhir::response::FhirResponse;
use crate::fhir::retry::{Tries, is_repeatable};
use crate::platform::{Body, Entropy, Json, JsonView, LocalFuture, Platform};
use crate::protocol::http::Request;
use crate::protocol::plain_text::said;
use crate::protocol::redaction::Secrets;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

pub(super) type Value<P> = <P as Json>::Value;

/// How long an access token is taken to live where that is not known, in seconds.
const USUAL_LIFETIME: f64 = 3600.0;

/// How requests are made.
#[derive(Clone, Default)]
pub struct RequestOptions {
    /// Stops the request, and every one that follows from it, such as a search's pages.
    pub abort: AbortSignal,
    /// Headers to add, each a name and a value. They stay through all pages of a search.
    pub headers: Vec<(String, String)>,
    /// When a request is tried again.
    pub retries: Retries,
    /// Whether what the granted scopes do not allow fails before anything is sent, with [`Error::NotGranted`].
    pub check_scopes: bool,
    /// Whether the host's HTTP cache may be used.
    pub cache: Cache,
}

/// Whether the host's HTTP cache may answer a request with a token, and keep the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    /// It may not: the response is what the server says now.
    #[default]
    NoStore,
    /// It may, as the response's headers say, and by heuristics where they say nothing (RFC 9111 section 4.2.2). What it keeps may be
    /// stale, outlives the session, and is given to the next user of the same browser: for what is the same for everybody and
    /// always, such as a ValueSet.
    Default,
}

/// When a request is tried again: after network errors, 408, 502, 503 and 504 up to twice, within two seconds; where the server
/// says how long to wait after 408, 429 and 503, up to three times within a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retries {
    /// Where it does no more when it arrives twice: a read, a search, an update or delete without a condition.
    #[default]
    WhenSafe,
    /// Always. For a POST that only reads, such as `Patient/$match`.
    Always,
    /// Never.
    Never,
}

impl From<&AbortSignal> for RequestOptions {
    fn from(abort: &AbortSignal) -> Self {
        Self { abort: abort.clone(), ..Self::default() }
    }
}

impl RequestOptions {
    /// A request as it is sent, unless the granted scopes do not allow it and the options ask for the check.
    pub(super) fn prepare(
        &self,
        request: &FhirRequest,
        fhir_base: &Url,
        granted: impl FnOnce() -> ScopeSet,
    ) -> Result<Request, Failure> {
        let mut prepared = request.build(fhir_base)?;
        put_headers(&self.headers, &mut prepared)?;
        if self.check_scopes
            && let Some((kind, permission)) = request.permission()
            && !granted().allows_part_of(kind, permission)
        {
            return Err(Error::NotGranted { resource_type: kind.into() }.into());
        }
        Ok(prepared)
    }

    /// Whether a request that may have arrived may be sent again.
    fn may_repeat(&self, request: &Request) -> bool {
        match self.retries {
            Retries::WhenSafe => is_repeatable(request),
            Retries::Always => true,
            Retries::Never => false,
        }
    }

    /// Waits until a request that failed may be sent again.
    ///
    /// # Errors
    /// The failure itself, where it may not.
    pub(super) async fn wait_to_retry<P: Platform>(
        &self,
        platform: &P,
        request: &Request,
        tries: &mut Tries,
        failure: Failure,
    ) -> Result<(), Failure> {
        let wait = if self.may_repeat(request) { tries.wait(&failure, platform.now(), chance(platform)) } else { None };
        let seconds = wait.ok_or(failure)?;
        let pause = async {
            platform.sleep((seconds * 1000.0) as u32).await;
            Ok(())
        };
        unless_aborted(&self.abort, pause).await
    }
}

/// A random number from 0 to 1; 0 where the host has none to give.
pub(super) fn chance(platform: &impl Entropy) -> f64 {
    let mut byte = [0];
    let drawn = platform.fill(&mut byte);
    drawn.map_or(0.0, |()| f64::from(byte[0]) / 255.0)
}

/// Adds the app's headers.
pub(super) fn put_headers(headers: &[(String, String)], request: &mut Request) -> Result<(), Failure> {
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("Authorization") {
            return Err(Error::ReservedParameter { name: name.as_str().into() }.into());
        }
        if !request.set_header(name, value) {
            return Err(Error::configuration(&["headers.", name].concat(), "it cannot be a header"));
        }
    }
    Ok(())
}

impl<P: Platform> Session<P> {
    /// Reads a resource by its reference, such as `Patient/1`. For the options an [`AbortSignal`] alone will do.
    ///
    /// # Errors
    /// [`Error::Reference`], [`Error::ForeignUrl`] for a reference outside the FHIR server, [`Error::Fhir`],
    /// [`Error::Network`], [`Error::SessionExpired`], [`Error::ReservedParameter`] for a header that is not the app's to set.
    pub async fn read(&self, reference: &str, options: impl Into<RequestOptions>) -> Result<Value<P>, Failure> {
        let response = self.request(&FhirRequest::read(reference), options).await?;
        response.resource.ok_or_else(|| not_json(response.status, self.inner.guard.base()))
    }

    /// Reads a resource as a type of the caller's own.
    ///
    /// # Errors
    /// As [`Session::read`], and [`Error::Shape`] where the resource does not have the type's shape.
    #[cfg(feature = "serde")]
    pub async fn read_as<T: serde::de::DeserializeOwned>(
        &self,
        reference: &str,
        options: impl Into<RequestOptions>,
    ) -> Result<T, Failure> {
        crate::fhir::typed::typed(&self.read(reference, options).await?)
    }

    /// Sends any FHIR request.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// use smartrust::client::fhir::RequestOptions;
    /// use smartrust::fhir::request::{FhirRequest, Interaction, Return};
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let options = RequestOptions::default;
    /// let patient = session.request(&FhirRequest::read("Patient/1"), options()).await?;
    /// let patch = r#"[{"op": "replace", "path": "/active", "value": false}]"#;
    /// let change = FhirRequest::new(Interaction::Patch, "Patient/1").body(patch).if_match(patient.version()?);
    /// let changed = session.request(&change.prefer(Return::Representation), options()).await?;
    /// assert!(changed.resource.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::read`], and [`Error::NotGranted`] where the options ask for it.
    pub async fn request(
        &self,
        request: &FhirRequest,
        options: impl Into<RequestOptions>,
    ) -> Result<FhirResponse<Value<P>>, Failure> {
        self.request_by(request, options.into()).await
    }

    async fn request_by(
        &self,
        request: &FhirRequest,
        options: RequestOptions,
    ) -> Result<FhirResponse<Value<P>>, Failure> {
        let prepared = self.prepare(request, &options)?;
        self.exchange(prepared, &options, |resource| request.is_answered_by(resource)).await
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
        self.pages(&FhirRequest::search(resource_type, parameters), options)
    }

    /// Sends a request that a Bundle answers, such as a search, a history or `Patient/1/$everything`, and follows its pages
    /// as [`Session::search`] does.
    ///
    /// # Errors
    /// As [`Session::search`], and [`Error::NotGranted`] where the options ask for it.
    pub fn pages(&self, request: &FhirRequest, options: impl Into<RequestOptions>) -> Result<Search<P>, Failure> {
        let options = options.into();
        let first = self.prepare(request, &options)?;
        let (session, how) = (self.clone(), options.clone());
        let exchange = move |request: Request| -> LocalFuture<_> {
            let (session, how) = (session.clone(), how.clone());
            Box::pin(async move { session.exchange(request, &how, Page::is_page).await })
        };
        let links = Links { base: self.inner.guard.base().clone(), were_insecure: self.inner.insecure_links.clone() };
        Ok(Search::new(self.inner.platform.clone(), Box::new(exchange), links, first, options.headers))
    }

    fn prepare(&self, request: &FhirRequest, options: &RequestOptions) -> Result<Request, Failure> {
        options.prepare(request, self.inner.guard.base(), || self.scopes().granted)
    }

    /// Sends a request with the session's token: once more with a fresh token where the server calls it dead, and again
    /// after a while where that may help. `is_expected` says which resource a response of success may bring.
    pub(super) async fn exchange(
        &self,
        request: Request,
        options: &RequestOptions,
        is_expected: impl Fn(Option<&Value<P>>) -> bool,
    ) -> Result<FhirResponse<Value<P>>, Failure> {
        let attempt = async |request: &Request, bearer: Bearer<'_>| {
            let answer = send_with_token(&self.inner.platform, request, bearer, &options.abort).await?;
            read_answer(*answer, &request.url, &is_expected)
        };
        self.exchange_by(request, options, attempt).await
    }

    /// As [`Self::exchange`], with a way of its own to send the request and to read the response.
    pub(super) async fn exchange_by<T>(
        &self,
        mut request: Request,
        options: &RequestOptions,
        attempt: impl AsyncFn(&Request, Bearer<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let abort = &options.abort;
        request.may_be_cached = options.cache == Cache::Default;
        let mut tries = Tries::default();
        let mut is_refreshed = false;
        loop {
            unless_aborted(abort, async { self.access_token().await.map(|_| ()) }).await?;
            let token = self.inner.record.borrow().access_token.clone();
            let failure = match attempt(&request, Bearer { token: &token, guard: &self.inner.guard }).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure.without(&Secrets::of_token(&token)),
            };
            if failure.status() == Some(401) && self.can_refresh() && !is_refreshed {
                is_refreshed = true;
                // Somebody else may have replaced the dead token meanwhile.
                if self.inner.record.borrow().access_token == token {
                    unless_aborted(abort, self.replace_token()).await?;
                }
                continue;
            }
            if matches!(*failure, Error::Network { .. }) && !is_refreshed && self.may_be_dead(&token) {
                is_refreshed = true;
                if self.renew(&token, abort).await? && options.may_repeat(&request) {
                    continue;
                }
            }
            options.wait_to_retry(&self.inner.platform, &request, &mut tries, failure).await?;
        }
    }
}

impl<P: Platform> Session<P> {
    /// Whether a response that could not be read may be a 401 without CORS headers: another token can be had, and this one is past half
    /// its life, or nobody said how long it lives.
    fn may_be_dead(&self, token: &AccessToken) -> bool {
        let record = self.inner.record.borrow();
        let Some(expires_at) = record.expires_at else { return self.can_refresh() };
        let half = record.lifetime.unwrap_or(USUAL_LIFETIME) / 2.0;
        self.can_refresh() && (record.access_token != *token || self.inner.platform.now() + half >= expires_at)
    }

    /// Gets another token in place of one that may be dead. `false` where that cannot be had now and the session stands.
    async fn renew(&self, token: &AccessToken, abort: &AbortSignal) -> Result<bool, Failure> {
        if self.inner.record.borrow().access_token != *token {
            return Ok(true);
        }
        match unless_aborted(abort, self.replace_token()).await {
            Err(failure) if abort.is_aborted() || !self.is_active() => Err(failure),
            outcome => Ok(outcome.is_ok()),
        }
    }
}

/// Waits for work unless the caller calls it off. What the work began, such as a refresh, goes on elsewhere.
pub(super) fn unless_aborted<'a, T: 'a>(
    abort: &'a AbortSignal,
    work: impl Future<Output = Result<T, Failure>> + 'a,
) -> impl Future<Output = Result<T, Failure>> + 'a {
    // Boxed, so that the waiting is compiled once for each outcome and not for each work.
    boxed_unless_aborted(abort, Box::pin(work))
}

async fn boxed_unless_aborted<T>(abort: &AbortSignal, work: Work<'_, Result<T, Failure>>) -> Result<T, Failure> {
    if abort.is_aborted() {
        return Err(Error::Aborted.into());
    }
    abort.unless_fired(work).await.unwrap_or_else(|| Err(Error::Aborted.into()))
}

/// Reads a response. One of success that brings another resource than is expected is an error, without the secrets of the request.
pub(super) fn read_answer<V: JsonView>(
    answer: Answer<V>,
    url: &Url,
    is_expected: impl Fn(Option<&V>) -> bool,
) -> Result<FhirResponse<V>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(fhir_error(answer, url));
    }
    let Answer { status, etag, location, last_modified, bytes, body, secrets, .. } = answer;
    let resource = match body {
        Body::Json(resource) => Some(resource),
        Body::Text(_) => return Err(not_json(status, url)),
        Body::Empty => None,
    };
    if !is_expected(resource.as_ref()) {
        return Err(not_expected(status, url, resource.as_ref()).without(&secrets));
    }
    Ok(FhirResponse { status, etag, location, last_modified, resource, bytes })
}

/// What an error status says, without the secrets of the request.
pub(super) fn fhir_error<V: JsonView>(answer: Answer<V>, url: &Url) -> Failure {
    let operation_outcome = match &answer.body {
        Body::Json(resource) => OperationOutcome::read(resource),
        _ => None,
    };
    let failure: Failure = Error::Fhir(Box::new(FhirError {
        status: answer.status,
        host: url.host().to_owned(),
        text: if operation_outcome.is_some() { None } else { said(&answer.body) },
        operation_outcome,
        retry_after: answer.retry_after,
        etag: answer.etag,
    }))
    .into();
    failure.without(&answer.secrets)
}

/// Why a response of success cannot be used: what the server says of it in an OperationOutcome, else that it is no JSON.
pub(super) fn not_expected<V: JsonView>(status: u16, url: &Url, resource: Option<&V>) -> Failure {
    match resource.and_then(OperationOutcome::read) {
        Some(outcome) => refusal(status, url.host(), outcome),
        None => not_json(status, url),
    }
}

/// The error of an OperationOutcome that came with a status of success.
pub(crate) fn refusal(status: u16, host: &str, outcome: OperationOutcome) -> Failure {
    let (host, operation_outcome) = (host.to_owned(), Some(outcome));
    Error::Fhir(Box::new(FhirError { status, host, operation_outcome, text: None, retry_after: None, etag: None }))
        .into()
}

pub(super) fn not_json(status: u16, url: &Url) -> Failure {
    Error::NotJson { status, host: url.host().into() }.into()
}
