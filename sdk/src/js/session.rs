//! `Session` for JavaScript.

use std::cell::RefCell;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::app_state::JsAppState;
use super::batcher::JsBatcher;
use super::error::to_js_error;
use super::instance::promise;
use super::launch_tasks::launch_tasks;
use super::options::{self, is_true, read_options};
use super::record::{load_record, load_whole_record};
use super::request;
use super::resolver::JsResolver;
use super::search::JsSearch;
use super::value::{findings, object, optional_text, text};
use crate::client::record::{Batcher, Resolver};
use crate::client::session::{
    CheckedIdentity, EventSubscription, IntrospectAs, NotKept, Revocation, Session, SessionEvent, Signature,
    StateOptions,
};
use crate::platform::{Json, JsonView};
use crate::protocol::scope::{Scope, ScopeGrant};
use crate::protocol::url::Url;
use crate::web::{JsonValue, WebPlatform};

/// A session.
#[wasm_bindgen(js_name = Session)]
pub struct JsSession {
    session: Session<WebPlatform>,
    subscription: RefCell<Option<EventSubscription<WebPlatform>>>,
}

impl JsSession {
    pub(super) fn new(session: Session<WebPlatform>) -> Self {
        Self { session, subscription: RefCell::default() }
    }

    pub(super) fn session(&self) -> &Session<WebPlatform> {
        &self.session
    }
}

/// The properties of the session.
#[wasm_bindgen(js_class = Session)]
impl JsSession {
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.session.id().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn patient(&self) -> Option<String> {
        self.session.patient()
    }

    #[wasm_bindgen(getter)]
    pub fn encounter(&self) -> Option<String> {
        self.session.encounter()
    }

    #[wasm_bindgen(getter, js_name = fhirUser)]
    pub fn fhir_user(&self) -> Option<String> {
        self.session.fhir_user().map(|user| format!("{}/{}", user.resource_type, user.id))
    }

    #[wasm_bindgen(getter, js_name = fhirBase)]
    pub fn fhir_base(&self) -> String {
        self.session.fhir_base()
    }

    #[wasm_bindgen(getter)]
    pub fn server(&self) -> Option<String> {
        self.session.server_name()
    }

    #[wasm_bindgen(getter, js_name = managementEndpoint)]
    pub fn management_endpoint(&self) -> Option<String> {
        self.session.management_endpoint().as_ref().map(|url: &Url| url.as_str().to_owned())
    }

    #[wasm_bindgen(getter, js_name = canRefresh)]
    pub fn can_refresh(&self) -> bool {
        self.session.can_refresh()
    }

    /// Milliseconds since 1970.
    #[wasm_bindgen(getter, js_name = expiresAt)]
    pub fn expires_at(&self) -> Option<f64> {
        self.session.expires_at().map(|seconds| seconds * 1000.0)
    }

    #[wasm_bindgen(getter)]
    pub fn context(&self) -> JsValue {
        parse(&self.session.context().to_json())
    }

    /// The value that the app passed to the launch.
    #[wasm_bindgen(getter, js_name = appState)]
    pub fn app_state(&self) -> JsValue {
        self.session.app_state().map_or(JsValue::UNDEFINED, |json| parse(&json))
    }

    #[wasm_bindgen(getter)]
    pub fn scopes(&self) -> JsValue {
        scopes_object(&self.session.scopes())
    }

    #[wasm_bindgen(getter)]
    pub fn identity(&self) -> JsValue {
        self.session.identity().map_or(JsValue::UNDEFINED, |identity| identity_object(&identity))
    }

    #[wasm_bindgen(getter)]
    pub fn active(&self) -> bool {
        self.session.is_active()
    }

    #[wasm_bindgen(getter)]
    pub fn stored(&self) -> bool {
        self.session.is_stored()
    }

    #[wasm_bindgen(getter)]
    pub fn kept(&self) -> bool {
        self.session.is_kept()
    }

    #[wasm_bindgen(getter, js_name = notKept)]
    pub fn not_kept(&self) -> JsValue {
        let members = |reason: NotKept| object(&[("code", text(&reason.code)), ("message", text(&reason.message))]);
        self.session.not_kept().map_or(JsValue::UNDEFINED, members)
    }

    #[wasm_bindgen(js_name = mayRead)]
    pub fn may_read(&self, resource_type: &str) -> bool {
        self.session.may_read(resource_type)
    }

