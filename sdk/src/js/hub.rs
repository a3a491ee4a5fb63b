//! `Hub` for JavaScript.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Date, Function, Promise};
use wasm_bindgen::prelude::*;

use super::error::{json_argument, to_js_error};
use super::instance::promise;
use super::value::{array, findings, object, optional_text, text};
use crate::client::hub::{
    Decision, Hub, HubChange, HubHandler, HubListener, HubView, Notice, PatientMatch, SubscribeOptions,
};
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::identifier::Identifier;
use crate::json::{JsonView, strings};
use crate::platform::LocalFuture;
use crate::protocol::fhircast::current::CurrentContext;
use crate::protocol::fhircast::event::ContextItem;
use crate::protocol::fhircast::identity::EventPatient;
use crate::protocol::fhircast::name::EventName;
use crate::web::{JsonValue, WebPlatform, set_socket_class, settle};

/// The hub of a session. It is created when it is needed, because every session has this object, but not every session has a hub.
#[wasm_bindgen(js_name = Hub)]
pub struct JsHub {
    session: Session<WebPlatform>,
    listener: Function,
    found: RefCell<Option<(Hub<WebPlatform>, HubListener<WebPlatform>)>>,
}

impl JsHub {
    /// `listener` is called with the type and the detail of each event.
    pub(super) fn new(session: Session<WebPlatform>, listener: Function) -> Self {
        Self { session, listener, found: RefCell::default() }
    }

    fn known(&self) -> Option<Hub<WebPlatform>> {
        self.found.borrow().as_ref().map(|(hub, _)| hub.clone())
    }

    fn hub(&self) -> Result<Hub<WebPlatform>, Failure> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let (hub, listener) = (self.session.hub()?, self.listener.clone());
        let listening = hub.on_change(move |change| {
            if let Some((name, detail)) = event_of(change) {
                // This listener of `pkg/` does not throw: it queues a call of the app's listener.
                let _ = listener.call2(&JsValue::UNDEFINED, &text(name), &detail);
            }
        });
        self.found.replace(Some((hub.clone(), listening)));
        Ok(hub)
    }

    /// Runs a call with the hub, without borrowing this object while it waits.
    fn with_hub<F>(&self, call: impl FnOnce(Hub<WebPlatform>) -> F + 'static) -> Promise
    where
        F: Future<Output = Result<JsValue, Failure>> + 'static,
    {
        let hub = self.hub();
        promise(async move { call(hub?).await })
    }
}

#[wasm_bindgen(js_class = Hub)]
impl JsHub {
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.known().map_or("off", |hub| hub.state().name()).to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn view(&self) -> JsValue {
        view_object(&self.known().map_or(HubView::Open, |hub| hub.view()))
    }

    #[wasm_bindgen(getter)]
    pub fn events(&self) -> JsValue {
        let events = self.known().map(|hub| hub.events()).unwrap_or_default();
        object(&[
            ("granted", names(&events.granted)),
            ("missing", names(&events.missing)),
            ("extra", names(&events.extra)),
        ])
    }

    #[wasm_bindgen(getter)]
    pub fn reason(&self) -> JsValue {
        let reason = self.known().and_then(|hub| hub.reason());
        reason.map_or(JsValue::UNDEFINED, |failure| to_js_error(&failure))
    }

    /// An array of findings.
    pub fn findings(&self) -> JsValue {
        findings(&self.known().map(|hub| hub.findings()).unwrap_or_default())
    }

    /// Subscribes. `handler` returns a decision, or a promise of one.
    pub fn subscribe(&self, options: JsValue, handler: Function, socket_class: Option<Function>) -> Promise {
        set_socket_class(socket_class);
        self.with_hub(move |hub| async move {
            let options = read_options(&json_argument(options, "options")?);
            hub.subscribe_with(options, handler_of(handler)).await.map(|()| JsValue::UNDEFINED)
        })
    }

