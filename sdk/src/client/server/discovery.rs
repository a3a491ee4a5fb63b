//! Discovers a server's endpoints in its documents, one after the other, and caches them.

use std::cell::RefCell;
use std::rc::Rc;

use super::config::ServerRecord;
use super::configured::Server;
use super::documents::{TIMED_OUT, fetch_with_retries};
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{DiscoveryAttempt, Error, Failure};
use crate::json::ObjectWriter;
use crate::platform::{JsonView, Platform};
use crate::protocol::discovery::{
    SmartConfiguration, capability_statement_request, openid_configuration_request, read_capability_statement,
    read_smart_configuration, smart_configuration_request,
};
use crate::protocol::http::Request;
use crate::protocol::openid::{KnownEndpoints, RequestedServer, openid_problem};
use crate::protocol::url::{Url, UrlError};

/// The discovered endpoints of a server, and the discovery that is running.
pub(crate) struct Discovery {
    server: Rc<Server>,
    found: RefCell<Option<Found>>,
    running: RefCell<Option<(bool, SharedTask<Rc<SmartConfiguration>>)>>,
}

/// A discovered configuration and its source.
#[derive(Clone)]
struct Found {
    configuration: Rc<SmartConfiguration>,
    document: Document,
    /// Whether the members for ID tokens were searched in all documents.
    with_identity: bool,
    /// Seconds since 1970.
    until: f64,
}

/// A document with endpoints.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Document {
    SmartConfiguration,
    OpenidConfiguration,
    CapabilityStatement,
}

/// The endpoints and capabilities of a server at which the app may not be registered: only the bases in its record are used.
///
/// ```no_run
/// # use smartrust::{Failure, ServerRecord, platform::Platform};
/// use smartrust::client::server::smart_configuration;
///
/// # async fn example<P: Platform>(platform: &P) -> Result<(), Failure> {
/// let record = ServerRecord::new("https://ehr.example/fhir", "", "https://app.example/", "openid");
/// let configuration = smart_configuration(platform, &record).await?;
/// println!("standalone launch: {}", configuration.has_capability("launch-standalone"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Discovery`] if no document has them, [`Error::Configuration`] for a base that is not a URL.
pub async fn smart_configuration<P: Platform>(
    platform: &P,
    record: &ServerRecord,
) -> Result<Rc<SmartConfiguration>, Failure> {
    Rc::new(Discovery::new(Rc::new(Server::without_client(record)?))).endpoints(platform, true).await
}

impl Discovery {
    /// A server without discovered endpoints.
    pub fn new(server: Rc<Server>) -> Self {
        Self { server, found: RefCell::default(), running: RefCell::default() }
    }

    /// The server's endpoints, from its record or else its documents. `with_identity` if an ID token will be requested.
    pub async fn endpoints<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        with_identity: bool,
    ) -> Result<Rc<SmartConfiguration>, Failure> {
        match self.server.named.configuration(true) {
            Some(named) => Ok(named),
            None => self.documents(platform, with_identity).await.map(|found| self.server.named.override_in(found)),
        }
    }

    /// The endpoints in the server's documents. Concurrent callers share one discovery. A success is cached for as long as the server
    /// permits.
    pub async fn documents<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        with_identity: bool,
    ) -> Result<Rc<SmartConfiguration>, Failure> {
        let known = self.found.borrow().clone().filter(|found| found.is_valid(platform.now(), with_identity));
        if let Some(found) = known {
            return Ok(found.configuration);
        }
        let running = self.running.borrow().clone().filter(|(identity, _)| *identity == with_identity);
        let task = match running {
            Some((_, task)) => task,
            None => {
                let (own_platform, discovery) = (platform.clone(), self.clone());
                let task = SharedTask::spawn(
                    platform,
                    Box::pin(async move {
                        let outcome = discovery.discover(&own_platform, with_identity).await;
                        discovery.running.borrow_mut().take_if(|(identity, _)| *identity == with_identity);
                        outcome
                    }),
                );
                *self.running.borrow_mut() = Some((with_identity, task.clone()));
                task
            }
        };
        task.outcome().await
    }

    async fn discover<P: Platform>(
        &self,
        platform: &P,
        with_identity: bool,
    ) -> Result<Rc<SmartConfiguration>, Failure> {
        let server = &*self.server;
        let stored = load(platform, server).await.filter(|found| found.is_valid(platform.now(), with_identity));
        let found = match stored {
            Some(found) => found,
            None => {
                let mut found = match fetch_configuration(platform, server, Document::SmartConfiguration).await? {
                    Ok(found) => found,
                    Err(outcome) => discover_fallback(platform, server, outcome).await?,
                };
                // An OpenID configuration is checked even if no ID token will be requested.
                if with_identity || found.document == Document::OpenidConfiguration {
                    complete_identity(platform, server, &mut found).await;
                }
                // A capability statement is too large for the store. If storing fails, the next page requests the document again.
                if found.document != Document::CapabilityStatement {
                    let _ = platform.set(&key(server), &found.to_json()).await;
                }
                found
            }
        };
        *self.found.borrow_mut() = Some(found.clone());
        Ok(found.configuration)
    }
}

