//! The value of an Observation, of every FHIR type (FHIR R4, `Observation.value[x]`; R5 adds Attachment).

use smartrust::platform::JsonView;

use crate::model::coding::{codes, why_absent, words};
use crate::model::date::{clock_time, date_and_time};
use crate::model::documents::{Attachment, attachment};
use crate::model::loinc::unit_in_words;
use crate::model::number::number_in_words;
use crate::model::resource::text;

/// The value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number with its unit, such as `71.5 kg`.
    Quantity {
        /// The number.
        number: f64,
        /// The unit; empty if there is none.
        unit: String,
        /// `<`, `>` or another comparator, if the number is a limit.
        comparator: String,
    },
    /// The systolic and diastolic blood pressure; one may be missing.
    BloodPressure {
        /// Systolic.
        systolic: Option<f64>,
        /// Diastolic.
        diastolic: Option<f64>,
        /// The unit.
        unit: String,
    },
    /// Text.
    Words(String),
    /// A file.
    File(Attachment),
    /// There is no value; the text says why.
    Absent(String),
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
            Self::Words(words) | Self::Absent(words) => words.clone(),
            Self::File(attachment) => format!("A file: {}", attachment.title),
        }
    }
}

pub(super) fn with_unit(comparator: &str, number: &str, unit: &str) -> String {
    let before = if comparator.is_empty() { String::new() } else { format!("{comparator} ") };
    match unit {
        "" => format!("{before}{number}"),
        "%" => format!("{before}{number}%"),
        unit => format!("{before}{number} {unit}"),
    }
}

/// A Quantity as text.
pub fn quantity_in_words<V: JsonView>(quantity: &V) -> Option<String> {
    let (number, unit) = read_quantity(quantity)?;
    Some(with_unit(&comparator(quantity), &number_in_words(number), &unit))
}

/// A Quantity's number and unit.
pub(super) fn read_quantity<V: JsonView>(quantity: &V) -> Option<(f64, String)> {
    let number = quantity.member("value")?.number().filter(|number| number.is_finite())?;
    let unit = text(quantity, "unit").or_else(|| text(quantity, "code")).unwrap_or_default();
    Some((number, unit_in_words(&unit).to_owned()))
}

/// The comparator of a Quantity, as it is written if it is unknown.
pub fn comparator<V: JsonView>(quantity: &V) -> String {
    match quantity.member_text("comparator").as_deref() {
        Some("<=") => "≤".to_owned(),
        Some(">=") => "≥".to_owned(),
        Some(other) => other.trim().to_owned(),
        None => String::new(),
    }
}

/// The `value[x]` of an Observation or a component, otherwise the reason why there is none.
pub(super) fn value<V: JsonView>(holder: &V) -> Option<Value> {
    let names = holder.names().into_iter().filter(|name| is_value_name(name));
    let given: Vec<(String, V)> = names.filter_map(|name| Some((name.clone(), holder.member(&name)?))).collect();
    let shown = given.iter().find_map(|(name, given)| read(given, name));
    shown.or_else(|| reason(holder).map(|reason| no_result(&reason))).or_else(|| {
        let cannot = || Value::Absent("A result that this app cannot show".to_owned());
        (!given.is_empty()).then(cannot)
    })
}

