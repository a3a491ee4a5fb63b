//! Codes and their words (FHIR R4, datatypes: CodeableConcept).

use smartrust::platform::JsonView;

/// LOINC's code system.
pub const LOINC: &str = "http://loinc.org";

/// What a CodeableConcept is called: its text, else the first display of its codings.
pub fn words<V: JsonView>(concept: &V) -> Option<String> {
    let displays = concept.member_items("coding").into_iter().map(|coding| coding.member_text("display"));
    std::iter::once(concept.member_text("text"))
        .chain(displays)
        .flatten()
        .map(|text| text.trim().to_owned())
        .find(|text| !text.is_empty())
}

/// Whether one of a CodeableConcept's codings has this code, whatever its system.
pub fn has_code<V: JsonView>(concept: &V, code: &str) -> bool {
    concept.member_items("coding").iter().any(|coding| coding.member_text("code").as_deref() == Some(code))
}

/// The LOINC codes of a CodeableConcept.
pub fn loinc_codes<V: JsonView>(concept: &V) -> Vec<String> {
    let codings = concept.member_items("coding");
    let of_loinc = codings.iter().filter(|coding| coding.member_text("system").as_deref() == Some(LOINC));
    of_loinc.filter_map(|coding| coding.member_text("code")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fhir_r4_a_concept_is_called_by_its_text_before_its_codings() {
        let coding = json!([{"code": "1"}, {"code": "2", "display": "Hypertension"}]);
        assert_eq!(
            words(&json!({"text": "High blood pressure", "coding": coding})).as_deref(),
            Some("High blood pressure")
        );
        assert_eq!(words(&json!({"text": "  ", "coding": coding})).as_deref(), Some("Hypertension"));
        assert_eq!(words(&json!({"coding": [{"code": "1"}]})), None);
        assert_eq!(words(&json!("Hypertension")), None);
    }

    #[test]
    fn only_codes_of_loinc_are_loinc_codes() {
        let concept = json!({"coding": [{"system": "urn:x", "code": "8867-4"}, {"system": LOINC, "code": "8310-5"}]});
        assert_eq!(loinc_codes(&concept), ["8310-5"]);
        assert!(has_code(&concept, "8867-4"));
    }
}
