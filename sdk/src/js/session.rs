//! `Session` for JavaScript.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::asked::{is_true, read_options, read_reading};
use super::batcher::JsBatcher;
use super::handle::{Arguments, Call, Handle, Held};
use super::lazy::{Task, later, told, told_at_once};
use super::record::{load_record, load_whole_record};
use super::request;
use super::request::response_object;
use super::resolver::JsResolver;
use super::search::JsSearch;
use super::value::{findings, optional_text, own_text, promise, scopes, text, written_object};
use crate::client::batch::Batcher;
use crate::client::introspection::IntrospectAs;
use crate::client::resolver::Resolver;
use crate::client::session::{CheckedIdentity, EventSubscription, Session, SessionEvent, Signature};
use crate::client::sign_out::Revocation;
use crate::error::Failure;
use crate::platform::{Json, JsonView};
use crate::protocol::scope::ScopeGrant;
use crate::protocol::url::Url;
use crate::web::{JsonValue, WebPlatform};

/// A signed-in session.
pub(super) struct JsSession {
    session: Session<WebPlatform>,
    subscription: RefCell<Option<EventSubscription<WebPlatform>>>,
}

impl JsSession {
    pub fn new(session: Session<WebPlatform>) -> Self {
        Self { session, subscription: RefCell::default() }
    }

    pub fn session(&self) -> &Session<WebPlatform> {
        &self.session
    }

    /// Calls a function with the type of every event, and its error, in place of the one before.
    fn on_event(&self, listener: JsValue) {
        let listener: Function = listener.unchecked_into();
        let subscription = self.session.on_event(move |event| {
            let (name, error) = match event {
                SessionEvent::Refreshed => ("refreshed", JsValue::UNDEFINED),
                SessionEvent::IdentityChecked => ("identitychecked", JsValue::UNDEFINED),
                SessionEvent::SignedOut(reason) => ("signedout", told_at_once(reason.clone())),
            };
            // The face's listener only queues the app's own, which is where an error can arise.
            let _ = listener.call2(&JsValue::UNDEFINED, &text(name), &error);
        });
        *self.subscription.borrow_mut() = Some(subscription);
    }
}

impl Held for JsSession {
    fn call(&self, call: Call, arguments: Arguments) -> JsValue {
        let session = &self.session;
        match call {
            Call::Id => text(session.id()),
            Call::Patient => own_text(session.patient()),
            Call::Encounter => own_text(session.encounter()),
            Call::FhirUser => own_text(session.fhir_user().map(|user| [&*user.resource_type, "/", &user.id].concat())),
            Call::FhirBase => own_text(Some(session.fhir_base())),
            Call::Server => own_text(session.server_name()),
            Call::ManagementEndpoint => optional_text(session.management_endpoint().as_ref().map(Url::as_str)),
            Call::CanRefresh => session.can_refresh().into(),
            // In milliseconds since 1970.
            Call::ExpiresAt => session.expires_at().map_or(JsValue::UNDEFINED, |seconds| (seconds * 1000.0).into()),
            Call::Context => parse(&session.context().to_json()),
            Call::Scopes => scopes_object(&session.scopes()),
            Call::Identity => session.identity().map_or(JsValue::UNDEFINED, |identity| identity_object(&identity)),
            Call::Active => session.is_active().into(),
            Call::Stored => session.is_stored().into(),
            Call::MayRead => {
                let [resource_type, ..] = arguments;
                session.may_read(&resource_type.as_string().unwrap_or_default()).into()
            }
            Call::OnEvent => {
                let [listener, ..] = arguments;
                self.on_event(listener);
                JsValue::UNDEFINED
            }
            // Another handle to the same session, for what outlives this one.
            Call::Share => Handle::new(Self::new(session.clone())).into(),
            _ => promise(answer(session.clone(), call, arguments)).into(),
        }
    }
}

async fn answer(session: Session<WebPlatform>, call: Call, arguments: Arguments) -> Result<JsValue, Failure> {
    match call {
        Call::Read => {
            let [reference, signal, _] = arguments;
            let followed = Followed::new(signal)?;
            let reference = reference.as_string().unwrap_or_default();
            session.read(&reference, &followed.signal()).await.map(JsonValue::into_js)
        }
        Call::ReadWith => {
            let [asked, signal, _] = arguments;
            let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal)?);
            let response = session.request(&read_reading(&asked)?, read_options(&asked, &followed)?).await?;
            Ok(response_object(response))
        }
        // Begins to read the pages of what a FHIR request finds.
        Call::Pages => {
            let [asked, limit, signal] = arguments;
            let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal)?);
            let search = session.pages(&read_reading(&asked)?, read_options(&asked, &followed)?)?;
            Ok(Handle::new(JsSearch::new(search, limit.as_f64(), followed)).into())
        }
        Call::Refresh => {
            let [scope, ..] = arguments;
            match scope.as_string() {
                Some(scope) => session.refresh_with_scope(&scope).await?,
                None => session.refresh().await?,
            }
            Ok(JsValue::UNDEFINED)
        }
        Call::MakeCurrent => {
            session.make_current().await?;
            Ok(JsValue::UNDEFINED)
        }
        Call::SignOut => Ok(revocation_object(session.sign_out().await?).await),
        _ => later(Task::Session(session, call, arguments)).await,
    }
}