/// Fetches one document. The inner error describes the response of a server without such a document.
async fn fetch_configuration<P: Platform>(
    platform: &P,
    server: &Server,
    document: Document,
) -> Result<Result<Found, String>, Failure> {
    let (body, lifetime) = match fetch_with_retries(platform, &document.request(server)?).await {
        Ok(response) => response,
        Err(outcome) => return Ok(Err(outcome)),
    };
    match document.read(&body, server) {
        Ok(configuration) => {
            let (configuration, until) = (Rc::new(configuration), platform.now() + lifetime);
            Ok(Ok(Found { configuration, document, with_identity: false, until }))
        }
        Err(failure) => match &*failure {
            Error::Configuration(wrong) => Ok(Err(wrong.problem.clone())),
            _ => Err(failure),
        },
    }
}

/// Fetches the other documents, one after the other. `outcome` describes the response in place of the SMART configuration.
async fn discover_fallback<P: Platform>(platform: &P, server: &Server, outcome: String) -> Result<Found, Failure> {
    let mut attempts = vec![Document::SmartConfiguration.attempt(server, outcome)?];
    for document in [Document::OpenidConfiguration, Document::CapabilityStatement] {
        // After a timeout, the other documents are not requested.
        if attempts.iter().any(|attempt| attempt.outcome == TIMED_OUT) {
            break;
        }
        match fetch_configuration(platform, server, document).await? {
            Ok(found) => return Ok(found),
            Err(outcome) => attempts.push(document.attempt(server, outcome)?),
        }
    }
    Err(Error::Discovery { attempts: attempts.into() }.into())
}

/// Adds a missing issuer and URL of the keys from the OpenID configuration, if that belongs to the same authorization server.
async fn complete_identity<P: Platform>(platform: &P, server: &Server, found: &mut Found) {
    found.with_identity = true;
    let known = &found.configuration;
    let mut completed = SmartConfiguration::clone(known);
    if found.document == Document::OpenidConfiguration {
        if openid_problem(known, &described_server(server, &bases(server), None)).is_none() {
            return;
        }
        (completed.issuer, completed.jwks_uri) = (None, None);
        completed.ignored_openid_configuration = true;
    } else {
        if known.issuer.is_some() && known.jwks_uri.is_some() {
            return;
        }
        match check_openid_configuration(platform, server, KnownEndpoints::of(known)).await {
            Openid::Absent => return,
            Openid::Foreign => completed.ignored_openid_configuration = true,
            Openid::Found(openid) => {
                completed.issuer = completed.issuer.or(openid.issuer);
                completed.jwks_uri = completed.jwks_uri.or(openid.jwks_uri);
            }
        }
    }
    found.configuration = Rc::new(completed);
}

/// The OpenID configuration of a server with a SMART configuration.
enum Openid {
    Absent,
    /// It names another issuer, or contradicts the SMART configuration.
    Foreign,
    Found(Box<SmartConfiguration>),
}

/// The OpenID configuration, if it belongs to the authorization server with the known endpoints.
pub(crate) async fn openid_configuration<P: Platform>(
    platform: &P,
    server: &Server,
    known: KnownEndpoints<'_>,
) -> Option<SmartConfiguration> {
    match check_openid_configuration(platform, server, known).await {
        Openid::Found(openid) => Some(*openid),
        Openid::Absent | Openid::Foreign => None,
    }
}

