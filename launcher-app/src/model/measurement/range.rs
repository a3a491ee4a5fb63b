//! Between what a value should be, and what whoever measured says of it.

use smartrust::platform::JsonView;

use super::value::{Value, read_quantity, with_unit};
use crate::model::coding::{codes, has_code, said};
use crate::model::entry::Tag;
use crate::model::number::number_in_words;
use crate::model::resource::text;

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

    /// The first reference range that is the normal one, or says nothing of what it is. Limits count only in the unit of
    /// the value.
    pub fn read<V: JsonView>(holder: &V, value: &Value) -> Option<Self> {
        let is_normal = |range: &V| {
            range.member("type").is_none_or(|kind| has_code(&kind, "normal"))
                && range.member_items("appliesTo").is_empty()
        };
        let ranges = holder.member_items("referenceRange");
        let range = ranges.iter().find(|range| is_normal(range)).or(ranges.first())?;
        let limit = |member: &str| {
            let Value::Quantity { unit, .. } = value else { return None };
            let (number, own_unit) = read_quantity(&range.member(member)?)?;
            (own_unit.is_empty() || own_unit == *unit).then_some(number)
        };
        let found = Self { low: limit("low"), high: limit("high"), words: text(range, "text") };
        (found != Self::default()).then_some(found)
    }
}

/// What is to be said of a value: what whoever measured says, else whether it lies beyond its range. `None` where it is as
/// it should be.
pub fn flag<V: JsonView>(holder: &V, value: &Value, range: Option<&Range>) -> Option<Tag> {
    interpretation(holder).unwrap_or_else(|| beyond(value, range).map(Tag::warning))
}

/// What whoever measured says of the value: `Some(None)` where it is as it should be.
fn interpretation<V: JsonView>(holder: &V) -> Option<Option<Tag>> {
    let concepts = holder.member_items("interpretation");
    let known = concepts.iter().flat_map(codes).find_map(|code| {
        Some(match code.as_str() {
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
    });
    known.or_else(|| concepts.iter().find_map(said).map(|words| Some(Tag::plain(words))))
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