    /// An array of findings.
    pub fn findings(&self) -> JsValue {
        findings(&self.session.findings())
    }

    /// Calls a function with the type of each event, and its error. It replaces the previous function.
    #[wasm_bindgen(js_name = onEvent)]
    pub fn on_event(&self, listener: Function) {
        let subscription = self.session.on_event(move |event| {
            let (name, error) = match event {
                SessionEvent::Refreshed => ("refreshed", JsValue::UNDEFINED),
                SessionEvent::IdentityChecked => ("identitychecked", JsValue::UNDEFINED),
                SessionEvent::SignedOut(reason) => ("signedout", to_js_error(reason)),
            };
            // This listener of `pkg/` does not throw: it queues a call of the app's listener.
            let _ = listener.call2(&JsValue::UNDEFINED, &text(name), &error);
        });
        *self.subscription.borrow_mut() = Some(subscription);
    }

    /// Returns the session's hub. `listener` is called with the type and the detail of its events.
    #[cfg(feature = "js-hub")]
    pub fn hub(&self, listener: Function) -> super::hub::JsHub {
        super::hub::JsHub::new(self.session.clone(), listener)
    }

    /// Returns the EHR's page, to which the app sends messages.
    #[cfg(feature = "js-hub")]
    pub fn ehr(&self) -> super::ehr::JsEhr {
        super::ehr::JsEhr::new(self.session.clone())
    }

    /// Returns another object for the same session, which may outlive this one.
    pub fn share(&self) -> Self {
        Self::new(self.session.clone())
    }
}

