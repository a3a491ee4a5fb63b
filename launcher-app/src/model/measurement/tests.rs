use super::*;
use crate::model::coding::LOINC;
use crate::model::measured::BLOOD_PRESSURE;
use serde_json::{Value as Json, json};

pub fn observation(loinc: &str, value: f64, unit: &str, date: &str) -> Json {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": loinc}], "text": format!("test {loinc}")},
        "effectiveDateTime": date,
        "valueQuantity": {"value": value, "unit": unit},
    })
}

pub fn blood_pressure(systolic: Option<f64>, diastolic: Option<f64>, date: &str) -> Json {
    let component = |loinc: &str, value: Option<f64>| {
        let mut component = json!({"code": {"coding": [{"system": LOINC, "code": loinc}]}});
        component["valueQuantity"] = value.map_or(Json::Null, |value| json!({"value": value, "unit": "mmHg"}));
        component
    };
    json!({
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": BLOOD_PRESSURE}]},
        "effectiveDateTime": date,
        "component": [component(DIASTOLIC, diastolic), component(SYSTOLIC, systolic)],
    })
}

fn only(observation: &Json) -> Option<Measurement> {
    measurements(std::slice::from_ref(observation)).into_iter().next()
}

fn with(member: &str, value: Json) -> Json {
    let mut observation = observation("4548-4", 7.2, "%", "2024-01-01");
    observation[member] = value;
    observation
}

#[test]
fn fhir_r4_blood_pressure_is_read_from_its_components() {
    let value = |systolic, diastolic| {
        only(&blood_pressure(systolic, diastolic, "2024-01-01")).map(|measured| measured.value.in_words())
    };
    assert_eq!(value(Some(128.0), Some(82.0)).as_deref(), Some("128/82 mmHg"));
    assert_eq!(value(Some(128.0), None).as_deref(), Some("128/– mmHg"));
    assert_eq!(value(None, None), None);
}

#[test]
fn fhir_r4_a_panel_of_other_parts_is_a_measurement_for_each() {
    let panel = json!({
        "status": "final", "code": {"text": "Panel"}, "effectiveDateTime": "2024-01-01",
        "component": [
            {"code": {"text": "left"}, "valueQuantity": {"value": 1.5}},
            {"code": {"text": "right"}, "valueString": "blurred"},
            {"code": {"text": "none"}},
        ],
    });
    let read: Vec<_> = measurements(&[panel]).into_iter().map(|one| (one.kind.name, one.value.in_words())).collect();
    assert_eq!(read, [("Left".into(), "1.5".into()), ("Right".into(), "blurred".into())]);
}

#[test]
fn fhir_r4_values_are_said_in_the_words_that_they_were_given_in() {
    let value = |member: &str, value: Json| {
        let mut observation = with("valueQuantity", Json::Null);
        observation[member] = value;
        only(&observation).map(|measured| measured.value.in_words())
    };
    for (member, given, words) in [
        ("valueQuantity", json!({"value": 5, "comparator": "<", "unit": "mg/dL"}), "< 5 mg/dL"),
        ("valueQuantity", json!({"value": 37, "code": "Cel"}), "37 °C"),
        ("valueInteger", json!(3), "3"),
        ("valueString", json!(" clear "), "clear"),
        ("valueBoolean", json!(true), "Yes"),
        ("valueCodeableConcept", json!({"text": "Never smoked"}), "Never smoked"),
    ] {
        assert_eq!(value(member, given).as_deref(), Some(words), "{member}");
    }
    for odd in [json!(null), json!("70 kg"), json!({"unit": "kg"}), json!({"value": "70"})] {
        assert_eq!(value("valueQuantity", odd), None);
    }
    assert_eq!(measurements(&[json!({}), json!([]), json!("x")]), []);
}

#[test]
fn fhir_r4_an_interpretation_is_said_in_words() {
    let flag = |code: &str| only(&with("interpretation", json!([{"coding": [{"code": code}]}]))).unwrap().flag;
    for (code, words) in
        [("H", Some("High")), ("LL", Some("Very low")), ("A", Some("Not as usual")), ("N", None), ("unknown", None)]
    {
        assert_eq!(flag(code), words, "{code}");
    }
}

#[test]
fn fhir_r4_without_an_interpretation_the_range_tells() {
    let range = json!([{"low": {"value": 4, "unit": "%"}, "high": {"value": 5.6, "unit": "%"}}]);
    let measured = only(&with("referenceRange", range.clone())).unwrap();
    assert_eq!(measured.flag, Some("High"));
    assert_eq!(measured.range.unwrap().in_words("%").as_deref(), Some("4 to 5.6%"));
    let mut called_normal = with("referenceRange", range);
    called_normal["interpretation"] = json!([{"coding": [{"code": "N"}]}]);
    assert_eq!(only(&called_normal).unwrap().flag, None);
}

#[test]
fn fhir_r4_a_range_in_another_unit_or_of_another_kind_is_not_compared() {
    let other_unit = json!([{"high": {"value": 40, "unit": "mmol/mol"}}]);
    assert_eq!(only(&with("referenceRange", other_unit)).unwrap().range, None);
    let kinds = json!([
        {"type": {"coding": [{"code": "treatment"}]}, "high": {"value": 8, "unit": "%"}},
        {"type": {"coding": [{"code": "normal"}]}, "low": {"value": 4, "unit": "%"}},
    ]);
    let range = only(&with("referenceRange", kinds)).unwrap().range.unwrap();
    assert_eq!(range.in_words("%").as_deref(), Some("4% or more"));
    let worded = only(&with("referenceRange", json!([{"text": "none found"}]))).unwrap().range.unwrap();
    assert_eq!(worded.in_words("%").as_deref(), Some("none found"));
}

#[test]
fn fhir_r4_what_was_cancelled_or_entered_in_error_is_left_out() {
    for status in ["cancelled", "entered-in-error", "registered"] {
        assert_eq!(only(&with("status", json!(status))), None, "{status}");
    }
}

#[test]
fn numbers_have_no_needless_digits() {
    for (number, text) in [
        (70.0, "70"),
        (70.50, "70.5"),
        (1.0 / 3.0, "0.33"),
        (-0.5, "-0.5"),
        (100.0, "100"),
        (7.05, "7.05"),
        (0.004, "0.004"),
        (0.0501, "0.0501"),
        (-0.00001, "0"),
    ] {
        assert_eq!(number_in_words(number), text);
    }
}
