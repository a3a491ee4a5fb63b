//! A patient's record, put together.

use chrono::NaiveDateTime;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::body::{Body, normal};
use super::laboratory::Chemistry;
use super::measures::{self, Measure};
use super::problems::{self, Problem};
use super::visits::{self, Visit, VisitKind};
use super::{AS_OF, Person};

/// Everything the clinic knows about a patient. All lists begin with the oldest, and a position in a list never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub person: Person,
    pub problems: Vec<Problem>,
    pub visits: Vec<Visit>,
    pub observations: Vec<Observation>,
}

/// Something that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub measure: &'static Measure,
    pub at: NaiveDateTime,
    /// The position of its visit in the chart.
    pub visit: usize,
    pub result: Measured,
}

/// The value of an observation, rounded as its measure asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    Quantity(f64),
    /// In mmHg.
    BloodPressure {
        systolic: f64,
        diastolic: f64,
    },
}

impl Chart {
    pub(super) fn make(
        person: Person,
        for_problems: &mut ChaCha8Rng,
        for_visits: &mut ChaCha8Rng,
        for_results: &mut ChaCha8Rng,
    ) -> Self {
        let problems = problems::draw(&person, for_problems);
        let visits = visits::draw(&person, &problems, for_visits);
        let observations = observe(&person, &problems, &visits, for_results);
        Self { person, problems, visits, observations }
    }

    /// The position of the visit that is going on.
    pub fn current_visit(&self) -> Option<usize> {
        self.visits.iter().position(|visit| visit.end.is_none())
    }

    /// The newest observation of a measure.
    pub fn latest(&self, loinc: &str) -> Option<&Observation> {
        self.observations.iter().rev().find(|observation| observation.measure.loinc == loinc)
    }
}

fn observe(person: &Person, problems: &[Problem], visits: &[Visit], random: &mut ChaCha8Rng) -> Vec<Observation> {
    let body = Body::draw(person, problems, random);
    let chemistry = Chemistry::draw(person, problems, random);
    let mut observations = Vec::new();
    for (position, visit) in visits.iter().enumerate() {
        let at = visit.start + chrono::TimeDelta::minutes(6);
        let mut add = |measure: &'static Measure, result: Measured| {
            observations.push(Observation { measure, at, visit: position, result });
        };
        for (measure, value) in vital_signs(person, &body, visit, random) {
            add(measure, Measured::Quantity(measure.round(value)));
        }
        if person.age_on(visit.start.date()) >= 3.0 {
            let (systolic, diastolic) = body.blood_pressure(visit.start.date(), random);
            let [systolic, diastolic] = [systolic, diastolic].map(f64::round);
            add(&measures::BLOOD_PRESSURE, Measured::BloodPressure { systolic, diastolic });
        }
        // Today's sample is still at the laboratory.
        if visit.kind != VisitKind::Problem && visit.start.date() < AS_OF {
            let is_yearly = visit.kind == VisitKind::CheckUp;
            for (measure, value) in chemistry.sample(visit.start.date(), is_yearly, random) {
                add(measure, Measured::Quantity(measure.round(value)));
            }
        }
    }
    observations
}

fn vital_signs(
    person: &Person,
    body: &Body<'_>,
    visit: &Visit,
    random: &mut ChaCha8Rng,
) -> Vec<(&'static Measure, f64)> {
    let day = visit.start.date();
    let height = measures::HEIGHT.round(body.height(day) + random.gen_range(-0.3..0.3));
    let mass_index = body.mass_index(day) + 0.12 * normal(random).clamp(-2.0, 2.0);
    let weight = measures::WEIGHT.round(mass_index * (height / 100.0).powi(2));
    let is_feverish = visit.reason.as_ref().is_some_and(|problem| FEVERISH.contains(&problem.kind.snomed));
    let temperature = if is_feverish { 38.3 } else { 36.7 } + 0.2 * normal(random).clamp(-2.0, 2.0);
    let mut signs = vec![(&measures::WEIGHT, weight)];
    if person.age_on(day) < 20.0 || visit.kind == VisitKind::CheckUp {
        signs.insert(0, (&measures::HEIGHT, height));
        signs.push((&measures::BMI, weight / (height / 100.0).powi(2)));
    }
    signs.push((&measures::HEART_RATE, body.heart_rate(day, random) + if is_feverish { 12.0 } else { 0.0 }));
    signs.push((&measures::TEMPERATURE, temperature));
    signs
}

/// SNOMED CT codes of problems that come with a temperature.
const FEVERISH: [&str; 4] = ["65363002", "43878008", "444814009", "10509002"];
