//! The people of the sandbox. A chart is a pure function of (seed, number): it is made when somebody asks for it, from
//! random streams of its own, so that a population of 10,000 starts as fast as one of 50. Nothing here knows of FHIR
//! or of the time of day: every record ends on [`AS_OF`].

mod body;
mod chart;
mod laboratory;
pub mod measures;
mod names;
mod person;
mod problems;
mod visits;

pub use chart::{Chart, Measured, Observation};
pub use measures::{Category, Measure};
pub use person::{Person, Sex};
pub use problems::Problem;
pub use visits::Visit;

use chrono::NaiveDate;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The day on which every record ends.
pub const AS_OF: NaiveDate = NaiveDate::from_ymd_opt(2026, 6, 30).expect("a day of the calendar");

/// The id of the one provider.
pub const PROVIDER_ID: &str = "1";

/// The provider's given name, family name and title.
pub const PROVIDER_NAME: (&str, &str, &str) = ("Miriam", "Okafor", "MD");

/// All patients, numbered from 1. Holds nothing but how to make them.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    seed: u64,
    size: u32,
}

/// What a random stream is for: each kind has its own, so that a change to one leaves the others as they are.
#[derive(Clone, Copy)]
enum Stream {
    Person,
    Problems,
    Visits,
    Results,
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
        Some(Chart::make(
            person,
            &mut self.random(number, Stream::Problems),
            &mut self.random(number, Stream::Visits),
            &mut self.random(number, Stream::Results),
        ))
    }

    fn random(&self, number: u32, stream: Stream) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(u64::from(number) << 2 | stream as u64);
        random
    }
}

/// Full years, months and days between two days, in years of 365.25 days.
fn years_between(from: NaiveDate, to: NaiveDate) -> f64 {
    (to - from).num_days() as f64 / 365.25
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantities(chart: &Chart, loinc: &str) -> Vec<f64> {
        chart
            .observations
            .iter()
            .filter(|observation| observation.measure.loinc == loinc)
            .filter_map(|observation| match observation.result {
                Measured::Quantity(value) => Some(value),
                Measured::BloodPressure { .. } => None,
            })
            .collect()
    }

    fn charts(size: u32) -> impl Iterator<Item = Chart> {
        let people = Population::new(1, size);
        (1..=size).filter_map(move |number| people.chart(number))
    }

    #[test]
    fn a_chart_depends_on_seed_and_number_only() {
        let few = Population::new(7, 50);
        let many = Population::new(7, 10_000);
        let backwards: Vec<_> = (1..=50).rev().map(|number| few.chart(number)).collect();
        for (number, chart) in (1..=50).rev().zip(backwards) {
            assert!(chart.is_some());
            assert_eq!(chart, many.chart(number), "patient {number}");
        }
        assert_ne!(few.chart(1), Population::new(8, 50).chart(1));
        assert_ne!(few.chart(1).map(|chart| chart.problems), few.chart(2).map(|chart| chart.problems));
    }

    #[test]
    fn there_is_nobody_outside_the_population() {
        let people = Population::new(1, 50);
        assert!(people.person(0).is_none());
        assert!(people.chart(51).is_none());
    }

    #[test]
    fn nothing_lies_before_birth_or_after_the_end_of_the_record() {
        for chart in charts(400) {
            let days = chart.visits.iter().map(|visit| visit.start.date());
            let days = days.chain(chart.problems.iter().map(|problem| problem.onset));
            for day in days.chain(chart.problems.iter().filter_map(|problem| problem.resolved)) {
                assert!(chart.person.born <= day && day <= AS_OF, "{} on {day}", chart.person.name());
            }
        }
    }

    #[test]
    fn children_grow_from_visit_to_visit() {
        let children: Vec<_> = charts(400).filter(|chart| (6..16).contains(&chart.person.age())).collect();
        assert!(children.len() > 20);
        for child in children {
            let heights = quantities(&child, "8302-2");
            assert!(heights.len() > 10);
            // A tape measure errs by a few millimetres.
            assert!(heights.windows(2).all(|pair| pair[1] > pair[0] - 0.7), "{heights:?}");
            assert!(heights[heights.len() - 1] > heights[0] + 45.0, "{heights:?}");
        }
    }

    #[test]
    fn vital_signs_stay_within_what_a_person_can_live_with() {
        for chart in charts(400) {
            for (loinc, low, high) in
                [("29463-7", 2.5, 190.0), ("39156-5", 11.0, 50.0), ("8867-4", 45.0, 165.0), ("8310-5", 36.0, 39.5)]
            {
                for value in quantities(&chart, loinc) {
                    assert!((low..=high).contains(&value), "{loinc} {value} of {}", chart.person.name());
                }
            }
            for observation in &chart.observations {
                if let Measured::BloodPressure { systolic, diastolic } = observation.result {
                    assert!((70.0..=190.0).contains(&systolic) && diastolic + 20.0 <= systolic);
                }
            }
        }
    }

    #[test]
    fn sugar_is_watched_where_diabetes_calls_for_it() {
        let mut watched = 0;
        for chart in charts(400) {
            let values = quantities(&chart, "4548-4");
            let calls = chart.problems.iter().any(|problem| ["E11.9", "R73.03"].contains(&problem.kind.icd10));
            assert!(calls || values.is_empty());
            assert!(values.iter().all(|value| (5.0..11.0).contains(value)));
            watched += usize::from(values.len() > 3);
        }
        assert!(watched > 20);
    }

    #[test]
    fn problems_fit_age_and_sex() {
        for chart in charts(400) {
            for problem in &chart.problems {
                let age_at_onset = chart.person.age_on(problem.onset);
                match problem.kind.display {
                    "Essential hypertension" | "Diabetes mellitus type 2" => assert!(age_at_onset > 30.0),
                    "Otitis media" => assert!(age_at_onset < 8.0),
                    "Benign prostatic hyperplasia" => assert_eq!(chart.person.sex, Sex::Male),
                    "Osteoporosis" => assert_eq!(chart.person.sex, Sex::Female),
                    _ => {}
                }
            }
        }
    }
}
