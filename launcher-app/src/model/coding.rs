//! Codes as text (FHIR R4, datatypes: CodeableConcept).

use smartrust::platform::JsonView;

/// LOINC's code system.
pub const LOINC: &str = "http://loinc.org";

/// The code systems that people know by name, by their URL and by their object identifier.
const SYSTEMS: [(&str, &str); 31] = [
    ("http://hl7.org/fhir/sid/icd-10", "ICD-10"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10"),
    ("http://hl7.org/fhir/sid/icd-10-de", "ICD-10"),
    ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "ICD-10"),
    ("urn:oid:2.16.840.1.113883.6.90", "ICD-10"),
    ("urn:oid:2.16.840.1.113883.6.3", "ICD-10"),
    ("http://www.cms.gov/Medicare/Coding/ICD10", "ICD-10-PCS"),
    ("urn:oid:2.16.840.1.113883.6.4", "ICD-10-PCS"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "ICD-9"),
    ("http://terminology.hl7.org/CodeSystem/icd9cm", "ICD-9"),
    ("urn:oid:2.16.840.1.113883.6.103", "ICD-9"),
    ("http://snomed.info/sct", "SNOMED CT"),
    ("urn:oid:2.16.840.1.113883.6.96", "SNOMED CT"),
    (LOINC, "LOINC"),
    ("urn:oid:2.16.840.1.113883.6.1", "LOINC"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("urn:oid:2.16.840.1.113883.6.88", "RxNorm"),
    ("http://hl7.org/fhir/sid/ndc", "NDC"),
    ("urn:oid:2.16.840.1.113883.6.69", "NDC"),
    ("http://hl7.org/fhir/sid/cvx", "CVX"),
    ("urn:oid:2.16.840.1.113883.12.292", "CVX"),
    ("http://hl7.org/fhir/sid/mvx", "MVX"),
    ("http://www.ama-assn.org/go/cpt", "CPT"),
    ("urn:oid:2.16.840.1.113883.6.12", "CPT"),
    ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "HCPCS"),
    ("http://terminology.hl7.org/CodeSystem/HCPCS-all-codes", "HCPCS"),
    ("http://www.whocc.no/atc", "ATC"),
    ("http://fdasis.nlm.nih.gov", "UNII"),
    ("http://www.ada.org/cdt", "CDT"),
    ("http://nucc.org/provider-taxonomy", "NUCC"),
    ("http://hl7.org/fhir/ndfrt", "NDF-RT"),
];

/// Why there is no value (FHIR R4, value set data-absent-reason; HL7 V3, NullFlavor), as the end of a sentence.
const ABSENT: [(&str, &str); 25] = [
    ("unknown", "not known"),
    ("asked-unknown", "asked, but not known"),
    ("temp-unknown", "not known yet"),
    ("not-asked", "not asked"),
    ("asked-declined", "asked, but not answered"),
    ("masked", "kept private"),
    ("not-applicable", "does not apply"),
    ("unsupported", "cannot be told"),
    ("as-text", "told in words only"),
    ("error", "an error happened"),
    ("not-a-number", "not a number"),
    ("negative-infinity", "too low to measure"),
    ("positive-infinity", "too high to measure"),
    ("not-performed", "not done"),
    ("not-permitted", "may not be told"),
    ("UNK", "not known"),
    ("NI", "not known"),
    ("NASK", "not asked"),
    ("ASKU", "asked, but not known"),
    ("NAV", "not known yet"),
    ("NAVU", "not known"),
    ("MSK", "kept private"),
    ("NA", "does not apply"),
    ("NINF", "too low to measure"),
    ("PINF", "too high to measure"),
];

/// A CodeableConcept as text: its text, otherwise the first display of its codings, otherwise a code with the name of its
/// system, such as `ICD-10 E11.9`.
pub fn words<V: JsonView>(concept: &V) -> Option<String> {
    own_text(concept).or_else(|| code_in_words(concept))
}

/// The text of a CodeableConcept, otherwise the first display of its codings.
pub fn own_text<V: JsonView>(concept: &V) -> Option<String> {
    let displays = concept.member_items("coding").into_iter().map(|coding| coding.member_text("display"));
    std::iter::once(concept.member_text("text"))
        .chain(displays)
        .flatten()
        .map(|text| text.trim().to_owned())
        .find(|text| !text.is_empty())
}

