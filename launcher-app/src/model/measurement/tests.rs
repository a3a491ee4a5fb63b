use super::*;
use crate::model::coding::LOINC;
use crate::model::loinc::BLOOD_PRESSURE;
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
    assert_eq!(value(None, None).as_deref(), Some("No result"));
}

#[test]
fn l2_the_parts_of_a_panel_are_below_its_name() {
    let panel = json!({
        "status": "final", "code": {"text": "Panel"}, "effectiveDateTime": "2024-01-01",
        "component": [
            {"code": {"text": "left"}, "valueQuantity": {"value": 1.5}},
            {"code": {"text": "right"}, "valueString": "blurred"},
            {"code": {"text": "none"}, "dataAbsentReason": {"coding": [{"code": "not-performed"}]}},
            {"code": {"text": "odd"}},
        ],
    });
    let read: Vec<_> = measurements(&[panel]).into_iter().map(|one| (one.kind.name, one.value.in_words())).collect();
    let expected = [
        ("Panel: Left", "1.5"),
        ("Panel: Right", "blurred"),
        ("Panel: None", "No result: not done"),
        ("Panel: Odd", "No result"),
    ];
    assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn fhir_r4_text_values_are_shown_unchanged() {
    let value = |member: &str, value: Json| {
        let mut observation = with("valueQuantity", Json::Null);
        observation[member] = value;
        only(&observation).map(|measured| measured.value.in_words())
    };
    for (member, given, words) in [
        ("valueQuantity", json!({"value": 5, "comparator": "<", "unit": "mg/dL"}), "< 5 mg/dL"),
        ("valueQuantity", json!({"value": 5, "comparator": "~", "unit": "mg/dL"}), "~ 5 mg/dL"),
        ("valueQuantity", json!({"value": 37, "code": "Cel"}), "37 °C"),
        ("valueInteger", json!(3), "3"),
        ("valueString", json!(" clear "), "clear"),
        ("valueBoolean", json!(true), "Yes"),
        ("valueCodeableConcept", json!({"text": "Never smoked"}), "Never smoked"),
    ] {
        assert_eq!(value(member, given).as_deref(), Some(words), "{member}");
    }
    for (odd, words) in [
        (json!(null), "No result"),
        (json!("70 kg"), "A result that this app cannot show"),
        (json!({"unit": "kg"}), "A result that this app cannot show"),
        (json!({"value": "70", "unit": "kg"}), "70 kg"),
    ] {
        assert_eq!(value("valueQuantity", odd).as_deref(), Some(words));
    }
}

#[test]
fn fhir_r4_an_interpretation_becomes_text() {
    let flag = |concept: Json| only(&with("interpretation", json!([concept]))).unwrap().flag.map(|flag| flag.words);
    for (code, words) in [
        ("H", Some("High")),
        ("LL", Some("Very low")),
        ("A", Some("Not as usual")),
        ("POS", Some("Positive")),
        ("N", None),
        ("unknown", Some("Code unknown")),
    ] {
        assert_eq!(flag(json!({"coding": [{"code": code}]})).as_deref(), words, "{code}");
    }
    assert_eq!(flag(json!({"text": "Borderline"})).as_deref(), Some("Borderline"));
}

#[test]
fn l3_no_interpretation_is_dropped_and_none_is_read_as_another() {
    let flag = |concepts: Json| only(&with("interpretation", concepts)).unwrap().flag.map(|flag| flag.words);
    let hl7 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
    for (concepts, words) in [
        (json!([{"coding": [{"system": hl7, "code": "HH"}]}]), Some("Very high")),
        (
            json!([{"coding": [{"system": "https://clinic.example/flags", "code": "N"}]}]),
            Some("Code N (https://clinic.example/flags)"),
        ),
        (
            json!([{"coding": [{"system": "https://clinic.example/flags", "code": "N", "display": "Nearly fatal"}]}]),
            Some("Nearly fatal"),
        ),
        (
            json!([{"coding": [{"system": "https://clinic.example/flags", "code": "9"}, {"system": hl7, "code": "H"}]}]),
            Some("High"),
        ),
        (json!([{"coding": [{"system": hl7, "code": "N"}]}, {"text": "Call the clinic"}]), Some("Call the clinic")),
        (
            json!([{"coding": [{"system": hl7, "code": "H"}]}, {"coding": [{"system": hl7, "code": "U"}]}]),
            Some("High, Higher than before"),
        ),
        (json!([{"coding": [{"system": hl7, "code": "N"}]}]), None),
    ] {
        assert_eq!(flag(concepts).as_deref(), words);
    }
}

#[test]
fn l3_a_range_for_some_people_names_them_and_marks_nothing() {
    let high = |value: u32| json!({"value": value, "unit": "%"});
    for (range, words) in [
        (json!({"high": high(5), "appliesTo": [{"text": "Women"}]}), "Range for Women: up to 5%"),
        (
            json!({"high": high(5), "age": {"low": {"value": 18, "code": "a"}, "high": {"value": 50, "code": "a"}}}),
            "Range for age 18 to 50 years: up to 5%",
        ),
        (json!({"high": high(5), "age": {}}), "Range for a certain age: up to 5%"),
        (json!({"high": high(5), "type": {"coding": [{"code": "treatment"}]}}), "Range for treatment: up to 5%"),
        (json!({"text": "up to 5", "type": {"text": "Before meals"}}), "Range for Before meals: up to 5"),
        (json!({"high": {"value": 40, "unit": "mmol/mol"}, "text": "new unit"}), "Range: up to 40 mmol/mol (new unit)"),
    ] {
        let measured = only(&with("referenceRange", json!([range]))).unwrap();
        assert_eq!((measured.flag, measured.range, measured.notes), (None, None, vec![words.to_owned()]));
    }
    let two = json!([{"high": high(5), "text": "Good"}, {"low": high(5), "high": high(6), "text": "Fair"}]);
    let measured = only(&with("referenceRange", two)).unwrap();
    assert_eq!((measured.flag, measured.range), (None, None));
    assert_eq!(measured.notes, ["Range: up to 5% (Good)", "Range: 5 to 6% (Fair)"]);
}

#[test]
fn l3_the_interpretation_of_one_part_of_a_blood_pressure_is_shown() {
    let mut pressure = blood_pressure(Some(210.0), Some(95.0), "2024-01-01");
    pressure["component"][1]["interpretation"] = json!([{"coding": [{"code": "HH"}]}]);
    pressure["component"][0]["referenceRange"] = json!([{"high": {"value": 90, "unit": "mm[Hg]"}}]);
    let measured = only(&pressure).unwrap();
    assert_eq!(measured.flag, Some(Tag::warning("Upper: very high, Lower: high")));
    assert_eq!(measured.notes, ["Lower: usual range up to 90 mmHg"]);
    pressure["interpretation"] = json!([{"coding": [{"code": "A"}]}]);
    assert_eq!(only(&pressure).unwrap().flag.unwrap().words, "Not as usual, Upper: very high, Lower: high");
}

#[test]
fn l2_l3_the_body_site_and_the_specimen_are_in_the_name() {
    let kind = |member: &str, value: Json| only(&with(member, value)).unwrap().kind;
    let (left, right) = (kind("bodySite", json!({"text": "left arm"})), kind("bodySite", json!({"text": "right arm"})));
    assert_eq!(left.name, "Average blood sugar (HbA1c) (Left arm)");
    assert_ne!(left.key, right.key);
    let urine = kind("specimen", json!({"reference": "Specimen/7", "display": "Urine"}));
    assert_eq!(urine.name, "Average blood sugar (HbA1c) (Urine)");
    let numbered = kind("specimen", json!({"display": "Sample 4711"}));
    assert_eq!(numbered.name, "Average blood sugar (HbA1c)");
    let mut inside = with("specimen", json!({"reference": "#s"}));
    inside["contained"] = json!([{"resourceType": "Specimen", "id": "s", "type": {"text": "Blood"}}]);
    assert_eq!(only(&inside).unwrap().kind, numbered, "the name says it already");
    assert_eq!(kind("bodySite", json!({"text": "Sug"})).name, "Average blood sugar (HbA1c) (Sug)");
}

#[test]
fn fhir_r4_without_an_interpretation_the_range_is_used() {
    let range = json!([{"low": {"value": 4, "unit": "%"}, "high": {"value": 5.6, "unit": "%"}}]);
    let measured = only(&with("referenceRange", range.clone())).unwrap();
    assert_eq!(measured.flag, Some(Tag::warning("High")));
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
fn l2_every_form_of_a_result_is_shown() {
    for (member, given, words) in [
        ("valueRange", json!({"low": {"value": 2}, "high": {"value": 5, "unit": "cells"}}), "2 to 5 cells"),
        ("valueRange", json!({"high": {"value": 5, "unit": "%"}}), "up to 5%"),
        ("valueRatio", json!({"numerator": {"value": 1}, "denominator": {"value": 128}}), "1:128"),
        ("valueRatio", json!({"numerator": {"value": 1}, "denominator": {"value": 640, "comparator": ">"}}), "1:> 640"),
        (
            "valueRatio",
            json!({"numerator": {"value": 5, "unit": "mg"}, "denominator": {"value": 1, "unit": "h"}}),
            "5 mg per 1 h",
        ),
        (
            "valueRatio",
            json!({"numerator": {"value": 1}, "denominator": {"value": "x"}}),
            "A ratio that cannot be read",
        ),
        ("valueRatio", json!({"numerator": {"value": 1}}), "A ratio that cannot be read"),
        ("valueRatio", json!({"denominator": {"value": 1}}), "A ratio that cannot be read"),
        (
            "valueSampledData",
            json!({"origin": {"value": 1, "unit": "mV"}, "factor": 0.5, "period": 10, "dimensions": 1, "data": "2 -4 E 8"}),
            "A recording of 4 values, from -1 to 5 mV",
        ),
        ("valueTime", json!("14:30:00"), "2:30 PM"),
        ("valueDateTime", json!("2020-08-06T16:57:01.7Z"), "August 6, 2020, 4:57 PM UTC"),
        ("valueDateTime", json!("2020-08"), "August 2020"),
        ("valuePeriod", json!({"start": "2020-08-06", "end": "2020-08-09"}), "August 6, 2020 to August 9, 2020"),
        ("valuePeriod", json!({"start": "2020-08-06"}), "Since August 6, 2020"),
        ("valueAttachment", json!({"title": "ECG", "contentType": "application/pdf", "data": "QQ=="}), "A file: ECG"),
        ("valueBoolean", json!(false), "No"),
        ("valueInteger", json!(0), "0"),
        ("valueCodeableConcept", json!({"coding": [{"system": LOINC, "code": "LA6576-8"}]}), "LOINC LA6576-8"),
        ("valueCodeableConcept", json!({}), "A result that this app cannot show"),
        ("valueMoney", json!({"value": 3}), "A result that this app cannot show"),
        ("dataAbsentReason", json!({"coding": [{"code": "asked-declined"}]}), "No result: asked, but not answered"),
        ("dataAbsentReason", json!({"text": "Sample was lost"}), "No result: Sample was lost"),
        ("note", json!([{"text": "Sample was clotted"}]), "See the note"),
        ("hasMember", json!([{"display": "Sodium"}, {"reference": "Observation/7"}]), "Made up of: Sodium, 1 more"),
        ("status", json!("registered"), "No result yet"),
        ("method", json!({"text": "x"}), "No result"),
    ] {
        let mut observation = with("valueQuantity", Json::Null);
        observation.as_object_mut().unwrap().remove("valueQuantity");
        observation[member] = given;
        let read = measurements(std::slice::from_ref(&observation));
        assert_eq!(read.iter().map(|one| one.value.in_words()).collect::<Vec<_>>(), [words], "{member}");
    }
}

#[test]
fn l2_a_panel_names_its_members() {
    let member = |id: &str, name: &str| json!({"id": id, "code": {"text": name}, "valueString": "x"});
    let panel = json!({"id": "p", "code": {"text": "Panel"}, "hasMember": [
        {"reference": "Observation/b"}, {"reference": "https://ehr.example/fhir/Observation/a"},
    ]});
    let read = measurements(&[member("a", "Sodium"), panel, member("b", "Chloride")]);
    assert_eq!(read[1].value.in_words(), "Made up of: Chloride, Sodium");
}

#[test]
fn l2_l3_a_member_that_was_entered_by_mistake_is_not_named() {
    let member = |id: &str, status: &str| json!({"id": id, "status": status, "code": {"text": id}, "valueString": "x"});
    let panel = json!({"id": "p", "code": {"text": "Panel"}, "hasMember": [
        {"reference": "Observation/sodium"}, {"reference": "Observation/potassium", "display": "Potassium"},
    ]});
    let read = measurements(&[panel, member("sodium", "final"), member("potassium", "entered-in-error")]);
    assert_eq!(read[0].value.in_words(), "Made up of: Sodium. 1 result was entered by mistake");
}

#[test]
fn l2_a_value_and_its_components_are_all_shown() {
    let mut oxygen = observation("59408-5", 97.0, "%", "2024-01-01");
    oxygen["component"] = json!([{"code": {"text": "Flow rate"}, "valueQuantity": {"value": 2, "unit": "L/min"}}]);
    let read: Vec<_> = measurements(&[oxygen]).into_iter().map(|one| (one.kind.name, one.value.in_words())).collect();
    assert_eq!(
        read,
        [
            ("Oxygen in the blood".to_owned(), "97%".to_owned()),
            ("Oxygen in the blood: Flow rate".to_owned(), "2 L/min".to_owned()),
        ]
    );
    let mut pressure = blood_pressure(Some(128.0), None, "2024-01-01");
    let mean = json!({"code": {"text": "Mean"}, "valueQuantity": {"value": 97, "unit": "mmHg"}});
    pressure["component"].as_array_mut().unwrap().push(mean);
    let read: Vec<_> = measurements(&[pressure]).into_iter().map(|one| (one.kind.name, one.value.in_words())).collect();
    assert_eq!(read[0], ("Blood pressure".to_owned(), "128/– mmHg".to_owned()));
    assert_eq!(read[1], ("Blood pressure: Blood pressure, lower".to_owned(), "No result".to_owned()));
    assert_eq!(read[2], ("Blood pressure: Mean".to_owned(), "97 mmHg".to_owned()));
}

#[test]
fn l3_the_reliability_of_a_result_is_marked() {
    for (status, words) in [
        ("preliminary", Some("Not final")),
        ("corrected", Some("Corrected")),
        ("amended", Some("Corrected")),
        ("cancelled", Some("Cancelled")),
        ("registered", Some("Not ready yet")),
        ("unknown", Some("Not known if final")),
        ("final", None),
    ] {
        let measured = only(&with("status", json!(status))).unwrap();
        let said: Vec<_> = measured.reliability.iter().map(|tag| tag.words.as_str()).collect();
        assert_eq!(said, words.into_iter().collect::<Vec<_>>(), "{status}");
        assert_eq!(measured.is_comparable, !["cancelled", "registered"].contains(&status), "{status}");
    }
}

#[test]
fn l3_an_unknown_modifier_on_a_result_or_a_component_is_shown() {
    let mark = json!([{"url": "https://clinic.example/not-this-patient", "valueBoolean": true}]);
    let marked = only(&with("modifierExtension", mark.clone())).unwrap();
    assert_eq!((marked.reliability, marked.is_comparable), (vec![Tag::unknown_modifier()], false));
    let part = with("component", json!([{"modifierExtension": mark, "code": {"text": "x"}, "valueString": "x"}]));
    assert_eq!(measurements(&[part])[1].reliability, [Tag::unknown_modifier()]);
}

#[test]
fn l3_without_an_effective_time_a_result_has_its_issued_time() {
    let mut issued = with("effectiveDateTime", Json::Null);
    issued["issued"] = json!("2020-08-06T16:57:01.7Z");
    assert_eq!(only(&issued).unwrap().moment.unwrap().date.in_words(), "August 6, 2020");
    issued["effectiveTiming"] = json!({"event": ["2019-01-01", "2019-01-02"]});
    assert_eq!(only(&issued).unwrap().moment.unwrap().date.in_words(), "January 2, 2019");
}

#[test]
fn l5_a_finding_without_text_has_its_code() {
    let coded =
        json!({"code": {"coding": [{"system": "http://snomed.info/sct", "code": "271649006"}]}, "valueInteger": 1});
    assert_eq!(only(&coded).unwrap().kind.name, "SNOMED CT 271649006");
    assert_eq!(only(&json!({"valueInteger": 1})).unwrap().kind.name, "A finding without a name");
}

#[test]
fn results_with_the_same_code_belong_together_whatever_their_text() {
    let key = |loinc: &str, text: &str| {
        let code = json!({"text": text, "coding": [{"system": LOINC, "code": loinc}]});
        only(&json!({"code": code, "valueInteger": 1})).unwrap().kind.key
    };
    assert_eq!(key("5792-7", "Glucose"), key("5792-7", "Glucose in urine"));
    assert_ne!(key("5792-7", "Glucose"), key("2350-7", "Glucose"));
}
