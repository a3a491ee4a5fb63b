//! Names of referenced resources: medicines, the members of a care team, and payers (FHIR R4, Medication, Practitioner,
//! Organization and others).

use smartrust::platform::JsonView;

use super::patient;
use super::resource::{concept, text};

/// Names by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Adds the resource of a reference, if it has a name.
    pub fn add<V: JsonView>(&mut self, reference: &str, resource: &V) {
        self.0.extend(name(resource).map(|name| (reference.to_owned(), name)));
    }

    /// The names of a member with one Reference or several: from its display, a contained resource, or
    /// a resource that was read.
    pub fn of<V: JsonView>(&self, resource: &V, reference: &V) -> Option<String> {
        text(reference, "display").or_else(|| contained(resource, reference)).or_else(|| {
            let wanted = text(reference, "reference")?;
            self.0.iter().find(|(known, _)| *known == wanted).map(|(_, name)| name.clone())
        })
    }
}

fn contained<V: JsonView>(resource: &V, reference: &V) -> Option<String> {
    let reference = reference.member_text("reference")?;
    let id = reference.strip_prefix('#')?;
    let resources = resource.member_items("contained");
    name(resources.iter().find(|resource| resource.member_text("id").as_deref() == Some(id))?)
}

/// The name of a referenced resource.
fn name<V: JsonView>(resource: &V) -> Option<String> {
    match resource.member_text("resourceType")?.as_str() {
        "Medication" => concept(resource, "code").or_else(|| ingredients(resource)),
        "Organization" | "CareTeam" | "Location" => text(resource, "name"),
        "PractitionerRole" => resource.member("practitioner").and_then(|practitioner| text(&practitioner, "display")),
        _ => patient::name(resource),
    }
}

/// A medicine that is a mixture of others.
fn ingredients<V: JsonView>(medication: &V) -> Option<String> {
    let items = medication.member_items("ingredient");
    let names: Vec<String> = items.iter().filter_map(|item| concept(item, "itemCodeableConcept")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The references that are needed for names.
pub fn references<V: JsonView>(resource: &V) -> Vec<V> {
    match resource.member_text("resourceType").as_deref() {
        Some("MedicationRequest") if concept(resource, "medicationCodeableConcept").is_none() => {
            resource.member("medicationReference").into_iter().collect()
        }
        Some("CareTeam") => {
            resource.member_items("participant").iter().filter_map(|one| one.member("member")).collect()
        }
        Some("Coverage") => resource.member_items("payor"),
        _ => Vec::new(),
    }
}

/// The references to read for names, each once.
pub fn to_read<V: JsonView>(resources: &[V]) -> Vec<String> {
    let none = Names::default();
    let mut wanted: Vec<String> = Vec::new();
    for resource in resources {
        for reference in references(resource).iter().filter(|reference| none.of(resource, *reference).is_none()) {
            let address = text(reference, "reference").filter(|address| !address.starts_with(['#']));
            wanted.extend(address.filter(|address| !wanted.contains(address)));
        }
    }
    wanted
}

/// The references as a List (FHIR R4) for a resolver. Anything but a plain reference is left out.
pub fn list_of(references: &[String]) -> String {
    let is_plain = |text: &&String| !text.contains(['"', '\\']) && !text.contains(char::is_control);
    let items = references.iter().filter(is_plain);
    let items: Vec<String> = items.map(|text| format!("{{\"item\":{{\"reference\":\"{text}\"}}}}")).collect();
    format!("{{\"resourceType\":\"List\",\"entry\":[{}]}}", items.join(","))
}

/// The number of resources with a reference that has no name.
pub fn unnamed<V: JsonView>(resources: &[V], names: &Names) -> usize {
    let lacks = |resource: &&V| references(*resource).iter().any(|reference| names.of(*resource, reference).is_none());
    resources.iter().filter(lacks).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(reference: Value) -> Value {
        json!({"resourceType": "MedicationRequest", "medicationReference": reference})
    }

    #[test]
    fn l4_only_resources_without_a_name_are_read_and_each_once() {
        let contained = json!([{"resourceType": "Medication", "id": "m", "code": {"text": "Aspirin"}}]);
        let mut inside = request(json!({"reference": "#m"}));
        inside["contained"] = contained;
        let mut coded = request(json!({"reference": "Medication/M4"}));
        coded["medicationCodeableConcept"] = json!({"text": "Insulin"});
        let requests = [
            request(json!({"reference": "Medication/M1"})),
            request(json!({"reference": "Medication/M2", "display": "Metformin"})),
            request(json!({"reference": "Medication/M1"})),
            request(json!({"reference": "#nothing"})),
            inside,
            coded,
            json!({"resourceType": "CareTeam", "participant": [{"member": {"reference": "Practitioner/1"}}, {}]}),
            json!({"resourceType": "Coverage", "payor": [{"reference": "Organization/2"}]}),
        ];
        assert_eq!(to_read(&requests), ["Medication/M1", "Practitioner/1", "Organization/2"]);
        assert_eq!(unnamed(&requests, &Names::default()), 5);
        let mut names = Names::default();
        names.add("Medication/M1", &json!({"resourceType": "Medication", "code": {"text": "Aspirin"}}));
        names.add("Practitioner/1", &json!({"resourceType": "Practitioner", "name": [{"family": "Lee"}]}));
        names.add("Organization/2", &json!({"resourceType": "Organization", "name": "Acme Health"}));
        assert_eq!(unnamed(&requests, &names), 1);
    }

    #[test]
    fn l4_the_references_can_be_followed_as_a_list() {
        let references = ["Medication/M1", "a\"b", "Medication/M2"].map(str::to_owned);
        let list: Value = serde_json::from_str(&list_of(&references)).unwrap();
        assert_eq!(smartrust::fhir::reference::references_in(&list), ["Medication/M1", "Medication/M2"]);
    }

    #[test]
    fn l4_a_medicine_is_named_by_its_code_or_its_ingredients() {
        for (medication, expected) in [
            (json!({"resourceType": "Medication", "code": {"text": "Aspirin"}}), Some("Aspirin")),
            (
                json!({"resourceType": "Medication", "code": {"coding": [
                    {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975"}]}}),
                Some("RxNorm 860975"),
            ),
            (
                json!({"resourceType": "Medication", "ingredient": [
                    {"itemCodeableConcept": {"text": "Zinc"}}, {"itemCodeableConcept": {"text": "Water"}}]}),
                Some("Zinc, Water"),
            ),
            (json!({"resourceType": "Medication"}), None),
            (json!({"resourceType": "OperationOutcome"}), None),
        ] {
            assert_eq!(name(&medication).as_deref(), expected);
        }
    }
}
