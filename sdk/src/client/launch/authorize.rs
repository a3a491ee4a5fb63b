//! The authorization request of an EHR launch and of a standalone launch.

use std::rc::Rc;

use derive_setters::Setters;

use crate::client::app::SmartApp;
#[cfg(feature = "keep")]
use crate::client::keep::Keep;
use crate::client::server::configured::Server;
use crate::client::server::connection::Connection;
use crate::client::server::discovery::openid_configuration;
use crate::client::server::transport::{random_bytes, random_string};
use crate::client::store::pending::{self, PendingKeep, PendingLaunch};
use crate::client::store::records::Endpoints;
use crate::error::{Error, Failure};
use crate::platform::Platform;
pub use crate::protocol::authorize::AuthorizationMethod;
use crate::protocol::authorize::{AuthorizationRequest, LONGEST_URL};
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::encoding::values;
use crate::protocol::launch::LaunchLink;
use crate::protocol::openid::KnownEndpoints;
use crate::protocol::pkce::{self, Pkce, VERIFIER_BYTES};
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

/// Options of a launch.
///
/// ```
/// use smartrust::client::launch::LaunchOptions;
///
/// let options = LaunchOptions::default().server("Clinic").parameter("prompt", "login");
/// assert_eq!(options.server.as_deref(), Some("Clinic"));
/// ```
#[derive(Clone, Debug, Default, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct LaunchOptions {
    /// The configured name of the server. A standalone launch requires it if there are several servers.
    pub server: Option<String>,
    /// The URL of a server that the configuration trusts, in place of its name.
    pub iss: Option<String>,
    /// Scopes in place of the configured ones.
    pub scope: Option<String>,
    /// Parameters to add to the authorization request, such as `prompt` or `login_hint`. With `max_age`, in whole seconds,
    /// the server asks the user to sign in again if that was longer ago, and the ID token must prove it.
    #[setters(skip)]
    pub extra: Vec<(String, String)>,
    /// A string of the app that the session returns after the redirect ([`Session::app_state`](crate::Session::app_state)). It stays in this
    /// browser's store.
    pub app_state: Option<String>,
    /// Whether the authorization request is a GET or a POST.
    pub method: AuthorizationMethod,
    /// Whether and how this browser stays connected after the session. For an example, see [`Keep`].
    #[cfg(feature = "keep")]
    pub keep: Option<Keep>,
}

impl LaunchOptions {
    /// Adds a parameter to [`Self::extra`].
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.push((name.into(), value.into()));
        self
    }
}

/// The parameter for how long ago the user may have signed in.
const MAX_AGE: &str = "max_age";

/// Where the user signs in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaunchMode {
    /// In this page.
    Page,
    /// In a popup window, which sends the redirect to this page.
    Popup,
    /// Wherever the caller opens the URL.
    Url,
}

/// A launch at a server, after its options were read.
pub(super) struct PreparedLaunch<'a> {
    pub state: &'a str,
    pub mode: LaunchMode,
    pub link: Option<&'a LaunchLink>,
    pub options: &'a LaunchOptions,
    /// The patient that the session must have.
    pub patient: Option<String>,
    pub keep: Option<PendingKeep>,
}

/// The request that sends the user to the authorization server.
pub(super) struct Navigation {
    url: Url,
    /// The form to post; `None` for a GET.
    form: Option<Vec<(String, String)>>,
}

impl<P: Platform> SmartApp<P> {
    /// Navigates to the authorization server: for an EHR launch if an EHR opened the page by its launch link, or else for a
    /// standalone launch.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// use smartrust::client::launch::LaunchOptions;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// let options = LaunchOptions::default().iss("https://ehr.example/fhir").scope("launch/patient patient/Immunization.rs");
    /// app.launch(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::authorization_url`], and [`Error::Navigation`] outside a page. [`Error::Configuration`] if the launch could not be
    /// completed: the page has another origin than the redirect URI, and its store belongs to its origin.
    pub async fn launch(&self, options: LaunchOptions) -> Result<(), Failure> {
        let navigation = self.prepare_launch(&self.random_string()?, &options, LaunchMode::Page).await?;
        self.navigate(&navigation)
    }

