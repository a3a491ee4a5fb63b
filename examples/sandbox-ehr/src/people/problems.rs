//! Which problems a person has, by age and sex.

use chrono::{Days, NaiveDate};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{AS_OF, Person, Sex};

/// A kind of problem, and how common it is.
#[derive(Debug, PartialEq)]
pub struct ProblemKind {
    pub snomed: &'static str,
    pub icd10: &'static str,
    pub display: &'static str,
    /// Ages in years at which it can begin.
    begins: (f64, f64),
    /// The share of people who have it at the first and at the last of these ages.
    share: (f64, f64),
    sex: Option<Sex>,
    /// The number of days until it ends, if it ends.
    lasts: Option<u64>,
}

/// A problem of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub kind: &'static ProblemKind,
    pub onset: NaiveDate,
    pub resolved: Option<NaiveDate>,
}

impl Problem {
    pub fn is_active_on(&self, day: NaiveDate) -> bool {
        self.onset <= day && self.resolved.is_none_or(|resolved| day < resolved)
    }
}

const fn chronic(
    snomed: &'static str,
    icd10: &'static str,
    display: &'static str,
    begins: (f64, f64),
    share: (f64, f64),
) -> ProblemKind {
    ProblemKind { snomed, icd10, display, begins, share, sex: None, lasts: None }
}

const fn passing(
    snomed: &'static str,
    icd10: &'static str,
    display: &'static str,
    begins: (f64, f64),
    share: f64,
    days: u64,
) -> ProblemKind {
    ProblemKind { snomed, icd10, display, begins, share: (share, share), sex: None, lasts: Some(days) }
}

const fn only(sex: Sex, kind: ProblemKind) -> ProblemKind {
    ProblemKind { sex: Some(sex), ..kind }
}

pub static OBESITY: ProblemKind = chronic("414916001", "E66.9", "Obesity", (20.0, 70.0), (0.18, 0.34));
pub static HYPERTENSION: ProblemKind = chronic("59621000", "I10", "Essential hypertension", (32.0, 85.0), (0.10, 0.66));
pub static DIABETES: ProblemKind = chronic("44054006", "E11.9", "Diabetes mellitus type 2", (35.0, 80.0), (0.06, 0.24));
pub static PREDIABETES: ProblemKind = chronic("714628002", "R73.03", "Prediabetes", (30.0, 75.0), (0.07, 0.16));
pub static HYPERLIPIDEMIA: ProblemKind = chronic("55822004", "E78.5", "Hyperlipidemia", (32.0, 80.0), (0.10, 0.48));
pub static CORONARY: ProblemKind =
    chronic("53741008", "I25.10", "Coronary arteriosclerosis", (52.0, 90.0), (0.03, 0.26));
pub static FIBRILLATION: ProblemKind = chronic("49436004", "I48.91", "Atrial fibrillation", (58.0, 92.0), (0.02, 0.18));
pub static KIDNEY: ProblemKind =
    chronic("433144002", "N18.30", "Chronic kidney disease stage 3", (58.0, 92.0), (0.03, 0.22));
pub static HYPOTHYROIDISM: ProblemKind = chronic("40930008", "E03.9", "Hypothyroidism", (25.0, 85.0), (0.03, 0.12));

/// Problems that affect the body, the laboratory and other problems.
static SHARED: [&ProblemKind; 9] = [
    &OBESITY,
    &HYPERTENSION,
    &DIABETES,
    &PREDIABETES,
    &HYPERLIPIDEMIA,
    &CORONARY,
    &FIBRILLATION,
    &KIDNEY,
    &HYPOTHYROIDISM,
];

