//! Following the chart: the EHR's hub reports which patient is open there (FHIRcast 3). While that is another patient, or it is not known
//! yet, nothing of the record is shown.

use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Failure;
use smartrust::abort::AbortHandle;
use smartrust::client::hub::{
    Decision, Hub, HubChange, HubListener, HubState, HubView, Notice, PatientMatch, SubscribeOptions,
};
use smartrust::protocol::fhircast::name::{EventKind, EventName};
use smartrust::protocol::fhircast::scope::Access;
use smartrust::web::{JsonValue, WebPlatform};

use super::{Launcher, Session, State};

/// The events that the launcher subscribes to, as far as they were granted.
const EVENTS: [&str; 11] = [
    "Patient-open",
    "Patient-close",
    "Encounter-open",
    "Encounter-close",
    "ImagingStudy-open",
    "ImagingStudy-close",
    "DiagnosticReport-open",
    "DiagnosticReport-close",
    "Home-open",
    "UserHibernate",
    "UserLogout",
];

/// How long the record is hidden while the hub has not confirmed yet. A hub that is down must not withhold it.
const CHECK_TIME: Duration = Duration::from_secs(5);

/// How long it stays hidden after that. The events that say what is open follow the confirmation.
const SETTLE_TIME: Duration = Duration::from_millis(300);

/// The hub of the session that is shown, and what it reported last.
#[derive(Clone, Copy)]
pub struct Following {
    hub: StoredValue<Option<Followed>, LocalStorage>,
    state: RwSignal<Option<HubState>>,
    view: RwSignal<HubView>,
    /// Answers that the user stays with this record, while another patient is open in the chart.
    question: RwSignal<Option<AbortHandle>, LocalStorage>,
    /// Whether the record waits for the hub's confirmation.
    is_checking: RwSignal<bool>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

/// A hub that is kept, because a session does not keep its own.
#[derive(Clone)]
struct Followed {
    session: String,
    hub: Hub<WebPlatform>,
    events: Vec<&'static str>,
    _listener: Rc<HubListener<WebPlatform>>,
}

/// Why nothing of the record is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It is not known yet which patient is open in the chart.
    Checking,
    /// Another patient is open there.
    Other {
        /// The other patient's name.
        name: Option<String>,
        /// Whether the user can choose to stay.
        can_stay: bool,
    },
    /// The chart is locked, or it is not known yet whose chart was opened.
    Locked,
    /// No patient is open there.
    Closed,
}

impl Following {
    /// No hub is followed.
    pub fn new() -> Self {
        Self {
            hub: StoredValue::new_local(None),
            state: RwSignal::new(None),
            view: RwSignal::new(HubView::Open),
            question: RwSignal::new_local(None),
            is_checking: RwSignal::new(false),
            timer: StoredValue::new(None),
        }
    }
}

impl Launcher {
    /// How the launcher and the chart stand; `None` if the session has no hub. Tracks changes.
    pub fn chart_state(self) -> Option<HubState> {
        let state = self.following.state.get();
        state.filter(|_| matches!(self.state(), State::Open(_)))
    }

    /// Why nothing of the record may be shown; `None` if it may. Tracks changes.
    pub fn cover(self) -> Option<Cover> {
        self.chart_state()?;
        let can_stay = self.following.question.with(Option::is_some);
        match self.following.view.get() {
            HubView::Locked { patient: None } if !can_stay => Some(Cover::Locked),
            HubView::Locked { patient: name } => Some(Cover::Other { name, can_stay }),
            HubView::Nothing => Some(Cover::Closed),
            _ => self.following.is_checking.get().then_some(Cover::Checking),
        }
    }

    /// Answers that the user stays with this record.
    pub fn stay_with_record(self) {
        if let Some(question) = self.following.question.get_untracked() {
            question.abort();
        }
    }

    /// Ends the session that is shown, so that the user can open the app from another chart.
    pub fn close_record(self) {
        if let State::Open(session) = self.state.get_untracked() {
            spawn_local(self.sign_out(session));
        }
    }

