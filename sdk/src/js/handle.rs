//! The one class that the face holds objects by.

use std::any::Any;

use wasm_bindgen::prelude::*;

/// What can be asked, by the names that the face has for it. One function for all of it weighs less than a function for each, here
/// and in the glue.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Call {
    // Of an app.
    Resume = "resume",
    Sessions = "sessions",
    Launch = "launch",
    LaunchAgain = "launchAgain",
    LaunchInPopup = "launchInPopup",
    SessionFromToken = "sessionFromToken",
    AuthorizationUrl = "authorizationUrl",
    // Of a session: what it knows, at once.
    Id = "id",
    Patient = "patient",
    Encounter = "encounter",
    FhirUser = "fhirUser",
    FhirBase = "fhirBase",
    Server = "server",
    ManagementEndpoint = "managementEndpoint",
    CanRefresh = "canRefresh",
    ExpiresAt = "expiresAt",
    Context = "context",
    Scopes = "scopes",
    Identity = "identity",
    Active = "active",
    Stored = "stored",
    MayRead = "mayRead",
    OnEvent = "onEvent",
    Share = "share",
    // Of a session: what it does.
    Read = "read",
    ReadWith = "readWith",
    ReadBytes = "readBytes",
    Request = "request",
    Pages = "pages",
    Resolver = "resolver",
    Batcher = "batcher",
    LoadRecord = "loadRecord",
    LoadWholeRecord = "loadWholeRecord",
    Refresh = "refresh",
    MakeCurrent = "makeCurrent",
    SignOut = "signOut",
    Introspect = "introspect",
    UserInfo = "userInfo",
    Findings = "findings",
    // Of a search.
    NextPage = "nextPage",
    Progress = "progress",
    // Of a resolver.
    Resolve = "resolve",
    ResolveAll = "resolveAll",
    // Of a batcher, beside requests.
    Flush = "flush",
}

/// What a call takes; what it does not take is `undefined`.
pub(super) type Arguments = [JsValue; 3];

/// What can be asked.
pub(super) trait Held: Any {
    /// Gives what it knows, or a promise of what it does. Of another object's calls it knows nothing, which is `undefined`.
    fn call(&self, call: Call, arguments: Arguments) -> JsValue;
}

/// An object of Rust in the face's hands.
#[wasm_bindgen]
pub struct Handle {
    held: Box<dyn Held>,
}

impl Handle {
    /// Hands an object over.
    pub(super) fn new(held: impl Held) -> Self {
        Self { held: Box::new(held) }
    }

    /// Takes back an object of a kind.
    #[cfg(feature = "js")]
    pub(super) fn take<Kind: Held>(handle: JsValue) -> Option<Box<Kind>> {
        let held: Box<dyn Any> =
            wasm_bindgen::convert::TryFromJsValue::try_from_js_value(handle).ok().map(|Self { held }| held)?;
        held.downcast().ok()
    }
}

#[wasm_bindgen]
impl Handle {
    /// Asks the object.
    pub fn call(&self, call: Call, first: JsValue, second: JsValue, third: JsValue) -> JsValue {
        self.held.call(call, [first, second, third])
    }
}
