//! Measurements (FHIR R4, Observation and its vital signs and laboratory profiles), one by one.

use smartrust::platform::JsonView;

use super::coding::{loinc_codes, words};
use super::date::Moment;
use super::measured::{DIASTOLIC, SYSTOLIC, known, unit_in_words};
use super::resource::{capitalized, is_code, text};

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub kind: Kind,
    /// What was read off.
    pub value: Value,
    /// When.
    pub moment: Option<Moment>,
    /// Between what it should be.
    pub range: Option<Range>,
    /// Whether it is as it should be, in a word; `None` where nothing is said or it is.
    pub flag: Option<&'static str>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The plain name; measurements of one name belong together.
    pub name: String,
    /// Where it stands among the others.
    pub rank: i64,
}

/// What was read off.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number with its unit, such as `71.5 kg`.
    Quantity {
        /// The number.
        number: f64,
        /// The unit; empty where there is none.
        unit: String,
        /// `<`, `>` and the like, where the number is a limit.
        comparator: String,
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

/// Between what a value should be, in the value's unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    /// The lower limit.
    pub low: Option<f64>,
    /// The upper limit.
    pub high: Option<f64>,
    /// The range in the laboratory's own words.
    pub words: Option<String>,
}

impl Value {
    /// The value with its unit, such as `128/82 mmHg`.
    pub fn in_words(&self) -> String {
        let part = |number: &Option<f64>| number.map_or_else(|| "–".to_owned(), number_in_words);
        match self {
            Self::Quantity { number, unit, comparator } => with_unit(comparator, &number_in_words(*number), unit),
            Self::BloodPressure { systolic, diastolic, unit } => {
                with_unit("", &format!("{}/{}", part(systolic), part(diastolic)), unit)
            }
            Self::Words(words) => words.clone(),
        }
    }
}

impl Range {
    /// `40 to 60 mg/dL`, `60 mg/dL or more`, `up to 5.6%`.
    pub fn in_words(&self, unit: &str) -> Option<String> {
        let number = |limit: f64| with_unit("", &number_in_words(limit), unit);
        match (self.low, self.high) {
            (Some(low), Some(high)) => Some(format!("{} to {}", number_in_words(low), number(high))),
            (Some(low), None) => Some(format!("{} or more", number(low))),
            (None, Some(high)) => Some(format!("up to {}", number(high))),
            (None, None) => self.words.clone(),
        }
    }
}

fn with_unit(comparator: &str, number: &str, unit: &str) -> String {
    let before = if comparator.is_empty() { String::new() } else { format!("{comparator} ") };
    match unit {
        "" => format!("{before}{number}"),
        "%" => format!("{before}{number}%"),
        unit => format!("{before}{number} {unit}"),
    }
}

/// A number without needless digits: two of them behind the point at most, four for what is less than a tenth.
pub fn number_in_words(number: f64) -> String {
    let places = if number.abs() < 0.095 { 4 } else { 2 };
    let scale = 10_u64.pow(places);
    let scaled = (number * scale as f64).round() as i64;
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, rest) = (scaled.unsigned_abs() / scale, scaled.unsigned_abs() % scale);
    let padded = format!("{:01$}", rest, places as usize);
    match padded.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{digits}"),
    }
}

/// A Quantity in words.
pub fn quantity_in_words<V: JsonView>(quantity: &V) -> Option<String> {
    let (number, unit) = read_quantity(quantity)?;
    Some(with_unit("", &number_in_words(number), &unit))
}

/// Reads Observations. What was cancelled, entered in error or has no value is left out. One of several parts, which is
/// no blood pressure, is a measurement for each part.
pub fn measurements<V: JsonView>(observations: &[V]) -> Vec<Measurement> {
    let void = ["cancelled", "entered-in-error", "registered"];
    let valid = observations.iter().filter(|observation| !is_code(*observation, "status", &void));
    valid.flat_map(read).collect()
}

fn read<V: JsonView>(observation: &V) -> Vec<Measurement> {
    let moment = moment(observation);
    if let Some(own) = measurement(observation, moment) {
        return vec![own];
    }
    observation.member_items("component").iter().filter_map(|component| measurement(component, moment)).collect()
}

