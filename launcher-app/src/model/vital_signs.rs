//! Vital signs (FHIR R4, Observation and its vital signs profiles): what was measured, and the latest of each kind.

use smartrust::platform::JsonView;

use super::coding::{loinc_codes, words};
use super::date::Moment;
use super::order::ordered;

const BLOOD_PRESSURE: &str = "85354-9";
const SYSTOLIC: &str = "8480-6";
const DIASTOLIC: &str = "8462-4";

/// LOINC codes of the vital signs with their plain names, in the order in which they are shown.
const KINDS: [(&str, &str); 14] = [
    (BLOOD_PRESSURE, "Blood pressure"),
    ("55284-4", "Blood pressure"),
    (SYSTOLIC, "Blood pressure, upper"),
    (DIASTOLIC, "Blood pressure, lower"),
    ("8867-4", "Heart rate"),
    ("9279-1", "Breathing rate"),
    ("8310-5", "Temperature"),
    ("2708-6", "Oxygen in the blood"),
    ("59408-5", "Oxygen in the blood"),
    ("29463-7", "Weight"),
    ("8302-2", "Height"),
    ("8306-3", "Length"),
    ("39156-5", "Body mass index (BMI)"),
    ("9843-4", "Head circumference"),
];

/// What was read off.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number with its unit, such as `71.5 kg`.
    Quantity {
        /// The number.
        number: f64,
        /// The unit; empty where there is none.
        unit: String,
    },
    /// The upper and lower blood pressure; one of them may be missing.
    BloodPressure {
        /// While the heart beats.
        systolic: Option<f64>,
        /// Between two beats.
        diastolic: Option<f64>,
        /// The unit.
        unit: String,
    },
    /// Words.
    Words(String),
}

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub kind: Kind,
    /// What was read off.
    pub value: Value,
    /// When.
    pub moment: Option<Moment>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The plain name; measurements of one name belong together.
    pub name: String,
    /// Where it stands among the others.
    pub rank: i64,
}

/// The latest measurement of a kind, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// What was measured.
    pub name: String,
    /// Value and unit.
    pub value: String,
    /// The day.
    pub date: Option<String>,
}

impl Value {
    /// The value with its unit, such as `128/82 mmHg`.
    pub fn in_words(&self) -> String {
        let part = |number: &Option<f64>| number.map_or_else(|| "–".to_owned(), number_in_words);
        match self {
            Self::Quantity { number, unit } if unit == "%" => format!("{}%", number_in_words(*number)),
            Self::Quantity { number, unit } => format!("{} {unit}", number_in_words(*number)).trim_end().to_owned(),
            Self::BloodPressure { systolic, diastolic, unit } => {
                format!("{}/{} {unit}", part(systolic), part(diastolic)).trim_end().to_owned()
            }
            Self::Words(words) => words.clone(),
        }
    }
}

