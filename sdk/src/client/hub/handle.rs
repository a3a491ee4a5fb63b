//! `Hub`, which an app uses.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use futures_util::future::{poll_immediate, select};

use super::access::HubSession;
use super::change::{HubChange, HubState, HubView};
use super::connection::Connection;
use super::context::OpenContext;
use super::options::{HubHandler, Settings, SubscribeOptions};
use super::state::{HubInner, Subscribed, Value};
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::server::transport::send;
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure, HubError};
use crate::platform::{Platform, Transition};
use crate::protocol::fhircast::current::CurrentContext;
use crate::protocol::fhircast::grant::Hub as HubUrl;
use crate::protocol::fhircast::identity::ShownPatient;
use crate::protocol::fhircast::message::GrantedEvents;
use crate::protocol::fhircast::name::{EventKind, EventName};
use crate::protocol::finding::Finding;
use crate::protocol::http::Request;

/// How long a subscription may take, in milliseconds: the request, the confirmation, and another tab's.
const SUBSCRIBE_TIMEOUT: u32 = 25_000;
/// How long the hub may take to accept that the app unsubscribes, in milliseconds.
const UNSUBSCRIBE_TIMEOUT: u32 = 5_000;

/// The hub of a session, by which the app follows other apps (FHIRcast 3). A clone is another handle to the same hub.
///
/// ```no_run
/// # use smartrust::{Failure, Session, platform::Platform};
/// use std::rc::Rc;
///
/// use smartrust::client::hub::{Decision, HubChange, HubView, PatientMatch, SubscribeOptions};
/// use smartrust::protocol::fhircast::name::EventKind;
///
/// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
/// let hub = session.hub()?;
/// let listener = hub.on_change(|change| {
///     if let HubChange::View(HubView::Locked { patient }) = change {
///         println!("Hide the record: {} is open elsewhere", patient.as_deref().unwrap_or("another patient"));
///     }
/// });
/// let options = SubscribeOptions::new(["Patient-open", "Patient-close"]).name("Growth chart");
/// hub.subscribe(options, |notice| async move {
///     let opens = notice.event.name.kind() == EventKind::Open;
///     match notice.patient {
///         PatientMatch::Other if opens => Ok(Decision::Refuse("The user stays with this patient.".into())),
///         _ => Ok(Decision::Follow),
///     }
/// })
/// .await?;
/// # drop(listener);
/// hub.unsubscribe().await;
/// # Ok(())
/// # }
/// ```
pub struct Hub<P: Platform> {
    inner: Rc<HubInner<P>>,
}

impl<P: Platform> Clone for Hub<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<P: Platform> Hub<P> {
    /// The hub of a session with this id, whose patient is `own`.
    pub(crate) fn new(
        platform: P,
        session: Box<dyn HubSession>,
        id: String,
        hub: HubUrl,
        allow_insecure: bool,
        own: Option<ShownPatient>,
    ) -> Self {
        let inner = HubInner::new(platform, session, id, hub, allow_insecure, OpenContext::new(own));
        Self { inner: Rc::new(inner) }
    }

    pub(crate) fn of(inner: Rc<HubInner<P>>) -> Self {
        Self { inner }
    }

    pub(crate) fn downgrade(&self) -> Weak<HubInner<P>> {
        Rc::downgrade(&self.inner)
    }

    /// The state of the subscription.
    pub fn state(&self) -> HubState {
        self.inner.state.get()
    }

    /// What the app may show of the record.
    pub fn view(&self) -> HubView {
        self.inner.view()
    }

    /// Why the subscription has ended, if it has.
    pub fn reason(&self) -> Option<Failure> {
        self.inner.reason.borrow().clone()
    }

    /// The events that the hub granted with its last confirmation.
    pub fn events(&self) -> GrantedEvents {
        self.inner.granted.borrow().clone()
    }

    /// Deviations of the hub from the standard.
    pub fn findings(&self) -> Vec<Finding> {
        self.inner.findings.borrow().clone()
    }

    /// Calls a function with every change until the returned listener is dropped.
    pub fn on_change(&self, listener: impl Fn(&HubChange) + 'static) -> HubListener<P> {
        HubListener { id: self.inner.listen(listener), hub: self.downgrade() }
    }

