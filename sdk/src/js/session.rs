//! `Session` and `Search` for JavaScript.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::error::to_js;
use super::value::{object, optional_text, promise, scopes, text};
use crate::client::fhir::Search;
use crate::client::session::{CheckedIdentity, EventSubscription, Session, SessionEvent, Signature};
use crate::fhir::bundle::Page;
use crate::platform::{Json, JsonView};
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
}

#[wasm_bindgen(js_class = Session)]
impl JsSession {
    /// The plain members of the session, in one object: a getter for each would be a function here and one in the glue.
    #[wasm_bindgen(getter)]
    pub fn about(&self) -> JsValue {
        let session = &self.session;
        let fhir_user = session.fhir_user().map(|user| [user.resource_type, user.id].join("/"));
        object(&[
            ("id", text(session.id())),
            ("patient", optional_text(session.patient().as_deref())),
            ("encounter", optional_text(session.encounter().as_deref())),
            ("fhirUser", optional_text(fhir_user.as_deref())),
            ("fhirBase", text(&session.fhir_base())),
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
            Ok(session.read(&reference, &followed.signal()).await?.into_js())
        })
    }

    /// Begins a search; `parameters` are pairs of a name and a value.
    pub fn search(&self, resource_type: &str, parameters: JsValue) -> Result<JsSearch, JsValue> {
        let pairs = JsonValue::from_js(parameters).items().unwrap_or_default();
        let pairs: Vec<_> = pairs.iter().filter_map(read_pair).collect();
        let search = self.session.search(resource_type, &pairs)?;
        Ok(JsSearch { search: Rc::new(RefCell::new(search)) })
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

    /// Ends the session.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> Promise {
        let session = self.session.clone();
        promise(async move {
            session.sign_out().await?;
            Ok(JsValue::UNDEFINED)
        })
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

/// A search, page by page.
#[wasm_bindgen(js_name = Search)]
pub struct JsSearch {
    search: Rc<RefCell<Search<WebPlatform>>>,
}

#[wasm_bindgen(js_class = Search)]
impl JsSearch {
    /// The next page, or `null`.
    #[wasm_bindgen(js_name = nextPage)]
    pub fn next_page(&self, signal: JsValue) -> Promise {
        let search = self.search.clone();
        promise(async move {
            let followed = Followed::new(signal);
            // A call that fails leaves the search as it was.
            let mut ahead = search.borrow().clone();
            let page = ahead.next_page(&followed.signal()).await?;
            search.replace(ahead);
            Ok(page.map_or(JsValue::NULL, page_object))
        })
    }
}

fn read_pair(pair: &JsonValue) -> Option<(String, String)> {
    match pair.items()?.as_slice() {
        [name, value] => Some((name.text()?, value.text()?)),
        _ => None,
    }
}

fn page_object(page: Page<JsonValue>) -> JsValue {
    let array = |items: Vec<JsonValue>| JsValue::from(items.into_iter().map(JsonValue::into_js).collect::<Array>());
    object(&[
        ("resources", array(page.resources)),
        ("included", array(page.included)),
        ("outcomes", array(page.outcomes)),
        ("total", page.total.map_or(JsValue::UNDEFINED, JsValue::from)),
    ])
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
