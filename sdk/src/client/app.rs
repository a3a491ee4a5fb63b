//! The app: starts launches, brings sessions back.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::config::{Server, SmartAppConfig};
use super::discovery::discover;
use super::records::{self, Endpoints, PendingLaunch, SessionRecord};
use super::session::{Inner, Session};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::authorize::AuthorizationRequest;
use crate::protocol::callback::{Callback, without_callback};
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::encoding::base64url;
use crate::protocol::launch::LaunchLink;
use crate::protocol::pkce::{self, Pkce, VERIFIER_BYTES};
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

/// A SMART app: its servers, and the sessions that it holds.
pub struct SmartApp<P: Platform> {
    platform: P,
    servers: Vec<Rc<Server>>,
    sessions: RefCell<Vec<Weak<Inner<P>>>>,
}

/// How to launch.
#[derive(Clone, Debug, Default)]
pub struct LaunchOptions {
    /// The configured name of the server, for a standalone launch where there are several.
    pub server: Option<String>,
    /// Other scopes than the configured ones.
    pub scope: Option<String>,
    /// Parameters to add to the authorization request, such as `prompt`.
    pub extra: Vec<(String, String)>,
}

impl<P: Platform> SmartApp<P> {
    /// An app on a platform.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
    pub fn new(platform: P, config: SmartAppConfig) -> Result<Self, Failure> {
        let wrong = |problem: &str| Error::configuration("servers", problem);
        if config.servers.is_empty() {
            return Err(wrong("there is none"));
        }
        let servers = config.servers.into_iter().map(|record| Server::read(record).map(Rc::new));
        let servers: Vec<Rc<Server>> = servers.collect::<Result<_, _>>()?;
        let has_twin =
            |(index, server): (usize, &Rc<Server>)| servers.iter().skip(index + 1).any(|other| other.key == server.key);
        if servers.iter().enumerate().any(has_twin) {
            return Err(wrong("two of them have the same name"));
        }
        Ok(Self { platform, servers, sessions: RefCell::default() })
    }

    /// Leaves the page for the authorization server: as the EHR's launch link says where the page was opened by one, else
    /// for a standalone launch.
    ///
    /// # Errors
    /// As [`Self::authorization_url`], and [`Error::Navigation`] where there is no page.
    pub async fn launch(&self, options: LaunchOptions) -> Result<(), Failure> {
        let url = self.authorization_url(options).await?;
        self.platform.assign(url.as_str()).map_err(|_| Error::Navigation.into())
    }

    /// Prepares a launch and gives the address to send the user to.
    ///
    /// # Errors
    /// [`Error::UntrustedIssuer`] for a launch link of an EHR that no server record trusts: nothing is requested then.
    /// [`Error::Discovery`], [`Error::InsecureUrl`], [`Error::PkceUnsupported`], [`Error::ReservedParameter`],
    /// [`Error::Storage`] where the launch cannot be kept until the user comes back.
    pub async fn authorization_url(&self, options: LaunchOptions) -> Result<Url, Failure> {
        let link = LaunchLink::read(&self.platform.location().unwrap_or_default())?;
        let server = match &link {
            Some(link) => self.server_by_issuer(&link.iss)?,
            None => self.server_by_name(options.server.as_deref())?,
        };
        let configuration = discover(&self.platform, &server).await?;
        self.prepare(&server, &configuration, link.as_ref(), &options).await
    }

    async fn prepare(
        &self,
        server: &Server,
        configuration: &SmartConfiguration,
        link: Option<&LaunchLink>,
        options: &LaunchOptions,
    ) -> Result<Url, Failure> {
        let record = &server.record;
        let endpoint = configuration.authorization_endpoint.as_ref().ok_or_else(|| {
            Error::configuration("smart-configuration", "the server's document has no authorization_endpoint")
        })?;
        let scope = launch_scope(options.scope.as_deref().unwrap_or(&record.scope), link.is_some());
        let state = self.random_text()?;
        let nonce = if scope.contains("openid") { Some(self.random_text()?) } else { None };
        let verifier = match record.pkce {
            Pkce::Disabled => None,
            Pkce::Required if !advertises_s256(configuration) => return Err(Error::PkceUnsupported.into()),
            Pkce::Required | Pkce::Send => Some(pkce::code_verifier(&self.random_bytes()?)),
        };
        let scope = scope.to_text();
        let url = AuthorizationRequest {
            endpoint,
            client_id: &record.client_id,
            redirect_uri: &record.redirect_uri,
            scope: &scope,
            state: &state,
            aud: match (&record.aud, link) {
                (Some(aud), _) => aud,
                (None, Some(link)) => &link.iss,
                (None, None) => &record.fhir_base,
            },
            launch: link.map(|link| link.launch.as_str()),
            nonce: nonce.as_deref(),
            code_challenge: verifier.as_ref().map(pkce::code_challenge).as_deref(),
            extra: &options.extra,
        }
        .url()?;
        let pending = PendingLaunch {
            server: server.key.clone(),
            client_id: record.client_id.clone(),
            redirect_uri: record.redirect_uri.clone(),
            scope,
            nonce,
            verifier,
            endpoints: Rc::new(Endpoints {
                issuer: configuration.issuer.clone(),
                authorization: endpoint.clone(),
                token: configuration.token_endpoint.clone(),
                jwks: configuration.jwks_uri.clone(),
            }),
            created: self.platform.now(),
        };
        records::save_launch(&self.platform, &state, &pending).await?;
        Ok(url)
    }

