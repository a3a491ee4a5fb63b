//! Options of FHIR requests: headers, retries, caching, and the abort signal.

use std::fmt;

use derive_setters::Setters;

use crate::abort::AbortSignal;
use crate::client::server::transport::random_fraction;
use crate::client::tasks::join::LocalWork;
use crate::error::{Error, Failure};
use crate::fhir::request::FhirRequest;
use crate::fhir::retry::{RetryDelays, is_repeatable};
use crate::platform::Platform;
use crate::protocol::http::Request;
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

/// Options of FHIR requests. An [`AbortSignal`] converts to options.
///
/// ```
/// use smartrust::client::fhir::{RequestOptions, Retries};
///
/// let options = RequestOptions::default().header("Accept-Language", "de").retries(Retries::Never);
/// assert_eq!(options.headers.len(), 1);
/// ```
#[derive(Clone, Default, Setters)]
#[non_exhaustive]
pub struct RequestOptions {
    /// Aborts the request, and those that follow from it, such as the pages of a search.
    #[setters(skip)]
    pub abort: AbortSignal,
    /// Further headers, each a name and a value. All pages of a search are requested with them.
    #[setters(skip)]
    pub headers: Vec<(String, String)>,
    /// Which requests are repeated after transient errors.
    pub retries: Retries,
    /// Whether a request that the granted scopes do not allow fails with [`Error::NotGranted`] before it is sent.
    pub check_scopes: bool,
    /// Whether the host's HTTP cache may be used.
    pub cache: Cache,
}

/// Whether the host's HTTP cache may be used for requests with a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cache {
    /// It may not, so each response comes from the server.
    #[default]
    NoStore,
    /// It may, as the headers of the response permit, or by heuristics without such headers (RFC 9111 section 4.2.2). A cached response
    /// may be stale, outlives the session, and is visible to the next user of the browser. Use it for data that is the same for all
    /// users, such as a ValueSet.
    Default,
}

/// Which requests are repeated: after network errors, 408, 502, 503 and 504 up to twice within two seconds; after 408, 429 and 503 with
/// `Retry-After` up to three times within a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retries {
    /// Idempotent requests: a read, a search, an update or delete without a condition.
    #[default]
    WhenSafe,
    /// All requests. For a POST that only reads, such as `Patient/$match`.
    Always,
    /// None.
    Never,
}

impl From<&AbortSignal> for RequestOptions {
    fn from(abort: &AbortSignal) -> Self {
        Self { abort: abort.clone(), ..Self::default() }
    }
}

impl fmt::Debug for RequestOptions {
    /// Leaves out the values of headers, which may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("RequestOptions")
            .field("headers", &headers)
            .field("retries", &self.retries)
            .field("check_scopes", &self.check_scopes)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl RequestOptions {
    /// Sets [`Self::abort`].
    #[must_use]
    pub fn abort(mut self, abort: &AbortSignal) -> Self {
        self.abort = abort.clone();
        self
    }

    /// Adds a header to [`Self::headers`].
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Builds a request with these options, and checks the granted scopes if the options enable that.
    pub(crate) fn prepare(
        &self,
        request: &FhirRequest,
        fhir_base: &Url,
        granted: impl FnOnce() -> ScopeSet,
    ) -> Result<Request, Failure> {
        let mut prepared = request.build(fhir_base)?;
        set_headers(&self.headers, &mut prepared)?;
        if self.check_scopes
            && let Some((kind, permission)) = request.permission()
            && !granted().allows_part_of(kind, permission)
        {
            return Err(Error::NotGranted { resource_type: kind.into() }.into());
        }
        Ok(prepared)
    }

    /// Whether a request may be sent again even if the server has already received it.
    pub(crate) fn may_repeat(&self, request: &Request) -> bool {
        match self.retries {
            Retries::WhenSafe => is_repeatable(request),
            Retries::Always => true,
            Retries::Never => false,
        }
    }

    /// Waits until a failed request may be sent again.
    ///
    /// # Errors
    /// The failure itself, if it may not be sent again.
    pub(crate) async fn wait_to_retry<P: Platform>(
        &self,
        platform: &P,
        request: &Request,
        tries: &mut RetryDelays,
        failure: Failure,
    ) -> Result<(), Failure> {
        let wait = if self.may_repeat(request) {
            tries.next_delay(&failure, platform.now(), random_fraction(platform))
        } else {
            None
        };
        let seconds = wait.ok_or(failure)?;
        let pause = async {
            platform.sleep((seconds * 1000.0) as u32).await;
            Ok(())
        };
        unless_aborted(&self.abort, pause).await
    }
}

/// Adds the app's headers.
pub(crate) fn set_headers(headers: &[(String, String)], request: &mut Request) -> Result<(), Failure> {
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("Authorization") {
            return Err(Error::ReservedParameter { name: name.as_str().into() }.into());
        }
        if !request.set_header(name, value) {
            return Err(Error::configuration(&["headers.", name].concat(), "it is not valid in a header"));
        }
    }
    Ok(())
}

/// Waits for a future unless the caller aborts. Tasks that it spawned, such as a refresh, continue.
pub(crate) fn unless_aborted<'a, T: 'a>(
    abort: &'a AbortSignal,
    work: impl Future<Output = Result<T, Failure>> + 'a,
) -> impl Future<Output = Result<T, Failure>> + 'a {
    // Boxed, so that the rest is compiled once for each type of result.
    boxed_unless_aborted(abort, Box::pin(work))
}

async fn boxed_unless_aborted<T>(abort: &AbortSignal, work: LocalWork<'_, Result<T, Failure>>) -> Result<T, Failure> {
    abort.unless_aborted(work).await.unwrap_or_else(|| Err(Error::Aborted.into()))
}
