//! FHIR requests of a session. Each passes the guard.

use super::handle::Session;
use crate::abort::AbortSignal;
use crate::client::fhir::client::{FhirClient, send_request};
use crate::client::fhir::options::{Cache, RequestOptions, unless_aborted};
use crate::client::fhir::redirect::{Bearer, send_with_token};
use crate::client::fhir::response::{Value, not_json, read_response};
use crate::client::fhir::search::Search;
use crate::client::tasks::join::LocalWork;
use crate::error::{Error, Failure};
use crate::fhir::request::FhirRequest;
use crate::fhir::response::FhirResponse;
use crate::fhir::retry::RetryDelays;
use crate::platform::Platform;
use crate::protocol::guard::Guard;
use crate::protocol::http::Request;
use crate::protocol::redaction::Secrets;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

/// The assumed lifetime of an access token, if it is unknown, in seconds.
const USUAL_LIFETIME: f64 = 3600.0;

impl<P: Platform> Session<P> {
    /// Reads a resource by its reference, such as `Patient/1`. `options` may also be an [`AbortSignal`].
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::platform::JsonView;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let patient = session.read("Patient/1", &AbortSignal::never()).await?;
    /// println!("born on {:?}", patient.member_text("birthDate"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`], [`Error::ForeignUrl`] for a reference outside the FHIR server, [`Error::Fhir`],
    /// [`Error::Network`], [`Error::SessionExpired`], [`Error::ReservedParameter`] for a header that the app must not set.
    pub async fn read(&self, reference: &str, options: impl Into<RequestOptions>) -> Result<Value<P>, Failure> {
        let response = self.request(&FhirRequest::read(reference), options).await?;
        response.resource.ok_or_else(|| not_json(response.status, self.inner.guard.base()))
    }

    /// Reads a resource into a type of the caller.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// #[derive(serde::Deserialize)]
    /// struct Encounter {
    ///     status: String,
    /// }
    /// let encounter: Encounter = session.read_as("Encounter/1", &AbortSignal::never()).await?;
    /// println!("{}", encounter.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::read`], and [`Error::Shape`] if the resource does not fit the type.
    #[cfg(feature = "serde")]
    pub async fn read_as<T: serde::de::DeserializeOwned>(
        &self,
        reference: &str,
        options: impl Into<RequestOptions>,
    ) -> Result<T, Failure> {
        crate::fhir::typed::typed(&self.read(reference, options).await?)
    }

    /// Sends a FHIR request.
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
    /// As [`Session::read`], and [`Error::NotGranted`] if the options enable the check.
    pub async fn request(
        &self,
        request: &FhirRequest,
        options: impl Into<RequestOptions>,
    ) -> Result<FhirResponse<Value<P>>, Failure> {
        send_request(self, request, &options.into()).await
    }

    /// Searches for resources of a type, page by page. Nothing is sent before the first call of [`Search::next_page`]; from then on, the
    /// next page is fetched while the caller processes the current one.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::platform::JsonView;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let whose = ("patient".to_owned(), session.patient().unwrap_or_default());
    /// let what = ("category".to_owned(), "vital-signs".to_owned());
    /// let search = session.search("Observation", &[whose, what], &AbortSignal::never())?;
    /// while let Some(page) = search.next_page().await? {
    ///     for observation in &page.resources {
    ///         println!("{:?}", observation.member_text("effectiveDateTime"));
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`] for an invalid type, [`Error::ReservedParameter`] for a header that the app must not set.
    pub fn search(
        &self,
        resource_type: &str,
        parameters: &[(String, String)],
        options: impl Into<RequestOptions>,
    ) -> Result<Search<P>, Failure> {
        self.pages(&FhirRequest::search(resource_type, parameters), options)
    }

    /// Sends a request whose response is a Bundle, such as a search, a history or `Patient/1/$everything`, and reads its pages as
    /// [`Session::search`] does.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::fhir::request::{FhirRequest, Interaction};
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let history = FhirRequest::new(Interaction::History, "Patient/1").with("_since", "2026-01-01T00:00:00Z");
    /// let versions = session.pages(&history, &AbortSignal::never())?.limited_to(20);
    /// while let Some(page) = versions.next_page().await? {
    ///     println!("{} versions", page.resources.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::search`], and [`Error::NotGranted`] if the options enable the check.
    pub fn pages(&self, request: &FhirRequest, options: impl Into<RequestOptions>) -> Result<Search<P>, Failure> {
        Search::new(self.clone(), request, options.into())
    }

    /// Like [`FhirClient::exchange`], but `attempt` sends the request and reads the response.
    pub(crate) async fn exchange_by<T>(
        &self,
        mut request: Request,
        options: &RequestOptions,
        attempt: impl AsyncFn(&Request, Bearer<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let abort = &options.abort;
        request.may_be_cached = options.cache == Cache::Default;
        let mut tries = RetryDelays::default();
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
                // Another caller may have refreshed meanwhile.
                if self.inner.record.borrow().access_token == token {
                    unless_aborted(abort, self.replace_token()).await?;
                }
                continue;
            }
            if matches!(*failure, Error::Network { .. }) && !is_refreshed && self.may_be_expired(&token) {
                is_refreshed = true;
                if self.renew(&token, abort).await? && options.may_repeat(&request) {
                    continue;
                }
            }
            options.wait_to_retry(&self.inner.platform, &request, &mut tries, failure).await?;
        }
    }
}

impl<P: Platform> FhirClient<P> for Session<P> {
    fn platform(&self) -> &P {
        &self.inner.platform
    }

    fn base(&self) -> &Url {
        self.inner.guard.base()
    }

    fn granted_scopes(&self) -> ScopeSet {
        self.scopes().granted
    }

    fn exchange<'a>(
        &'a self,
        request: Request,
        options: &'a RequestOptions,
        is_expected: &'a dyn Fn(Option<&Value<P>>) -> bool,
    ) -> LocalWork<'a, Result<FhirResponse<Value<P>>, Failure>> {
        self.exchange_within(request, options, is_expected, &self.inner.guard)
    }

    fn on_insecure_link(&self) {
        self.inner.insecure_links.set(true);
    }
}

impl<P: Platform> Session<P> {
    /// Like [`FhirClient::exchange`], with a guard that decides where the token may be sent.
    pub(crate) fn exchange_within<'a>(
        &'a self,
        request: Request,
        options: &'a RequestOptions,
        is_expected: &'a dyn Fn(Option<&Value<P>>) -> bool,
        guard: &'a Guard,
    ) -> LocalWork<'a, Result<FhirResponse<Value<P>>, Failure>> {
        Box::pin(async move {
            let attempt = async |request: &Request, bearer: Bearer<'_>| {
                let bearer = Bearer { guard, ..bearer };
                let response = send_with_token(&self.inner.platform, request, bearer, &options.abort).await?;
                read_response(*response, &request.url, is_expected)
            };
            self.exchange_by(request, options, attempt).await
        })
    }

    /// Whether a network error may be a 401 without CORS headers: the token can be refreshed, and it is past half of its lifetime or has
    /// no known lifetime.
    fn may_be_expired(&self, token: &AccessToken) -> bool {
        let record = self.inner.record.borrow();
        let Some(expires_at) = record.expires_at else { return self.can_refresh() };
        let half = record.lifetime.unwrap_or(USUAL_LIFETIME) / 2.0;
        self.can_refresh() && (record.access_token != *token || self.inner.platform.now() + half >= expires_at)
    }

    /// Refreshes a token that may have expired. `false` if that failed and the session is still active.
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
