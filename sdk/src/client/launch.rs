//! From the app to the authorization server: an EHR launch, a standalone one, and one more in the same context.

use std::rc::Rc;

use super::app::SmartApp;
use super::config::Server;
use super::discovery::discover;
use super::records::{self, Endpoints, PendingLaunch};
use super::session::Session;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::authorize::AuthorizationRequest;
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::encoding::base64url;
use crate::protocol::launch::LaunchLink;
use crate::protocol::pkce::{self, Pkce, VERIFIER_BYTES};
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

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
    /// Leaves the page for the authorization server: as the EHR's launch link says where the page was opened by one, else
    /// for a standalone launch.
    ///
    /// # Errors
    /// As [`Self::authorization_url`], and [`Error::Navigation`] where there is no page.
    pub async fn launch(&self, options: LaunchOptions) -> Result<(), Failure> {
        let url = self.authorization_url(options).await?;
        self.leave_for(&url)
    }

    /// Prepares a launch and gives the address to send the user to.
    ///
    /// # Errors
    /// [`Error::UntrustedIssuer`] for a launch link of an EHR that no server record trusts: nothing is requested then.
    /// [`Error::Discovery`], [`Error::InsecureUrl`], [`Error::PkceUnsupported`], [`Error::ReservedParameter`],
    /// [`Error::Storage`] where the launch cannot be kept until the user comes back.
    pub async fn authorization_url(&self, options: LaunchOptions) -> Result<Url, Failure> {
        self.authorization_url_of(&self.random_text()?, &options).await
    }

    /// Prepares a launch with this state.
    pub(super) async fn authorization_url_of(&self, state: &str, options: &LaunchOptions) -> Result<Url, Failure> {
        let link = LaunchLink::read(&self.platform().location().unwrap_or_default())?;
        let server = match &link {
            Some(link) => self.server_by_issuer(&link.iss)?,
            None => self.server_by_name(options.server.as_deref())?,
        };
        self.prepare(&server, link.as_ref(), options, None, state).await
    }

    /// Leaves the page to ask the server of a session again, as a standalone launch about the same patient: after the session
    /// ran out, or with `scope` to ask for more than was granted.
    ///
    /// The redirect then gives a new session, or [`Error::PatientChanged`] where it is about another patient.
    ///
    /// # Errors
    /// As [`Self::launch`].
    pub async fn launch_again(&self, session: &Session<P>, scope: Option<&str>) -> Result<(), Failure> {
        let record = session.inner.record.borrow().clone();
        let mut again = ScopeSet::parse(scope.unwrap_or(&record.requested_scope));
        if record.context.patient.is_some() {
            again.insert("launch/patient");
        }
        let options = LaunchOptions { scope: Some(again.to_text()), ..LaunchOptions::default() };
        let (server, patient) = (&session.inner.server, record.context.patient.clone());
        let url = self.prepare(server, None, &options, patient, &self.random_text()?).await?;
        self.leave_for(&url)
    }

    fn leave_for(&self, url: &Url) -> Result<(), Failure> {
        self.platform().assign(url.as_str()).map_err(|_| Error::Navigation.into())
    }

    async fn prepare(
        &self,
        server: &Rc<Server>,
        link: Option<&LaunchLink>,
        options: &LaunchOptions,
        patient: Option<String>,
        state: &str,
    ) -> Result<Url, Failure> {
        let record = &server.record;
        let scope = launch_scope(options.scope.as_deref().unwrap_or(&record.scope), link.is_some());
        let configuration = discover(self.platform(), server, scope.contains("openid")).await?;
        let endpoints = Rc::new(Endpoints::of(&configuration)?);
        let nonce = if scope.contains("openid") { Some(self.random_text()?) } else { None };
        let verifier = match record.pkce {
            Pkce::Disabled => None,
            Pkce::Required if !advertises_s256(&configuration) => return Err(Error::PkceUnsupported.into()),
            Pkce::Required | Pkce::Send => Some(pkce::code_verifier(&self.random_bytes()?)),
        };
        let scope = scope.to_text();
        let url = AuthorizationRequest {
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
            endpoints,
            patient,
            created: self.platform().now(),
        };
        records::save_launch(self.platform(), state, &pending).await?;
        Ok(url)
    }

    fn random_bytes(&self) -> Result<[u8; VERIFIER_BYTES], Failure> {
        let mut bytes = [0; VERIFIER_BYTES];
        self.platform().fill(&mut bytes).map_err(|_| Error::Entropy)?;
        Ok(bytes)
    }

    pub(super) fn random_text(&self) -> Result<String, Failure> {
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