    /// Brings the session back: from the redirect that the page was opened by, else from the store. `None` where there is
    /// none, and where the page was opened by an EHR's launch link, which asks for a new one.
    ///
    /// It may be called twice at once, as React's StrictMode does. Afterwards the page's address is clean.
    ///
    /// # Errors
    /// [`Error::StateMismatch`], [`Error::CallbackReplayed`], [`Error::Authorization`], [`Error::Token`],
    /// [`Error::TokenResponse`], [`Error::IdToken`], [`Error::Network`], [`Error::Storage`].
    pub async fn resume(&self) -> Result<Option<Session<P>>, Failure> {
        let location = self.platform.location().unwrap_or_default();
        let outcome = match Callback::read(&location) {
            Ok(Some(callback)) => self.complete(callback).await.map(Some),
            Ok(None) => return self.restore(&location).await,
            Err(error) => Err(error),
        };
        self.clean_address();
        outcome
    }

    async fn restore(&self, location: &str) -> Result<Option<Session<P>>, Failure> {
        if !matches!(LaunchLink::read(location), Ok(None)) {
            return Ok(None);
        }
        match records::current_session(&self.platform).await? {
            Some(id) => self.open_session(&id).await,
            None => Ok(None),
        }
    }

    fn clean_address(&self) {
        if let Some(location) = self.platform.location() {
            let clean = without_callback(&location);
            if clean != location {
                // Where the address cannot be replaced, the code in it is spent all the same.
                let _ = self.platform.replace(&clean);
            }
        }
    }

    /// The session of an id: the one that is open, else the stored one, if it belongs to a configured server.
    pub(super) async fn open_session(&self, id: &str) -> Result<Option<Session<P>>, Failure> {
        if let Some(inner) = self.open_inner(id) {
            return Ok(Some(Session { inner }).filter(Session::is_active));
        }
        let Some(record) = records::load_session(&self.platform, id).await? else { return Ok(None) };
        let server = self.server_by_key(&record.server).filter(|server| {
            server.record.client_id == record.client_id && server.record.fhir_base == record.fhir_base
        });
        Ok(server.map(|server| self.session(server, id.to_owned(), record)))
    }

    pub(super) fn session(&self, server: Rc<Server>, id: String, record: Rc<SessionRecord>) -> Session<P> {
        if let Some(inner) = self.open_inner(&id).filter(|inner| inner.check_active().is_ok()) {
            return Session { inner };
        }
        let session = Session::new(self.platform.clone(), server, id, record);
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|open| open.strong_count() > 0);
        sessions.push(Rc::downgrade(&session.inner));
        drop(sessions);
        session.check_signature();
        session
    }

    fn open_inner(&self, id: &str) -> Option<Rc<Inner<P>>> {
        // The newest first: a session that was signed out may still be held beside its successor.
        self.sessions.borrow().iter().rev().filter_map(Weak::upgrade).find(|inner| inner.id == id)
    }

    pub(super) fn platform(&self) -> &P {
        &self.platform
    }

    pub(super) fn server_by_key(&self, key: &str) -> Option<Rc<Server>> {
        self.servers.iter().find(|server| server.key == key).cloned()
    }

    fn server_by_issuer(&self, iss: &str) -> Result<Rc<Server>, Failure> {
        let trusting = self.servers.iter().find(|server| server.trusts(iss));
        trusting.cloned().ok_or_else(|| Error::UntrustedIssuer { iss: iss.into() }.into())
    }

    fn server_by_name(&self, name: Option<&str>) -> Result<Rc<Server>, Failure> {
        let server = match (name, self.servers.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), servers) => servers.iter().find(|server| server.record.name.as_deref() == Some(name)),
        };
        server.cloned().ok_or_else(|| Error::UnknownServer { name: name.map(Box::from) }.into())
    }

    fn random_bytes(&self) -> Result<[u8; VERIFIER_BYTES], Failure> {
        let mut bytes = [0; VERIFIER_BYTES];
        self.platform.fill(&mut bytes).map_err(|_| Error::Entropy)?;
        Ok(bytes)
    }

    fn random_text(&self) -> Result<String, Failure> {
        Ok(base64url(&self.random_bytes()?))
    }
}

fn launch_scope(configured: &str, from_ehr: bool) -> ScopeSet {
    let mut scope = ScopeSet::parse(configured);
    if from_ehr {
        scope.insert("launch");
    } else {
        scope.remove("launch");
    }
    scope
}

fn advertises_s256(configuration: &SmartConfiguration) -> bool {
    configuration.code_challenge_methods_supported.iter().any(|method| method == "S256")
}
