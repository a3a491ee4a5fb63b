//! The reference range and the interpretation of a value.

use smartrust::platform::JsonView;

use super::value::{Value, range_in_words, read_quantity, with_unit};
use crate::model::coding::{codes, has_code, own_text, words};
use crate::model::entry::Tag;
use crate::model::number::number_in_words;
use crate::model::resource::text;

/// The reference range, in the value's unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    /// The lower limit.
    pub low: Option<f64>,
    /// The upper limit.
    pub high: Option<f64>,
    /// The range as the laboratory wrote it.
    pub words: Option<String>,
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

    /// Limits must have the unit of the value. Otherwise there is no range.
    fn read<V: JsonView>(range: &V, value: &Value) -> Option<Self> {
        let limit = |member: &str| {
            let Some(quantity) = range.member(member) else { return Some(None) };
            let Value::Quantity { unit, .. } = value else { return None };
            let (number, own_unit) = read_quantity(&quantity)?;
            (own_unit.is_empty() || own_unit == *unit).then_some(Some(number))
        };
        let found = Self { low: limit("low")?, high: limit("high")?, words: text(range, "text") };
        (found != Self::default()).then_some(found)
    }
}

/// The reference ranges of a value: the usual one, and the others as text with the people that they apply to. Of several for
/// everyone, the normal one is the usual one; if that is unclear, there is none.
pub fn ranges<V: JsonView>(holder: &V, value: &Value) -> (Option<Range>, Vec<String>) {
    let mut others = holder.member_items("referenceRange");
    let only = |is_it: &dyn Fn(&V) -> bool| {
        let mut places = others.iter().enumerate().filter(|(_, range)| is_it(range)).map(|(place, _)| place);
        places.next().filter(|_| places.next().is_none())
    };
    let is_called_normal = |range: &V| range.member("type").is_some_and(|kind| has_code(&kind, "normal"));
    let is_usual = |range: &V| is_for_anyone(range) && (range.member("type").is_none() || is_called_normal(range));
    let place = only(&|range| is_for_anyone(range) && is_called_normal(range)).or_else(|| only(&is_usual));
    let usual = place.and_then(|place| Some((place, Range::read(others.get(place)?, value)?)));
    if let Some((place, _)) = usual {
        others.remove(place);
    }
    (usual.map(|(_, range)| range), others.iter().filter_map(other_range).collect())
}

fn is_for_anyone<V: JsonView>(range: &V) -> bool {
    let applies_to = range.member("appliesTo");
    range.member("age").is_none() && applies_to.is_none_or(|groups| groups.items().is_some_and(|all| all.is_empty()))
}

/// `Range for treatment, women, age 18 to 50 years: 4 to 6%`.
fn other_range<V: JsonView>(range: &V) -> Option<String> {
    let between = match (range_in_words(range), text(range, "text")) {
        (Some(limits), Some(text)) => format!("{limits} ({text})"),
        (limits, text) => limits.or(text)?,
    };
    let kind = range.member("type").filter(|kind| !has_code(kind, "normal"));
    let kind = kind.and_then(|kind| own_text(&kind).or_else(|| codes(&kind).into_iter().next()));
    let groups = range.member_items("appliesTo").into_iter();
    let groups = groups.map(|group| words(&group).unwrap_or_else(|| "some people".to_owned()));
    let whom: Vec<String> = kind.into_iter().chain(groups).chain(range.member("age").as_ref().map(age)).collect();
    Some(match whom.is_empty() {
        true => format!("Range: {between}"),
        false => format!("Range for {}: {between}", whom.join(", ")),
    })
}