    /// Subscribes, and returns when the hub has confirmed it. The tabs of one session have one subscription together.
    ///
    /// The handler decides about each event. While it decides about another patient, [`Self::view`] is locked. Other patients are never
    /// followed without [`SubscribeOptions::follow_other_patients`]: then the app shows their record by itself.
    ///
    /// # Errors
    /// [`HubError::Unavailable`] if the app is subscribed, [`Error::Configuration`] for an event that is none, [`Error::Scope`],
    /// [`HubError::Refused`], [`HubError::Timeout`], [`HubError::Message`], [`Error::WebSocketUnavailable`], [`Error::Network`], and the
    /// errors of a refresh.
    pub async fn subscribe<F>(
        &self,
        options: SubscribeOptions,
        handler: impl Fn(super::options::Notice<Value<P>>) -> F + 'static,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<super::options::Decision, Failure>> + 'static,
    {
        self.subscribe_with(options, Rc::new(move |notice| Box::pin(handler(notice)))).await
    }

    pub(crate) async fn subscribe_with(
        &self,
        options: SubscribeOptions,
        handler: HubHandler<Value<P>>,
    ) -> Result<(), Failure> {
        let inner = &self.inner;
        if inner.current_subscription().is_some() {
            return Err(HubError::Unavailable { problem: "it is subscribed already: unsubscribe first" }.into());
        }
        let events = options.names()?;
        options.check(&inner.session.granted())?;
        if let Some(shares_ids) = options.shares_ids {
            inner.context.borrow_mut().set_shares_ids(shares_ids);
        }
        let follow_other_patients = options.follow_other_patients;
        let settings = Settings { events, name: options.name, follow_other_patients, handler };
        let subscribed = Rc::new(Subscribed::new(settings));
        inner.start(&subscribed);
        let timeout = Box::pin(inner.platform.sleep(SUBSCRIBE_TIMEOUT));
        select(subscribed.is_ready.signal().aborted(), timeout).await;
        let outcome = subscribed.ready.borrow().clone();
        match outcome {
            Some(outcome) => outcome,
            None => {
                self.unsubscribe().await;
                Err(HubError::Timeout { what: "confirm the subscription" }.into())
            }
        }
    }

    /// Ends the subscription: unsubscribes at the hub, and closes the WebSocket. Nothing happens if there is none.
    pub async fn unsubscribe(&self) {
        self.inner.unsubscribe().await;
    }

    /// Sends the other apps an event that a resource is open here, and returns when the hub has sent it to them. The items of the context are JSON, such as
    /// those of [`resource_item`](crate::protocol::fhircast::event::resource_item).
    ///
    /// ```no_run
    /// # use smartrust::{Failure, client::hub::Hub, platform::Platform};
    /// use smartrust::protocol::fhircast::event::resource_item;
    ///
    /// # async fn example<P: Platform>(hub: &Hub<P>) -> Result<(), Failure> {
    /// let patient = r#"{"resourceType":"Patient","id":"1"}"#;
    /// hub.open("Patient-open", vec![resource_item("patient", patient)]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] if the event opens nothing, [`Error::NotGranted`] without a scope to write it, [`HubError::Unavailable`]
    /// without a subscription, [`HubError::Refused`] if the hub refuses or another app does not follow, [`HubError::Timeout`].
    pub async fn open(&self, event: &str, context: Vec<String>) -> Result<(), Failure> {
        let name = named(event, |kind| matches!(kind, EventKind::Open | EventKind::Home))?;
        self.inner.send(name, context).await
    }

    /// Tells the other apps that a resource was closed here, as [`Self::open`].
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn close(&self, event: &str, context: Vec<String>) -> Result<(), Failure> {
        let name = named(event, |kind| kind == EventKind::Close)?;
        self.inner.send(name, context).await
    }

    /// Requests what is open now; `None` if nothing is.
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the hub does not support this, which is remembered; [`HubError::Refused`], [`HubError::Message`],
    /// [`Error::Network`], and the errors of a refresh.
    pub async fn current(&self) -> Result<Option<CurrentContext<Value<P>>>, Failure> {
        self.inner.current().await
    }
}

fn named(event: &str, fits: impl Fn(EventKind) -> bool) -> Result<EventName, Failure> {
    let name = EventName::parse(event).filter(|name| fits(name.kind()));
    name.ok_or_else(|| Error::configuration("event", "it is not an event of this kind, such as Patient-open"))
}

impl<P: Platform> fmt::Debug for Hub<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hub").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// Keeps a listener of a hub's changes. Dropping it ends that.
#[must_use = "dropping it ends the listening"]
pub struct HubListener<P: Platform> {
    hub: Weak<HubInner<P>>,
    id: usize,
}

impl<P: Platform> Drop for HubListener<P> {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.unlisten(self.id);
        }
    }
}