/// The first code of a known system, otherwise the first code.
fn code_in_words<V: JsonView>(concept: &V) -> Option<String> {
    let codings: Vec<(Option<String>, String)> = concept.member_items("coding").iter().filter_map(coding).collect();
    let absent = codings.iter().find_map(|(system, code)| absent_reason(system.as_deref()?, code));
    let named = codings
        .iter()
        .find_map(|(system, code)| Some(format!("{} {code}", system_name(system.as_deref().unwrap_or_default())?)));
    absent.map(super::phrase::capitalized).or(named).or_else(|| match codings.first()? {
        (Some(system), code) => Some(format!("Code {code} ({system})")),
        (None, code) => Some(format!("Code {code}")),
    })
}

fn coding<V: JsonView>(coding: &V) -> Option<(Option<String>, String)> {
    let filled = |member: &str| coding.member_text(member).filter(|text| !text.trim().is_empty());
    Some((filled("system"), filled("code")?.trim().to_owned()))
}

/// The name of a code system for people.
fn system_name(system: &str) -> Option<&'static str> {
    let known = SYSTEMS.iter().find(|(url, _)| system.trim_end_matches('/') == *url);
    known.map(|(_, name)| *name)
}

/// A Coding as text: its display, otherwise its code with the name of its system.
pub fn coding_in_words<V: JsonView>(coding: &V) -> Option<String> {
    let display = coding.member_text("display").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    display.or_else(|| {
        let (system, code) = self::coding(coding)?;
        let name = system.as_deref().and_then(system_name).unwrap_or("Code");
        Some(format!("{name} {code}"))
    })
}

fn absent_reason(system: &str, code: &str) -> Option<&'static str> {
    (system.ends_with("data-absent-reason") || system.ends_with("NullFlavor")).then(|| why_absent(code))?
}

/// Why a value is absent, by a code of data-absent-reason or NullFlavor.
pub fn why_absent(code: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

/// The codes of a CodeableConcept, whatever their systems.
pub fn codes<V: JsonView>(concept: &V) -> Vec<String> {
    concept.member_items("coding").iter().filter_map(|coding| coding.member_text("code")).collect()
}

/// Whether one of a CodeableConcept's codings has this code, whatever its system.
pub fn has_code<V: JsonView>(concept: &V, code: &str) -> bool {
    codes(concept).iter().any(|own| own == code)
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
    fn fhir_r4_the_text_of_a_concept_takes_precedence_over_its_codings() {
        let coding = json!([{"code": "1"}, {"code": "2", "display": "Hypertension"}]);
        assert_eq!(
            words(&json!({"text": "High blood pressure", "coding": coding})).as_deref(),
            Some("High blood pressure")
        );
        assert_eq!(words(&json!({"text": "  ", "coding": coding})).as_deref(), Some("Hypertension"));
        assert_eq!(words(&json!({"coding": [{"display": " "}, {"code": " "}]})), None);
        assert_eq!(words(&json!("Hypertension")), None);
    }

    #[test]
    fn l5_a_code_without_text_is_shown_with_the_name_of_its_system() {
        for (system, code, expected) in [
            ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9", "ICD-10 E11.9"),
            ("urn:oid:2.16.840.1.113883.6.90", "E11.9", "ICD-10 E11.9"),
            ("http://hl7.org/fhir/sid/cvx", "208", "CVX 208"),
            ("http://snomed.info/sct", "44054006", "SNOMED CT 44054006"),
            ("http://www.nlm.nih.gov/research/umls/rxnorm/", "860975", "RxNorm 860975"),
            ("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown", "Not known"),
            ("https://clinic.example/codes", "A7", "Code A7 (https://clinic.example/codes)"),
        ] {
            let concept = json!({"coding": [{"system": system, "code": code}]});
            assert_eq!(words(&concept).as_deref(), Some(expected));
            assert_eq!(own_text(&concept), None);
        }
        assert_eq!(words(&json!({"coding": [{"code": "1"}]})).as_deref(), Some("Code 1"));
    }

    #[test]
    fn l5_of_several_codes_the_one_of_a_known_system_is_shown() {
        let concept = json!({"coding": [
            {"system": "urn:x", "code": "7"}, {"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"},
        ]});
        assert_eq!(words(&concept).as_deref(), Some("ICD-10 I10"));
    }

    #[test]
    fn l5_a_coding_becomes_text() {
        assert_eq!(coding_in_words(&json!({"code": "AMB", "display": "ambulatory"})).as_deref(), Some("ambulatory"));
        assert_eq!(coding_in_words(&json!({"code": "AMB"})).as_deref(), Some("Code AMB"));
        assert_eq!(coding_in_words(&json!({})), None);
    }

    #[test]
    fn only_codes_of_loinc_are_loinc_codes() {
        let concept = json!({"coding": [{"system": "urn:x", "code": "8867-4"}, {"system": LOINC, "code": "8310-5"}]});
        assert_eq!(loinc_codes(&concept), ["8310-5"]);
        assert!(has_code(&concept, "8867-4"));
    }
}