    /// Prepares a launch and returns the URL of the authorization request, a GET.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// use smartrust::client::launch::LaunchOptions;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// let url = app.authorization_url(LaunchOptions::default().server("Clinic")).await?;
    /// println!("To connect your record, open {url}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::UntrustedIssuer`] for the launch link of an EHR that no server record trusts; nothing is sent then.
    /// [`Error::Discovery`], [`Error::InsecureUrl`], [`Error::PkceUnsupported`], [`Error::ReservedParameter`],
    /// [`Error::Storage`] if the launch cannot be stored. [`Error::AuthorizationTooLong`] if the URL would be longer than
    /// [`LONGEST_URL`] and the method is automatic. [`Error::MaxAgeUnsupported`].
    /// [`Error::Configuration`] for a `max_age` that is no time, and for a POST, which a URL
    /// alone cannot make.
    pub async fn authorization_url(&self, options: LaunchOptions) -> Result<Url, Failure> {
        self.authorization_url_of(&self.random_string()?, &options, LaunchMode::Url).await
    }

    /// Prepares a launch with a state.
    pub(super) async fn authorization_url_of(
        &self,
        state: &str,
        options: &LaunchOptions,
        mode: LaunchMode,
    ) -> Result<Url, Failure> {
        if options.method == AuthorizationMethod::Post {
            return Err(Error::configuration("method", "a URL alone makes no POST; launch in the page, or by GET"));
        }
        Ok(self.prepare_launch(state, options, mode).await?.url)
    }

    async fn prepare_launch(
        &self,
        state: &str,
        options: &LaunchOptions,
        mode: LaunchMode,
    ) -> Result<Navigation, Failure> {
        let link = match LaunchLink::read(&self.platform().location().unwrap_or_default()) {
            // The caller names the server, so the page's URL does not matter.
            Err(_) if options.iss.is_some() || options.server.is_some() => None,
            link => link?,
        };
        let connection = match link.as_ref().map(|link| &link.iss).or(options.iss.as_ref()) {
            Some(iss) => self.connection_by_issuer(iss)?,
            None => self.connection_by_name(options.server.as_deref())?,
        };
        let launch = PreparedLaunch { state, mode, link: link.as_ref(), options, patient: None, keep: None };
        self.prepare_launch_at(&connection, launch).await
    }

    /// Prepares a launch at a server. Its connection is kept, if the options say so.
    pub(super) async fn prepare_launch_at(
        &self,
        connection: &Rc<Connection>,
        launch: PreparedLaunch<'_>,
    ) -> Result<Navigation, Failure> {
        self.check_return(&connection.server, launch.mode)?;
        #[cfg(feature = "keep")]
        if let Some(keep) = &launch.options.keep {
            let scope = launch.options.scope.as_ref().unwrap_or(&connection.server.record.scope);
            let prepared = self.prepare_keep(connection, keep, launch.link.is_some(), scope, launch.state).await?;
            let options = &LaunchOptions { scope: Some(prepared.scope), ..launch.options.clone() };
            let launch = PreparedLaunch { options, keep: Some(prepared.pending), ..launch };
            return self.prepare_request(&prepared.connection, launch).await;
        }
        self.prepare_request(connection, launch).await
    }

    pub(super) fn navigate(&self, navigation: &Navigation) -> Result<(), Failure> {
        let navigated = match &navigation.form {
            Some(form) => self.platform().post(navigation.url.as_str(), form),
            None => self.platform().assign(navigation.url.as_str()),
        };
        navigated.map_err(|_| Error::Navigation.into())
    }

    /// Checks that the redirect can return to this page, if it must.
    fn check_return(&self, server: &Server, mode: LaunchMode) -> Result<(), Failure> {
        let must_return_here = match mode {
            LaunchMode::Page => self.platform().is_bound_to_origin(),
            // A window cannot send the redirect to a page of another origin.
            LaunchMode::Popup => true,
            LaunchMode::Url => false,
        };
        if must_return_here {
            server.check_return_origin(&self.platform().location().unwrap_or_default())?;
        }
        Ok(())
    }

