//! Before a launch: whether its connection can be kept, and how.

use std::rc::Rc;

use derive_setters::Setters;
use futures_util::future::{Either, select};

use crate::abort::AbortSignal;
use crate::client::app::SmartApp;
use crate::client::server::RegistrationEndpoint;
use crate::client::server::configured::Server;
use crate::client::server::connection::Connection;
use crate::client::server::registration::registration_url;
use crate::client::store::connections::{self, ConnectionRecord, SealedPart, key_name};
use crate::client::store::own_client::OwnClient;
use crate::client::store::pending::PendingKeep;
use crate::client::store::records::{Endpoints, storage_error};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::client_metadata::{ClientKeys, ClientMetadata};
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::jwk::{Algorithm, jwk_set};
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

/// The scope by which a patient lets the app register a client for this browser.
const REGISTRATION_SCOPE: &str = "system/DynamicClient.register";

/// The algorithms of a new key, the preferred one first. All servers accept RSA keys for apps; some refuse others later.
const ALGORITHMS: [Algorithm; 6] =
    [Algorithm::RS384, Algorithm::RS256, Algorithm::RS512, Algorithm::ES384, Algorithm::ES256, Algorithm::ES512];

/// How long the browser may ask the user whether it may store data for long, in milliseconds.
const PERSIST_TIMEOUT: u32 = 10_000;

/// How a launch keeps its connection ([`LaunchOptions::keep`](crate::client::launch::LaunchOptions)): this browser registers a client with a key
/// of its own, which stays on the device. Offer it to the user as a choice ("Keep me connected on this device"), which is off at first.
///
/// ```no_run
/// # use smartrust::{Failure, SmartApp, platform::Platform};
/// use smartrust::client::keep::Keep;
/// use smartrust::client::launch::LaunchOptions;
///
/// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
/// match app.resume().await? {
///     Some(session) if session.is_kept() => println!("You stay connected on this device."),
///     Some(session) => println!("You are connected for this visit. {:?}", session.not_kept()),
///     None => match app.connections().await?.first() {
///         Some(connection) => println!("welcome back, {:?}", app.open_connection(connection).await?.patient()),
///         None => app.launch(LaunchOptions::default().keep(Keep::default())).await?,
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct Keep {
    /// The scope by which the user allows it, where the server protects registration; `system/DynamicClient.register` if there is none.
    pub scope: Option<String>,
    /// The name of the app, where the server registers every client and shows the name to the user.
    pub client_name: Option<String>,
}

/// How a launch goes on whose connection is to be kept.
pub(crate) struct PreparedKeep {
    pub connection: Rc<Connection>,
    /// The scopes of the launch.
    pub scope: String,
    pub pending: PendingKeep,
}

impl<P: Platform> SmartApp<P> {
    /// Checks that the connection of a launch can be kept. Where the server registers every client, registers one. `id` is that of
    /// the session.
    ///
    /// # Errors
    /// [`Error::KeepUnsupported`], [`Error::KeepRefused`], [`Error::Storage`], [`Error::Discovery`]; where the server registers every
    /// client, also as [`RegistrationEndpoint::register`].
    pub(crate) async fn prepare_keep(
        &self,
        connection: &Rc<Connection>,
        keep: &Keep,
        is_ehr_launch: bool,
        scope: &str,
        id: &str,
    ) -> Result<PreparedKeep, Failure> {
        let (platform, server) = (self.platform(), &connection.server);
        let problem = if is_ehr_launch {
            Some("an EHR opened the app, and its sessions end with the visit")
        } else if !platform.can_create_keys() {
            Some("this page cannot create keys; serve it by https, in a browser with IndexedDB")
        } else {
            problem_of_server(server)
        };
        if let Some(problem) = problem {
            return Err(Error::KeepUnsupported { problem }.into());
        }
        if connections::was_refused(platform, &server.key).await? {
            return Err(Error::KeepRefused { host: server.fhir_base.host().into(), problem: None }.into());
        }
        let mut scopes = ScopeSet::parse(scope);
        let with_identity = scopes.contains("openid");
        let configuration = connection.discovery.endpoints(platform, with_identity).await?;
        // A record has no registration endpoint, so this needs the documents.
        let documents = connection.discovery.documents(platform, with_identity).await?;
        let endpoint = registration_url(platform, server, &documents).await;
        let endpoint = endpoint.ok_or(unsupported("the server has no registration endpoint"))?;
        let algorithm = algorithm(&configuration.token_endpoint_auth_signing_alg_values_supported)?;
        let is_persistent = self.ask_to_persist().await;
        if server.record.software_id.is_some() {
            let scope = registration_scope(keep)?;
            scopes.insert(scope);
            let pending = PendingKeep::Register { scope: scope.to_owned(), endpoint, algorithm, is_persistent };
            return Ok(PreparedKeep { connection: connection.clone(), scope: scopes.to_text(), pending });
        }
        // The connection gets a new access token by the refresh token, which the server takes only together with the key.
        scopes.insert("offline_access");
        let launch = OpenLaunch { connection, keep, id, scope: scopes.to_text(), endpoint, algorithm, is_persistent };
        let prepared = self.register_before_launch(&launch, &configuration).await;
        if prepared.is_err() {
            // What cannot be removed is removed after an hour.
            let _ = connections::remove_connection(platform, id).await;
        }
        prepared
    }

