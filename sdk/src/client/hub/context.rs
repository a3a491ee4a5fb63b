//! What is open: the patient that the app shows, and the resources that other apps opened for that patient.

use super::state::HubView;
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
    /// Whether the user's session sleeps.
    hibernates: bool,
    /// The name of another patient, while the app decides.
    undecided: Option<Option<String>>,
}

const PATIENT: &str = "patient";

impl OpenContext {
    /// At the start, the session's patient is open.
    pub fn new(own: Option<ShownPatient>) -> Self {
        let mut context =
            Self { own, followed: None, anchors: Vec::new(), latest: None, hibernates: false, undecided: None };
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
        if let Some(name) = &self.undecided {
            return HubView::Locked { patient: name.clone() };
        }
        if self.hibernates {
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
            (Some(followed), _) => {
                let has_same_id = followed.id.is_some() && followed.id == subject.id && followed.url == subject.url;
                let is_same = has_same_id || have_common_identifier(&followed.identifiers, &subject.identifiers);
                if is_same { Sameness::Same } else { Sameness::Other }
            }
            (None, Some(own)) => own.compare(&subject),
            (None, None) => Sameness::Other,
        }
    }

    /// Notes that an event has arrived: until the app has decided about another patient, nothing may be shown.
    pub fn announce<V: JsonView>(&mut self, event: &HubEvent<V>) {
        if let (true, Some(time)) = (event.changes_context(), event.time) {
            self.latest = Some(self.latest.map_or(time.seconds, |latest| latest.max(time.seconds)));
        }
        match event.name.kind() {
            EventKind::Open if self.compare(event) != Sameness::Same => {
                self.undecided = Some(EventPatient::of(event).and_then(|subject| subject.name));
            }
            // A newer event takes the place of one that the app has not decided about.
            EventKind::Open | EventKind::Home => self.undecided = None,
            EventKind::Hibernate => self.hibernates = true,
            _ => {}
        }
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

    /// Notes that the app stays where it is.
    pub fn stay(&mut self) {
        self.undecided = None;
    }

    /// Notes that the app follows an event.
    pub fn follow<V: JsonView>(&mut self, event: &HubEvent<V>, patient: PatientMatch) {
        match event.name.kind() {
            EventKind::Open => self.open(event, patient),
            EventKind::Close => self.close(event, patient),
            EventKind::Home => self.close_all(),
            _ => return,
        }
        self.undecided = None;
    }

    fn open<V: JsonView>(&mut self, event: &HubEvent<V>, patient: PatientMatch) {
        self.hibernates = false;
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
            if patient == PatientMatch::Same {
                self.anchors.clear();
            }
        } else {
            self.anchors.retain(|open| !open.is_same(&closed));
        }
    }
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
