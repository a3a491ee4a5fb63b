//! What an app says when it subscribes.

use std::fmt;
use std::rc::Rc;

use derive_setters::Setters;

use super::context::PatientMatch;
use crate::error::{Error, Failure};
use crate::platform::LocalFuture;
use crate::protocol::fhircast::event::HubEvent;
use crate::protocol::fhircast::identity::EventPatient;
use crate::protocol::fhircast::name::EventName;
use crate::protocol::scope::{Context, Scope, ScopeSet};

/// What an app subscribes to.
///
/// ```
/// use smartrust::client::hub::SubscribeOptions;
///
/// let options = SubscribeOptions::new(["Patient-open", "Patient-close"]).name("Growth chart");
/// # assert_eq!(options.events.len(), 2);
/// ```
#[derive(Clone, Debug, Default, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct SubscribeOptions {
    /// The events, such as `Patient-open`. `SyncError` need not be among them.
    pub events: Vec<String>,
    /// The name of the app, which users of other apps see if this one cannot follow.
    pub name: Option<String>,
    /// Whether the app can show another patient than the session's. It needs a granted `user/` scope.
    #[setters(bool)]
    pub follow_other_patients: bool,
    /// Whether ids in the hub's events are ids of the session's FHIR server. By default, they are if the hub has the same origin.
    pub shares_ids: Option<bool>,
}

impl SubscribeOptions {
    /// Options with these events.
    pub fn new(events: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { events: events.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The names of the events.
    pub(super) fn names(&self) -> Result<Vec<EventName>, Failure> {
        let names: Option<Vec<EventName>> = self.events.iter().map(|name| EventName::parse(name)).collect();
        let names = names.ok_or_else(|| {
            Error::configuration("events", "a name has another character than letters, digits, dots and hyphens")
        })?;
        if names.is_empty() {
            return Err(Error::configuration("events", "it is empty; name at least one event, such as Patient-open"));
        }
        Ok(names)
    }

    /// Checks that the granted scopes allow what the options ask for.
    pub(super) fn check(&self, granted: &ScopeSet) -> Result<(), Failure> {
        let is_of_user = |scope: &Scope| scope.resource().is_some_and(|resource| resource.context == Context::User);
        if self.follow_other_patients && !granted.iter().any(is_of_user) {
            let problem = "to follow to other patients, the app needs a user/ scope, such as user/*.rs";
            return Err(Error::Scope { problem: problem.into() }.into());
        }
        Ok(())
    }
}

/// What an app decides about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It follows.
    Follow,
    /// It does not follow, for this reason, which other apps may show.
    Refuse(String),
}

/// An event for the app.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Notice<V> {
    /// The event.
    pub event: HubEvent<V>,
    /// Whether it is about the patient that the app shows.
    pub patient: PatientMatch,
    /// What the event says of its patient.
    pub subject: Option<EventPatient>,
}

/// Decides about each event. A failure counts as an error of the app.
pub type HubHandler<V> = Rc<dyn Fn(Notice<V>) -> LocalFuture<Result<Decision, Failure>>>;

/// The options and the handler of a subscription.
pub(super) struct Settings<V> {
    pub events: Vec<EventName>,
    pub name: Option<String>,
    pub follow_other_patients: bool,
    pub handler: HubHandler<V>,
}

impl<V> fmt::Debug for Settings<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settings").field("events", &self.events).finish_non_exhaustive()
    }
}
