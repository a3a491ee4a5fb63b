//! A backend service: its access token, and its requests.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::backend_config::BackendConfig;
use crate::abort::AbortSignal;
use crate::client::fhir::client::{FhirClient, send_request};
use crate::client::fhir::options::{Cache, RequestOptions, unless_aborted};
use crate::client::fhir::redirect::{Bearer, open, send_with_token};
use crate::client::fhir::response::{Value, not_json, read_response};
use crate::client::fhir::search::Search;
use crate::client::server::configured::Server;
use crate::client::server::connection::Connection;
use crate::client::server::transport::{JsonResponse, REQUEST_TIMEOUT, send, with_timeout};
use crate::client::server::{NamedEndpoints, ServerRecord};
use crate::client::tasks::join::LocalWork;
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::fhir::request::FhirRequest;
use crate::fhir::response::FhirResponse;
use crate::fhir::retry::RetryDelays;
use crate::platform::{HttpResponse, Json, Platform};
use crate::protocol::backend::client_credentials_request;
use crate::protocol::guard::Guard;
use crate::protocol::http::{Redirect, Request};
use crate::protocol::redaction::Secrets;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

/// How long before it expires an access token is replaced, in seconds.
const SOON: f64 = 30.0;

/// A backend service (SMART App Launch 2.2, backend services), which acts without a user. Its access token is only in memory, and is
/// requested again when it expires. A clone is a handle to the same service.
pub struct BackendClient<P: Platform> {
    pub(crate) inner: Rc<Inner<P>>,
}

impl<P: Platform> Clone for BackendClient<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

pub(crate) struct Inner<P: Platform> {
    pub platform: P,
    pub connection: Connection,
    /// Where the token may be sent: the origin of the FHIR base, because jobs and files need not be below the base, and the configured
    /// origins.
    guard: Guard,
    token: RefCell<Option<Token>>,
    token_request: RefCell<Option<SharedTask<AccessToken>>>,
}

#[derive(Clone)]
struct Token {
    access_token: AccessToken,
    /// In seconds since 1970, if known.
    expires_at: Option<f64>,
}

impl<P: Platform> BackendClient<P> {
    /// Creates a service from its configuration.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, platform::Platform, protocol::client_assertion::PrivateKeyJwt};
    /// use smartrust::client::bulk::{BackendClient, BackendConfig};
    ///
    /// # fn example<P: Platform>(platform: P, key: PrivateKeyJwt) -> Result<BackendClient<P>, Failure> {
    /// let authentication = key.authentication(&platform)?;
    /// let config = BackendConfig::new("https://ehr.example/fhir", "my-service", authentication, "system/*.rs");
    /// BackendClient::new(platform, config)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the wrong member.
    pub fn new(platform: P, config: BackendConfig) -> Result<Self, Failure> {
        if config.scope.split_whitespace().next().is_none() {
            return Err(Error::configuration(
                "scope",
                "it is empty; name what the service may do, such as system/*.rs",
            ));
        }
        let origins: Vec<Url> =
            config.file_origins.iter().map(|origin| read_origin(origin)).collect::<Result<_, _>>()?;
        let server = Server::read_without_redirect(ServerRecord {
            discovery_base: config.discovery_base,
            authentication: config.authentication,
            allow_insecure_http: config.allow_insecure_http,
            endpoints: NamedEndpoints { token_endpoint: config.token_endpoint, ..NamedEndpoints::default() },
            ..ServerRecord::new(config.fhir_base, config.client_id, "", config.scope)
        })?;
        let mut guard = Guard::new(server.fhir_base.clone());
        let own_origin = server.fhir_base.join("/").into_iter();
        own_origin.chain(origins).for_each(|place| guard.admit(place));
        let (token, token_request) = Default::default();
        Ok(Self {
            inner: Rc::new(Inner { platform, connection: Connection::new(server), guard, token, token_request }),
        })
    }

