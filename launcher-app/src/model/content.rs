//! The contents of a resource type for each kind: what is shown, what cannot be shown, and what is left out and why.

use std::collections::HashSet;

use smartrust::platform::JsonView;

use super::allergies::allergy;
use super::care::{care_team, insurance, procedure, vaccination, visit};
use super::documents::{Document, documents};
use super::entry::{Entry, EntryList};
use super::kinds::{kind_of, kinds_of};
use super::left_out::{LeftOut, Reason};
use super::measurement::{Members, measurements_of};
use super::medications::medication;
use super::names::{Names, unnamed};
use super::order::ordered;
use super::problems::{is_of_one_visit, problem};
use super::reports::Report;
use super::resource::{is_of_type, text};
use super::trend::{Series, series};

/// The contents of a kind of data.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// What is shown.
    pub shown: Shown,
    /// A row for each resource that cannot be shown.
    pub unreadable: Vec<Entry>,
    /// What is not shown, and why.
    pub left_out: LeftOut,
    /// The number of entries with a name that could not be read.
    pub unnamed: usize,
}

/// How a kind is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A list.
    Entries(EntryList),
    /// Measurements.
    Measured(Vec<Series>),
    /// Documents.
    Documents(Vec<Document>),
    /// Reports.
    Reports(Vec<Report>),
}

impl Content {
    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.unreadable.len()
            + match &self.shown {
                Shown::Entries(list) => list.len(),
                Shown::Measured(series) => series.len(),
                Shown::Documents(documents) => documents.len(),
                Shown::Reports(reports) => reports.len(),
            }
    }
}

/// Sorts the resources of a type into its kinds, each with its index. `others` are another patient's. A resource that is there
/// twice, for example on two pages, is shown once.
pub fn read<V: JsonView>(resource_type: &str, resources: &[V], others: &[V], names: &Names) -> Vec<(usize, Content)> {
    let mut seen = HashSet::new();
    let is_new = |resource: &&V| resource.member_text("id").is_none_or(|id| seen.insert(id));
    let all: Vec<&V> =
        resources.iter().filter(|resource| !is_of_type(*resource, "OperationOutcome")).filter(is_new).collect();
    let members = Members::of(resources);
    let sorted = |resource: &V, index: usize| kind_of(resource_type, resource) == index;
    let contents = kinds_of(resource_type).map(|(index, _)| {
        let own = all.iter().filter(|resource| sorted(resource, index));
        let mut left_out = LeftOut::default();
        let mut unreadable = Vec::new();
        let mut shown: Vec<V> = Vec::new();
        for resource in own {
            match Reason::of(*resource) {
                Some(reason) => left_out.add(reason),
                None if is_of_type(*resource, resource_type) => shown.push((*resource).clone()),
                None => unreadable.push(unreadable_row()),
            }
        }
        others.iter().filter(|other| sorted(other, index)).for_each(|_| left_out.add(Reason::OtherPatient));
        let unnamed = unnamed(&shown, names);
        (index, Content { shown: Shown::read(resource_type, &shown, &members, names), unreadable, left_out, unnamed })
    });
    contents.collect()
}

/// The entry for a resource that this app cannot read.
fn unreadable_row() -> Entry {
    let why = "The clinic sent something here that this app cannot read. Ask the clinic what it is.";
    Entry::new("An entry that cannot be shown", None).line(Some(why.to_owned()))
}

impl Shown {
    fn read<V: JsonView>(resource_type: &str, resources: &[V], members: &Members, names: &Names) -> Self {
        let entries = |read: &dyn Fn(&V) -> Vec<(bool, Entry)>| {
            let marked = |resource: &V| {
                let read = read(resource).into_iter();
                read.map(|(is_over, entry)| (is_over, noted(entry, resource).with_modifier_warning(resource)))
                    .collect::<Vec<_>>()
            };
            Self::Entries(EntryList::of(resources.iter().flat_map(marked)))
        };
        match resource_type {
            "Observation" => Self::Measured(series(measurements_of(resources, members))),
            "DocumentReference" => {
                let marked = resources.iter().flat_map(|resource| {
                    documents(std::slice::from_ref(resource)).into_iter().map(|mut document| {
                        document.entry = document.entry.with_modifier_warning(resource);
                        document
                    })
                });
                Self::Documents(ordered(marked.collect(), |document| document.entry.newest_first()))
            }
            "DiagnosticReport" => {
                Self::Reports(ordered(resources.iter().map(Report::read).collect(), |report| report.order))
            }
            // A diagnosis of one visit is neither present nor past.
            "Condition" => entries(&|resource| {
                let (is_over, entry) = problem(resource);
                vec![(is_over && !is_of_one_visit(resource), entry)]
            }),
            "AllergyIntolerance" => entries(&|resource| vec![allergy(resource)]),
            "MedicationRequest" => entries(&|resource| vec![medication(resource, names)]),
            "Immunization" => entries(&|resource| vec![(false, vaccination(resource))]),
            "Procedure" => entries(&|resource| vec![(false, procedure(resource))]),
            "Encounter" => entries(&|resource| vec![(false, visit(resource))]),
            "CareTeam" => entries(&|resource| care_team(resource, names)),
            "Coverage" => entries(&|resource| vec![insurance(resource, names)]),
            _ => Self::Entries(EntryList::default()),
        }
    }
}

/// Adds a resource's notes to its entry (FHIR R4, Annotation).
fn noted<V: JsonView>(entry: Entry, resource: &V) -> Entry {
    let notes = resource.member_items("note");
    notes.iter().fold(entry, |entry, note| entry.line(text(note, "text").map(|words| format!("Note: {words}"))))
}

#[cfg(test)]
mod tests;
