//! Allergies (FHIR R4, AllergyIntolerance).

use smartrust::platform::JsonView;

use super::date::PartialDate;
use super::entry::{Entry, Tag};
use super::phrase::after;
use super::resource::{concept, concepts, date, is_code, is_coded, text};

/// Reads an AllergyIntolerance, with whether it is past.
pub fn allergy<V: JsonView>(allergy: &V) -> (bool, Entry) {
    (is_coded(allergy, "clinicalStatus", &["inactive", "resolved"]), entry(allergy))
}

fn entry<V: JsonView>(allergy: &V) -> Entry {
    let begins = date(allergy, "onsetDateTime");
    let known = begins.or_else(|| date(allergy, "recordedDate"));
    let since = begins.map(|date| format!("Since {}", date.in_words()));
    let reactions: Vec<String> = allergy.member_items("reaction").iter().filter_map(reaction).collect();
    let unconfirmed = is_coded(allergy, "verificationStatus", &["unconfirmed", "presumed"]);
    Entry::new(concept(allergy, "code").unwrap_or_else(|| "An allergy without a name".to_owned()), known)
        .tag(is_code(allergy, "criticality", &["high"]).then(|| Tag::warning("High risk")))
        .tag(unconfirmed.then(|| Tag::plain("Not confirmed")))
        .tag(is_code(allergy, "type", &["intolerance"]).then(|| Tag::plain("Intolerance")))
        .line(after("Reaction:", &reactions))
        .line(since.or_else(|| recorded(allergy)))
}

fn recorded<V: JsonView>(allergy: &V) -> Option<String> {
    date(allergy, "recordedDate").map(PartialDate::in_words).map(|date| format!("On record since {date}"))
}

fn reaction<V: JsonView>(reaction: &V) -> Option<String> {
    let signs = concepts(reaction, "manifestation");
    let signs = if signs.is_empty() { text(reaction, "description")? } else { signs.join(", ") };
    Some(match reaction.member_text("severity") {
        Some(severity) => format!("{signs} ({severity})"),
        None => signs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::EntryList;
    use serde_json::{Value, json};

    fn allergies(allergies: &[Value]) -> EntryList {
        EntryList::of(allergies.iter().map(allergy))
    }

    fn penicillin() -> Value {
        json!({
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "code": {"text": "Penicillin"},
            "criticality": "high",
            "recordedDate": "2012-05-03",
            "reaction": [
                {"manifestation": [{"text": "Hives"}, {"text": "Swelling"}], "severity": "severe"},
                {"description": "Itching"},
                {},
            ],
        })
    }

    #[test]
    fn fhir_r4_an_allergy_has_its_risk_and_its_reactions() {
        let list = allergies(&[penicillin()]);
        assert_eq!(list.present[0].title, "Penicillin");
        assert_eq!(list.present[0].tags, [Tag::warning("High risk")]);
        assert_eq!(
            list.present[0].lines,
            ["Reaction: Hives, Swelling (severe), Itching", "On record since May 3, 2012"]
        );
    }

    #[test]
    fn fhir_r4_past_allergies_are_separate() {
        let with = |member: &str, code: &str| {
            let mut allergy = penicillin();
            allergy[member] = json!({"coding": [{"code": code}]});
            allergy
        };
        let list = allergies(&[with("verificationStatus", "unconfirmed"), with("clinicalStatus", "resolved")]);
        assert_eq!((list.present.len(), list.past.len()), (1, 1));
        assert!(list.present[0].tags.contains(&Tag::plain("Not confirmed")));
    }

    #[test]
    fn an_allergy_without_members_is_still_shown() {
        assert_eq!(allergies(&[json!({"reaction": "x"})]).present[0].title, "An allergy without a name");
    }
}