/// Problems that affect nothing else.
static OTHERS: [ProblemKind; 25] = [
    chronic("195967001", "J45.909", "Asthma", (4.0, 40.0), (0.10, 0.09)),
    chronic("24079001", "L20.9", "Atopic dermatitis", (0.5, 14.0), (0.12, 0.10)),
    chronic("61582004", "J30.9", "Allergic rhinitis", (4.0, 45.0), (0.09, 0.15)),
    chronic("406506008", "F90.9", "Attention deficit hyperactivity disorder", (6.0, 16.0), (0.04, 0.09)),
    chronic("37796009", "G43.909", "Migraine", (14.0, 50.0), (0.06, 0.13)),
    chronic("35489007", "F32.A", "Depressive disorder", (16.0, 70.0), (0.06, 0.12)),
    chronic("197480006", "F41.9", "Anxiety disorder", (14.0, 65.0), (0.07, 0.11)),
    chronic("235595009", "K21.9", "Gastroesophageal reflux disease", (25.0, 80.0), (0.07, 0.22)),
    chronic("278860009", "M54.50", "Chronic low back pain", (30.0, 75.0), (0.07, 0.18)),
    chronic("396275006", "M19.90", "Osteoarthritis", (48.0, 88.0), (0.10, 0.45)),
    chronic("13645005", "J44.9", "Chronic obstructive lung disease", (52.0, 85.0), (0.03, 0.13)),
    only(Sex::Female, chronic("64859006", "M81.0", "Osteoporosis", (58.0, 90.0), (0.08, 0.35))),
    only(Sex::Male, chronic("266569009", "N40.0", "Benign prostatic hyperplasia", (52.0, 88.0), (0.12, 0.50))),
    only(Sex::Female, chronic("87522002", "D50.9", "Iron deficiency anemia", (15.0, 50.0), (0.07, 0.08))),
    passing("65363002", "H66.90", "Otitis media", (0.7, 7.0), 0.45, 14),
    passing("43878008", "J02.0", "Streptococcal sore throat", (4.0, 16.0), 0.30, 12),
    passing("444814009", "J01.90", "Viral sinusitis", (18.0, 75.0), 0.22, 21),
    passing("10509002", "J20.9", "Acute bronchitis", (18.0, 85.0), 0.22, 18),
    only(Sex::Female, passing("38822007", "N30.90", "Cystitis", (18.0, 80.0), 0.22, 10)),
    passing("44465007", "S93.409A", "Sprain of ankle", (8.0, 55.0), 0.16, 42),
    chronic("88805009", "I50.9", "Chronic congestive heart failure", (62.0, 92.0), (0.02, 0.14)),
    chronic("26929004", "G30.9", "Alzheimer's disease", (70.0, 94.0), (0.02, 0.16)),
    chronic("78275009", "G47.33", "Obstructive sleep apnea", (35.0, 75.0), (0.05, 0.13)),
    chronic("90560007", "M10.9", "Gout", (40.0, 80.0), (0.02, 0.08)),
    chronic("193462001", "G47.00", "Insomnia", (25.0, 80.0), (0.04, 0.11)),
];

/// Short problems of the last years are in the list; older ones are not.
const PASSING_YEARS: f64 = 8.0;

/// Every kind, so that tests can check the codes.
#[cfg(test)]
pub fn kinds() -> impl Iterator<Item = &'static ProblemKind> {
    SHARED.into_iter().chain(&OTHERS)
}

/// All problems of a person, the oldest first.
pub fn draw(person: &Person, random: &mut ChaCha8Rng) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for kind in SHARED.into_iter().chain(&OTHERS) {
        // A number is drawn for every kind, so that the result for one kind does not change the numbers of the next.
        let (chance, moment, length) = (random.r#gen::<f64>(), random.r#gen::<f64>(), random.gen_range(0.7..1.4));
        if chance < likelihood(kind, person, &problems) {
            problems.push(begin(kind, person, moment, length));
        }
    }
    problems.sort_by_key(|problem| (problem.onset, problem.kind.snomed));
    problems
}

fn likelihood(kind: &'static ProblemKind, person: &Person, known: &[Problem]) -> f64 {
    let (age, (first, last)) = (person.age_on(AS_OF), kind.begins);
    let is_possible = age >= first && kind.sex.is_none_or(|sex| sex == person.sex);
    let is_excluded = kind == &PREDIABETES && has(known, &DIABETES);
    if !is_possible || is_excluded || (kind.lasts.is_some() && age > last + PASSING_YEARS) {
        return 0.0;
    }
    let progress = ((age - first) / (last - first)).clamp(0.0, 1.0);
    let share = kind.share.0 + (kind.share.1 - kind.share.0) * progress;
    let metabolic = [&OBESITY, &DIABETES, &HYPERTENSION].iter().filter(|cause| has(known, cause)).count() as i32;
    let is_driven = [&HYPERTENSION, &DIABETES, &HYPERLIPIDEMIA, &CORONARY, &KIDNEY].contains(&kind);
    if is_driven { share * 1.6_f64.powi(metabolic) } else { share }
}

fn begin(kind: &'static ProblemKind, person: &Person, moment: f64, length: f64) -> Problem {
    let age = person.age_on(AS_OF);
    let latest = age.min(kind.begins.1);
    let earliest = if kind.lasts.is_some() { kind.begins.0.max(age - PASSING_YEARS) } else { kind.begins.0 };
    let onset_age = earliest + (latest - earliest).max(0.0) * moment;
    let onset = (person.born + Days::new((onset_age * 365.25) as u64)).min(AS_OF);
    let resolved =
        kind.lasts.map(|days| onset + Days::new((days as f64 * length) as u64)).filter(|resolved| *resolved <= AS_OF);
    Problem { kind, onset, resolved }
}

/// The problem of this kind, if the person has it.
pub fn find<'a>(problems: &'a [Problem], kind: &ProblemKind) -> Option<&'a Problem> {
    problems.iter().find(|problem| problem.kind == kind)
}

/// The problem with this SNOMED CT code, if the person has it, and its position.
pub fn find_code<'a>(problems: &'a [Problem], snomed: &str) -> Option<(usize, &'a Problem)> {
    problems.iter().enumerate().find(|(_, problem)| problem.kind.snomed == snomed)
}

fn has(problems: &[Problem], kind: &ProblemKind) -> bool {
    find(problems, kind).is_some()
}
