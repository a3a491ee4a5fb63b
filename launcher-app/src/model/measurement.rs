//! Measurements and other findings (FHIR R4, Observation). [`mod@value`] reads every type of value,
//! [`range`] the reference range.

mod range;
mod value;

pub use range::Range;
pub use value::{Value, comparator, quantity_in_words, range_in_words, ratio_in_words};

use std::collections::HashMap;

use smartrust::fhir::reference::ResourceId;
use smartrust::platform::JsonView;

use self::range::{flag, ranges, together};
use self::value::{read_quantity, value};
use super::coding::{loinc_codes, words};
use super::date::{Moment, counted};
use super::entry::Tag;
use super::left_out::{Reason, results_left_out};
use super::loinc::{DIASTOLIC, SYSTOLIC, known};
use super::modifiers::has_modifier;
use super::phrase::{after, capitalized};
use super::resource::{concept, is_code, is_of_type, result_status, text};

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub kind: Kind,
    /// The value.
    pub value: Value,
    /// The date.
    pub moment: Option<Moment>,
    /// Between what it should be.
    pub range: Option<Range>,
    /// Its interpretation; `None` if it is normal or there is none.
    pub flag: Option<Tag>,
    /// How reliable it is: preliminary, corrected, cancelled, or with an unknown modifier.
    pub reliability: Vec<Tag>,
    /// Whether it can be compared with others: it was not cancelled, and has no unknown modifier.
    pub is_comparable: bool,
    /// Its notes.
    pub notes: Vec<String>,
}

/// The kind of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The plain name.
    pub name: String,
    /// The key of the kind: the plain name of a known code, otherwise the code.
    pub key: String,
    /// Its rank among the others.
    pub rank: i64,
    /// Whether the server named it. Values without a name are not compared.
    pub is_named: bool,
}

/// Reads Observations. An Observation with components, except blood pressure, is a measurement for each component.
#[cfg(test)]
pub fn measurements<V: JsonView>(observations: &[V]) -> Vec<Measurement> {
    measurements_of(observations, &Members::of(observations))
}

/// Reads Observations that may refer to others.
pub fn measurements_of<V: JsonView>(observations: &[V], members: &Members) -> Vec<Measurement> {
    observations.iter().flat_map(|observation| read(observation, members)).collect()
}

/// The names of Observations by ID, for panels that refer to them, or the reason why one is not shown.
pub struct Members(HashMap<String, Result<String, Reason>>);

impl Members {
    /// Reads the names.
    pub fn of<V: JsonView>(observations: &[V]) -> Self {
        let name = |one: &V| Reason::of(one).map_or_else(|| Ok(kind(one).name), Err);
        Self(observations.iter().filter_map(|one| Some((one.member_text("id")?, name(one)))).collect())
    }

    fn name<V: JsonView>(&self, reference: &V) -> Option<Result<String, Reason>> {
        let id = reference.member_text("reference").and_then(|address| ResourceId::read(&address)).map(|read| read.id);
        let known = id.and_then(|id| self.0.get(&id).cloned());
        known.or_else(|| text(reference, "display").map(Ok))
    }
}

fn read<V: JsonView>(observation: &V, members: &Members) -> Vec<Measurement> {
    let whole = Whole::of(observation);
    let components = observation.member_items("component");
    let own = value(observation);
    let is_without_value = matches!(own, None | Some(Value::Absent(_)));
    let pressure = if is_without_value { blood_pressure(&components) } else { None };
    let parts = pressure.iter().flat_map(|(_, used)| used.clone()).collect::<Vec<_>>();
    let used: Vec<usize> = parts.iter().map(|(_, index)| *index).collect();
    let rest: Vec<&V> = components
        .iter()
        .enumerate()
        .filter(|(index, _)| !used.contains(index))
        .map(|(_, component)| component)
        .collect();
    let own = pressure
        .map(|(value, _)| value)
        .or(own)
        .or_else(|| members_in_words(observation, members))
        .or_else(|| fallback_value(observation, rest.is_empty(), &whole.notes));
    let name = kind(observation);
    let others = rest.into_iter().map(|component| {
        let part = kind(component);
        let kind = Kind {
            name: format!("{}: {}", name.name, part.name),
            key: format!("{}: {}", name.key, part.key),
            rank: name.rank,
            is_named: name.is_named && part.is_named,
        };
        let value = value(component).unwrap_or_else(|| Value::Absent("No result".to_owned()));
        whole.measurement(component, kind, value, Vec::new())
    });
    let mut all: Vec<Measurement> = others.collect();
    if let Some(value) = own {
        let mut own = whole.measurement(observation, name.clone(), value, whole.notes.clone());
        for (part, index) in parts {
            components.get(index).into_iter().for_each(|component| own.add_part(part, component));
        }
        all.insert(0, own);
    }
    all
}

