//! Scopes for events (FHIRcast 3, scopes).

use super::name::{EventKind, EventName};
use crate::protocol::scope::{Scope, ScopeSet};

/// What a scope allows for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// To receive it.
    Read,
    /// To send it.
    Write,
    /// Both.
    ReadWrite,
}

/// A scope such as `fhircast/Patient-open.read`.
///
/// ```
/// use smartrust::protocol::fhircast::scope::{Access, FhircastScope};
///
/// let scope = FhircastScope::parse("fhircast/patient-open.*").expect("a scope for events");
/// assert_eq!((scope.event.expect("an event").as_str(), scope.access), ("patient-open", Access::ReadWrite));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FhircastScope {
    /// The event; `None` for `*`, every event.
    pub event: Option<EventName>,
    /// What is allowed.
    pub access: Access,
}

impl FhircastScope {
    /// Reads a scope. `None` if it is another kind of scope.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('/')?;
        // An event with a reverse domain name has dots.
        let (event, access) = rest.rsplit_once('.')?;
        let access = match access.to_ascii_lowercase().as_str() {
            "read" => Access::Read,
            "write" => Access::Write,
            "*" => Access::ReadWrite,
            _ => return None,
        };
        let event = if event == "*" { None } else { Some(EventName::parse(event)?) };
        prefix.eq_ignore_ascii_case("fhircast").then_some(Self { event, access })
    }

    /// Whether it allows everything that `other` allows.
    pub fn covers(&self, other: &Self) -> bool {
        let covers_event = self.event.is_none() || self.event == other.event;
        covers_event && (self.access == Access::ReadWrite || self.access == other.access)
    }

    /// What it allows, in a sentence for patients, without a full stop.
    pub(in crate::protocol) fn sentence(&self) -> String {
        let opened = self.event.as_ref().and_then(|event| match event.kind() {
            EventKind::Open | EventKind::Close => event.subject(),
            _ => None,
        });
        let things = match opened.map(str::to_ascii_lowercase).as_deref() {
            Some("patient") => "which patient is open",
            Some("encounter") => "which visit is open",
            Some("imagingstudy") => "which X-rays and other images are open",
            Some("diagnosticreport") => "which test report is open",
            Some(_) => "which part of a record is open",
            None => return self.other_sentence().to_owned(),
        };
        let verb = match self.access {
            Access::Read => "Know",
            Access::Write => "Change",
            Access::ReadWrite => "Know and change",
        };
        format!("{verb} {things} in the clinic's other programs")
    }

    fn other_sentence(&self) -> &'static str {
        match self.access {
            Access::Read => "Know what happens in the clinic's other programs",
            Access::Write => "Tell the clinic's other programs what happens here",
            Access::ReadWrite => "Share what happens with the clinic's other programs",
        }
    }
}

impl Scope {
    /// The scope for events of a hub, if it is one.
    ///
    /// ```
    /// use smartrust::protocol::scope::{Scope, ScopeSet};
    ///
    /// assert!(Scope::new("fhircast/Patient-open.read").fhircast().is_some());
    /// assert_eq!(Scope::new("patient/Patient.rs").fhircast(), None);
    /// assert!(ScopeSet::parse("FHIRcast/*.read").covers(&Scope::new("fhircast/Patient-open.read")));
    /// ```
    pub fn fhircast(&self) -> Option<FhircastScope> {
        FhircastScope::parse(self.as_str())
    }
}

impl ScopeSet {
    /// Whether an event may be read or written.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::name::EventName;
    /// use smartrust::protocol::fhircast::scope::Access;
    /// use smartrust::protocol::scope::ScopeSet;
    ///
    /// let granted = ScopeSet::parse("fhircast/patient-open.read");
    /// let event = EventName::parse("Patient-open").expect("a name");
    /// assert!(granted.allows_event(&event, Access::Read) && !granted.allows_event(&event, Access::Write));
    /// ```
    pub fn allows_event(&self, event: &EventName, access: Access) -> bool {
        self.covers_event_scope(&FhircastScope { event: Some(event.clone()), access })
    }

    /// Whether several scopes together, or one, cover another.
    pub(in crate::protocol) fn covers_event_scope(&self, wanted: &FhircastScope) -> bool {
        let covers = |access| {
            let wanted = FhircastScope { event: wanted.event.clone(), access };
            self.iter().filter_map(Scope::fhircast).any(|own| own.covers(&wanted))
        };
        match wanted.access {
            Access::ReadWrite => covers(Access::Read) && covers(Access::Write),
            one => covers(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::scope::ScopeGrant;

    #[test]
    fn x1_scopes_for_events_are_read_and_compared_without_case() {
        let covers = |own: &str, other: &str| ScopeSet::parse(own).covers(&Scope::new(other));
        for (own, other) in [
            ("fhircast/Patient-open.read", "FHIRcast/patient-OPEN.Read"),
            ("fhircast/*.read", "fhircast/Patient-open.read"),
            ("fhircast/Patient-open.*", "fhircast/Patient-open.write"),
            ("fhircast/Patient-open.read fhircast/Patient-open.write", "fhircast/Patient-open.*"),
            ("fhircast/*.*", "fhircast/*.*"),
            ("fhircast/org.example.sparkle.read", "fhircast/Org.Example.sparkle.read"),
        ] {
            assert!(covers(own, other), "{own} {other}");
        }
        for (own, other) in [
            ("fhircast/Patient-open.read", "fhircast/Patient-open.write"),
            ("fhircast/Patient-open.read", "fhircast/Patient-close.read"),
            ("fhircast/Patient-open.read", "fhircast/*.read"),
            ("fhircast/Patient-open.read", "fhircast/Patient-open.*"),
            ("patient/*.read", "fhircast/Patient-open.read"),
        ] {
            assert!(!covers(own, other), "{own} {other}");
        }
        for text in
            ["fhircast/Patient-open", "fhircast/.read", "fhircast/Patient-open.rs", "fhircast/a b.read", "fhir/x.read"]
        {
            assert_eq!(FhircastScope::parse(text), None, "{text}");
        }
    }

    #[test]
    fn x1_a_grant_in_another_case_is_neither_missing_nor_extra() {
        let requested = ScopeSet::parse("launch fhircast/Patient-open.read fhircast/Patient-close.read");
        let grant = ScopeGrant::new(requested, Some("launch FHIRcast/patient-open.read"));
        let names = |scopes: Vec<&Scope>| scopes.iter().map(|scope| scope.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(grant.missing()), ["fhircast/Patient-close.read"]);
        assert!(grant.extra().is_empty() && !grant.granted.is_unknown());
    }

    #[test]
    fn p3_x1_each_scope_for_events_has_a_sentence() {
        for (scope, sentence) in [
            ("fhircast/Patient-open.read", "Know which patient is open in the clinic's other programs"),
            ("fhircast/patient-close.write", "Change which patient is open in the clinic's other programs"),
            ("fhircast/Encounter-open.*", "Know and change which visit is open in the clinic's other programs"),
            ("fhircast/DiagnosticReport-open.read", "Know which test report is open in the clinic's other programs"),
            (
                "fhircast/ImagingStudy-open.read",
                "Know which X-rays and other images are open in the clinic's other programs",
            ),
            ("fhircast/Home-open.read", "Know what happens in the clinic's other programs"),
            ("fhircast/*.read", "Know what happens in the clinic's other programs"),
            ("fhircast/*.write", "Tell the clinic's other programs what happens here"),
            ("fhircast/org.example.sparkle.*", "Share what happens with the clinic's other programs"),
        ] {
            assert_eq!(Scope::new(scope).sentence(), sentence, "{scope}");
        }
    }
}