    /// Reads a resource by its reference, such as `Group/1`. `options` may also be an [`AbortSignal`].
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::BackendClient, platform::Platform};
    /// use smartrust::platform::JsonView;
    ///
    /// # async fn example<P: Platform>(client: &BackendClient<P>) -> Result<(), Failure> {
    /// let group = client.read("Group/diabetes", &AbortSignal::never()).await?;
    /// println!("{} members", group.member_items("member").len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`], [`Error::ForeignUrl`], [`Error::Fhir`], [`Error::Token`], [`Error::Network`],
    /// [`Error::ReservedParameter`] for a header that the app must not set.
    pub async fn read(
        &self,
        reference: &str,
        options: impl Into<RequestOptions>,
    ) -> Result<<P as Json>::Value, Failure> {
        let response = send_request(self, &FhirRequest::read(reference), &options.into()).await?;
        response.resource.ok_or_else(|| not_json(response.status, self.base()))
    }

    /// Searches for resources of a type, page by page, like [`Session::search`](crate::client::session::Session::search). Nothing is sent
    /// before the first call of [`Search::next_page`]; from then on, the next page is fetched while the caller processes the current one.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::BackendClient, platform::Platform};
    /// # async fn example<P: Platform>(client: &BackendClient<P>) -> Result<(), Failure> {
    /// let search = client.search("Group", &[("_count".into(), "50".into())], &AbortSignal::never())?;
    /// while let Some(page) = search.next_page().await? {
    ///     println!("{} of {:?}", search.progress().resources, page.total);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`] for an invalid type, [`Error::ReservedParameter`] for a header that the app must not set,
    /// [`Error::NotGranted`] if the options enable the check, which compares with the requested scopes.
    pub fn search(
        &self,
        resource_type: &str,
        parameters: &[(String, String)],
        options: impl Into<RequestOptions>,
    ) -> Result<Search<P>, Failure> {
        self.pages(&FhirRequest::search(resource_type, parameters), options)
    }

    /// Sends a request whose response is a Bundle, such as a search or a history, and reads its pages as [`Self::search`] does.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::BackendClient, platform::Platform};
    /// use smartrust::fhir::request::{FhirRequest, Interaction};
    ///
    /// # async fn example<P: Platform>(client: &BackendClient<P>) -> Result<(), Failure> {
    /// let changes = FhirRequest::new(Interaction::History, "Patient").with("_since", "2026-01-01T00:00:00Z");
    /// let changes = client.pages(&changes, &AbortSignal::never())?;
    /// while let Some(page) = changes.next_page().await? {
    ///     println!("{} changes", page.resources.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn pages(&self, request: &FhirRequest, options: impl Into<RequestOptions>) -> Result<Search<P>, Failure> {
        Search::new(self.clone(), request, options.into())
    }

    /// Sends a request with the service's token, again with a new token after a 401, and reads the whole response.
    pub(crate) async fn send(
        &self,
        request: &Request,
        abort: &AbortSignal,
    ) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
        self.send_within(&self.inner.guard, request, abort).await
    }

    async fn send_within(
        &self,
        guard: &Guard,
        request: &Request,
        abort: &AbortSignal,
    ) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
        let platform = &self.inner.platform;
        let token = unless_aborted(abort, self.access_token()).await?;
        let response = send_with_token(platform, request, Bearer { token: &token, guard }, abort).await?;
        if response.status != 401 {
            return Ok(response);
        }
        let token = unless_aborted(abort, self.replace(&token)).await?;
        send_with_token(platform, request, Bearer { token: &token, guard }, abort).await
    }

    /// Sends a request with or without the service's token, and returns the response before its body is read.
    pub(crate) async fn open(
        &self,
        request: &Request,
        with_token: bool,
        abort: &AbortSignal,
    ) -> Result<P::Response, Failure> {
        if !with_token {
            return self.connect(request, abort).await;
        }
        let token = unless_aborted(abort, self.access_token()).await?;
        let response = self.connect_with(&token, request, abort).await?;
        if response.status() != 401 {
            return Ok(response);
        }
        let token = unless_aborted(abort, self.replace(&token)).await?;
        self.connect_with(&token, request, abort).await
    }

    /// The host follows redirects of files, without the token. Redirects of other requests are only followed to where the token may be sent.
    async fn connect_with(
        &self,
        token: &AccessToken,
        request: &Request,
        abort: &AbortSignal,
    ) -> Result<P::Response, Failure> {
        if request.redirect == Redirect::Follow {
            return self.connect(&self.authorized(request, token)?, abort).await;
        }
        let platform = &self.inner.platform;
        let opened = open(platform, request, Bearer { token, guard: &self.inner.guard }, abort);
        with_timeout(platform, &request.url, REQUEST_TIMEOUT, abort, opened).await?
    }

    /// Waits for the status and headers of a response, unless the caller aborts or the timeout passes.
    async fn connect(&self, request: &Request, abort: &AbortSignal) -> Result<P::Response, Failure> {
        let platform = &self.inner.platform;
        with_timeout(platform, &request.url, REQUEST_TIMEOUT, abort, platform.send(request, abort)).await
    }

    /// The secrets in its requests, which no error may contain.
    pub(crate) fn secrets(&self) -> Secrets {
        self.inner.token.borrow().as_ref().map(|token| Secrets::of_token(&token.access_token)).unwrap_or_default()
    }

    fn authorized(&self, request: &Request, token: &AccessToken) -> Result<Request, Failure> {
        let mut request = request.clone();
        let authorized = self.inner.guard.authorize(&mut request, token);
        authorized.map_err(|_| Error::ForeignUrl { origin: request.url.origin().into() })?;
        Ok(request)
    }

    /// A valid access token. Concurrent callers share one request.
    async fn access_token(&self) -> Result<AccessToken, Failure> {
        let is_fresh = |token: &Token| token.expires_at.is_none_or(|until| self.inner.platform.now() + SOON < until);
        let known = self.inner.token.borrow().clone().filter(is_fresh);
        if let Some(known) = known {
            return Ok(known.access_token);
        }
        let token_request = self.inner.token_request.borrow().clone();
        let task = match token_request {
            Some(task) => task,
            None => {
                let inner = self.inner.clone();
                let task = SharedTask::spawn(
                    &self.inner.platform,
                    Box::pin(async move {
                        let outcome = request_token(&inner).await;
                        inner.token_request.borrow_mut().take();
                        outcome
                    }),
                );
                *self.inner.token_request.borrow_mut() = Some(task.clone());
                task
            }
        };
        task.outcome().await
    }

    /// A new token in place of one that the server has refused.
    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, Failure> {
        self.inner.token.borrow_mut().take_if(|known| known.access_token == *refused);
        self.access_token().await
    }
}

