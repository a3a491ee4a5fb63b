//! A session, which keeps its tokens private, and its launch context.

use std::fmt;
use std::rc::Rc;

use super::state::{EventSubscription, Inner, SessionEvent};
use crate::client::store::records::CheckedIdentity;
use crate::error::Failure;
use crate::fhir::reference::ResourceId;
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::finding::Finding;
use crate::protocol::scope::{Context, ScopeGrant, ScopeSet};
use crate::protocol::url::Url;

/// A signed-in session. Cloning it gives another handle to the same session.
pub struct Session<P: Platform> {
    pub(crate) inner: Rc<Inner<P>>,
}

impl<P: Platform> Clone for Session<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

const OPENID_DISCOVERY: &str = "OpenID Connect Discovery 1.0 section 4.3";

impl<P: Platform> Session<P> {
    /// Identifies the session within the app. It is not secret.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The id of the patient in context.
    ///
    /// For an example, see [`Self::context`].
    pub fn patient(&self) -> Option<String> {
        self.inner.record.borrow().context.patient.clone()
    }

    /// The id of the encounter in context.
    ///
    /// For an example, see [`Self::context`].
    pub fn encounter(&self) -> Option<String> {
        self.inner.record.borrow().context.encounter.clone()
    }

    /// The launch context, with all its parameters.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let context = session.context();
    /// // Unless the EHR shows who the patient is, the app must.
    /// if context.need_patient_banner != Some(false) {
    ///     println!("patient {:?}, encounter {:?}", session.patient(), session.encounter());
    /// }
    /// for item in &context.fhir_context {
    ///     println!("{}: {:?}", item.role, item.reference);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn context(&self) -> Rc<LaunchContext> {
        self.inner.record.borrow().context.clone()
    }

    /// The string that the app passed to the launch ([`LaunchOptions::app_state`](crate::client::launch::LaunchOptions::app_state)), such as
    /// the view to return to. A later session of the same connection has none.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// use smartrust::client::launch::LaunchOptions;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// if let Some(session) = app.resume().await? {
    ///     println!("return to {:?}", session.app_state());
    /// } else {
    ///     app.launch(LaunchOptions::default().app_state("/labs?from=2020")).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn app_state(&self) -> Option<String> {
        self.inner.record.borrow().app_state.clone()
    }

    /// The identity of the user and how it was checked; `None` without an ID token.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// use smartrust::client::session::Signature;
    ///
    /// # fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// if let Some(checked) = session.identity() {
    ///     let is_verified = checked.signature == Signature::Verified;
    ///     println!("{} of {}, verified: {is_verified}", checked.identity.subject, checked.identity.issuer);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn identity(&self) -> Option<Rc<CheckedIdentity>> {
        self.inner.record.borrow().identity.clone()
    }

    /// The type and id of the user's own resource (`fhirUser`).
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// if let Some(user) = session.fhir_user() {
    ///     let reference = format!("{}/{}", user.resource_type, user.id);
    ///     let resource = session.read(&reference, &AbortSignal::never()).await?;
    ///     # let _ = resource;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fhir_user(&self) -> Option<ResourceId> {
        ResourceId::read(self.identity()?.identity.fhir_user.as_deref()?)
    }

    /// The requested and the granted scopes.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let scopes = session.scopes();
    /// for scope in scopes.missing() {
    ///     println!("not shared: {}", scope.sentence());
    /// }
    /// for scope in scopes.narrowed() {
    ///     println!("shared in part: {}", scope.sentence());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn scopes(&self) -> ScopeGrant {
        let record = self.inner.record.borrow();
        ScopeGrant::new(ScopeSet::parse(&record.requested_scope), record.granted_scope.as_deref())
    }

    /// Deviations from the standards in the launch or a refresh that are not errors.
    ///
    /// For how to show them, see [`SmartApp::diagnose`](crate::SmartApp::diagnose).
    pub fn findings(&self) -> Vec<Finding> {
        let record = self.inner.record.borrow();
        let issuer = "The redirect has an issuer, but the server's documents have none to compare it with.";
        let renewal = "A refresh returned an ID token without its audience or nonce: the identity of the launch stays.";
        let not_stored = "The browser did not store the session: it ends when this page is reloaded or left.";
        let pasted =
            "The access token was pasted: the user was not authenticated, and the session cannot be refreshed.";
        let aside = "The server's OpenID configuration names another issuer, or contradicts its SMART configuration: its \
                     keys and its issuer were not used.";
        let no_identity = "The scope openid was granted without an ID token: the user is unknown.";
        let unknown = "The server granted scopes of unknown syntax: what they allow is only known after a request.";
        let granted = self.scopes().granted;
        // A token for a key comes without an ID token.
        let is_without_user = record.is_pasted || record.own_client.is_some();
        let lacks_identity = record.identity.is_none() && !is_without_user && granted.contains("openid");
        let insecure = "The server links to the next page by http://, where its base begins with https://: it was fetched by https.";
        [
            (self.inner.insecure_links.get(), "insecure_link", insecure, "RFC 6750 section 5.3"),
            (record.issuer_unknown, "unknown_issuer", issuer, "RFC 9207 section 2.4"),
            (record.endpoints.left_openid_aside, "foreign_openid_configuration", aside, OPENID_DISCOVERY),
            (lacks_identity, "missing_id_token", no_identity, "OpenID Connect Core section 3.1.3.3"),
            (granted.is_unknown(), "unknown_scopes", unknown, "SMART App Launch 2.2, scopes and launch context"),
            (record.renewal_incomplete, "incomplete_id_token", renewal, "OpenID Connect Core section 12.2"),
            (record.is_pasted, "pasted_token", pasted, "SMART App Launch 2.2, launch app: obtain access token"),
            (!self.is_stored(), "session_not_stored", not_stored, "HTML Standard, Web storage"),
        ]
        .into_iter()
        .filter(|(is_so, ..)| *is_so)
        .map(|(_, code, message, section)| Finding::new(code, message, section))
        .chain(dropped_scopes(&self.scopes()))
        .collect()
    }

    /// Whether the granted scopes allow reading resources of a type, of the patient or of all patients that the user may see.
    ///
    /// For an example, see [`SmartApp::launch_again`](crate::SmartApp::launch_again).
    pub fn may_read(&self, resource_type: &str) -> bool {
        let granted = self.scopes().granted;
        granted.may_read(Context::Patient, resource_type) || granted.may_read(Context::User, resource_type)
    }

    /// When the access token expires, in seconds since 1970, if known.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # fn example<P: Platform>(platform: &P, session: &Session<P>) -> Result<(), Failure> {
    /// if let Some(expires_at) = session.expires_at()
    ///     && !session.can_refresh()
    /// {
    ///     println!("The session ends in {} seconds.", expires_at - platform.now());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_at(&self) -> Option<f64> {
        self.inner.record.borrow().expires_at
    }

    /// Whether the session has a refresh token, or a connection with a key of its own.
    ///
    /// For an example, see [`Self::expires_at`].
    pub fn can_refresh(&self) -> bool {
        self.inner.record.borrow().can_refresh()
    }

    /// Whether the session has not ended, and its access token is valid or can be refreshed.
    ///
    /// For an example, see [`SmartApp::resume`](crate::SmartApp::resume).
    pub fn is_active(&self) -> bool {
        self.inner.ended.borrow().is_none() && !self.is_expired()
    }

    /// Whether the session is stored. If the store failed, for example because it is full, the session stays in memory and ends with the
    /// page.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// if !session.is_stored() {
    ///     println!("If you reload this page, you have to sign in again.");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_stored(&self) -> bool {
        self.inner.is_stored.get()
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.inner.record.borrow().is_expired(self.inner.platform.now())
    }

    /// The FHIR base of the session's requests.
    pub fn fhir_base(&self) -> String {
        self.inner.connection.server.fhir_base.as_str().to_owned()
    }

    /// The page on which the user manages what was shared (`management_endpoint`), to link to it; `None` if the server has none. The client
    /// never fetches it.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// if let Some(page) = session.management_endpoint() {
    ///     println!("Manage what you share: {page}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn management_endpoint(&self) -> Option<Url> {
        self.inner.record.borrow().endpoints.management.clone()
    }

    /// The configured name of the session's server.
    ///
    /// For an example, see [`Self::make_current`].
    pub fn server_name(&self) -> Option<String> {
        self.inner.connection.server.record.name.clone()
    }

    /// Makes this the session that the page shows and that a reload resumes. Other tabs and frames keep theirs.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// for session in app.sessions().await? {
    ///     if session.server_name().as_deref() == Some("Hospital") {
    ///         session.make_current().await?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The reason, if the session has ended.
    pub async fn make_current(&self) -> Result<(), Failure> {
        self.inner.check_active()?;
        self.inner.current.set(&self.inner.platform, &self.inner.id);
        Ok(())
    }

    /// Calls a function with every event until the returned subscription is dropped.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// use smartrust::client::session::SessionEvent;
    ///
    /// # fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let subscription = session.on_event(|event| match event {
    ///     SessionEvent::Refreshed => println!("a new access token"),
    ///     SessionEvent::SignedOut(reason) => println!("the session has ended: {reason}"),
    ///     _ => {}
    /// });
    /// // The function is not called any more after this.
    /// drop(subscription);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_event(&self, listener: impl Fn(&SessionEvent) + 'static) -> EventSubscription<P> {
        self.inner.listen(listener)
    }

    pub(super) fn expires_within(&self, seconds: f64) -> bool {
        self.expires_at().is_some_and(|expires_at| self.inner.platform.now() + seconds >= expires_at)
    }
}

/// The finding on scopes of version 1 that the server dropped.
fn dropped_scopes(scopes: &ScopeGrant) -> Option<Finding> {
    let dropped = scopes.dropped_version_1();
    if dropped.is_empty() {
        return None;
    }
    let message = format!(
        "The server granted none of the scopes that are written as in SMART App Launch 1: the user denied them, or the server knows \
         version 2 alone. Ask for {}.",
        dropped.join(" ")
    );
    Some(Finding::new("dropped_v1_scopes", message, "SMART App Launch 2.2, scopes for requesting FHIR resources"))
}

impl<P: Platform> fmt::Debug for Session<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("id", &self.inner.id).finish_non_exhaustive()
    }
}
