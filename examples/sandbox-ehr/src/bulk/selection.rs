//! The resources of an export, and how they are generated: file by file, patient by patient.

use std::ops::Range;

use axum::body::Bytes;
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::changes::{self, changed};
use super::elements::Elements;
use crate::fhir::{Belonging, Criterion, ResourceType, View, render};
use crate::people::{Chart, Population};

/// A file is sent in pieces of about this size.
const PIECE_BYTES: usize = 64 * 1024;

/// Which resources of which patients.
pub struct Selection {
    pub people: Population,
    /// The numbers of the patients, in their order.
    pub patients: Vec<u32>,
    pub types: Vec<TypeSelection>,
    pub since: Option<NaiveDateTime>,
    pub elements: Elements,
    /// The number of files among which the patients are divided.
    pub files_per_type: usize,
    /// Whether a file has all resources of a patient together, after a header row (`organizeOutputBy=Patient`).
    pub by_patient: bool,
}

/// Which resources of a type.
pub struct TypeSelection {
    pub resource: ResourceType,
    /// What the token can access.
    pub view: View,
    /// The filters: a resource must match one of these, if there are any.
    pub filters: Vec<Vec<Criterion>>,
}

/// One file of resources: the position of its type, or all types of patients where the files are organized by them; and which part of
/// the patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOf {
    pub kind: Option<usize>,
    pub part: usize,
}

/// The number of resources in each file that is not empty.
pub type Counts = Vec<(FileOf, u64)>;

impl TypeSelection {
    fn takes_everything(&self) -> bool {
        self.filters.is_empty() && self.view.shows_everything()
    }

    fn takes(&self, resource: &Value, owner: Option<u32>) -> bool {
        let fits = |filter: &Vec<Criterion>| filter.iter().all(|criterion| criterion.matches(resource));
        self.view.shows(resource, owner) && (self.filters.is_empty() || self.filters.iter().any(fits))
    }

    fn is_of_patients(&self) -> bool {
        matches!(self.resource.belonging(), Belonging::Patients | Belonging::Record)
    }
}

impl Selection {
    pub fn has(&self, resource: ResourceType) -> bool {
        self.types.iter().any(|kind| kind.resource == resource)
    }