impl Measurement {
    /// Adds the interpretation of one of two values that are shown as one: `Upper: very high`.
    fn add_part<V: JsonView>(&mut self, part: &str, component: &V) {
        let Some(value) = value(component) else { return };
        let (range, others) = ranges(component, &value);
        let flag = flag(component, &value, range.as_ref());
        let flag = flag.map(|tag| Tag { words: format!("{part}: {}", tag.words.to_ascii_lowercase()), ..tag });
        self.flag = together(self.flag.take().into_iter().chain(flag));
        let unit = if let Value::Quantity { unit, .. } = &value { unit } else { "" };
        let usual = range.and_then(|range| range.in_words(unit)).map(|range| format!("{part}: usual range {range}"));
        self.notes.extend(usual.into_iter().chain(others.into_iter().map(|range| format!("{part}: {range}"))));
    }
}

/// What an Observation and its components have in common.
struct Whole {
    moment: Option<Moment>,
    reliability: Vec<Tag>,
    is_comparable: bool,
    notes: Vec<String>,
}

impl Whole {
    fn of<V: JsonView>(observation: &V) -> Self {
        Self {
            moment: moment(observation),
            reliability: reliability(observation),
            is_comparable: !has_modifier(observation, &["component"])
                && !is_code(observation, "status", &["cancelled", "entered-in-error", "registered"]),
            notes: notes(observation),
        }
    }

    fn measurement<V: JsonView>(&self, holder: &V, kind: Kind, value: Value, mut notes: Vec<String>) -> Measurement {
        let (range, others) = ranges(holder, &value);
        notes.extend(others);
        Measurement {
            flag: flag(holder, &value, range.as_ref()).filter(|flag| flag.words != value.in_words()),
            kind,
            value,
            moment: self.moment,
            range,
            reliability: self.reliability.clone(),
            is_comparable: self.is_comparable,
            notes,
        }
    }
}

/// How reliable a result is (FHIR R4, Observation.status and modifier extensions).
fn reliability<V: JsonView>(observation: &V) -> Vec<Tag> {
    let care = has_modifier(observation, &["component"]).then(Tag::unknown_modifier);
    result_status(observation).into_iter().chain(care).collect()
}

fn notes<V: JsonView>(observation: &V) -> Vec<String> {
    observation
        .member_items("note")
        .iter()
        .filter_map(|note| text(note, "text"))
        .map(|note| format!("Note: {note}"))
        .collect()
}

/// When it was measured, otherwise when it was issued.
fn moment<V: JsonView>(observation: &V) -> Option<Moment> {
    let period = |member: &str| observation.member("effectivePeriod")?.member_text(member);
    let timed = || observation.member("effectiveTiming")?.member_items("event").last()?.text();
    let written = observation
        .member_text("effectiveDateTime")
        .or_else(|| observation.member_text("effectiveInstant"))
        .or_else(|| period("end"))
        .or_else(|| period("start"))
        .or_else(timed);
    let issued = || Moment::read(&observation.member_text("issued")?);
    written.as_deref().and_then(Moment::read).or_else(issued)
}

/// What is measured, at which body site and in which specimen.
fn kind<V: JsonView>(holder: &V) -> Kind {
    let place = holder.member("bodySite").as_ref().and_then(words);
    let places = place.into_iter().chain(specimen(holder));
    places.fold(kind_of_code(holder), |kind, place| match contains_words(&kind.name, &place) {
        true => kind,
        false => Kind {
            name: format!("{} ({})", kind.name, capitalized(&place)),
            key: format!("{} in {}", kind.key, place.to_lowercase()),
            ..kind
        },
    })
}

/// Whether a name contains these words in this order.
fn contains_words(name: &str, place: &str) -> bool {
    let plain = |text: &str| {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        format!(" {} ", words.join(" "))
    };
    plain(name).contains(&plain(place))
}

