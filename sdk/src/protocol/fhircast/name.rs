//! Names of events, which are compared without case (FHIRcast 3, event name).

use std::fmt;

use crate::protocol::scope::is_resource_type;

/// The longest name, in bytes.
const LONGEST: usize = 200;

/// The name of an event, such as `Patient-open`. Names that differ in case are equal.
///
/// ```
/// use smartrust::protocol::fhircast::name::{EventKind, EventName};
///
/// let name = EventName::parse("patient-OPEN").expect("a name");
/// assert_eq!(name, EventName::parse("Patient-open").expect("a name"));
/// assert_eq!(name.kind(), EventKind::Open);
/// assert_eq!(name.subject(), Some("patient"));
/// ```
#[derive(Clone, Debug)]
pub struct EventName(String);

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A resource was opened, such as `Patient-open`.
    Open,
    /// A resource was closed.
    Close,
    /// No resource is open any more: `Home-open`.
    Home,
    /// An app could not follow: `SyncError`.
    SyncError,
    /// The user has signed out: `UserLogout`.
    Logout,
    /// The user's session sleeps: `UserHibernate`.
    Hibernate,
    /// Another event, such as `DiagnosticReport-update` or one with a reverse domain name.
    Other,
}

impl EventName {
    /// Reads a name: letters, digits, dots, hyphens and underscores. `None` for anything else, such as `*`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_part);
        is_name.then(|| Self(text.to_owned()))
    }

    /// `SyncError`, which is in every subscription.
    pub(crate) fn sync_error() -> Self {
        Self("SyncError".to_owned())
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind.
    pub fn kind(&self) -> EventKind {
        let is = |name: &str| self.0.eq_ignore_ascii_case(name);
        if is("Home-open") {
            return EventKind::Home;
        }
        match self.parts() {
            Some((_, "open")) => EventKind::Open,
            Some((_, "close")) => EventKind::Close,
            _ if is("SyncError") => EventKind::SyncError,
            _ if is("UserLogout") => EventKind::Logout,
            _ if is("UserHibernate") => EventKind::Hibernate,
            _ => EventKind::Other,
        }
    }

    /// The resource type that was opened, closed, updated or selected, as it was written.
    pub fn subject(&self) -> Option<&str> {
        self.parts().map(|(subject, _)| subject)
    }

    /// The event by which the same type of resource is opened; `None` if this is about no resource.
    pub(crate) fn opened_by(resource_type: &str) -> Option<Self> {
        is_resource_type(resource_type).then(|| Self(format!("{resource_type}-open")))
    }

    fn parts(&self) -> Option<(&str, &'static str)> {
        // A name with a reverse domain has no hyphen.
        let (subject, suffix) = self.0.split_once('-')?;
        let suffix =
            ["open", "close", "update", "select"].into_iter().find(|known| suffix.eq_ignore_ascii_case(known))?;
        Some((subject, suffix))
    }
}

impl PartialEq for EventName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EventName {}

impl fmt::Display for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The names in a list with commas, each once. Spaces around them are removed, and invalid names are left out.
///
/// ```
/// use smartrust::protocol::fhircast::name::event_names;
///
/// let names = event_names("Patient-open, Patient-close,patient-open");
/// assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["Patient-open", "Patient-close"]);
/// ```
pub fn event_names(text: &str) -> Vec<EventName> {
    each_once(text.split(',').filter_map(|name| EventName::parse(name.trim())))
}

/// The names, each once.
pub(crate) fn each_once(names: impl IntoIterator<Item = EventName>) -> Vec<EventName> {
    let mut unique = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_names_are_compared_without_case_and_have_a_kind() {
        for (text, kind, subject) in [
            ("Patient-open", EventKind::Open, Some("Patient")),
            ("imagingstudy-CLOSE", EventKind::Close, Some("imagingstudy")),
            ("home-Open", EventKind::Home, Some("home")),
            ("syncerror", EventKind::SyncError, None),
            ("userLogout", EventKind::Logout, None),
            ("UserHibernate", EventKind::Hibernate, None),
            ("DiagnosticReport-update", EventKind::Other, Some("DiagnosticReport")),
            ("org.example.patient_open", EventKind::Other, None),
            ("org.example.patient-sparkle", EventKind::Other, None),
        ] {
            let name = EventName::parse(text).unwrap();
            assert_eq!((name.kind(), name.subject()), (kind, subject), "{text}");
        }
        for text in ["", "*", "Patient open", "Patient-open,Patient-close", "é", &"a".repeat(201)] {
            assert_eq!(EventName::parse(text), None, "{text}");
        }
    }
}
