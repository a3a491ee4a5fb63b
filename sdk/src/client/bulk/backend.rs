//! A service that acts by itself: its access token, and the requests that carry it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::abort::AbortSignal;
use crate::client::fhir::options::{Cache, RequestOptions, unless_aborted};
use crate::client::fhir::redirect::{Bearer, open, send_with_token};
use crate::client::fhir::response::{not_expected, read_response};
use crate::client::fhir::search::{Links, Search};
use crate::client::server::configured::Server;
use crate::client::server::connection::Connection;
use crate::client::server::transport::{JsonResponse, REQUEST_TIMEOUT, send, with_timeout};
use crate::client::server::{NamedEndpoints, ServerRecord};
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::fhir::bundle::Page;
use crate::fhir::request::FhirRequest;
use crate::fhir::response::FhirResponse;
use crate::fhir::retry::Tries;
use crate::platform::{HttpResponse, Json, LocalFuture, Platform};
use crate::protocol::backend::client_credentials_request;
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::guard::Guard;
use crate::protocol::http::{Redirect, Request};
use crate::protocol::redaction::Secrets;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

/// How long before its end an access token is replaced, in seconds.
const SOON: f64 = 30.0;

/// What a backend service knows of a server, and how it proves itself.
#[derive(Clone, Debug)]
pub struct BackendConfig {
    /// The FHIR base.
    pub fhir_base: String,
    /// Where `.well-known` lies, if not under the FHIR base.
    pub discovery_base: Option<String>,
    /// The token endpoint, for servers whose documents are missing or wrong: with it no document is asked for.
    pub token_endpoint: Option<String>,
    /// The client id.
    pub client_id: String,
    /// How the client authenticates: by a key, on servers that follow the guide.
    pub authentication: ClientAuthentication,
    /// The scopes, separated by spaces, such as `system/*.rs`.
    pub scope: String,
    /// Origins besides the FHIR base's that export files may be fetched from with the access token.
    pub file_origins: Vec<String>,
    /// Allows plain http to hosts other than this machine.
    pub allow_insecure_http: bool,
}

impl BackendConfig {
    /// A service with the usual settings.
    pub fn new(
        fhir_base: impl Into<String>,
        client_id: impl Into<String>,
        authentication: ClientAuthentication,
        scope: impl Into<String>,
    ) -> Self {
        Self {
            fhir_base: fhir_base.into(),
            discovery_base: None,
            token_endpoint: None,
            client_id: client_id.into(),
            authentication,
            scope: scope.into(),
            file_origins: Vec::new(),
            allow_insecure_http: false,
        }
    }
}

/// A service at a server (SMART App Launch 2.2, backend services). It has no user: its access token is its own, is kept in memory
/// alone, and is fetched anew when it runs out. Cloning it gives another handle to the same service.
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
    /// Where the token may go: the FHIR base's origin, as jobs and files lie beside the base, and the named ones.
    guard: Guard,
    token: RefCell<Option<Token>>,
    token_request: RefCell<Option<SharedTask<AccessToken>>>,
}

#[derive(Clone)]
struct Token {
    access_token: AccessToken,
    /// Seconds since 1970, where the server says.
    expires_at: Option<f64>,
}

impl<P: Platform> BackendClient<P> {
    /// A service on a platform.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
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

    /// Reads a resource by its reference, such as `Group/1`. For the options an [`AbortSignal`] alone will do.
    ///
    /// # Errors
    /// [`Error::Reference`], [`Error::ForeignUrl`], [`Error::Fhir`], [`Error::Token`], [`Error::Network`],
    /// [`Error::ReservedParameter`] for a header that is not the app's to set.
    pub async fn read(
        &self,
        reference: &str,
        options: impl Into<RequestOptions>,
    ) -> Result<<P as Json>::Value, Failure> {
        let options = options.into();
        let read = FhirRequest::read(reference);
        let request = self.prepare(&read, &options)?;
        let response = self.exchange(&request, &options, |resource| read.is_answered_by(resource)).await?;
        response.resource.ok_or_else(|| not_expected(response.status, &request.url, None::<&P::Value>))
    }