    pub fn unsubscribe(&self) -> Promise {
        let known = self.known();
        promise(async move {
            if let Some(hub) = known {
                hub.unsubscribe().await;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Sends an event that opens something. `context` is an array of items.
    pub fn open(&self, event: String, context: Vec<JsValue>) -> Promise {
        self.with_hub(move |hub| async move { hub.open(&event, items(context)?).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Sends an event that closes something.
    pub fn close(&self, event: String, context: Vec<JsValue>) -> Promise {
        self.with_hub(move |hub| async move { hub.close(&event, items(context)?).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Requests what is open; `null` if nothing is.
    pub fn current(&self) -> Promise {
        self.with_hub(|hub| async move { Ok(hub.current().await?.map_or(JsValue::NULL, current_object)) })
    }
}

fn read_options(options: &JsonValue) -> SubscribeOptions {
    let flag = |name: &str| options.member(name).and_then(|member| member.flag());
    let mut read = SubscribeOptions::new(strings(options, "events"));
    read.name = options.member_text("name");
    read.follow_other_patients = flag("followOtherPatients").unwrap_or(false);
    read.shares_ids = flag("sharesIds");
    read
}

fn handler_of(handler: Function) -> HubHandler<JsonValue> {
    Rc::new(move |notice| {
        let decision = handler.call1(&JsValue::UNDEFINED, &notice_object(notice));
        let deciding: LocalFuture<Result<Decision, Failure>> = Box::pin(async move {
            let failed = |_| Failure::from(Error::CallerObject { name: "onEvent" });
            let decision = settle(&decision.map_err(failed)?).await.map_err(failed)?;
            read_decision(&JsonValue::from_js(decision)).ok_or_else(|| failed(JsValue::UNDEFINED))
        });
        deciding
    })
}

/// A decision is `{ follow: true }` or `{ refuse: "…" }`. Anything else is not a decision, so a handler that forgets to return one follows nothing.
fn read_decision(decision: &JsonValue) -> Option<Decision> {
    if let Some(reason) = decision.member_text("refuse") {
        return Some(Decision::Refuse(reason));
    }
    (decision.member("follow")?.flag()?).then_some(Decision::Follow)
}

fn items(context: Vec<JsValue>) -> Result<Vec<String>, Failure> {
    context.into_iter().map(|item| json_argument(item, "context").map(|item| item.to_json())).collect()
}

fn event_of(change: &HubChange) -> Option<(&'static str, JsValue)> {
    Some(match change {
        HubChange::State(state) => ("statechange", text(state.name())),
        HubChange::View(view) => ("viewchange", view_object(view)),
        HubChange::NotFollowed(error) => {
            let members = [
                ("subscriber", optional_text(error.subscriber.as_deref())),
                ("eventId", optional_text(error.event_id.as_deref())),
                ("eventName", optional_text(error.event_name.as_deref())),
                ("diagnostics", optional_text(error.diagnostics.as_deref())),
            ];
            ("notfollowed", object(&members))
        }
        HubChange::Problem(failure) => ("problem", to_js_error(failure)),
    })
}

fn view_object(view: &HubView) -> JsValue {
    let (state, patient) = match view {
        HubView::Open => ("open", None),
        HubView::Locked { patient } => ("locked", patient.as_deref()),
        HubView::Nothing => ("nothing", None),
    };
    object(&[("state", text(state)), ("patient", optional_text(patient))])
}

fn notice_object(notice: Notice<JsonValue>) -> JsValue {
    let Notice { event, patient, subject } = notice;
    let time = event.time.map_or(JsValue::UNDEFINED, |time| Date::new(&(time.seconds * 1000.0).into()).into());
    let patient = match patient {
        PatientMatch::Same => "same",
        PatientMatch::Other => "other",
        PatientMatch::None => "none",
    };
    object(&[
        ("id", text(&event.id)),
        ("name", text(event.name.as_str())),
        ("time", time),
        ("context", context_array(event.context)),
        ("version", optional_text(event.version.as_deref())),
        ("patient", text(patient)),
        ("subject", subject.as_ref().map_or(JsValue::UNDEFINED, subject_object)),
    ])
}

fn subject_object(subject: &EventPatient) -> JsValue {
    let identifier =
        |identifier: &Identifier| object(&[("system", text(&identifier.system)), ("value", text(&identifier.value))]);
    object(&[
        ("id", optional_text(subject.id.as_deref())),
        ("name", optional_text(subject.name.as_deref())),
        ("identifiers", subject.identifiers.iter().map(identifier).collect::<Array>().into()),
    ])
}

fn current_object(current: CurrentContext<JsonValue>) -> JsValue {
    object(&[
        ("resourceType", text(&current.resource_type)),
        ("version", optional_text(current.version.as_deref())),
        ("context", context_array(current.context)),
    ])
}

fn context_array(context: Vec<ContextItem<JsonValue>>) -> JsValue {
    array(context.into_iter().map(|item| item.value).collect())
}

fn names(names: &[EventName]) -> JsValue {
    names.iter().map(|name| text(name.as_str())).collect::<Array>().into()
}
