//! App state: small data that an app stores on the server. A change never overwrites a version that the app has not read.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use derive_setters::Setters;

use super::handle::Session;
use crate::client::fhir::client::FhirClient;
use crate::client::fhir::options::RequestOptions;
use crate::client::fhir::response::Value;
use crate::error::{Error, Failure};
use crate::fhir::app_state::{StateExtension, StateKey, endpoint, invalid};
use crate::fhir::bundle::Page;
use crate::fhir::request::{FhirRequest, Interaction};
use crate::fhir::response::FhirResponse;
use crate::platform::{JsonView, Platform};
use crate::protocol::secret::AppStateJson;
use crate::protocol::url::Url;

/// Options of an app state.
#[derive(Clone, Debug, Default, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct StateOptions {
    /// The patient or user whom the state is about, such as `Patient/1`. Without it, the state is about the app as a whole.
    pub subject: Option<String>,
    /// The origin of the server's endpoint for app state, if that is not below the FHIR base. Without it, the access token is not sent there.
    pub origin: Option<String>,
}

/// Small data of the app with one code and subject. A clone is another handle to the same state.
///
/// ```no_run
/// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
/// use smartrust::client::session::StateOptions;
/// use smartrust::fhir::app_state::StateExtension;
/// use smartrust::platform::JsonView;
///
/// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
/// let never = AbortSignal::never();
/// let state = session.state("https://app.example|preferences", StateOptions::default().subject("Practitioner/7"))?;
/// if let Some(basic) = state.get(&never).await? {
///     for extension in basic.member_items("extension") {
///         println!("{:?}: {:?}", extension.member_text("url"), extension.member_text("valueString"));
///     }
/// }
/// let preferences = StateExtension::new("https://app.example/preferences", r#"{"view": "labs"}"#);
/// state.set(&[preferences], &never).await?;
/// # Ok(())
/// # }
/// ```
pub struct AppState<P: Platform> {
    inner: Rc<Inner<P>>,
}

struct Inner<P: Platform> {
    session: Session<P>,
    key: StateKey,
    origin: Option<Url>,
    /// The resource that the app read or stored last.
    known: RefCell<Option<Value<P>>>,
}

impl<P: Platform> Session<P> {
    /// The app's own data with a code, on the server (SMART App Launch 2.2, app state). Nothing is sent yet. The code has a system, such as
    /// `https://app.example|preferences`.
    ///
    /// For an example, see [`AppState`].
    ///
    /// # Errors
    /// [`Error::AppState`] for a code without a system and a subject outside the FHIR server, [`Error::Url`] for an invalid origin.
    pub fn state(&self, code: &str, options: StateOptions) -> Result<AppState<P>, Failure> {
        let key = StateKey::new(code, options.subject.as_deref(), self.inner.guard.base())?;
        let origin = options.origin.map(|origin| Url::parse(&origin)).transpose();
        let origin = origin.map_err(|problem| Error::Url { what: "origin".into(), problem })?;
        Ok(AppState { inner: Rc::new(Inner { session: self.clone(), key, origin, known: RefCell::default() }) })
    }
}

impl<P: Platform> AppState<P> {
    /// Reads the state, a `Basic` resource; `None` if there is none. If the server has several, it is the first. The values are not
    /// checked: another app may have written them.
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the server does not support app state, [`Error::ForeignUrl`] if its endpoint is at an origin that the options do not
    /// name, [`Error::AppState`] if it returns other resources, and as [`Session::read`].
    pub async fn get(&self, options: impl Into<RequestOptions>) -> Result<Option<Value<P>>, Failure> {
        self.read(&options.into()).await
    }

    /// Replaces the values, and returns the stored resource. The first call creates the state; later calls update it if it is still the one
    /// that was read or stored last.
    ///
    /// # Errors
    /// [`Error::StateConflict`] with the current state, if that is not the one that was read or stored last; then nothing was stored.
    /// After this error, another call replaces that state. [`Error::AppState`] for more than 256 kB, and as [`Self::get`].
    pub async fn set(
        &self,
        extensions: &[StateExtension],
        options: impl Into<RequestOptions>,
    ) -> Result<Value<P>, Failure> {
        self.store(extensions, &options.into()).await
    }