    /// Requests that the browser keeps the stored data until the user removes it. `None` if it does not respond.
    async fn ask_to_persist(&self) -> Option<bool> {
        let asking = Box::pin(self.platform().persist());
        match select(asking, Box::pin(self.platform().sleep(PERSIST_TIMEOUT))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => None,
        }
    }

    /// Registers a client with a new key, for this launch and its connection.
    async fn register_before_launch(
        &self,
        launch: &OpenLaunch<'_>,
        configuration: &SmartConfiguration,
    ) -> Result<PreparedKeep, Failure> {
        let OpenLaunch { connection, id, scope, .. } = launch;
        let (platform, record) = (self.platform(), &connection.server.record);
        let public = platform.create_key(&key_name(id), launch.algorithm).await.map_err(storage_error)?;
        let kid = public.thumbprint();
        let jwks = jwk_set([public.published_jwk(&kid, Some(launch.algorithm))]);
        let name = launch.keep.client_name.as_deref().unwrap_or_default();
        let metadata = ClientMetadata::asymmetric(name, &record.redirect_uri, scope, ClientKeys::Set(jwks));
        let metadata = ClientMetadata { client_name: launch.keep.client_name.clone(), ..metadata };
        let endpoint = RegistrationEndpoint::of(platform.clone(), launch.endpoint.clone());
        let registered = endpoint.register(&metadata, None, &AbortSignal::never()).await?;
        let client =
            OwnClient { app_client_id: record.client_id.clone(), kid, has_key_authentication: true, is_new: false };
        let mut stored = ConnectionRecord {
            server: connection.server.key.clone(),
            client: client.clone(),
            client_id: registered.client_id.clone(),
            redirect_uri: record.redirect_uri.clone(),
            fhir_base: record.fhir_base.clone(),
            endpoints: Rc::new(Endpoints::of(configuration)?),
            registration_endpoint: launch.endpoint.clone(),
            requested_scope: scope.clone(),
            granted_scope: None,
            label: None,
            last_used: platform.now(),
            is_persistent: launch.is_persistent,
            is_ready: false,
            sealed: None,
        };
        let part = SealedPart {
            registration_access_token: registered.registration_access_token,
            registration_client_uri: registered.registration_client_uri,
            ..SealedPart::default()
        };
        connections::seal(platform, id, &mut stored, &part).await?;
        connections::save_connection(platform, id, &stored).await?;
        Ok(PreparedKeep {
            connection: connection.for_own_client(platform, id, &registered.client_id, &client),
            scope: scope.clone(),
            pending: PendingKeep::Registered(client),
        })
    }
}

/// A launch at a server that registers every client.
struct OpenLaunch<'a> {
    connection: &'a Rc<Connection>,
    keep: &'a Keep,
    id: &'a str,
    scope: String,
    endpoint: Url,
    algorithm: Algorithm,
    is_persistent: Option<bool>,
}

/// Why the configuration of a server does not allow it.
fn problem_of_server(server: &Server) -> Option<&'static str> {
    let record = &server.record;
    if record.software_id.is_none() && !record.open_registration {
        Some("the server's configuration has neither softwareId nor openRegistration")
    } else if record.token_proxy.is_some() || record.authentication != ClientAuthentication::None {
        Some("the app's client authenticates itself, so it cannot use a key of this browser")
    } else {
        None
    }
}

/// The scope with which the user allows it.
fn registration_scope(keep: &Keep) -> Result<&str, Failure> {
    let scope = keep.scope.as_deref().unwrap_or(REGISTRATION_SCOPE);
    let is_one = !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one { Ok(scope) } else { Err(Error::configuration("keep.scope", "it must be a single scope")) }
}

/// The algorithm of a new key, for the algorithms that a server lists; it may list none.
fn algorithm(supported: &[String]) -> Result<Algorithm, Failure> {
    let is_supported = |algorithm: &Algorithm| supported.iter().any(|name| name == algorithm.name());
    let fitting = ALGORITHMS.into_iter().find(|algorithm| supported.is_empty() || is_supported(algorithm));
    fitting.ok_or_else(|| unsupported("the server lists no signature algorithm that this browser supports"))
}

fn unsupported(problem: &'static str) -> Failure {
    Error::KeepUnsupported { problem }.into()
}