/// The type of the specimen: of a contained one, otherwise the display of the reference, unless it has a number, which
/// belongs to this specimen only.
fn specimen<V: JsonView>(holder: &V) -> Option<String> {
    let reference = holder.member("specimen")?;
    let address = text(&reference, "reference").unwrap_or_default();
    let is_it = |resource: &V| {
        text(resource, "id").is_some_and(|id| address.strip_prefix('#') == Some(&id))
            && is_of_type(resource, "Specimen")
    };
    let contained = holder.member_items("contained").into_iter().find(is_it);
    contained
        .and_then(|specimen| concept(&specimen, "type"))
        .or_else(|| text(&reference, "display").filter(|words| !words.contains(|letter: char| letter.is_numeric())))
}

/// What is measured, by its code: the name that patients know, otherwise its own text.
fn kind_of_code<V: JsonView>(holder: &V) -> Kind {
    let code = holder.member("code");
    let loinc = code.as_ref().map(loinc_codes).unwrap_or_default();
    if let Some((name, rank)) = known(&loinc) {
        return Kind { name: name.to_owned(), key: name.to_owned(), rank, is_named: true };
    }
    let name = code.as_ref().and_then(words).map(|words| capitalized(&words));
    let is_named = name.is_some();
    let name = name.unwrap_or_else(|| "A finding without a name".to_owned());
    let key = loinc.into_iter().next().or_else(|| first_code(code.as_ref()?)).unwrap_or_else(|| name.clone());
    Kind { name, key, rank: i64::MAX, is_named }
}

fn first_code<V: JsonView>(code: &V) -> Option<String> {
    let coding = code.member_items("coding").into_iter().find(|coding| text(coding, "code").is_some())?;
    Some(format!("{}|{}", text(&coding, "system").unwrap_or_default(), text(&coding, "code")?))
}

/// A blood pressure, and the indexes and names of its components.
fn blood_pressure<V: JsonView>(components: &[V]) -> Option<(Value, Vec<(&'static str, usize)>)> {
    let component = |loinc: &str| {
        let is_it = |component: &V| {
            component.member("code").is_some_and(|code| loinc_codes(&code).iter().any(|own| own == loinc))
        };
        let index = components.iter().position(is_it)?;
        let quantity = components.get(index)?.member("valueQuantity")?;
        // A limit such as `< 60` is shown by itself.
        let (number, unit) = read_quantity(&quantity).filter(|_| quantity.member("comparator").is_none())?;
        Some((index, number, unit))
    };
    let (systolic, diastolic) = (component(SYSTOLIC), component(DIASTOLIC));
    let unit = systolic.as_ref().or(diastolic.as_ref()).map(|(_, _, unit)| unit.clone())?;
    let diastolic = diastolic.filter(|(_, _, own)| *own == unit);
    let places = [("Upper", &systolic), ("Lower", &diastolic)].into_iter();
    let used = places.filter_map(|(part, found)| found.as_ref().map(|(index, ..)| (part, *index))).collect();
    let number = |part: Option<(usize, f64, String)>| part.map(|(_, number, _)| number);
    Some((Value::BloodPressure { systolic: number(systolic), diastolic: number(diastolic), unit }, used))
}

/// The members of a panel that are separate Observations (FHIR R4, Observation.hasMember).
fn members_in_words<V: JsonView>(observation: &V, members: &Members) -> Option<Value> {
    let references = observation.member_items("hasMember");
    let (mut names, mut left_out, mut unnamed) = (Vec::new(), Vec::new(), 0);
    for reference in &references {
        match members.name(reference) {
            Some(Ok(name)) => names.push(name),
            Some(Err(reason)) => left_out.push(reason),
            None => unnamed += 1,
        }
    }
    match (names.is_empty(), unnamed) {
        (_, 0) => {}
        (true, count) => names.push(counted(count, "result")),
        (false, count) => names.push(format!("{count} more")),
    }
    let made_up = after("Made up of:", &names);
    let sentences: Vec<String> = made_up.into_iter().chain(results_left_out(&left_out)).collect();
    (!sentences.is_empty()).then(|| Value::Words(sentences.join(". ")))
}

/// The text for an Observation without any value.
fn fallback_value<V: JsonView>(observation: &V, has_no_parts: bool, notes: &[String]) -> Option<Value> {
    let words = match (has_no_parts, notes.is_empty()) {
        (false, true) => return None,
        (false, false) => "See its parts",
        (true, false) => "See the note",
        (true, true) if is_code(observation, "status", &["registered"]) => "No result yet",
        (true, true) => "No result",
    };
    Some(Value::Absent(words.to_owned()))
}

#[cfg(test)]
pub(super) mod tests;
