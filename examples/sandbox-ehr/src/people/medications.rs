//! A person's prescriptions, by problem.

use chrono::{Days, NaiveDate};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::allergies::{self, Allergy};
use super::drugs::{self, Drug};
use super::problems::Problem;
use super::visits::Visit;
use super::{AS_OF, Person};

/// A prescription.
#[derive(Clone, Debug, PartialEq)]
pub struct Prescription {
    pub drug: &'static Drug,
    /// The position of its problem in the chart.
    pub problem: usize,
    pub start: NaiveDate,
    pub end: Option<NaiveDate>,
    /// Whether it ended because another one replaced it, and not because the treatment was complete.
    pub is_replaced: bool,
}

impl Prescription {
    /// Whether the patient is taking it when the record ends.
    pub fn is_active(&self) -> bool {
        self.end.is_none()
    }
}

/// One step of the treatment of a problem: a drug, for the part of the people in whom the course of this problem falls
/// into a band between 0 and 1, from one day after the onset to another.
struct Step {
    problem: &'static str,
    drug: &'static Drug,
    band: (f64, f64),
    days: (u64, Option<u64>),
    /// In completed years, when the step begins.
    ages: (f64, f64),
    is_replaced: bool,
}

const fn lasting(problem: &'static str, drug: &'static Drug, band: (f64, f64), from: u64) -> Step {
    Step { problem, drug, band, days: (from, None), ages: (0.0, 200.0), is_replaced: false }
}

const fn course(problem: &'static str, drug: &'static Drug, band: (f64, f64), days: u64) -> Step {
    Step { problem, drug, band, days: (0, Some(days)), ages: (0.0, 200.0), is_replaced: false }
}

const fn first(problem: &'static str, drug: &'static Drug, band: (f64, f64), until: u64) -> Step {
    Step { is_replaced: true, ..course(problem, drug, band, until) }
}

const fn aged(ages: (f64, f64), step: Step) -> Step {
    Step { ages, ..step }
}

const EVERYBODY: (f64, f64) = (0.0, 1.0);

static STEPS: [Step; 51] = [
    first("44054006", &drugs::METFORMIN, EVERYBODY, 120),
    lasting("44054006", &drugs::METFORMIN_EXTENDED, EVERYBODY, 120),
    lasting("44054006", &drugs::INSULIN_GLARGINE, (0.75, 1.0), 1500),
    first("59621000", &drugs::LISINOPRIL_10, (0.0, 0.3), 180),
    lasting("59621000", &drugs::LISINOPRIL_20, (0.0, 0.3), 180),
    lasting("59621000", &drugs::LISINOPRIL_10, (0.3, 0.55), 0),
    lasting("59621000", &drugs::LOSARTAN, (0.55, 0.8), 0),
    lasting("59621000", &drugs::HYDROCHLOROTHIAZIDE, (0.7, 1.0), 0),
    lasting("59621000", &drugs::AMLODIPINE, (0.15, 0.4), 500),
    lasting("55822004", &drugs::ATORVASTATIN_20, (0.0, 0.5), 0),
    first("55822004", &drugs::ATORVASTATIN_20, (0.5, 0.75), 200),
    lasting("55822004", &drugs::ATORVASTATIN_40, (0.5, 0.75), 200),
    lasting("55822004", &drugs::SIMVASTATIN, (0.75, 0.95), 0),
    lasting("53741008", &drugs::ASPIRIN, EVERYBODY, 0),
    lasting("53741008", &drugs::METOPROLOL, (0.0, 0.8), 0),
    course("53741008", &drugs::CLOPIDOGREL, (0.0, 0.4), 365),
    lasting("49436004", &drugs::APIXABAN, (0.0, 0.7), 0),
    lasting("49436004", &drugs::WARFARIN, (0.7, 1.0), 0),
    lasting("49436004", &drugs::METOPROLOL, (0.0, 0.6), 0),
    lasting("88805009", &drugs::FUROSEMIDE, EVERYBODY, 0),
    lasting("88805009", &drugs::CARVEDILOL, (0.0, 0.5), 30),
    lasting("40930008", &drugs::LEVOTHYROXINE, EVERYBODY, 0),
    lasting("195967001", &drugs::ALBUTEROL, EVERYBODY, 0),
    lasting("195967001", &drugs::FLUTICASONE, (0.0, 0.5), 60),
    lasting("13645005", &drugs::ALBUTEROL, EVERYBODY, 0),
    lasting("13645005", &drugs::FLUTICASONE_SALMETEROL, (0.0, 0.7), 90),
    course("24079001", &drugs::HYDROCORTISONE, EVERYBODY, 30),
    aged((0.0, 12.0), lasting("61582004", &drugs::CETIRIZINE_5, EVERYBODY, 0)),
    aged((12.0, 200.0), lasting("61582004", &drugs::CETIRIZINE_10, (0.0, 0.6), 0)),
    aged((12.0, 200.0), lasting("61582004", &drugs::LORATADINE, (0.6, 1.0), 0)),
    aged((6.0, 200.0), lasting("406506008", &drugs::METHYLPHENIDATE, (0.0, 0.8), 30)),
    aged((18.0, 200.0), lasting("37796009", &drugs::SUMATRIPTAN, (0.0, 0.8), 0)),
    lasting("35489007", &drugs::SERTRALINE, (0.0, 0.6), 0),
    lasting("35489007", &drugs::FLUOXETINE, (0.6, 0.85), 0),
    lasting("197480006", &drugs::SERTRALINE, (0.0, 0.35), 0),
    lasting("235595009", &drugs::OMEPRAZOLE, EVERYBODY, 0),
    course("278860009", &drugs::NAPROXEN, EVERYBODY, 60),
    lasting("396275006", &drugs::ACETAMINOPHEN, EVERYBODY, 0),
    lasting("64859006", &drugs::ALENDRONATE, EVERYBODY, 0),
    lasting("266569009", &drugs::TAMSULOSIN, (0.0, 0.8), 0),
    course("87522002", &drugs::FERROUS_SULFATE, EVERYBODY, 180),
    lasting("26929004", &drugs::DONEPEZIL, (0.0, 0.8), 30),
    lasting("90560007", &drugs::ALLOPURINOL, (0.0, 0.8), 30),
    course("65363002", &drugs::AMOXICILLIN_SUSPENSION, EVERYBODY, 10),
    aged((0.0, 12.0), course("43878008", &drugs::AMOXICILLIN_SUSPENSION, EVERYBODY, 10)),
    aged((12.0, 200.0), course("43878008", &drugs::PENICILLIN_V, EVERYBODY, 10)),
    course("38822007", &drugs::NITROFURANTOIN, EVERYBODY, 5),
    course("44465007", &drugs::IBUPROFEN, EVERYBODY, 10),
    course("444814009", &drugs::ACETAMINOPHEN, (0.0, 0.6), 7),
    course("10509002", &drugs::ACETAMINOPHEN, (0.0, 0.6), 7),
    course("10509002", &drugs::ALBUTEROL, (0.7, 1.0), 21),
];

