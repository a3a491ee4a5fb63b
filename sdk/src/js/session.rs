//! `Session` and `Search` for JavaScript.

use std::cell::RefCell;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::asked::{read_options, read_reading};
use super::batcher::JsBatcher;
use super::error::to_js;
use super::lazy::{Task, lazily};
use super::request::response_object;
use super::resolver::JsResolver;
use super::search::JsSearch;
use super::value::{object, optional_text, promise, scopes, text};
use crate::client::batch::Batcher;
use crate::client::introspection::IntrospectAs;
use crate::client::resolver::Resolver;
use crate::client::session::{CheckedIdentity, EventSubscription, Session, SessionEvent, Signature};
use crate::client::sign_out::Revocation;
use crate::error::Failure;
use crate::platform::Json;
use crate::protocol::url::Url;
use crate::web::{JsonValue, WebPlatform};

/// A signed-in session.
#[wasm_bindgen(js_name = Session)]
pub struct JsSession {
    session: Session<WebPlatform>,
    subscription: RefCell<Option<EventSubscription<WebPlatform>>>,
}

impl JsSession {
    pub(super) fn new(session: Session<WebPlatform>) -> Self {
        Self { session, subscription: RefCell::default() }
    }

    pub(super) fn session(&self) -> Session<WebPlatform> {
        self.session.clone()
    }
}

#[wasm_bindgen(js_class = Session)]
impl JsSession {
    /// The plain members of the session, in one object: a getter for each would be a function here and one in the glue.
    #[wasm_bindgen(getter)]
    pub fn about(&self) -> JsValue {
        let session = &self.session;
        let fhir_user = session.fhir_user().map(|user| [&*user.resource_type, "/", &user.id].concat());
        object(&[
            ("id", text(session.id())),
            ("patient", optional_text(session.patient().as_deref())),
            ("encounter", optional_text(session.encounter().as_deref())),
            ("fhirUser", optional_text(fhir_user.as_deref())),
            ("fhirBase", text(&session.fhir_base())),
            ("server", optional_text(session.server_name().as_deref())),
            ("managementEndpoint", optional_text(session.management_endpoint().as_ref().map(Url::as_str))),
            ("canRefresh", session.can_refresh().into()),
            // In milliseconds since 1970.
            ("expiresAt", session.expires_at().map_or(JsValue::UNDEFINED, |seconds| (seconds * 1000.0).into())),
        ])
    }

    /// Everything that the server said of the launch.
    #[wasm_bindgen(getter)]
    pub fn context(&self) -> JsValue {
        parse(&self.session.context().to_json())
    }

    /// What was asked for and what was granted.
    #[wasm_bindgen(getter)]
    pub fn scopes(&self) -> JsValue {
        let grant = self.session.scopes();
        object(&[
            ("requested", scopes(grant.requested.iter())),
            ("granted", scopes(grant.granted.iter())),
            ("missing", scopes(grant.missing())),
            ("narrowed", scopes(grant.narrowed())),
            ("extra", scopes(grant.extra())),
        ])
    }

    /// Who the user is and what of it was checked.
    #[wasm_bindgen(getter)]
    pub fn identity(&self) -> JsValue {
        self.session.identity().map_or(JsValue::UNDEFINED, |identity| identity_object(&identity))
    }

    /// Whether the session stands.
    #[wasm_bindgen(getter)]
    pub fn active(&self) -> bool {
        self.session.is_active()
    }

    /// Whether resources of a type may be read.
    #[wasm_bindgen(js_name = mayRead)]
    pub fn may_read(&self, resource_type: &str) -> bool {
        self.session.may_read(resource_type)
    }