    /// Prepares the authorization request, and stores the launch that its redirect completes.
    async fn prepare_request(
        &self,
        connection: &Connection,
        launch: PreparedLaunch<'_>,
    ) -> Result<Navigation, Failure> {
        let PreparedLaunch { state, mode, link, options, patient, keep } = launch;
        let server = &connection.server;
        let record = &server.record;
        let scope = launch_scope(options.scope.as_deref().unwrap_or(&record.scope), link.is_some());
        let configuration = connection.discovery.endpoints(self.platform(), scope.contains("openid")).await?;
        let endpoints = Rc::new(Endpoints::of(&configuration)?);
        let max_age = if values(&options.extra, MAX_AGE).is_empty() {
            None
        } else {
            let max_age = max_age(&options.extra)?;
            self.check_auth_time(server, &configuration, scope.contains("openid")).await?;
            Some(max_age)
        };
        let nonce = if scope.contains("openid") { Some(self.random_string()?) } else { None };
        let verifier = match record.pkce {
            Pkce::Disabled => None,
            Pkce::Required if !advertises_s256(&configuration) => return Err(Error::PkceUnsupported.into()),
            Pkce::Required | Pkce::Send => Some(pkce::code_verifier(&random_bytes(self.platform())?)),
        };
        let scope = scope.to_text();
        let challenge = verifier.as_ref().map(pkce::code_challenge);
        let request = AuthorizationRequest {
            endpoint: &endpoints.authorization,
            client_id: &record.client_id,
            redirect_uri: &record.redirect_uri,
            scope: &scope,
            state,
            aud: match (&record.aud, link) {
                (Some(aud), _) => aud,
                (None, Some(link)) => &link.iss,
                (None, None) => &record.fhir_base,
            },
            launch: link.map(|link| link.launch.as_str()),
            nonce: nonce.as_deref(),
            code_challenge: challenge.as_deref(),
            extra: &options.extra,
        };
        let takes_post = mode == LaunchMode::Page && link.is_none() && configuration.has_capability("authorize-post");
        let navigation = navigation(&request, options.method, takes_post)?;
        let pending = PendingLaunch {
            server: server.key.clone(),
            client_id: record.client_id.clone(),
            redirect_uri: record.redirect_uri.clone(),
            scope,
            nonce,
            verifier,
            endpoints,
            max_age,
            patient,
            is_ehr_launch: link.is_some(),
            created: self.platform().now(),
            redirect: None,
            keep,
            app_state: options.app_state.clone(),
        };
        pending::remove_expired_launches(self.platform()).await?;
        pending::save_launch(self.platform(), state, &pending).await?;
        self.current().clear_pending(self.platform());
        if pending.is_ehr_launch {
            // Even if the launch fails, this page must not show another patient than the one that the EHR opened it for.
            self.current().set(self.platform(), state);
        }
        Ok(navigation)
    }

    pub(super) fn random_string(&self) -> Result<String, Failure> {
        random_string::<VERIFIER_BYTES>(self.platform())
    }

    /// Checks that the launch's ID token will have the claim `auth_time`, which `max_age` is checked against.
    async fn check_auth_time(
        &self,
        server: &Server,
        configuration: &SmartConfiguration,
        with_identity: bool,
    ) -> Result<(), Failure> {
        let has_auth_time = |document: &SmartConfiguration| document.supports_claim(self.platform(), "auth_time");
        let is_supported = with_identity
            && (has_auth_time(configuration)
                || openid_configuration(self.platform(), server, KnownEndpoints::of(configuration))
                    .await
                    .is_some_and(|openid| has_auth_time(&openid)));
        if is_supported { Ok(()) } else { Err(Error::MaxAgeUnsupported.into()) }
    }
}

/// The value of `max_age`, in seconds.
fn max_age(extra: &[(String, String)]) -> Result<f64, Failure> {
    let wrong = || Error::configuration("max_age", "it is not one whole number of seconds");
    match values(extra, MAX_AGE).as_slice() {
        [digits] if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse::<u32>().map(f64::from).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

/// Chooses between GET and POST.
fn navigation(
    request: &AuthorizationRequest<'_>,
    method: AuthorizationMethod,
    takes_post: bool,
) -> Result<Navigation, Failure> {
    let url = request.url()?;
    let is_long = url.as_str().len() > LONGEST_URL;
    let by_post = match method {
        AuthorizationMethod::Get => false,
        AuthorizationMethod::Post => true,
        AuthorizationMethod::Automatic if is_long && !takes_post => return Err(Error::AuthorizationTooLong.into()),
        AuthorizationMethod::Automatic => is_long,
    };
    if !by_post {
        return Ok(Navigation { url, form: None });
    }
    let form = request.parameters()?.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Navigation { url: request.endpoint.clone(), form: Some(form.collect()) })
}

fn launch_scope(configured: &str, is_ehr_launch: bool) -> ScopeSet {
    let mut scope = ScopeSet::parse(configured);
    if is_ehr_launch {
        scope.insert("launch");
    } else {
        scope.remove("launch");
    }
    scope
}

fn advertises_s256(configuration: &SmartConfiguration) -> bool {
    configuration.code_challenge_methods_supported.iter().any(|method| method == "S256")
}
