use super::*;
use crate::model::kinds::KINDS;
use serde_json::{Value, json};

fn content(id: &str, resources: &[Value]) -> Content {
    let (index, kind) = KINDS.iter().enumerate().find(|(_, kind)| kind.id == id).unwrap();
    let all = read(kind.resource_type, resources, &[], &Names::default());
    all.into_iter().find(|(place, _)| *place == index).unwrap().1
}

fn of(resource_type: &str, id: &str) -> Value {
    json!({"resourceType": resource_type, "id": id, "code": {"text": id}})
}

fn titles(content: &Content) -> Vec<String> {
    match &content.shown {
        Shown::Entries(list) => list.present.iter().chain(&list.past).map(|entry| entry.title.clone()).collect(),
        Shown::Measured(all) => all.iter().map(|series| series.name.clone()).collect(),
        Shown::Documents(all) => all.iter().map(|document| document.entry.title.clone()).collect(),
        Shown::Reports(all) => all.iter().map(|report| report.document.entry.title.clone()).collect(),
    }
}

#[test]
fn each_kind_reads_its_resources() {
    for kind in KINDS {
        let category = kind.categories.first().map_or(json!([]), |code| json!([{"coding": [{"code": code}]}]));
        let resource = json!({
            "resourceType": kind.resource_type, "category": category, "valueString": "x", "code": {"text": "x"},
            "participant": [{"member": {"display": "x"}}],
        });
        assert_eq!(content(kind.id, &[resource]).len(), 1, "{}", kind.id);
        assert!(content(kind.id, &[]).is_empty(), "{}", kind.id);
    }
}

#[test]
fn l6_diagnoses_of_visits_are_listed_apart_from_problems() {
    let mut diagnosis = of("Condition", "Cough");
    diagnosis["category"] = json!([{"coding": [{"code": "encounter-diagnosis"}]}]);
    let all = [of("Condition", "Asthma"), diagnosis];
    assert_eq!(titles(&content("problems", &all)), ["Asthma"]);
    assert_eq!(titles(&content("visit-diagnoses", &all)), ["Cough"]);
}

#[test]
fn l1_l4_a_duplicate_is_shown_once() {
    let twice = [of("Condition", "Asthma"), of("Condition", "Migraine"), of("Condition", "Asthma")];
    assert_eq!(titles(&content("problems", &twice)), ["Asthma", "Migraine"]);
    let mut without_id = of("Condition", "Cough");
    without_id["id"] = Value::Null;
    assert_eq!(content("problems", &[without_id.clone(), without_id]).len(), 2);
}

#[test]
fn l3_a_resource_that_was_entered_by_mistake_is_counted_and_not_shown() {
    let mut mistake = of("Observation", "Sodium");
    mistake["status"] = json!("entered-in-error");
    let content = content("findings", &[mistake, of("Observation", "Chloride")]);
    assert_eq!(titles(&content), ["Chloride"]);
    assert_eq!(content.left_out.sentences(), ["1 entry is not shown: the clinic says that it was entered by mistake."]);
}

#[test]
fn l1_another_patients_entries_are_counted_in_their_section() {
    let mut other = of("Observation", "Sodium");
    other["category"] = json!([{"coding": [{"code": "laboratory"}]}]);
    let all = read("Observation", &[], &[other], &Names::default());
    for (index, content) in all {
        assert_eq!(content.left_out.is_empty(), KINDS[index].id != "results", "{}", KINDS[index].id);
    }
}

#[test]
fn l9_an_unreadable_resource_is_a_row_that_says_so() {
    for kind in KINDS.iter().filter(|kind| kind.categories.is_empty()) {
        let odd = [json!("text"), json!(7), json!([]), json!({}), json!({"resourceType": "Basic"}), json!(null)];
        let content = content(kind.id, &odd);
        assert_eq!((content.unreadable.len(), content.len()), (6, 6), "{}", kind.id);
        assert_eq!(content.unreadable[0].title, "An entry that cannot be shown");
    }
}

#[test]
fn l9_a_damaged_resource_does_not_affect_the_others() {
    let odd = [json!("text"), json!(-1), json!([]), json!({}), json!([null, 7, {}]), json!(null), json!(1e308)];
    let members = [
        "status",
        "category",
        "code",
        "subject",
        "effectiveDateTime",
        "effectivePeriod",
        "issued",
        "valueQuantity",
        "valueRange",
        "valueRatio",
        "valueSampledData",
        "valueTime",
        "valueDateTime",
        "valuePeriod",
        "valueAttachment",
        "referenceRange",
        "interpretation",
        "component",
        "hasMember",
        "note",
        "content",
        "presentedForm",
        "result",
        "participant",
        "period",
        "payor",
        "medicationReference",
        "dosageInstruction",
        "onsetPeriod",
        "reaction",
        "protocolApplied",
        "class",
        "modifierExtension",
        "contained",
        "dataAbsentReason",
        "id",
    ];
    for kind in KINDS {
        for member in members {
            for value in &odd {
                let mut damaged = of(kind.resource_type, "damaged");
                damaged["effectiveDateTime"] = json!("2020-08-06T16:57:01.7Z");
                damaged[member] = value.clone();
                let whole = of(kind.resource_type, "whole");
                let all = read(kind.resource_type, &[damaged, whole], &[], &Names::default());
                let count: usize =
                    all.iter().map(|(_, content)| content.len() + content.left_out.sentences().len()).sum();
                assert!(count >= 2, "{} with {member}: {value}", kind.resource_type);
            }
        }
    }
}

#[test]
fn l3_an_unknown_modifier_is_shown_on_every_kind() {
    for kind in KINDS {
        let mut marked = of(kind.resource_type, "x");
        marked["modifierExtension"] = json!([{"url": "https://clinic.example/x", "valueBoolean": true}]);
        marked["valueString"] = json!("x");
        marked["participant"] = json!([{"member": {"display": "x"}}]);
        let all = read(kind.resource_type, &[marked], &[], &Names::default());
        let shown = format!("{all:?}");
        assert!(shown.contains("Read this with care"), "{}", kind.id);
    }
}

#[test]
fn l1_a_note_is_shown_with_its_entry() {
    let mut noted = of("Condition", "Asthma");
    noted["note"] = json!([{"text": "Worse in spring"}, {}]);
    let Shown::Entries(list) = content("problems", &[noted]).shown else { panic!() };
    assert_eq!(list.present[0].lines, ["Note: Worse in spring"]);
}

#[test]
fn l4_medicines_without_names_are_counted() {
    let request = json!({"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/M1"}});
    assert_eq!(content("medications", &[request]).unnamed, 1);
}