/// The methods of the session. None borrows the session while it waits.
#[wasm_bindgen(js_class = Session)]
impl JsSession {
    /// Reads a resource.
    pub fn read(&self, reference: String, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            session.read(&reference, &forwarded.signal()).await.map(JsonValue::into_js)
        })
    }

    /// Reads bytes with their media type.
    #[wasm_bindgen(js_name = readBytes)]
    pub fn read_bytes(&self, request: JsValue, listener: Function, signal: JsValue) -> Promise {
        promise(request::read_bytes(self.session.clone(), request, listener, signal))
    }

    /// Sends a FHIR request.
    pub fn request(&self, request: JsValue, signal: JsValue) -> Promise {
        promise(request::send(self.session.clone(), request, signal))
    }

    /// Starts a search, or another request that returns pages.
    pub fn pages(&self, request: JsValue, limit: Option<f64>, signal: JsValue) -> Result<JsSearch, JsValue> {
        let (request, forwarded) = (JsonValue::from_js(request), Forwarded::new(signal)?);
        let search = self.session.pages(&options::read_request(&request)?, read_options(&request, &forwarded)?)?;
        Ok(JsSearch::new(search, limit, forwarded))
    }

    /// Returns the app's own data with a code and a subject, at the server.
    pub fn state(&self, code: &str, subject: Option<String>, origin: Option<String>) -> Result<JsAppState, JsValue> {
        Ok(JsAppState { state: self.session.state(code, StateOptions { subject, origin })? })
    }

    /// Returns the tasks that ask a user to launch an app.
    #[wasm_bindgen(js_name = launchTasks)]
    pub fn launch_tasks(&self, request: JsValue, signal: JsValue) -> Promise {
        promise(launch_tasks(self.session.clone(), request, signal))
    }

    /// Creates a resolver of references.
    pub fn resolver(&self, options: JsValue, signal: JsValue) -> Result<JsResolver, JsValue> {
        let (options, forwarded) = (JsonValue::from_js(options), Forwarded::new(signal)?);
        let new = if is_true(&options, "grouped") { Resolver::grouped } else { Resolver::new };
        Ok(JsResolver::new(new(&self.session, read_options(&options, &forwarded)?), forwarded))
    }

    /// Creates a batcher of requests.
    pub fn batcher(&self, options: JsValue, signal: JsValue) -> Result<JsBatcher, JsValue> {
        let (options, forwarded) = (JsonValue::from_js(options), Forwarded::new(signal)?);
        let number = |name: &str| options.member(name).and_then(|member| member.number()).unwrap_or_default();
        let (at_most, milliseconds) = (number("atMost") as usize, number("milliseconds") as u32);
        let batcher = Batcher::new(&self.session, at_most, milliseconds, read_options(&options, &forwarded)?);
        Ok(JsBatcher::new(batcher, forwarded))
    }

    /// Loads a record by its queries.
    #[wasm_bindgen(js_name = loadRecord)]
    pub fn load_record(&self, queries: JsValue, listener: Function, signal: JsValue) -> Promise {
        promise(load_record(self.session.clone(), queries, listener, signal))
    }

    /// Loads the whole record.
    #[wasm_bindgen(js_name = loadWholeRecord)]
    pub fn load_whole_record(&self, listener: Function, signal: JsValue) -> Promise {
        promise(load_whole_record(self.session.clone(), listener, signal))
    }

    /// Refreshes the tokens, with `scope` for fewer scopes than were granted.
    pub fn refresh(&self, scope: Option<String>) -> Promise {
        let session = self.session.clone();
        promise(async move {
            match scope {
                Some(scope) => session.refresh_with_scope(&scope).await?,
                None => session.refresh().await?,
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Makes this the session that the page resumes.
    #[wasm_bindgen(js_name = makeCurrent)]
    pub fn make_current(&self) -> Promise {
        let session = self.session.clone();
        promise(async move { session.make_current().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Introspects the session's access token.
    pub fn introspect(&self, as_client: bool, signal: JsValue) -> Promise {
        let session = self.session.clone();
        let introspect_as = if as_client { IntrospectAs::Client } else { IntrospectAs::Token };
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            Ok(session.introspect(introspect_as, &forwarded.signal()).await?.members.into_js())
        })
    }

    /// Requests the user's claims from the UserInfo endpoint.
    #[wasm_bindgen(js_name = userInfo)]
    pub fn user_info(&self, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            Ok(session.user_info(&forwarded.signal()).await?.members.into_js())
        })
    }

    /// Labels the session's connection on this device.
    #[wasm_bindgen(js_name = labelConnection)]
    pub fn label_connection(&self, label: Option<String>) -> Promise {
        let session = self.session.clone();
        promise(async move { session.set_connection_label(label.as_deref()).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Signs out.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> Promise {
        let session = self.session.clone();
        promise(async move { Ok(object(&revocation_members(session.sign_out().await?))) })
    }
}

/// The requested scopes and the granted ones.
fn scopes_object(grant: &ScopeGrant) -> JsValue {
    object(&[
        ("requested", scopes(grant.requested.iter())),
        ("granted", scopes(grant.granted.iter())),
        ("missing", scopes(grant.missing())),
        ("narrowed", scopes(grant.narrowed())),
        ("extra", scopes(grant.extra())),
    ])
}

fn scopes<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> JsValue {
    scopes.into_iter().map(|scope| text(scope.as_str())).collect::<Array>().into()
}

/// The members of an object that describes a revocation.
pub(super) fn revocation_members(revocation: Revocation) -> [(&'static str, JsValue); 3] {
    let (state, page, error) = match revocation {
        Revocation::Revoked => ("revoked", None, JsValue::UNDEFINED),
        Revocation::NotOffered => ("notoffered", None, JsValue::UNDEFINED),
        Revocation::AlreadyEnded => ("ended", None, JsValue::UNDEFINED),
        Revocation::Page(page) => ("page", Some(page), JsValue::UNDEFINED),
        Revocation::Failed(failure) => ("failed", None, to_js_error(&failure)),
    };
    [("revocation", text(state)), ("page", optional_text(page.as_deref())), ("error", error)]
}

fn identity_object(identity: &CheckedIdentity) -> JsValue {
    let (signature, reason) = match &identity.signature {
        Signature::Pending => ("pending", None),
        Signature::Verified => ("verified", None),
        Signature::Unchecked(reason) => ("unchecked", Some(reason.as_str())),
    };
    object(&[
        ("issuer", text(&identity.identity.issuer)),
        ("subject", text(&identity.identity.subject)),
        ("claims", parse(&identity.identity.claims)),
        ("issuerChecked", identity.identity.issuer_checked.into()),
        ("nonceChecked", identity.identity.nonce_checked.into()),
        ("accessTokenHashChecked", identity.identity.access_token_hash_checked.into()),
        ("signature", text(signature)),
        ("signatureReason", optional_text(reason)),
    ])
}

fn parse(json: &str) -> JsValue {
    WebPlatform::default().parse(json).map_or(JsValue::UNDEFINED, JsonValue::into_js)
}