/// `age 18 to 50 years`.
fn age<V: JsonView>(range: &V) -> String {
    let limit = |member: &str| {
        let (number, unit) = read_quantity(&range.member(member)?)?;
        let unit = match unit.as_str() {
            "a" | "yr" | "y" | "year" => "years",
            "mo" | "month" => "months",
            "wk" | "week" => "weeks",
            "d" | "day" => "days",
            "h" | "hour" => "hours",
            other => other,
        };
        Some((number_in_words(number), unit.to_owned()))
    };
    match (limit("low"), limit("high")) {
        (Some((low, own)), Some((high, unit))) if own == unit => format!("age {low} to {high} {unit}"),
        (Some((low, own)), Some((high, unit))) => format!("age {low} {own} to {high} {unit}"),
        (Some((low, unit)), None) => format!("age {low} {unit} or more"),
        (None, Some((high, unit))) => format!("age up to {high} {unit}"),
        (None, None) => "a certain age".to_owned(),
    }
}

/// The tag of a value: its interpretation, otherwise whether it is outside its range. `None` if it is
/// normal.
pub fn flag<V: JsonView>(holder: &V, value: &Value, range: Option<&Range>) -> Option<Tag> {
    interpretation(holder).unwrap_or_else(|| outside(value, range).map(Tag::warning))
}

/// The interpretation: `Some(None)` if the value is normal.
fn interpretation<V: JsonView>(holder: &V) -> Option<Option<Tag>> {
    let concepts = holder.member_items("interpretation");
    let read: Vec<Option<Tag>> = concepts.iter().filter_map(one_interpretation).collect();
    (!read.is_empty()).then(|| together(read.into_iter().flatten()))
}

/// Several tags as one, which is a warning if one of them is.
pub fn together(tags: impl IntoIterator<Item = Tag>) -> Option<Tag> {
    let mut all: Vec<Tag> = Vec::new();
    for tag in tags {
        if !all.contains(&tag) {
            all.push(tag);
        }
    }
    let words: Vec<&str> = all.iter().map(|tag| tag.words.as_str()).collect();
    (!all.is_empty()).then(|| Tag { words: words.join(", "), is_warning: all.iter().any(|tag| tag.is_warning) })
}

/// An interpretation by a code of HL7 or without a system, otherwise by its text, otherwise by its code.
fn one_interpretation<V: JsonView>(concept: &V) -> Option<Option<Tag>> {
    let is_of_hl7 =
        |coding: &&V| text(*coding, "system").is_none_or(|system| HL7.iter().any(|own| system.starts_with(own)));
    let codings = concept.member_items("coding");
    let mut own = codings.iter().filter(is_of_hl7).filter_map(|coding| text(coding, "code"));
    own.find_map(|code| known_interpretation(&code)).or_else(|| words(concept).map(|words| Some(Tag::plain(words))))
}

/// The start of the URLs of code systems for interpretations (HL7 V2, table 0078; HL7 V3, ObservationInterpretation).
const HL7: [&str; 6] = [
    "http://terminology.hl7.org/",
    "https://terminology.hl7.org/",
    "http://hl7.org/fhir/v2/",
    "http://hl7.org/fhir/v3/",
    "urn:oid:2.16.840.1.113883.5.83",
    "urn:oid:2.16.840.1.113883.12.78",
];

fn known_interpretation(code: &str) -> Option<Option<Tag>> {
    Some(match code {
        "N" => None,
        "H" | "HU" | "HX" => Some(Tag::warning("High")),
        "HH" => Some(Tag::warning("Very high")),
        "L" | "LU" | "LX" => Some(Tag::warning("Low")),
        "LL" => Some(Tag::warning("Very low")),
        "A" => Some(Tag::warning("Not as usual")),
        "AA" => Some(Tag::warning("Very unusual")),
        "POS" => Some(Tag::plain("Positive")),
        "NEG" => Some(Tag::plain("Negative")),
        "DET" => Some(Tag::plain("Found")),
        "ND" => Some(Tag::plain("Not found")),
        "IND" | "E" => Some(Tag::plain("Not clear")),
        "R" => Some(Tag::warning("Resistant")),
        "S" => Some(Tag::plain("Can be treated with this")),
        "U" => Some(Tag::plain("Higher than before")),
        "D" => Some(Tag::plain("Lower than before")),
        "B" => Some(Tag::plain("Better than before")),
        "W" => Some(Tag::warning("Worse than before")),
        _ => return None,
    })
}

fn outside(value: &Value, range: Option<&Range>) -> Option<&'static str> {
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