async fn check_openid_configuration<P: Platform>(platform: &P, server: &Server, known: KnownEndpoints<'_>) -> Openid {
    let document = Document::OpenidConfiguration;
    let Ok(request) = document.request(server) else { return Openid::Absent };
    let Ok((body, _)) = fetch_with_retries(platform, &request).await else { return Openid::Absent };
    let Ok(openid) = document.read(&body, server) else { return Openid::Absent };
    match openid_problem(&openid, &described_server(server, &bases(server), Some(known))) {
        None => Openid::Found(Box::new(openid)),
        Some(_) => Openid::Foreign,
    }
}

/// The bases of a server's documents.
pub(crate) fn bases(server: &Server) -> [&Url; 2] {
    [&server.discovery_base, &server.fhir_base]
}

/// The facts that an OpenID configuration of the server is checked against.
pub(super) fn described_server<'a>(
    server: &'a Server,
    bases: &'a [&'a Url; 2],
    smart: Option<KnownEndpoints<'a>>,
) -> RequestedServer<'a> {
    RequestedServer { bases, issuers: server.record.issuers.as_deref().unwrap_or_default(), smart }
}

impl Document {
    pub(crate) fn request(self, server: &Server) -> Result<Request, Failure> {
        let request = match self {
            Self::SmartConfiguration => smart_configuration_request(&server.discovery_base),
            Self::OpenidConfiguration => openid_configuration_request(&server.discovery_base),
            Self::CapabilityStatement => capability_statement_request(&server.fhir_base),
        };
        let unusable = |problem: UrlError| Error::Url { what: "the server's configuration".into(), problem };
        Ok(request.map_err(unusable)?)
    }

    fn attempt(self, server: &Server, outcome: String) -> Result<DiscoveryAttempt, Failure> {
        Ok(DiscoveryAttempt { url: self.request(server)?.url.as_str().to_owned(), outcome })
    }

    pub(crate) fn read<V: JsonView>(self, body: &V, server: &Server) -> Result<SmartConfiguration, Failure> {
        let allow_insecure_http = server.record.allow_insecure_http;
        match self {
            Self::CapabilityStatement => read_capability_statement(body, &server.fhir_base, allow_insecure_http),
            _ => read_smart_configuration(body, &server.fhir_base, allow_insecure_http),
        }
    }
}

impl Found {
    fn is_valid(&self, now: f64, with_identity: bool) -> bool {
        now < self.until && (self.with_identity || !with_identity)
    }

    fn to_json(&self) -> String {
        ObjectWriter::new()
            .flag("withIdentity", self.with_identity)
            .optional_seconds("until", Some(self.until))
            .optional_text("issuer", self.configuration.issuer.as_deref())
            .optional_text("jwksUri", self.configuration.jwks_uri.as_ref().map(Url::as_str))
            .flag("leftOpenidAside", self.configuration.ignored_openid_configuration)
            .raw("document", &self.configuration.json)
            .finish()
    }

    fn read<V: JsonView>(value: &V, server: &Server) -> Option<Self> {
        let document = Document::SmartConfiguration;
        let mut configuration = document.read(&value.member("document")?, server).ok()?;
        configuration.issuer = value.member_text("issuer");
        configuration.jwks_uri = value.member_text("jwksUri").and_then(|url| Url::parse(&url).ok());
        configuration.ignored_openid_configuration =
            value.member("leftOpenidAside").and_then(|flag| flag.flag()).unwrap_or_default();
        Some(Self {
            configuration: Rc::new(configuration),
            document,
            with_identity: value.member("withIdentity")?.flag()?,
            until: value.member("until")?.number()?,
        })
    }
}

fn key(server: &Server) -> String {
    ["smartrust.discovery.", server.discovery_base.as_str(), " ", server.fhir_base.as_str()].concat()
}

async fn load<P: Platform>(platform: &P, server: &Server) -> Option<Found> {
    let text = platform.get(&key(server)).await.ok()??;
    Found::read(&platform.parse(&text)?, server)
}

/// Removes the stored endpoints of a server.
pub(crate) async fn forget<P: Platform>(platform: &P, server: &Server) -> Result<(), Failure> {
    platform.remove(&key(server)).await.map_err(|_| Error::Storage.into())
}
