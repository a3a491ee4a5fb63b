//! How FHIR requests are made: headers, retries, caching, and when they are given up.

use crate::abort::AbortSignal;
use crate::client::server::transport::random_fraction;
use crate::client::tasks::join::LocalWork;
use crate::error::{Error, Failure};
use crate::fhir::request::FhirRequest;
use crate::fhir::retry::{Tries, is_repeatable};
use crate::platform::Platform;
use crate::protocol::http::Request;
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

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

    /// Whether a request that may have arrived may be sent again.
    pub(crate) fn may_repeat(&self, request: &Request) -> bool {
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
    pub(crate) async fn wait_to_retry<P: Platform>(
        &self,
        platform: &P,
        request: &Request,
        tries: &mut Tries,
        failure: Failure,
    ) -> Result<(), Failure> {
        let wait = if self.may_repeat(request) {
            tries.wait(&failure, platform.now(), random_fraction(platform))
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
            return Err(Error::configuration(&["headers.", name].concat(), "it cannot be a header"));
        }
    }
    Ok(())
}

/// Waits for work unless the caller calls it off. What the work began, such as a refresh, goes on elsewhere.
pub(crate) fn unless_aborted<'a, T: 'a>(
    abort: &'a AbortSignal,
    work: impl Future<Output = Result<T, Failure>> + 'a,
) -> impl Future<Output = Result<T, Failure>> + 'a {
    // Boxed, so that the waiting is compiled once for each outcome and not for each work.
    boxed_unless_aborted(abort, Box::pin(work))
}

async fn boxed_unless_aborted<T>(abort: &AbortSignal, work: LocalWork<'_, Result<T, Failure>>) -> Result<T, Failure> {
    abort.unless_fired(work).await.unwrap_or_else(|| Err(Error::Aborted.into()))
}
