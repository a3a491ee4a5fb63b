//! What the search says about its results and its list.

use smartrust::fhir::directory::{Directory, Source};

use super::{Found, SHOWN};
use crate::model::date::PartialDate;

/// How much of the list is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListState {
    /// It is loading, or nobody has used it yet.
    #[default]
    Loading,
    /// Its brands are there, its places are loading.
    Brands,
    /// All of it is there.
    Complete,
    /// Its brands are there, its places could not be loaded.
    WithoutPlaces,
    /// It could not be loaded.
    Failed,
}

/// The status after a search. `coverage` describes the list.
pub fn status(words: &str, found: &Found, state: ListState, coverage: &str) -> String {
    let words = words.trim();
    if words.is_empty() {
        return match state {
            ListState::Failed => failed().to_owned(),
            _ => String::new(),
        };
    }
    let count = match (found.total, state) {
        (0, ListState::Loading) => {
            return "The list of clinics is loading. The search starts as soon as it is here.".to_owned();
        }
        (0, ListState::Failed) => return failed().to_owned(),
        (0, ListState::Brands) => "Nothing found yet.".to_owned(),
        (0, _) => format!(
            "Nothing found for “{words}”. {coverage} Try fewer letters, or enter your clinic's web address below."
        ),
        (1, _) => "1 clinic found.".to_owned(),
        (total, _) if total > SHOWN => {
            format!("{} clinics found. These are the first {SHOWN}: add your city to see fewer.", grouped(total))
        }
        (total, _) => format!("{total} clinics found."),
    };
    let rest = match state {
        ListState::Loading => " The list of clinics is still loading.",
        ListState::Brands => " Some places are still loading.",
        ListState::WithoutPlaces => " Some places could not be loaded, so your clinic may be missing.",
        ListState::Failed => " The list of clinics could not be loaded, so your clinic may be missing.",
        ListState::Complete => "",
    };
    count + rest
}

fn failed() -> &'static str {
    "The list of clinics could not be loaded. You can enter your clinic's web address below."
}

/// What the list has, from where and from when. `now` is in seconds since 1970.
pub fn coverage(directory: &Directory, now: f64) -> String {
    let brands = directory.brands().len();
    let places: usize = directory.brands().iter().map(|brand| brand.places.len()).sum();
    let places = (places + directory.facility_count()).max(brands);
    let source = |source: &Source| {
        let date = source.date.as_deref().and_then(|date| PartialDate::read(date.get(..10).unwrap_or(date)));
        match date {
            Some(date) => format!("{} ({})", source.name, date.in_words()),
            None => source.name.clone(),
        }
    };
    let sources: Vec<String> = directory.sources().iter().map(source).collect();
    let from = if sources.is_empty() { String::new() } else { format!(", from {}", sources.join(" and ")) };
    let clinics = if brands == 1 { "clinic" } else { "clinics" };
    let is_old = directory.findings(now * 1000.0).iter().any(|finding| finding.code == "directory_stale");
    let old = if is_old { " It is more than a month old, so some clinics may be missing." } else { "" };
    format!("The list has {} {clinics} with {} places{from}.{old}", grouped(brands), grouped(places))
}

/// A number with commas: `95,384`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