/// All prescriptions of a person, the oldest first. A drug from before the record is prescribed again at its first
/// visit; one that had ended by then is left out.
pub fn draw(
    person: &Person,
    problems: &[Problem],
    visits: &[Visit],
    allergies: &[Allergy],
    random: &mut ChaCha8Rng,
) -> Vec<Prescription> {
    let since = visits.first().map_or(person.born, |visit| visit.start.date());
    let mut prescriptions: Vec<Prescription> = Vec::new();
    for (position, problem) in problems.iter().enumerate() {
        let course: f64 = random.r#gen();
        for step in STEPS.iter().filter(|step| step.problem == problem.kind.snomed) {
            let Some(prescription) = prescribe(person, position, problem, step, course, since) else { continue };
            let is_known = prescriptions.iter().any(|other| other.drug == step.drug && other.is_active());
            let is_forbidden = step.drug.is_penicillin && allergies::forbids_penicillin(allergies);
            if !is_known && !is_forbidden {
                prescriptions.push(prescription);
            }
        }
    }
    prescriptions.sort_by_key(|prescription| (prescription.start, prescription.drug.rxnorm));
    prescriptions
}

fn prescribe(
    person: &Person,
    position: usize,
    problem: &Problem,
    step: &Step,
    course: f64,
    since: NaiveDate,
) -> Option<Prescription> {
    let begins = problem.onset + Days::new(step.days.0);
    let age = person.age_on(begins);
    let is_due = (step.band.0..step.band.1).contains(&course)
        && (step.ages.0..step.ages.1).contains(&age)
        && begins <= AS_OF
        && problem.resolved.is_none_or(|resolved| begins < resolved);
    let planned = step.days.1.map(|days| problem.onset + Days::new(days));
    let ends = [planned, problem.resolved].into_iter().flatten().min();
    let end = ends.filter(|end| *end <= AS_OF);
    (is_due && ends.is_none_or(|end| end > since)).then_some(Prescription {
        drug: step.drug,
        problem: position,
        start: begins.max(since.min(AS_OF)),
        end,
        is_replaced: step.is_replaced && end.is_some() && end == planned,
    })
}