fn measurement<V: JsonView>(holder: &V, moment: Option<Moment>) -> Option<Measurement> {
    let value = value(holder)?;
    let range = range(holder, &value);
    let flag = interpretation(holder).unwrap_or_else(|| beyond(&value, range.as_ref()));
    Some(Measurement { kind: kind(holder)?, moment, range, flag, value })
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

fn kind<V: JsonView>(holder: &V) -> Option<Kind> {
    let code = holder.member("code")?;
    match known(&loinc_codes(&code)) {
        Some((name, rank)) => Some(Kind { name: name.to_owned(), rank }),
        None => Some(Kind { name: capitalized(&words(&code)?), rank: i64::MAX }),
    }
}

fn value<V: JsonView>(holder: &V) -> Option<Value> {
    if let Some(quantity) = holder.member("valueQuantity") {
        let (number, unit) = read_quantity(&quantity)?;
        return Some(Value::Quantity { number, unit, comparator: comparator(&quantity) });
    }
    let whole = holder.member("valueInteger").and_then(|value| value.number());
    if let Some(number) = whole {
        return Some(Value::Quantity { number, unit: String::new(), comparator: String::new() });
    }
    blood_pressure(holder).or_else(|| {
        let flag = || match holder.member("valueBoolean")?.flag()? {
            true => Some("Yes".to_owned()),
            false => Some("No".to_owned()),
        };
        text(holder, "valueString")
            .or_else(|| words(&holder.member("valueCodeableConcept")?))
            .or_else(flag)
            .map(Value::Words)
    })
}

fn blood_pressure<V: JsonView>(observation: &V) -> Option<Value> {
    let component = |loinc: &str| {
        let components = observation.member_items("component");
        let found = components.into_iter().find(|component| {
            component.member("code").is_some_and(|code| loinc_codes(&code).iter().any(|own| own == loinc))
        });
        read_quantity(&found?.member("valueQuantity")?)
    };
    let (systolic, diastolic) = (component(SYSTOLIC), component(DIASTOLIC));
    let unit = systolic.as_ref().or(diastolic.as_ref()).map(|(_, unit)| unit.clone())?;
    let number = |quantity: Option<(f64, String)>| quantity.map(|(number, _)| number);
    Some(Value::BloodPressure { systolic: number(systolic), diastolic: number(diastolic), unit })
}

fn read_quantity<V: JsonView>(quantity: &V) -> Option<(f64, String)> {
    let number = quantity.member("value")?.number().filter(|number| number.is_finite())?;
    let unit = text(quantity, "unit").or_else(|| text(quantity, "code")).unwrap_or_default();
    Some((number, unit_in_words(&unit).to_owned()))
}

fn comparator<V: JsonView>(quantity: &V) -> String {
    match quantity.member_text("comparator").as_deref() {
        Some("<=") => "≤".to_owned(),
        Some(">=") => "≥".to_owned(),
        Some(other @ ("<" | ">")) => other.to_owned(),
        _ => String::new(),
    }
}

/// The first reference range that is the normal one, or says nothing of what it is.
fn range<V: JsonView>(holder: &V, value: &Value) -> Option<Range> {
    let Value::Quantity { unit, .. } = value else { return None };
    let is_normal = |range: &V| {
        range.member("type").is_none_or(|kind| super::coding::has_code(&kind, "normal"))
            && range.member_items("appliesTo").is_empty()
    };
    let ranges = holder.member_items("referenceRange");
    let range = ranges.iter().find(|range| is_normal(range)).or(ranges.first())?;
    let limit = |member: &str| {
        let (number, own_unit) = read_quantity(&range.member(member)?)?;
        (own_unit.is_empty() || own_unit == *unit).then_some(number)
    };
    let found = Range { low: limit("low"), high: limit("high"), words: text(range, "text") };
    (found != Range::default()).then_some(found)
}

/// What whoever measured says of the value: `Some(None)` where it is as it should be.
fn interpretation<V: JsonView>(holder: &V) -> Option<Option<&'static str>> {
    let concepts = holder.member_items("interpretation");
    let codes = concepts.iter().flat_map(|concept| concept.member_items("coding"));
    codes.filter_map(|coding| coding.member_text("code")).find_map(|code| match code.as_str() {
        "N" => Some(None),
        "H" | "HU" => Some(Some("High")),
        "HH" => Some(Some("Very high")),
        "L" | "LU" => Some(Some("Low")),
        "LL" => Some(Some("Very low")),
        "A" => Some(Some("Not as usual")),
        "AA" => Some(Some("Very unusual")),
        _ => None,
    })
}

fn beyond(value: &Value, range: Option<&Range>) -> Option<&'static str> {
    let (Value::Quantity { number, comparator, .. }, Some(range)) = (value, range) else { return None };
    if !comparator.is_empty() {
        return None;
    }
    match (range.low, range.high) {
        (Some(low), _) if *number < low => Some("Low"),
        (_, Some(high)) if *number > high => Some("High"),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
