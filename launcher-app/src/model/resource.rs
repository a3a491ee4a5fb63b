//! Members that many resource types have: a status, dates, periods, references with a display.

use smartrust::platform::JsonView;

use super::coding::{has_code, words};
use super::date::PartialDate;
use super::entry::Tag;

/// Whether the code of a member is one of these.
pub fn is_code<V: JsonView>(resource: &V, member: &str, codes: &[&str]) -> bool {
    resource.member_text(member).is_some_and(|own| codes.contains(&own.as_str()))
}

/// Whether the CodeableConcept of a member has one of these codes.
pub fn is_coded<V: JsonView>(resource: &V, member: &str, codes: &[&str]) -> bool {
    resource.member(member).is_some_and(|concept| codes.iter().any(|code| has_code(&concept, code)))
}

/// The tag for the status of an Observation or a DiagnosticReport; `None` if it is final.
pub fn result_status<V: JsonView>(resource: &V) -> Option<Tag> {
    Some(match resource.member_text("status")?.as_str() {
        "registered" => Tag::plain("Not ready yet"),
        "preliminary" | "partial" => Tag::plain("Not final"),
        "corrected" | "amended" => Tag::plain("Corrected"),
        "appended" => Tag::plain("Added to later"),
        "cancelled" => Tag::warning("Cancelled"),
        "unknown" => Tag::plain("Not known if final"),
        _ => return None,
    })
}

/// The CodeableConcept of a member as text.
pub fn concept<V: JsonView>(resource: &V, member: &str) -> Option<String> {
    resource.member(member).as_ref().and_then(words)
}

/// The CodeableConcepts of a member as text.
pub fn concepts<V: JsonView>(resource: &V, member: &str) -> Vec<String> {
    resource.member_items(member).iter().filter_map(words).collect()
}

/// The date of a member.
pub fn date<V: JsonView>(resource: &V, member: &str) -> Option<PartialDate> {
    PartialDate::read(&resource.member_text(member)?)
}

/// Whether a value is a JSON object of a resource type.
pub fn is_of_type<V: JsonView>(resource: &V, resource_type: &str) -> bool {
    resource.member_text("resourceType").as_deref() == Some(resource_type)
}

/// The start and the end of the Period of a member.
pub fn period<V: JsonView>(resource: &V, member: &str) -> (Option<PartialDate>, Option<PartialDate>) {
    match resource.member(member) {
        Some(period) => (date(&period, "start"), date(&period, "end")),
        None => (None, None),
    }
}

/// A period as text; a single day if start and end are the same.
pub fn span(start: Option<PartialDate>, end: Option<PartialDate>) -> Option<String> {
    match (start.map(PartialDate::in_words), end.map(PartialDate::in_words)) {
        (Some(start), Some(end)) if start == end => Some(start),
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (Some(start), None) => Some(start),
        (None, Some(end)) => Some(format!("Until {end}")),
        (None, None) => None,
    }
}

/// The display of the Reference of a member.
pub fn display<V: JsonView>(resource: &V, member: &str) -> Option<String> {
    resource.member(member)?.member_text("display").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The displays of the References `name` in each item of a member.
pub fn displays<V: JsonView>(resource: &V, member: &str, name: &str) -> Vec<String> {
    resource.member_items(member).iter().filter_map(|item| display(item, name)).collect()
}

/// A text member that is not blank.
pub fn text<V: JsonView>(resource: &V, member: &str) -> Option<String> {
    resource.member_text(member).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
