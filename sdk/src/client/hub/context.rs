//! What is open: the patient that the app shows, and the resources that other apps opened for that patient.

use super::change::HubView;
use crate::fhir::identifier::Identifier;
use crate::fhir::reference::ResourceId;
use crate::json::JsonView;
use crate::protocol::fhircast::event::HubEvent;
use crate::protocol::fhircast::identity::{
    EventPatient, Sameness, ShownPatient, have_common_identifier, identifiers_of,
};
use crate::protocol::fhircast::name::EventKind;

/// Whether an event is about the patient that the app shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatientMatch {
    /// The same patient.
    Same,
    /// Another patient, or one that cannot be compared.
    Other,
    /// It is about no patient.
    None,
}

/// A resource that is open.
struct Anchor {
    /// The type in lower case.
    resource_type: String,
    id: Option<String>,
    identifiers: Vec<Identifier>,
}

/// What is open now.
pub(super) struct OpenContext {
    /// The patient of the session, if it has one.
    own: Option<ShownPatient>,
    /// Another patient that the app followed to.
    followed: Option<EventPatient>,
    anchors: Vec<Anchor>,
    /// The time of the newest event, in seconds since 1970.
    latest: Option<f64>,
    /// The turn of the newest event.
    newest: Turn,
    /// The turn of the newest event that opened something.
    newest_opening: Turn,
    /// The turn of the event that hibernated the user's session; `None` after something was opened.
    hibernates: Option<Turn>,
    /// Another patient that was opened by the newest event that opens something, and about whom the app has not decided.
    undecided: Option<EventPatient>,
    /// Another patient that was opened, and that the app did not follow.
    left_alone: Option<EventPatient>,
}

/// The position of an event in the order of arrival. Only a decision about the newest event that opens something unlocks the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn(u32);

const PATIENT: &str = "patient";
/// How far the clocks of the apps may differ, in seconds. An event that is dated later would make all others look old.
const CLOCK_TOLERANCE: f64 = 300.0;

impl OpenContext {
    /// At the start, the session's patient is open.
    pub fn new(own: Option<ShownPatient>) -> Self {
        let mut context = Self {
            own,
            followed: None,
            anchors: Vec::new(),
            latest: None,
            newest: Turn::default(),
            newest_opening: Turn::default(),
            hibernates: None,
            undecided: None,
            left_alone: None,
        };
        context.open_own_patient();
        context
    }

    fn open_own_patient(&mut self) {
        if let Some(own) = &self.own {
            let id = Some(own.id.clone());
            self.anchors = vec![Anchor { resource_type: PATIENT.to_owned(), id, identifiers: Vec::new() }];
        }
    }

    /// Sets whether ids in events are ids of the session's FHIR server.
    pub fn set_shares_ids(&mut self, shares_ids: bool) {
        if let Some(own) = &mut self.own {
            own.shares_ids = shares_ids;
        }
    }

    /// What the app may show.
    pub fn view(&self) -> HubView {
        if let Some(undecided) = &self.undecided {
            return HubView::Locked { patient: undecided.name.clone() };
        }
        if self.hibernates.is_some() {
            return HubView::Locked { patient: None };
        }
        if self.anchors.is_empty() { HubView::Nothing } else { HubView::Open }
    }

    /// Whether an event is older than the newest one.
    pub fn is_stale<V: JsonView>(&self, event: &HubEvent<V>) -> bool {
        let times = self.latest.zip(event.time);
        event.changes_context() && times.is_some_and(|(latest, time)| time.seconds < latest)
    }

    /// Compares the patient of an event with the one that is shown.
    pub fn compare<V: JsonView>(&self, event: &HubEvent<V>) -> Sameness {
        let Some(subject) = EventPatient::of(event) else { return Sameness::Other };
        match (&self.followed, &self.own) {
            (Some(followed), _) if is_same_patient(followed, &subject) => Sameness::Same,
            (Some(_), _) => Sameness::Other,
            (None, Some(own)) => own.compare(&subject),
            (None, None) => Sameness::Other,
        }
    }