/// A number without needless digits, at most two of them behind the point.
pub fn number_in_words(number: f64) -> String {
    let hundredths = (number * 100.0).round() as i64;
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match rest {
        0 => format!("{sign}{whole}"),
        _ if rest % 10 == 0 => format!("{sign}{whole}.{}", rest / 10),
        _ => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Reads Observations. What was cancelled, entered in error or has no value is left out.
pub fn measurements<V: JsonView>(observations: &[V]) -> Vec<Measurement> {
    observations.iter().filter(|observation| is_valid(*observation)).filter_map(measurement).collect()
}

/// The latest measurement of each kind.
pub fn latest(measurements: &[Measurement]) -> Vec<Latest> {
    let mut newest: Vec<&Measurement> = Vec::new();
    for measurement in measurements {
        match newest.iter_mut().find(|known| known.kind.name == measurement.kind.name) {
            Some(known) if seconds(measurement) > seconds(known) => *known = measurement,
            Some(_) => {}
            None => newest.push(measurement),
        }
    }
    ordered(newest, |measurement| measurement.kind.rank).into_iter().map(Latest::of).collect()
}

impl Latest {
    fn of(measurement: &Measurement) -> Self {
        Self {
            name: measurement.kind.name.clone(),
            value: measurement.value.in_words(),
            date: measurement.moment.map(|moment| moment.date.in_short()),
        }
    }
}

fn seconds(measurement: &Measurement) -> i64 {
    measurement.moment.map_or(i64::MIN, |moment| moment.seconds)
}

fn is_valid<V: JsonView>(observation: &V) -> bool {
    let status = observation.member_text("status").unwrap_or_default();
    !["cancelled", "entered-in-error", "registered"].contains(&status.as_str())
}

fn measurement<V: JsonView>(observation: &V) -> Option<Measurement> {
    let moment = moment(observation);
    Some(Measurement { kind: kind(observation)?, value: value(observation)?, moment })
}

fn moment<V: JsonView>(observation: &V) -> Option<Moment> {
    let period = |member: &str| observation.member("effectivePeriod")?.member_text(member);
    let written = observation
        .member_text("effectiveDateTime")
        .or_else(|| observation.member_text("effectiveInstant"))
        .or_else(|| period("end"))
        .or_else(|| period("start"));
    Moment::read(&written?)
}

fn kind<V: JsonView>(observation: &V) -> Option<Kind> {
    let code = observation.member("code")?;
    let codes = loinc_codes(&code);
    let known = KINDS.iter().zip(0..).find(|((loinc, _), _)| codes.iter().any(|own| own == loinc));
    match known {
        Some(((_, name), rank)) => Some(Kind { name: (*name).to_owned(), rank }),
        None => Some(Kind { name: words(&code)?, rank: i64::MAX }),
    }
}

fn value<V: JsonView>(observation: &V) -> Option<Value> {
    let component = |loinc: &str| {
        let components = observation.member_items("component");
        let found = components.into_iter().find(|component| {
            component.member("code").is_some_and(|code| loinc_codes(&code).iter().any(|own| own == loinc))
        });
        quantity(&found?)
    };
    if let Some((number, unit)) = quantity(observation) {
        return Some(Value::Quantity { number, unit });
    }
    match (component(SYSTOLIC), component(DIASTOLIC)) {
        (None, None) => observation
            .member_text("valueString")
            .or_else(|| words(&observation.member("valueCodeableConcept")?))
            .map(Value::Words),
        (systolic, diastolic) => {
            let unit = systolic.as_ref().or(diastolic.as_ref()).map(|(_, unit)| unit.clone()).unwrap_or_default();
            let number = |quantity: Option<(f64, String)>| quantity.map(|(number, _)| number);
            Some(Value::BloodPressure { systolic: number(systolic), diastolic: number(diastolic), unit })
        }
    }
}

fn quantity<V: JsonView>(holder: &V) -> Option<(f64, String)> {
    let quantity = holder.member("valueQuantity")?;
    let number = quantity.member("value")?.number().filter(|number| number.is_finite())?;
    let unit = quantity.member_text("unit").or_else(|| quantity.member_text("code")).unwrap_or_default();
    Some((number, unit_in_words(unit.trim())))
}

/// Units of UCUM as people write them.
fn unit_in_words(unit: &str) -> String {
    match unit {
        "mm[Hg]" => "mmHg",
        "kg/m2" => "kg/m²",
        "Cel" => "°C",
        "[degF]" => "°F",
        "/min" | "{beats}/min" => "per minute",
        "[lb_av]" => "lb",
        "[in_i]" => "in",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::coding::LOINC;
    use serde_json::{Value as Json, json};

    pub fn observation(loinc: &str, value: f64, unit: &str, date: &str) -> Json {
        json!({
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": LOINC, "code": loinc}], "text": format!("LOINC {loinc}")},
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

    fn shown(observations: &[Json]) -> Vec<(String, String)> {
        latest(&measurements(observations)).into_iter().map(|latest| (latest.name, latest.value)).collect()
    }

    #[test]
    fn fhir_r4_blood_pressure_is_read_from_its_components() {
        let value = |systolic, diastolic| shown(&[blood_pressure(systolic, diastolic, "2024-01-01")]);
        assert_eq!(value(Some(128.0), Some(82.0)), [("Blood pressure".into(), "128/82 mmHg".into())]);
        assert_eq!(value(Some(128.0), None), [("Blood pressure".into(), "128/– mmHg".into())]);
        assert_eq!(value(None, None), []);
    }

    #[test]
    fn fhir_r4_the_latest_of_each_kind_is_shown_in_a_fixed_order() {
        let shown = shown(&[
            observation("29463-7", 70.0, "kg", "2023-01-01T09:00:00Z"),
            observation("29463-7", 71.5, "kg", "2024-01-01T09:00:00+02:00"),
            observation("29463-7", 71.0, "kg", "2024-01-01T08:00:00+02:00"),
            observation("8867-4", 64.0, "/min", "2022-01-01"),
            observation("39156-5", 24.26, "kg/m2", "2024-01-01"),
        ]);
        let expected =
            [("Heart rate", "64 per minute"), ("Weight", "71.5 kg"), ("Body mass index (BMI)", "24.26 kg/m²")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_day_is_the_one_where_it_was_measured() {
        let latest = latest(&measurements(&[observation("8310-5", 37.0, "Cel", "2024-03-04T23:00:00-05:00")]));
        assert_eq!(latest[0].date.as_deref(), Some("Mar 4, 2024"));
        assert_eq!(latest[0].value, "37 °C");
    }

    #[test]
    fn fhir_r4_what_was_cancelled_or_entered_in_error_is_left_out() {
        for status in ["cancelled", "entered-in-error", "registered"] {
            let mut void = observation("8867-4", 400.0, "/min", "2025-01-01");
            void["status"] = json!(status);
            assert_eq!(shown(&[void]), [], "{status}");
        }
    }

    #[test]
    fn an_unknown_kind_has_its_own_name_and_words_are_a_value() {
        let mut smoking = observation("72166-2", 0.0, "", "2024-01-01");
        smoking["valueQuantity"] = Json::Null;
        smoking["valueCodeableConcept"] = json!({"text": "Never smoked"});
        assert_eq!(shown(&[smoking]), [("LOINC 72166-2".into(), "Never smoked".into())]);
    }

    #[test]
    fn odd_values_are_no_measurements() {
        for value in [json!(null), json!("70 kg"), json!({"unit": "kg"}), json!({"value": "70"})] {
            let mut odd = observation("29463-7", 70.0, "kg", "2024-01-01");
            odd["valueQuantity"] = value;
            assert_eq!(shown(&[odd]), []);
        }
        assert_eq!(shown(&[json!({}), json!([]), json!("x")]), []);
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
            (-0.001, "0"),
        ] {
            assert_eq!(number_in_words(number), text);
        }
    }
}