impl<P: Platform> FhirClient<P> for BackendClient<P> {
    fn platform(&self) -> &P {
        &self.inner.platform
    }

    fn base(&self) -> &Url {
        &self.inner.connection.server.fhir_base
    }

    fn granted_scopes(&self) -> ScopeSet {
        ScopeSet::parse(&self.inner.connection.server.record.scope)
    }

    fn exchange<'a>(
        &'a self,
        mut request: Request,
        options: &'a RequestOptions,
        is_expected: &'a dyn Fn(Option<&Value<P>>) -> bool,
    ) -> LocalWork<'a, Result<FhirResponse<Value<P>>, Failure>> {
        request.may_be_cached = options.cache == Cache::Default;
        // Unlike jobs and files, FHIR requests must be below the FHIR base.
        let guard = Guard::new(self.base().clone());
        Box::pin(async move {
            let mut tries = RetryDelays::default();
            loop {
                let sent = self.send_within(&guard, &request, &options.abort).await;
                let failure = match sent.and_then(|response| read_response(*response, &request.url, is_expected)) {
                    Ok(response) => return Ok(response),
                    Err(failure) => failure.without(&self.secrets()),
                };
                options.wait_to_retry(&self.inner.platform, &request, &mut tries, failure).await?;
            }
        })
    }
}

async fn request_token<P: Platform>(inner: &Inner<P>) -> Result<AccessToken, Failure> {
    let Inner { platform, connection, .. } = inner;
    let server = &connection.server;
    let configuration = match server.named.configuration(false) {
        Some(named) => named,
        None => connection.discovery.endpoints(platform, false).await?,
    };
    let endpoint = &configuration.token_endpoint;
    let supported = &configuration.token_endpoint_auth_signing_alg_values_supported;
    let client = server.authenticated(endpoint, endpoint, supported).await?;
    let request = client_credentials_request(&client, &server.record.scope);
    let response = send(platform, &request, REQUEST_TIMEOUT, &AbortSignal::never()).await?;
    let response = connection.read_tokens(&response, inner.platform.now())?;
    let expires_at = response.expires_in.map(|seconds| platform.now() + seconds);
    let access_token = response.access_token;
    *inner.token.borrow_mut() = Some(Token { access_token: access_token.clone(), expires_at });
    Ok(access_token)
}

fn read_origin(origin: &str) -> Result<Url, Failure> {
    let wrong = |problem: &str| Error::configuration("fileOrigins", problem);
    let url = Url::parse(origin).map_err(|problem| wrong(&problem.to_string()))?;
    if !url.is_confidential() {
        return Err(wrong("it is http to another machine; use https"));
    }
    url.join("/").map_err(|problem| wrong(&problem.to_string()))
}

impl<P: Platform> fmt::Debug for BackendClient<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BackendClient").finish_non_exhaustive()
    }
}