    /// Notes that an event has arrived at `now`, in seconds since 1970, and returns its turn. Until the app has decided about another patient,
    /// nothing may be shown.
    pub fn announce<V: JsonView>(&mut self, event: &HubEvent<V>, now: f64) -> Turn {
        let time = event.time.filter(|_| event.changes_context() && !is_in_future(event, now));
        if let Some(time) = time {
            self.latest = Some(self.latest.map_or(time.seconds, |latest| latest.max(time.seconds)));
        }
        self.newest = Turn(self.newest.0.wrapping_add(1));
        let turn = self.newest;
        match event.name.kind() {
            EventKind::Open => {
                self.newest_opening = turn;
                // It replaces an event that the app has not decided about, or did not follow.
                (self.undecided, self.left_alone) = (None, None);
                self.lock_for(event, turn);
            }
            EventKind::Home => {
                self.newest_opening = turn;
                (self.undecided, self.left_alone) = (None, None);
            }
            EventKind::Hibernate => self.hibernates = Some(turn),
            _ => {}
        }
        turn
    }

    /// Locks the view if an event opens another patient than the one that is shown now, unless a newer event opened something.
    pub fn lock_for<V: JsonView>(&mut self, event: &HubEvent<V>, turn: Turn) {
        let is_newest = event.name.kind() == EventKind::Open && turn == self.newest_opening;
        if is_newest && self.compare(event) != Sameness::Same {
            self.undecided = Some(EventPatient::of(event).unwrap_or_default());
        }
    }

    /// Whether an event makes the decision about an earlier one unnecessary: it opens something, or closes what that one opened.
    pub fn supersedes<V: JsonView>(&self, event: &HubEvent<V>) -> bool {
        match event.name.kind() {
            EventKind::Open | EventKind::Home => true,
            EventKind::Close => self.closes_undecided(event),
            _ => false,
        }
    }

    /// Whether an event closes the other patient.
    fn closes_undecided<V: JsonView>(&self, event: &HubEvent<V>) -> bool {
        let is_patient = event.name.subject().is_some_and(|subject| subject.eq_ignore_ascii_case(PATIENT));
        let closed = EventPatient::of(event);
        is_patient
            && self.undecided.as_ref().zip(closed.as_ref()).is_some_and(|(one, other)| is_same_patient(one, other))
    }

    /// Whether an event opens what is open.
    pub fn is_open<V: JsonView>(&self, event: &HubEvent<V>) -> bool {
        let anchor = Anchor::of(event);
        let is_same = |open: &Anchor| open.is_same(&anchor);
        self.compare(event) == Sameness::Same && self.undecided.is_none() && self.anchors.iter().any(is_same)
    }

    /// Notes that nothing is open.
    pub fn close_all(&mut self) {
        self.anchors.clear();
        self.undecided = None;
    }

    /// Notes that the app has decided about an event. An older one does not unlock the view that a newer one has locked.
    fn unlock(&mut self, turn: Turn) {
        if turn >= self.newest_opening {
            self.undecided = None;
        }
    }

    /// Notes that the app does not follow an event.
    pub fn stay<V: JsonView>(&mut self, event: &HubEvent<V>, turn: Turn) {
        if event.name.kind() == EventKind::Open {
            self.wake(turn);
            self.unlock(turn);
            if turn == self.newest_opening && self.compare(event) != Sameness::Same {
                self.left_alone = Some(EventPatient::of(event).unwrap_or_default());
            }
        }
    }

    /// Notes that an event is about the patient that is shown, according to its identifiers.
    pub fn recognize<V: JsonView>(&mut self, event: &HubEvent<V>, turn: Turn) {
        if event.name.kind() == EventKind::Open {
            self.wake(turn);
            self.unlock(turn);
        }
    }

