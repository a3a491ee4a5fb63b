//! Resources that are not shown, counted by reason.

use smartrust::platform::JsonView;

use super::resource::{is_code, is_coded};

/// Why a resource is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was entered by mistake.
    Mistake,
    /// It was examined and ruled out.
    RuledOut,
    /// It is a draft.
    Draft,
    /// It is another patient's.
    OtherPatient,
}

/// The number of resources of a kind that are not shown, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(Vec<Reason>);

impl Reason {
    const ALL: [Self; 4] = [Self::Mistake, Self::RuledOut, Self::Draft, Self::OtherPatient];

    /// Why a resource of the patient is not shown; `None` if it is shown.
    pub fn of<V: JsonView>(resource: &V) -> Option<Self> {
        let is_verified_as = |code: &str| is_coded(resource, "verificationStatus", &[code]);
        let is_void = |member: &str| is_code(resource, member, &["entered-in-error"]);
        if is_void("status") || is_void("docStatus") || is_verified_as("entered-in-error") {
            Some(Self::Mistake)
        } else if is_verified_as("refuted") {
            Some(Self::RuledOut)
        } else if is_code(resource, "status", &["draft"]) && is_code(resource, "resourceType", &["MedicationRequest"]) {
            Some(Self::Draft)
        } else {
            None
        }
    }

    fn words(self, count: usize) -> String {
        let (entries, it, was, belongs) = match count {
            1 => ("1 entry is not shown".to_owned(), "it", "was", "belongs"),
            _ => (format!("{count} entries are not shown"), "they", "were", "belong"),
        };
        match self {
            Self::Mistake => format!("{entries}: the clinic says that {it} {was} entered by mistake."),
            Self::RuledOut => format!("{entries}: the clinic looked into it and ruled it out."),
            Self::Draft => format!("{entries}: {it} {was} not finished by the clinic."),
            Self::OtherPatient => format!("{entries}: {it} {belongs} to another patient."),
        }
    }
}

/// The results of a report or a panel that are not shown: a phrase for each reason.
pub fn results_left_out(reasons: &[Reason]) -> Vec<String> {
    let phrase = |reason: Reason| {
        let (results, was) = match reasons.iter().filter(|own| **own == reason).count() {
            0 => return None,
            1 => ("1 result".to_owned(), "was"),
            count => (format!("{count} results"), "were"),
        };
        Some(match reason {
            Reason::Mistake => format!("{results} {was} entered by mistake"),
            Reason::RuledOut => format!("{results} {was} ruled out"),
            Reason::Draft => format!("{results} {was} not finished by the clinic"),
            Reason::OtherPatient => format!("{results} of another patient"),
        })
    };
    Reason::ALL.into_iter().filter_map(phrase).collect()
}

impl LeftOut {
    /// Adds one.
    pub fn add(&mut self, reason: Reason) {
        self.0.push(reason);
    }

    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A sentence for each reason.
    pub fn sentences(&self) -> Vec<String> {
        let count = |reason: Reason| self.0.iter().filter(|own| **own == reason).count();
        let counted = Reason::ALL.into_iter().map(|reason| (reason, count(reason)));
        counted.filter(|(_, count)| *count > 0).map(|(reason, count)| reason.words(count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn l1_a_resource_that_is_not_shown_is_counted_with_the_reason() {
        let mut left_out = LeftOut::default();
        for resource in [
            json!({"resourceType": "Observation", "status": "entered-in-error"}),
            json!({"resourceType": "Condition", "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}),
            json!({"resourceType": "DocumentReference", "status": "current", "docStatus": "entered-in-error"}),
            json!({"resourceType": "Condition", "verificationStatus": {"coding": [{"code": "refuted"}]}}),
            json!({"resourceType": "MedicationRequest", "status": "draft"}),
        ] {
            left_out.add(Reason::of(&resource).unwrap());
        }
        left_out.add(Reason::OtherPatient);
        assert_eq!(
            left_out.sentences(),
            [
                "3 entries are not shown: the clinic says that they were entered by mistake.",
                "1 entry is not shown: the clinic looked into it and ruled it out.",
                "1 entry is not shown: it was not finished by the clinic.",
                "1 entry is not shown: it belongs to another patient.",
            ]
        );
        assert!(LeftOut::default().is_empty() && !left_out.is_empty());
    }

    #[test]
    fn l1_everything_else_is_shown() {
        for resource in [
            json!({"resourceType": "Observation", "status": "cancelled"}),
            json!({"resourceType": "Coverage", "status": "draft"}),
            json!({"resourceType": "Condition", "verificationStatus": {"coding": [{"code": "provisional"}]}}),
            json!("x"),
        ] {
            assert_eq!(Reason::of(&resource), None, "{resource}");
        }
    }
}
