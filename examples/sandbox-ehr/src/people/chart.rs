//! A patient's complete record.

use chrono::NaiveDateTime;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::allergies::{self, Allergy};
use super::body::{Body, normal};
use super::care::{self, Device, Goal, Insurance, Plan};
use super::documents::{self, Document};
use super::immunizations::{self, Immunization};
use super::laboratory::{Chemistry, Panel};
use super::measures::{self, Measure};
use super::medications::{self, Prescription};
use super::problems::{self, Problem};
use super::procedures::{self, Procedure};
use super::staff::Practitioner;
use super::visits::{self, Visit, VisitKind};
use super::{AS_OF, Person, Stream};

/// Everything the clinic knows about a patient. All lists begin with the oldest, and a position in a list never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub person: Person,
    pub problems: Vec<Problem>,
    pub visits: Vec<Visit>,
    pub observations: Vec<Observation>,
    pub reports: Vec<Report>,
    pub allergies: Vec<Allergy>,
    pub medications: Vec<Prescription>,
    pub immunizations: Vec<Immunization>,
    pub procedures: Vec<Procedure>,
    pub documents: Vec<Document>,
    pub goals: Vec<Goal>,
    pub plans: Vec<Plan>,
    pub team: Vec<&'static Practitioner>,
    pub insurances: Vec<Insurance>,
    pub devices: Vec<Device>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub measure: &'static Measure,
    pub at: NaiveDateTime,
    /// The position of its visit in the chart.
    pub visit: usize,
    pub result: Measured,
}

/// A laboratory report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub panel: &'static Panel,
    pub at: NaiveDateTime,
    /// The position of its visit in the chart.
    pub visit: usize,
    /// The positions of its observations in the chart.
    pub observations: Vec<usize>,
}

/// The value of an observation, rounded to the decimal places of its measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    Quantity(f64),
    /// In mmHg.
    BloodPressure {
        systolic: f64,
        diastolic: f64,
    },
    /// A SNOMED CT code and its term.
    Coded {
        code: &'static str,
        display: &'static str,
    },
}

impl Chart {
    /// The chart of a person; `random` returns the random stream of each of its parts.
    pub(super) fn make(person: Person, random: impl Fn(Stream) -> ChaCha8Rng) -> Self {
        let problems = problems::draw(&person, &mut random(Stream::Problems));
        let visits = visits::draw(&person, &problems, &mut random(Stream::Visits));
        let (observations, reports) = observe(&person, &problems, &visits, &mut random(Stream::Results));
        let allergies = allergies::draw(&person, &mut random(Stream::Allergies));
        let procedures = procedures::draw(&person, &problems, &mut random(Stream::Procedures));
        let (goals, plans) = care::goals_and_plans(&problems);
        Self {
            medications: medications::draw(&person, &problems, &visits, &allergies, &mut random(Stream::Medications)),
            immunizations: immunizations::draw(&person, &visits, &mut random(Stream::Immunizations)),
            documents: documents::list(&visits),
            team: care::team(&person, &problems),
            insurances: care::insurances(&person),
            devices: care::devices(&person, &problems, &procedures),
            observations,
            reports,
            allergies,
            procedures,
            goals,
            plans,
            problems,
            visits,
            person,
        }
    }

    /// The position of the current visit.
    pub fn current_visit(&self) -> Option<usize> {
        self.visits.iter().position(|visit| visit.end.is_none())
    }

    /// The newest observation of a measure.
    pub fn latest(&self, loinc: &str) -> Option<&Observation> {
        self.observations.iter().rev().find(|observation| observation.measure.loinc == loinc)
    }
}

fn observe(
    person: &Person,
    problems: &[Problem],
    visits: &[Visit],
    random: &mut ChaCha8Rng,
) -> (Vec<Observation>, Vec<Report>) {
    let body = Body::draw(person, problems, random);
    let chemistry = Chemistry::draw(person, problems, random);
    let habit = Habit::draw(random);
    let (mut observations, mut reports) = (Vec::new(), Vec::new());
    for (position, visit) in visits.iter().enumerate() {
        let day = visit.start.date();
        let at = visit.start + chrono::TimeDelta::minutes(6);
        let mut add = |measure: &'static Measure, result: Measured| {
            observations.push(Observation { measure, at, visit: position, result });
            observations.len() - 1
        };
        for (measure, value) in vital_signs(person, &body, visit, random) {
            add(measure, Measured::Quantity(measure.round(value)));
        }
        if person.age_on(day) >= 3.0 {
            let (systolic, diastolic) = body.blood_pressure(day, random);
            let [systolic, diastolic] = [systolic, diastolic].map(f64::round);
            add(&measures::BLOOD_PRESSURE, Measured::BloodPressure { systolic, diastolic });
        }
        if visit.kind == VisitKind::CheckUp {
            add(&measures::SMOKING, habit.on(person.age_on(day)));
        }
        if let Some(score) = low_spirits(problems, visit, random) {
            add(&measures::PHQ_9, Measured::Quantity(measures::PHQ_9.round(score)));
        }
        // Today's sample is still at the laboratory.
        if visit.kind != VisitKind::Problem && day < AS_OF {
            let is_yearly = visit.kind == VisitKind::CheckUp;
            for (panel, found) in chemistry.sample(day, is_yearly, random) {
                let observations = found
                    .into_iter()
                    .map(|(measure, value)| add(measure, Measured::Quantity(measure.round(value))))
                    .collect();
                reports.push(Report { panel, at, visit: position, observations });
            }
        }
    }
    (observations, reports)
}

/// Whether a person smokes, and at what age they stopped.
struct Habit {
    is_smoker: bool,
    stopped_at: f64,
}

impl Habit {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        Self { is_smoker: random.gen_bool(0.35), stopped_at: random.gen_range(22.0..90.0) }
    }

    fn on(&self, age: f64) -> Measured {
        let (code, display) = match (self.is_smoker, age < self.stopped_at) {
            (false, _) => ("266919005", "Never smoked tobacco"),
            (true, true) => ("449868002", "Smokes tobacco daily"),
            (true, false) => ("8517006", "Ex-smoker"),
        };
        Measured::Coded { code, display }
    }
}

/// The score of a depression questionnaire: high at the diagnosis, lower with every month of treatment.
fn low_spirits(problems: &[Problem], visit: &Visit, random: &mut ChaCha8Rng) -> Option<f64> {
    let day = visit.start.date();
    let (_, problem) = problems::find_code(problems, "35489007").filter(|(_, problem)| problem.is_active_on(day))?;
    let years = super::years_between(problem.onset, day);
    Some((4.0 + 11.0 * (-years / 0.8).exp() + 1.2 * normal(random).clamp(-2.0, 2.0)).clamp(0.0, 27.0))
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
    signs.push((&measures::RESPIRATORY_RATE, body.respiratory_rate(day, random) + if is_feverish { 3.0 } else { 0.0 }));
    signs.push((&measures::OXYGEN_SATURATION, body.oxygen_saturation(day, random)));
    if person.age_on(day) < 2.0 {
        signs.push((&measures::HEAD_CIRCUMFERENCE, body.head_circumference(day)));
    }
    signs
}

/// SNOMED CT codes of problems with a fever.
const FEVERISH: [&str; 4] = ["65363002", "43878008", "444814009", "10509002"];