impl<P: Platform> fmt::Debug for HubListener<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HubListener").finish_non_exhaustive()
    }
}

impl<V> Subscribed<V> {
    fn new(settings: Settings<V>) -> Self {
        Self {
            settings,
            leads: Cell::default(),
            ready: RefCell::default(),
            is_ready: AbortHandle::new(),
            is_stopped: Cell::default(),
            interrupt: RefCell::default(),
            restored: RefCell::default(),
        }
    }

    fn stop(&self, reason: Failure) {
        self.is_stopped.set(true);
        self.interrupt.borrow().abort();
        self.restored.borrow().abort();
        self.settle(Err(reason));
    }

    fn restore(&self) {
        self.interrupt.replace(AbortHandle::new());
        self.restored.replace(AbortHandle::new()).abort();
    }
}

impl<P: Platform> HubInner<P> {
    fn start(self: &Rc<Self>, subscribed: &Rc<Subscribed<Value<P>>>) {
        self.reason.replace(None);
        self.subscribed.replace(Some(subscribed.clone()));
        self.set_state(HubState::Connecting);
        self.listen_to_tabs();
        let on_transition = self.weakly(|hub, transition| hub.on_transition(transition));
        self.transitions.replace(Some(self.platform.on_transition(Rc::new(on_transition))));
        let subscribed = subscribed.clone();
        self.in_background(|hub| hub.keep_subscribed(subscribed));
    }

    /// Ends the subscription in this page, without a request.
    pub(super) fn end_here(&self, reason: Failure) {
        if let Some(subscribed) = self.subscribed.take() {
            subscribed.stop(reason);
        }
        self.abandon_sent();
        self.other_tab_is_connected.set(false);
        self.channel.take();
        self.transitions.take();
    }

    /// Ends the subscription, once.
    pub async fn unsubscribe(self: &Rc<Self>) {
        let running = self.leaving.borrow().clone();
        let task = running.unwrap_or_else(|| {
            let hub = self.clone();
            let work = Box::pin(async move {
                hub.end_subscription().await;
                hub.leaving.take();
                Ok(())
            });
            let task = SharedTask::spawn(&self.platform, work);
            self.leaving.replace(Some(task.clone()));
            task
        });
        // The task cannot fail.
        let _ = task.outcome().await;
    }

    async fn end_subscription(self: &Rc<Self>) {
        if self.current_subscription().is_none() {
            return;
        }
        let connection = self.connection.take();
        self.set_state(HubState::Off);
        self.end_here(Error::Aborted.into());
        let Some(connection) = connection else { return };
        if let Some(request) = self.unsubscription(&connection) {
            // The lease ends the subscription if this fails.
            let _ = send(&self.platform, &request, UNSUBSCRIBE_TIMEOUT, &AbortSignal::never()).await;
        }
        self.close(&connection);
    }

    /// The request that unsubscribes, with the last token: it is sent also after the session has ended.
    fn unsubscription(&self, connection: &Connection<P>) -> Option<Request> {
        let mut request = self.hub.unsubscribe_request(&connection.endpoint);
        request.keepalive = true;
        self.authorize(&mut request, &self.session.last_token()).ok()?;
        Some(request)
    }

    fn on_transition(self: &Rc<Self>, transition: Transition) {
        let Some(subscribed) = self.current_subscription() else { return };
        match transition {
            Transition::Left => {
                let connection = self.connection.take();
                // If the browser caches the page and restores it, the page has this state until the hub confirms again.
                self.set_state(HubState::Connecting);
                subscribed.interrupt.borrow().abort();
                let Some(connection) = connection else { return };
                let request = self.unsubscription(&connection);
                self.in_background(|hub| async move {
                    let Some(request) = request else { return hub.close(&connection) };
                    let never = AbortSignal::never();
                    let mut sending = Box::pin(send(&hub.platform, &request, UNSUBSCRIBE_TIMEOUT, &never));
                    // The page may not live until the response comes.
                    let response = poll_immediate(&mut sending).await;
                    hub.close(&connection);
                    if response.is_none() {
                        let _ = sending.await;
                    }
                });
            }
            Transition::Restored => {
                self.ask_tabs();
                subscribed.restore();
            }
            Transition::Returned => self.check(),
        }
    }
}