    /// Deletes the state. If it was not read yet, this reads it first. A missing state is not an error.
    ///
    /// # Errors
    /// [`Error::StateConflict`], as for [`Self::set`], and as [`Self::get`].
    pub async fn delete(&self, options: impl Into<RequestOptions>) -> Result<(), Failure> {
        self.remove(&options.into()).await
    }

    fn known(&self) -> Option<Value<P>> {
        self.inner.known.borrow().clone()
    }

    async fn read(&self, options: &RequestOptions) -> Result<Option<Value<P>>, Failure> {
        let key = &self.inner.key;
        let response = self.send(&key.search(), options).await?;
        let found = response.resource.as_ref().and_then(Page::read).map(|page| page.resources).unwrap_or_default();
        let current = found.iter().find(|resource| key.is_of(*resource)).cloned();
        if current.is_none() && !found.is_empty() {
            return Err(invalid("the server returned other resources: contact its operator"));
        }
        self.inner.known.replace(current.clone());
        Ok(current)
    }

    async fn store(&self, extensions: &[StateExtension], options: &RequestOptions) -> Result<Value<P>, Failure> {
        let key = &self.inner.key;
        let request = match self.known() {
            Some(known) => {
                let body = key.to_json(extensions, known.member_text("id").as_deref())?;
                change_of(Interaction::Update, &known)?.body(body)
            }
            None => {
                let body = key.to_json(extensions, None)?;
                if let Some(current) = self.read(options).await? {
                    return Err(conflict(Some(current)));
                }
                FhirRequest::new(Interaction::Create, "Basic").body(body)
            }
        };
        let response = self.change(&request, options).await?;
        match response.resource.filter(|saved| key.is_of(saved) && change_of(Interaction::Update, saved).is_ok()) {
            Some(saved) => {
                self.inner.known.replace(Some(saved.clone()));
                Ok(saved)
            }
            None => {
                let saved = self.read(options).await?;
                saved.ok_or_else(|| invalid("the server did not store it: contact its operator"))
            }
        }
    }

    async fn remove(&self, options: &RequestOptions) -> Result<(), Failure> {
        let known = match self.known() {
            Some(known) => Some(known),
            None => self.read(options).await?,
        };
        let Some(known) = known else { return Ok(()) };
        match self.change(&change_of(Interaction::Delete, &known)?, options).await {
            Err(failure) if !matches!(*failure, Error::StateConflict { current: None }) => Err(failure),
            _ => {
                self.inner.known.replace(None);
                Ok(())
            }
        }
    }

    /// Sends a change. If the server has another version, the error contains it.
    async fn change(&self, request: &FhirRequest, options: &RequestOptions) -> Result<FhirResponse<Value<P>>, Failure> {
        match self.send(request, options).await {
            Err(failure) if matches!(failure.status(), Some(409 | 410 | 412)) => {
                Err(conflict(self.read(options).await?))
            }
            outcome => outcome,
        }
    }

    async fn send(&self, request: &FhirRequest, options: &RequestOptions) -> Result<FhirResponse<Value<P>>, Failure> {
        let Inner { session, origin, .. } = &*self.inner;
        let (connection, platform) = (&session.inner.connection, &session.inner.platform);
        let configuration = connection.discovery.documents(platform, false).await?;
        let document =
            platform.parse(&configuration.json).ok_or_else(|| invalid("the server's document is not JSON"))?;
        let base = endpoint(&document, session.base(), connection.server.record.allow_insecure_http)?;
        let mut guard = session.inner.guard.clone();
        if origin.as_ref().is_some_and(|origin| base.has_origin_of(origin)) {
            guard.admit(base.clone());
        }
        let prepared = options.prepare(request, &base, || session.granted_scopes())?;
        session.exchange_within(prepared, options, &|resource| request.is_expected_response(resource), &guard).await
    }
}

/// A change of a resource that fails if the server has another version.
fn change_of<V: JsonView>(interaction: Interaction, known: &V) -> Result<FhirRequest, Failure> {
    let id = known.member_text("id").unwrap_or_default();
    FhirRequest::new(interaction, ["Basic/", &id].concat()).if_match_version_of(known)
}

fn conflict<V: JsonView>(current: Option<V>) -> Failure {
    Error::StateConflict { current: current.map(|current| AppStateJson::new(current.to_json())) }.into()
}

impl<P: Platform> Clone for AppState<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<P: Platform> fmt::Debug for AppState<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AppState").field("key", &self.inner.key).finish_non_exhaustive()
    }
}