    /// Whether the app shows the patient that was opened last, as far as it knows.
    pub fn is_in_step(&self) -> bool {
        self.undecided.is_none() && self.left_alone.is_none()
    }

    /// Notes that the app follows an event.
    pub fn follow<V: JsonView>(&mut self, event: &HubEvent<V>, patient: PatientMatch, turn: Turn) {
        match event.name.kind() {
            EventKind::Open => {
                self.wake(turn);
                self.open(event, patient);
                self.unlock(turn);
            }
            EventKind::Close => self.close(event, patient),
            EventKind::Home => {
                self.anchors.clear();
                self.unlock(turn);
            }
            _ => {}
        }
    }

    /// Notes that something was opened, which ends the hibernation.
    fn wake(&mut self, turn: Turn) {
        self.hibernates.take_if(|asleep| *asleep < turn);
    }

    fn open<V: JsonView>(&mut self, event: &HubEvent<V>, patient: PatientMatch) {
        if patient == PatientMatch::Other {
            self.anchors.clear();
            let subject = EventPatient::of(event);
            let is_own =
                |own: &ShownPatient| subject.as_ref().is_some_and(|subject| own.compare(subject) == Sameness::Same);
            self.followed = if self.own.as_ref().is_some_and(is_own) { None } else { subject };
        }
        let anchor = Anchor::of(event);
        self.anchors.retain(|open| open.resource_type != anchor.resource_type);
        self.anchors.push(anchor);
    }

    fn close<V: JsonView>(&mut self, event: &HubEvent<V>, patient: PatientMatch) {
        let closed = Anchor::of(event);
        if closed.resource_type == PATIENT {
            if self.closes_undecided(event) {
                self.undecided = None;
            }
            let subject = EventPatient::of(event);
            self.left_alone.take_if(|left| subject.as_ref().is_some_and(|subject| is_same_patient(left, subject)));
            if patient == PatientMatch::Same {
                self.anchors.clear();
            }
        } else {
            self.anchors.retain(|open| !open.is_same(&closed));
        }
    }
}

/// Whether an event is dated so far in the future that a clock is wrong.
pub(super) fn is_in_future<V: JsonView>(event: &HubEvent<V>, now: f64) -> bool {
    event.time.is_some_and(|time| time.seconds > now + CLOCK_TOLERANCE)
}

/// Whether two events open or close the same resource.
pub(super) fn is_same_resource<V: JsonView>(one: &HubEvent<V>, other: &HubEvent<V>) -> bool {
    Anchor::of(one).is_same(&Anchor::of(other))
}

/// Whether it is known which resource an event opens or closes.
pub(super) fn has_identity<V: JsonView>(event: &HubEvent<V>) -> bool {
    let anchor = Anchor::of(event);
    anchor.id.is_some() || !anchor.identifiers.is_empty()
}

/// Whether both are the same patient, by the id and URL or by a common identifier.
fn is_same_patient(one: &EventPatient, other: &EventPatient) -> bool {
    let has_same_id = one.id.is_some() && one.id == other.id && one.url == other.url;
    has_same_id || have_common_identifier(&one.identifiers, &other.identifiers)
}

impl Anchor {
    fn of<V: JsonView>(event: &HubEvent<V>) -> Self {
        let item = event.anchor();
        let resource = item.and_then(|item| item.resource());
        let referred = || {
            let reference = item?.reference()?;
            ResourceId::read(&reference).map(|read| read.id)
        };
        Self {
            resource_type: event.name.subject().unwrap_or_default().to_ascii_lowercase(),
            id: resource.as_ref().and_then(|resource| resource.member_text("id")).or_else(referred),
            identifiers: resource.as_ref().map(identifiers_of).unwrap_or_default(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let has_same_id = self.id.is_some() && self.id == other.id;
        let is_same = has_same_id || have_common_identifier(&self.identifiers, &other.identifiers);
        self.resource_type == other.resource_type && is_same
    }
}
