//! The people of the sandbox. A chart is a pure function of (seed, number): it is generated when it is requested, from
//! its own random streams, so that a population of 10,000 starts as fast as one of 50. `person` has the person's name and address,
//! `problems` their illnesses; everything else follows from these: `visits`, `body` and `laboratory` (measurements),
//! `medications`, `procedures`, `immunizations`, `allergies`, `documents` and `care`. `chart` combines them. Codes are
//! data: `measures`, `drugs`, `staff` and the tables at the head of each file. Nothing here knows of FHIR or of the time of
//! day: every record ends on [`AS_OF`].

pub mod allergies;
mod body;
pub mod care;
mod chart;
pub mod documents;
pub mod drugs;
mod immunizations;
mod laboratory;
pub mod measures;
mod medications;
mod names;
mod person;
mod problems;
mod procedures;
pub mod staff;
#[cfg(test)]
mod tests;
mod visits;

pub use allergies::Allergy;
pub use care::{Device, Goal, Insurance, Plan};
pub use chart::{Chart, Measured, Observation, Report};
pub use documents::Document;
pub use immunizations::Immunization;
pub use measures::{Category, Measure};
pub use medications::Prescription;
pub use person::{Person, Sex};
pub use problems::Problem;
pub use procedures::Procedure;
pub use visits::Visit;

use chrono::NaiveDate;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The day on which every record ends.
pub const AS_OF: NaiveDate = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a day of the calendar");

/// The id of the one provider.
pub const PROVIDER_ID: &str = "1";

/// All patients, numbered from 1. It only has the seed that they are generated from.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    seed: u64,
    size: u32,
}

/// The purpose of a random stream: each has its own, so that a change of one does not change the others.
#[derive(Clone, Copy)]
enum Stream {
    Person,
    Problems,
    Visits,
    Results,
    Allergies,
    Medications,
    Immunizations,
    Procedures,
}

impl Population {
    pub fn new(seed: u64, size: u32) -> Self {
        Self { seed, size }
    }

    pub fn size(&self) -> u32 {
        self.size
    }

    pub fn has(&self, number: u32) -> bool {
        (1..=self.size).contains(&number)
    }

    /// Who a patient is, without the record.
    pub fn person(&self, number: u32) -> Option<Person> {
        self.has(number).then(|| Person::make(number, &mut self.random(number, Stream::Person)))
    }

    /// The whole record of a patient.
    pub fn chart(&self, number: u32) -> Option<Chart> {
        let person = self.person(number)?;
        Some(Chart::make(person, |stream| self.random(number, stream)))
    }

    fn random(&self, number: u32, stream: Stream) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let stream = stream as u64;
        random.set_stream((stream >> 2) << 40 | u64::from(number) << 2 | stream & 3);
        random
    }
}

/// Full years, months and days between two days, in years of 365.25 days.
fn years_between(from: NaiveDate, to: NaiveDate) -> f64 {
    (to - from).num_days() as f64 / 365.25
}
