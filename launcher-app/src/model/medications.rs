//! Medicines (FHIR R4, MedicationRequest).

use smartrust::platform::JsonView;

use super::date::PartialDate;
use super::dosage::dosage;
use super::entry::{Entry, Tag};
use super::names::Names;
use super::phrase::after;
use super::resource::{concept, concepts, date, display, is_code};

/// Reads a MedicationRequest, with whether it is past.
pub fn medication<V: JsonView>(request: &V, names: &Names) -> (bool, Entry) {
    (is_over(request), entry(request, names))
}

fn is_over<V: JsonView>(request: &V) -> bool {
    is_code(request, "status", &["completed", "stopped", "cancelled"])
}

fn entry<V: JsonView>(request: &V, names: &Names) -> Entry {
    let prescribed = date(request, "authoredOn");
    let by = display(request, "requester").map(|name| format!(" by {name}")).unwrap_or_default();
    let when = prescribed.map(|date| format!("Prescribed {}{by}", PartialDate::in_words(date)));
    Entry::new(name(request, names), prescribed)
        .tag(not_to_be_taken(request))
        .tag(state(request).map(Tag::plain))
        .line(dosage(request))
        .line(after("For", &concepts(request, "reasonCode")))
        .line(when.or_else(|| display(request, "requester").map(|name| format!("Prescribed by {name}"))))
}

fn name<V: JsonView>(request: &V, names: &Names) -> String {
    let referenced = || names.of(request, &request.member("medicationReference")?);
    concept(request, "medicationCodeableConcept")
        .or_else(referenced)
        .unwrap_or_else(|| "A medicine without a name".to_owned())
}

fn not_to_be_taken<V: JsonView>(request: &V) -> Option<Tag> {
    let forbidden = request.member("doNotPerform").and_then(|flag| flag.flag()).unwrap_or_default();
    forbidden.then(|| Tag::warning("Do not take"))
}

fn state<V: JsonView>(request: &V) -> Option<&'static str> {
    match request.member_text("status")?.as_str() {
        "on-hold" => Some("Paused"),
        "stopped" => Some("Stopped"),
        "cancelled" => Some("Cancelled"),
        "unknown" => Some("Not known if taken now"),
        _ if is_code(request, "intent", &["proposal"]) => Some("Suggested"),
        _ if is_code(request, "intent", &["plan"]) => Some("Planned"),
        _ if is_code(request, "intent", &["option"]) => Some("One of several choices"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::EntryList;
    use serde_json::{Value, json};

    fn medications(requests: &[Value]) -> EntryList {
        EntryList::of(requests.iter().map(|request| medication(request, &Names::default())))
    }

    fn request(status: &str) -> Value {
        json!({
            "status": status,
            "medicationCodeableConcept": {"text": "Metformin 500 mg tablet"},
            "authoredOn": "2024-03-04",
            "requester": {"display": "Dr. Lee"},
            "dosageInstruction": [{"text": "1 tablet twice a day with meals"}],
        })
    }

    fn only(request: Value) -> Entry {
        let list = medications(&[request]);
        list.present.into_iter().chain(list.past).next().unwrap()
    }

    #[test]
    fn fhir_r4_a_medicine_has_its_dose_reason_and_prescriber() {
        let mut metformin = request("active");
        metformin["reasonCode"] = json!([{"text": "Type 2 diabetes"}]);
        let entry = only(metformin);
        assert_eq!(entry.title, "Metformin 500 mg tablet");
        assert_eq!(
            entry.lines,
            ["1 tablet twice a day with meals", "For Type 2 diabetes", "Prescribed March 4, 2024 by Dr. Lee"]
        );
    }

    #[test]
    fn fhir_r4_present_and_past_medicines_are_separate() {
        let statuses = ["active", "on-hold", "unknown", "completed", "stopped", "cancelled"];
        let list = medications(&statuses.map(request));
        assert_eq!((list.present.len(), list.past.len()), (3, 3));
        let tags: Vec<_> = list.present.iter().chain(&list.past).flat_map(|entry| &entry.tags).collect();
        assert_eq!(
            tags.iter().map(|tag| tag.words.as_str()).collect::<Vec<_>>(),
            ["Paused", "Not known if taken now", "Stopped", "Cancelled"]
        );
    }

    #[test]
    fn fhir_r4_a_coded_dosage_becomes_text() {
        let mut coded = request("active");
        coded["dosageInstruction"] = json!([{
            "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablets"}}],
            "route": {"text": "By mouth"},
            "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
        }]);
        assert_eq!(only(coded.clone()).lines[0], "2 tablets, By mouth, twice every day");
        coded["dosageInstruction"] = json!([{
            "doseAndRate": [{"doseRange": {"low": {"value": 1}, "high": {"value": 2, "unit": "tablets"}}}],
            "asNeededCodeableConcept": {"text": "Pain"},
        }]);
        assert_eq!(only(coded).lines[0], "1 to 2 tablets, as needed for Pain");
    }

    #[test]
    fn fhir_r4_a_medicine_is_named_by_its_reference_or_its_ingredients() {
        let mut named = request("active");
        named["medicationCodeableConcept"] = Value::Null;
        named["medicationReference"] = json!({"reference": "#m"});
        named["contained"] = json!([{"resourceType": "Medication", "id": "m", "code": {"text": "Aspirin"}}]);
        assert_eq!(only(named.clone()).title, "Aspirin");
        named["medicationReference"]["display"] = json!("Aspirin 81 mg");
        assert_eq!(only(named).title, "Aspirin 81 mg");
    }

    #[test]
    fn l4_a_medicine_is_named_by_its_resource() {
        let mut referenced = request("active");
        referenced["medicationCodeableConcept"] = Value::Null;
        referenced["medicationReference"] = json!({"reference": "Medication/M1"});
        let mut names = Names::default();
        names.add("Medication/M1", &json!({"resourceType": "Medication", "code": {"text": "Albuterol inhaler"}}));
        assert_eq!(medication(&referenced, &names).1.title, "Albuterol inhaler");
    }

    #[test]
    fn l3_a_medicine_that_must_not_be_taken_says_so() {
        let mut forbidden = request("active");
        forbidden["doNotPerform"] = json!(true);
        assert_eq!(only(forbidden).tags, [Tag::warning("Do not take")]);
    }

    #[test]
    fn l3_a_medicine_that_is_not_an_order_says_so() {
        for (intent, words) in [("proposal", "Suggested"), ("plan", "Planned"), ("option", "One of several choices")] {
            let mut other = request("active");
            other["intent"] = json!(intent);
            assert_eq!(only(other).tags, [Tag::plain(words)]);
        }
    }

    #[test]
    fn a_request_without_members_is_still_shown() {
        assert_eq!(only(json!({})).title, "A medicine without a name");
    }
}