/// What a session does by the second file's code.
pub(super) async fn answer_lazily(
    session: Session<WebPlatform>,
    call: Call,
    arguments: Arguments,
) -> Result<JsValue, Failure> {
    match (call, arguments) {
        (Call::Request, [asked, signal, _]) => request::send(session, asked, signal).await,
        (Call::ReadBytes, [asked, listener, signal]) => {
            request::read_bytes(session, asked, listener.unchecked_into(), signal).await
        }
        (Call::Resolver, [asked, signal, _]) => {
            let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal)?);
            let options = read_options(&asked, &followed)?;
            let make = if is_true(&asked, "grouped") { Resolver::grouped } else { Resolver::new };
            Ok(Handle::new(JsResolver::new(make(&session, options), followed)).into())
        }
        (Call::Batcher, [asked, signal, _]) => {
            let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal)?);
            let options = read_options(&asked, &followed)?;
            let number = |name: &str| asked.member(name).and_then(|member| member.number()).unwrap_or_default();
            let batcher = Batcher::new(&session, number("atMost") as usize, number("milliseconds") as u32, options);
            Ok(Handle::new(JsBatcher::new(batcher, followed)).into())
        }
        (Call::LoadRecord, [queries, listener, signal]) => {
            load_record(session, queries, listener.unchecked_into(), signal).await
        }
        (Call::LoadWholeRecord, [listener, signal, _]) => {
            load_whole_record(session, listener.unchecked_into(), signal).await
        }
        (Call::Introspect, [as_client, signal, _]) => {
            let followed = Followed::new(signal)?;
            let asked_as = if as_client.is_truthy() { IntrospectAs::Client } else { IntrospectAs::Token };
            Ok(session.introspect(asked_as, &followed.signal()).await?.members.into_js())
        }
        (Call::UserInfo, [signal, ..]) => {
            let followed = Followed::new(signal)?;
            Ok(session.user_info(&followed.signal()).await?.members.into_js())
        }
        (Call::Findings, _) => Ok(findings(&session.findings())),
        _ => Ok(JsValue::UNDEFINED),
    }
}

/// What was asked for and what was granted.
fn scopes_object(grant: &ScopeGrant) -> JsValue {
    written_object! {
        "requested": scopes(&mut grant.requested.iter()),
        "granted": scopes(&mut grant.granted.iter()),
        "missing": scopes(&mut grant.missing().into_iter()),
        "narrowed": scopes(&mut grant.narrowed().into_iter()),
        "extra": scopes(&mut grant.extra().into_iter()),
    }
}

async fn revocation_object(revocation: Revocation) -> JsValue {
    let (state, page, error) = match revocation {
        Revocation::Revoked => ("revoked", None, JsValue::UNDEFINED),
        Revocation::NotOffered => ("notoffered", None, JsValue::UNDEFINED),
        Revocation::AlreadyEnded => ("ended", None, JsValue::UNDEFINED),
        Revocation::Page(page) => ("page", Some(page), JsValue::UNDEFINED),
        Revocation::Failed(failure) => ("failed", None, told(failure).await),
    };
    written_object! {"revocation": text(state), "page": own_text(page), "error": error}
}

fn identity_object(identity: &CheckedIdentity) -> JsValue {
    let (signature, reason) = match &identity.signature {
        Signature::Pending => ("pending", None),
        Signature::Verified => ("verified", None),
        Signature::Unchecked(reason) => ("unchecked", Some(reason.as_str())),
    };
    written_object! {
        "issuer": text(&identity.identity.issuer),
        "subject": text(&identity.identity.subject),
        "claims": parse(&identity.identity.claims),
        "issuerChecked": identity.identity.issuer_checked.into(),
        "nonceChecked": identity.identity.nonce_checked.into(),
        "accessTokenHashChecked": identity.identity.access_token_hash_checked.into(),
        "signature": text(signature),
        "signatureReason": optional_text(reason),
    }
}

fn parse(json: &str) -> JsValue {
    WebPlatform::default().parse(json).map_or(JsValue::UNDEFINED, JsonValue::into_js)
}