    /// Searches for resources of a type, page by page, as [`Session::search`](crate::client::session::Session::search) does. Nothing is
    /// sent before the first page is asked for; from then on each next page is fetched while the caller works on the one before.
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
    /// [`Error::Reference`] where the type's name is not one, [`Error::ReservedParameter`] for a header that is not the app's to
    /// set, [`Error::NotGranted`] where the options ask for it: what a service asks for stands for what it was granted.
    pub fn search(
        &self,
        resource_type: &str,
        parameters: &[(String, String)],
        options: impl Into<RequestOptions>,
    ) -> Result<Search<P>, Failure> {
        self.pages(&FhirRequest::search(resource_type, parameters), options)
    }

    /// Sends a request that a Bundle answers, such as a search or a history, and follows its pages as [`Self::search`] does.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn pages(&self, request: &FhirRequest, options: impl Into<RequestOptions>) -> Result<Search<P>, Failure> {
        let options = options.into();
        let first = self.prepare(request, &options)?;
        let (client, how) = (self.clone(), options.clone());
        let exchange = move |request: Request| -> LocalFuture<_> {
            let (client, how) = (client.clone(), how.clone());
            Box::pin(async move { client.exchange(&request, &how, Page::is_page).await })
        };
        let links = Links { base: self.inner.connection.server.fhir_base.clone(), were_insecure: Rc::default() };
        Ok(Search::new(self.inner.platform.clone(), Box::new(exchange), links, first, options.headers))
    }

    fn prepare(&self, request: &FhirRequest, options: &RequestOptions) -> Result<Request, Failure> {
        let Server { fhir_base, record, .. } = &*self.inner.connection.server;
        options.prepare(request, fhir_base, || ScopeSet::parse(&record.scope))
    }

    /// Sends a FHIR request, and again after a while where that may help. Jobs and files may lie beside the FHIR base; what is
    /// asked of the FHIR server may not.
    async fn exchange(
        &self,
        request: &Request,
        options: &RequestOptions,
        is_expected: impl Fn(Option<&<P as Json>::Value>) -> bool,
    ) -> Result<FhirResponse<<P as Json>::Value>, Failure> {
        let guard = Guard::new(self.inner.connection.server.fhir_base.clone());
        let mut request = request.clone();
        request.may_be_cached = options.cache == Cache::Default;
        let mut tries = Tries::default();
        loop {
            let sent = self.send_within(&guard, &request, &options.abort).await;
            match sent.and_then(|response| read_response(*response, &request.url, &is_expected)) {
                Ok(response) => return Ok(response),
                Err(failure) => {
                    let failure = failure.without(&self.secrets());
                    options.wait_to_retry(&self.inner.platform, &request, &mut tries, failure).await?;
                }
            }
        }
    }

    /// Sends a request with the service's token, once more with a fresh one where the server calls it dead, and reads the whole
    /// answer.
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

    /// Sends a request, with the service's token or without any, and hands back the response for its body to be streamed.
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

    /// Jobs and their files may be redirected to another origin, without the token; what is asked of the FHIR server may not.
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

    /// Waits for a response's head, unless the caller calls it off or it takes too long.
    async fn connect(&self, request: &Request, abort: &AbortSignal) -> Result<P::Response, Failure> {
        let platform = &self.inner.platform;
        with_timeout(platform, &request.url, REQUEST_TIMEOUT, abort, platform.send(request, abort)).await
    }

    /// What its requests carry and no error may repeat.
    pub(crate) fn secrets(&self) -> Secrets {
        self.inner.token.borrow().as_ref().map(|token| Secrets::of_token(&token.access_token)).unwrap_or_default()
    }

    fn authorized(&self, request: &Request, token: &AccessToken) -> Result<Request, Failure> {
        let mut request = request.clone();
        let authorized = self.inner.guard.authorize(&mut request, token);
        authorized.map_err(|_| Error::ForeignUrl { origin: request.url.origin().into() })?;
        Ok(request)
    }

    /// An access token that has not run out. Those who ask at the same time share one request.
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
                let task = SharedTask::spawn(&self.inner.platform, async move {
                    let outcome = request_token(&inner).await;
                    inner.token_request.borrow_mut().take();
                    outcome
                });
                *self.inner.token_request.borrow_mut() = Some(task.clone());
                task
            }
        };
        task.outcome().await
    }

    /// A token in place of one that the server calls dead.
    async fn replace(&self, dead: &AccessToken) -> Result<AccessToken, Failure> {
        self.inner.token.borrow_mut().take_if(|known| known.access_token == *dead);
        self.access_token().await
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
        return Err(wrong("it is plain http on another machine; use https"));
    }
    url.join("/").map_err(|problem| wrong(&problem.to_string()))
}