fn is_value_name(name: &str) -> bool {
    name.strip_prefix("value").is_some_and(|kind| kind.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

fn no_result(reason: &str) -> Value {
    Value::Absent(format!("No result: {reason}"))
}

/// Why there is no value (FHIR R4, Observation.dataAbsentReason).
fn reason<V: JsonView>(holder: &V) -> Option<String> {
    let concept = holder.member("dataAbsentReason")?;
    let known = codes(&concept).iter().find_map(|code| why_absent(code));
    known.map(str::to_owned).or_else(|| words(&concept))
}

fn read<V: JsonView>(given: &V, name: &str) -> Option<Value> {
    let worded = |words: Option<String>| words.map(Value::Words);
    match name {
        "valueQuantity" => read_number(given),
        "valueInteger" | "valueDecimal" => given.number().map(plain_number),
        "valueBoolean" => Some(Value::Words(if given.flag()? { "Yes" } else { "No" }.to_owned())),
        "valueString" | "valueMarkdown" | "valueCode" | "valueUri" => {
            worded(given.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
        }
        "valueCodeableConcept" => worded(words(given)),
        "valueRange" => worded(range_in_words(given)),
        "valueRatio" => Some(ratio_in_words(given).map_or_else(unreadable_ratio, Value::Words)),
        "valueSampledData" => worded(recording(given)),
        "valueTime" => worded(clock_time(&given.text()?)),
        "valueDateTime" | "valueDate" | "valueInstant" => worded(date_and_time(&given.text()?)),
        "valuePeriod" => worded(period_in_words(given)),
        "valueReference" => worded(text(given, "display")),
        "valueAttachment" => attachment(given).map(Value::File),
        _ => None,
    }
}

fn unreadable_ratio() -> Value {
    Value::Absent("A ratio that cannot be read".to_owned())
}

fn plain_number(number: f64) -> Value {
    Value::Quantity { number, unit: String::new(), comparator: String::new() }
}

/// A Quantity; if its value is not a number, it is shown as it is.
fn read_number<V: JsonView>(quantity: &V) -> Option<Value> {
    if let Some((number, unit)) = read_quantity(quantity) {
        return Some(Value::Quantity { number, unit, comparator: comparator(quantity) });
    }
    let unit = text(quantity, "unit").or_else(|| text(quantity, "code")).unwrap_or_default();
    let written = text(quantity, "value")?;
    Some(Value::Words(with_unit(&comparator(quantity), &written, unit_in_words(&unit))))
}

/// A Range as text; `None` if a limit cannot be read.
pub fn range_in_words<V: JsonView>(range: &V) -> Option<String> {
    let limit = |member: &str| match range.member(member) {
        Some(limit) => read_quantity(&limit).map(Some),
        None => Some(None),
    };
    match (limit("low")?, limit("high")?) {
        (Some((low, own)), Some((high, unit))) if own == unit || own.is_empty() => {
            Some(format!("{} to {}", number_in_words(low), with_unit("", &number_in_words(high), &unit)))
        }
        (Some((low, own)), Some((high, unit))) => {
            let number = |number, unit: &str| with_unit("", &number_in_words(number), unit);
            Some(format!("{} to {}", number(low, &own), number(high, &unit)))
        }
        (Some((low, unit)), None) => Some(format!("{} or more", with_unit("", &number_in_words(low), &unit))),
        (None, Some((high, unit))) => Some(format!("up to {}", with_unit("", &number_in_words(high), &unit))),
        (None, None) => None,
    }
}

/// A Ratio, such as the titer `1:128`; with units, `5 mg per 10 mL`. It needs both sides.
pub fn ratio_in_words<V: JsonView>(ratio: &V) -> Option<String> {
    let side = |member: &str| {
        let quantity = ratio.member(member)?;
        let (_, unit) = read_quantity(&quantity)?;
        Some((quantity_in_words(&quantity)?, unit))
    };
    match (side("numerator")?, side("denominator")?) {
        ((over, unit), (under, own)) if unit.is_empty() && own.is_empty() => Some(format!("{over}:{under}")),
        ((over, _), (under, _)) => Some(format!("{over} per {under}")),
    }
}

/// SampledData: the number of values, the lowest and the highest.
fn recording<V: JsonView>(sampled: &V) -> Option<String> {
    let data = text(sampled, "data")?;
    let count = data.split_whitespace().count();
    let origin = sampled.member("origin");
    let (zero, unit) = origin.as_ref().and_then(read_quantity).unwrap_or_default();
    let factor = sampled.member("factor").and_then(|factor| factor.number()).unwrap_or(1.0);
    let values =
        data.split_whitespace().filter_map(|value| value.parse::<f64>().ok()).filter(|value| value.is_finite());
    let ends = values.map(|value| zero + factor * value).fold(None, |ends: Option<(f64, f64)>, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    });
    let between = ends.map(|(low, high)| {
        format!(", from {} to {}", number_in_words(low), with_unit("", &number_in_words(high), &unit))
    });
    Some(format!("A recording of {count} values{}", between.unwrap_or_default()))
}

fn period_in_words<V: JsonView>(given: &V) -> Option<String> {
    let moment = |member: &str| given.member_text(member).as_deref().and_then(date_and_time);
    match (moment("start"), moment("end")) {
        (Some(start), Some(end)) if start == end => Some(start),
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (Some(start), None) => Some(format!("Since {start}")),
        (None, Some(end)) => Some(format!("Until {end}")),
        (None, None) => None,
    }
}