    /// Counts the resources of every file. `None` if `go_on` returns false; its argument is the number of patients so far.
    pub fn count(&self, mut go_on: impl FnMut(usize) -> bool) -> Option<Counts> {
        let mut counts = Vec::new();
        for (kind, selected) in self.types.iter().enumerate().filter(|(_, selected)| !selected.is_of_patients()) {
            let found = self.of_nobody(selected).count() as u64;
            counts.push((FileOf { kind: Some(kind), part: 0 }, found));
        }
        for part in 0..self.files_per_type {
            let mut found = vec![0_u64; self.types.len()];
            for position in self.range(part) {
                let number = self.patients[position];
                let chart = self.needs_charts().then(|| self.people.chart(number)).flatten();
                for (kind, selected) in self.types.iter().enumerate().filter(|(_, selected)| selected.is_of_patients())
                {
                    found[kind] += self.count_of(selected, number, chart.as_ref());
                }
                if !go_on(position + 1) {
                    return None;
                }
            }
            if self.by_patient {
                counts.push((FileOf { kind: None, part }, found.iter().sum()));
                continue;
            }
            counts
                .extend(found.into_iter().enumerate().map(|(kind, count)| (FileOf { kind: Some(kind), part }, count)));
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort_by_key(|(file, _)| (file.kind, file.part));
        Some(counts)
    }

    /// Writes the lines of a file, until `send` returns that the receiver is gone.
    pub fn write(&self, file: FileOf, send: impl FnMut(Bytes) -> bool) {
        let mut lines = Lines { buffer: Vec::with_capacity(PIECE_BYTES * 2), send };
        let is_whole = match file.kind.map(|kind| self.types.get(kind)) {
            None => self.range(file.part).all(|position| self.write_block(&mut lines, self.patients[position])),
            Some(None) => return,
            Some(Some(selected)) if !selected.is_of_patients() => {
                self.of_nobody(selected).all(|resource| self.put(&mut lines, selected, resource))
            }
            Some(Some(selected)) => self.range(file.part).all(|position| {
                let number = self.patients[position];
                let has_chart = selected.resource.belonging() == Belonging::Record;
                let chart = has_chart.then(|| self.people.chart(number)).flatten();
                self.write_of_patient(&mut lines, selected, number, chart.as_ref())
            }),
        };
        if is_whole {
            lines.end();
        }
    }

    /// Writes a header row, and all resources of its patient. A patient without requested resources has no header row.
    fn write_block(&self, lines: &mut Lines<impl FnMut(Bytes) -> bool>, number: u32) -> bool {
        let chart = self.needs_charts().then(|| self.people.chart(number)).flatten();
        let mut selected = self.types.iter().filter(|selected| selected.is_of_patients());
        let is_empty =
            selected.clone().all(|selected| self.of_patient(selected, number, chart.as_ref()).next().is_none());
        let reference = json!({ "reference": format!("Patient/{number}") });
        let header = json!({
            "resourceType": "Parameters",
            "parameter": [{ "name": "header", "valueReference": reference }]
        });
        is_empty
            || lines.put(&header)
                && selected.all(|selected| self.write_of_patient(lines, selected, number, chart.as_ref()))
    }

    fn write_of_patient(
        &self,
        lines: &mut Lines<impl FnMut(Bytes) -> bool>,
        selected: &TypeSelection,
        number: u32,
        chart: Option<&Chart>,
    ) -> bool {
        self.of_patient(selected, number, chart).all(|resource| self.put(lines, selected, resource))
    }

    /// Writes the resources that were deleted since then.
    pub fn write_deleted(&self, send: impl FnMut(Bytes) -> bool) {
        let mut lines = Lines { buffer: Vec::new(), send };
        if self.deleted().all(|bundle| lines.put(&bundle)) {
            lines.end();
        }
    }

    /// The resources that were deleted since a time, if they were requested.
    pub fn deleted(&self) -> impl Iterator<Item = Value> {
        let since = self.since.filter(|_| self.has(changes::DELETED_TYPE));
        since
            .into_iter()
            .flat_map(|since| self.patients.iter().filter_map(move |number| changes::deleted(*number, since)))
    }

    fn put(&self, lines: &mut Lines<impl FnMut(Bytes) -> bool>, selected: &TypeSelection, mut resource: Value) -> bool {
        self.elements.thin_out(selected.resource, &mut resource);
        lines.put(&resource)
    }

    /// The positions of the patients of a part.
    fn range(&self, part: usize) -> Range<usize> {
        let size = self.patients.len().div_ceil(self.files_per_type);
        let bound = |part: usize| (part * size).min(self.patients.len());
        bound(part)..bound(part + 1)
    }

    fn needs_charts(&self) -> bool {
        self.types.iter().any(|selected| selected.resource.belonging() == Belonging::Record)
    }

    fn takes(&self, selected: &TypeSelection, resource: &Value, owner: Option<u32>) -> bool {
        self.since.is_none_or(|since| changed(resource) > since) && selected.takes(resource, owner)
    }

    fn count_of(&self, selected: &TypeSelection, number: u32, chart: Option<&Chart>) -> u64 {
        if !selected.takes_everything() || self.since.is_some() {
            return self.of_patient(selected, number, chart).count() as u64;
        }
        match (selected.resource.belonging(), chart) {
            (Belonging::Record, Some(chart)) => render::count(chart, selected.resource) as u64,
            _ => 1,
        }
    }

    fn of_patient(&self, selected: &TypeSelection, number: u32, chart: Option<&Chart>) -> impl Iterator<Item = Value> {
        let made = match (selected.resource, chart) {
            (ResourceType::Patient, _) => {
                self.people.person(number).map(|person| render::patient(&person)).into_iter().collect()
            }
            (resource, Some(chart)) => render::records(chart, resource),
            (_, None) => Vec::new(),
        };
        made.into_iter().filter(move |resource| self.takes(selected, resource, Some(number)))
    }

    fn of_nobody(&self, selected: &TypeSelection) -> impl Iterator<Item = Value> {
        let made = match selected.resource.belonging() {
            Belonging::Many => render::group(&self.people),
            _ => render::shared(selected.resource),
        };
        made.into_iter().filter(move |resource| self.takes(selected, resource, None))
    }
}

/// Lines that are collected before they are sent.
struct Lines<F> {
    buffer: Vec<u8>,
    send: F,
}

impl<F: FnMut(Bytes) -> bool> Lines<F> {
    /// Adds a line; returns false if the receiver is gone.
    fn put(&mut self, resource: &Value) -> bool {
        serde_json::to_writer(&mut self.buffer, resource).expect("a Value can be written, and memory does not fail");
        self.buffer.push(b'\n');
        if self.buffer.len() < PIECE_BYTES {
            return true;
        }
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES * 2));
        (self.send)(piece.into())
    }

    fn end(mut self) {
        if !self.buffer.is_empty() {
            (self.send)(self.buffer.into());
        }
    }
}