    /// Reads a resource.
    pub fn read(&self, reference: String, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let followed = Followed::new(signal);
            session.read(&reference, &followed.signal()).await.map(JsonValue::into_js)
        })
    }

    /// Sends a FHIR request that reads, as the face describes it.
    #[wasm_bindgen(js_name = readWith)]
    pub fn read_with(&self, asked: JsValue, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal));
            let response = session.request(&read_reading(&asked)?, read_options(&asked, &followed)).await?;
            Ok(response_object(response))
        })
    }

    /// Sends any FHIR request, as the face describes it.
    pub fn request(&self, asked: JsValue, signal: JsValue) -> Promise {
        lazily(Task::Request(self.session(), asked, signal))
    }

    /// Begins to read the pages of what a FHIR request finds.
    pub fn pages(&self, asked: JsValue, limit: Option<u32>, signal: JsValue) -> Result<JsSearch, JsValue> {
        let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal));
        let search = self.session.pages(&read_reading(&asked)?, read_options(&asked, &followed))?;
        Ok(JsSearch::new(search, limit, followed))
    }

    /// What follows references.
    pub fn resolver(&self, asked: JsValue, grouped: bool, signal: JsValue) -> JsResolver {
        let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal));
        let options = read_options(&asked, &followed);
        let session = &self.session;
        let resolver = if grouped { Resolver::grouped(session, options) } else { Resolver::new(session, options) };
        JsResolver::new(resolver, followed)
    }

    /// Loads the record of the patient in context. `queries` are pairs of a type and its parameters, in turn pairs; `listener`
    /// gets the number of a query and its part, each time that it changed.
    #[wasm_bindgen(js_name = loadRecord)]
    pub fn load_record(&self, queries: JsValue, listener: Function, signal: JsValue) -> Promise {
        lazily(Task::LoadRecord(self.session(), queries, listener, signal))
    }

    /// Loads all that the server has of the patient in context; `listener` is told how far that is.
    #[wasm_bindgen(js_name = loadWholeRecord)]
    pub fn load_whole_record(&self, listener: Function, signal: JsValue) -> Promise {
        lazily(Task::LoadWholeRecord(self.session(), listener, signal))
    }

    /// What gathers requests into batches.
    pub fn batcher(&self, at_most: u32, milliseconds: u32, asked: JsValue, signal: JsValue) -> JsBatcher {
        let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal));
        let options = read_options(&asked, &followed);
        JsBatcher::new(Batcher::new(&self.session, at_most as usize, milliseconds, options), followed)
    }

    /// Gets a new access token, with `scope` for one that may do less.
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

    /// Makes the session the one that a reload brings back.
    #[wasm_bindgen(js_name = makeCurrent)]
    pub fn make_current(&self) -> Promise {
        let session = self.session.clone();
        promise(async move {
            session.make_current().await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Ends the session, and says what became of its tokens at the server.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> Promise {
        let session = self.session.clone();
        promise(async move { Ok(revocation_object(&session.sign_out().await?)) })
    }

    /// What the server says of the access token.
    pub fn introspect(&self, as_client: bool, signal: JsValue) -> Promise {
        lazily(Task::Introspect(self.session(), as_client, signal))
    }

    /// What the server says of the user.
    #[wasm_bindgen(js_name = userInfo)]
    pub fn user_info(&self, signal: JsValue) -> Promise {
        lazily(Task::UserInfo(self.session(), signal))
    }

    /// What was odd about the launch, and yet no reason to stop.
    pub fn findings(&self) -> Promise {
        lazily(Task::Findings(self.session()))
    }

    /// Calls a function with the type of every event, and its error, in place of the one before.
    #[wasm_bindgen(js_name = onEvent)]
    pub fn on_event(&self, listener: Function) {
        let subscription = self.session.on_event(move |event| {
            let (name, error) = match event {
                SessionEvent::Refreshed => ("refreshed", JsValue::UNDEFINED),
                SessionEvent::IdentityChecked => ("identitychecked", JsValue::UNDEFINED),
                SessionEvent::SignedOut(reason) => ("signedout", to_js(reason)),
            };
            // The face's listener only queues the app's own, which is where an error can arise.
            let _ = listener.call2(&JsValue::UNDEFINED, &text(name), &error);
        });
        *self.subscription.borrow_mut() = Some(subscription);
    }
}

/// Asks what the server says of the access token.
pub(super) async fn introspect(
    session: Session<WebPlatform>,
    as_client: bool,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let followed = Followed::new(signal);
    let asked_as = if as_client { IntrospectAs::Client } else { IntrospectAs::Token };
    Ok(session.introspect(asked_as, &followed.signal()).await?.members.into_js())
}

/// Asks what the server says of the user.
pub(super) async fn user_info(session: Session<WebPlatform>, signal: JsValue) -> Result<JsValue, Failure> {
    let followed = Followed::new(signal);
    Ok(session.user_info(&followed.signal()).await?.members.into_js())
}

fn revocation_object(revocation: &Revocation) -> JsValue {
    let (state, page, error) = match revocation {
        Revocation::Revoked => ("revoked", None, JsValue::UNDEFINED),
        Revocation::NotOffered => ("notoffered", None, JsValue::UNDEFINED),
        Revocation::AlreadyEnded => ("ended", None, JsValue::UNDEFINED),
        Revocation::Page(page) => ("page", Some(page.as_str()), JsValue::UNDEFINED),
        Revocation::Failed(failure) => ("failed", None, to_js(failure)),
    };
    object(&[("revocation", text(state)), ("page", optional_text(page)), ("error", error)])
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