    /// Follows the chart that a session was opened from, if its server has a hub.
    pub(super) fn follow_chart(self, session: &Session) {
        let following = self.following;
        if self.follows(session.id()) {
            return;
        }
        self.stop_following();
        let Some(hub) = session.patient().and_then(|_| session.hub().ok()) else { return };
        let granted = session.scopes().granted;
        let may_read =
            |name: &&str| EventName::parse(name).is_some_and(|name| granted.allows_event(&name, Access::Read));
        let events: Vec<&str> = EVENTS.into_iter().filter(may_read).collect();
        if events.is_empty() {
            return;
        }
        let listener = Rc::new(hub.on_change(move |change| self.on_hub_change(change)));
        let session = session.id().to_owned();
        following.hub.set_value(Some(Followed { session, hub, events, _listener: listener }));
        self.follow_again();
    }

    /// Whether another subscription can succeed: the session has not expired.
    pub fn can_follow_again(self) -> bool {
        matches!(self.state.get_untracked(), State::Open(session) if session.is_active())
    }

    /// Subscribes, also after a subscription has ended.
    pub fn follow_again(self) {
        let Some(Followed { session, hub, events, .. }) = self.following.hub.get_value() else { return };
        self.on_chart_state(HubState::Connecting);
        let options = SubscribeOptions::new(events).name(self.title());
        spawn_local(async move {
            // The hub's state says whether it succeeded.
            let _ = hub.subscribe(options, move |notice| self.decide(notice)).await;
            if self.follows(&session) {
                self.on_chart_state(hub.state());
            }
        });
    }

    fn follows(self, session: &str) -> bool {
        self.following.hub.with_value(|hub| hub.as_ref().is_some_and(|hub| hub.session == session))
    }

    /// Ends the subscription of the session that was shown before.
    fn stop_following(self) {
        let following = self.following;
        if let Some(Followed { hub, .. }) = following.hub.try_update_value(Option::take).flatten() {
            spawn_local(async move { hub.unsubscribe().await });
        }
        following.state.set(None);
        following.view.set(HubView::Open);
        following.question.set(None);
        self.check_for(None);
    }

    fn on_hub_change(self, change: &HubChange) {
        match change {
            HubChange::State(state) => self.on_chart_state(*state),
            HubChange::View(view) => {
                // Something else is open now: there is nothing to ask any more.
                self.stay_with_record();
                self.following.question.set(None);
                self.following.view.set(view.clone());
            }
            // The launcher opens nothing for other apps, and the state shows what affects the record.
            _ => {}
        }
    }

    fn on_chart_state(self, state: HubState) {
        let following = self.following;
        let before = following.state.get_untracked();
        if before == Some(state) {
            return;
        }
        following.state.set(Some(state));
        if matches!(state, HubState::Off | HubState::Denied | HubState::Closed) {
            // Nobody waits for an answer.
            following.question.set(None);
        }
        self.check_for(match (before, state) {
            (_, HubState::Connecting) => Some(CHECK_TIME),
            (Some(HubState::Connecting), HubState::Synced) => Some(SETTLE_TIME),
            _ => None,
        });
    }

    /// Hides the record for a time, or no longer.
    fn check_for(self, time: Option<Duration>) {
        let is_checking = self.following.is_checking;
        is_checking.set(time.is_some());
        let timer = time.and_then(|time| set_timeout_with_handle(move || is_checking.set(false), time).ok());
        self.following.timer.update_value(|old| {
            if let Some(old) = std::mem::replace(old, timer) {
                old.clear();
            }
        });
    }

    /// Follows every event but one that opens another patient. That one waits for the user's answer, who can only stay: to see another
    /// patient's record, the user opens the app from that patient's chart.
    async fn decide(self, notice: Notice<JsonValue>) -> Result<Decision, Failure> {
        if notice.patient != PatientMatch::Other || notice.event.name.kind() != EventKind::Open {
            return Ok(Decision::Follow);
        }
        let question = AbortHandle::new();
        self.following.question.set(Some(question.clone()));
        question.signal().aborted().await;
        Ok(Decision::Refuse("The user stays with another patient.".into()))
    }
}
