//! Procedures: screening by age, examinations that a problem requires, and operations.

use chrono::{Days, NaiveDate};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::problems::{self, Problem};
use super::{AS_OF, Person, Sex};

/// A kind of procedure: its SNOMED CT code, and the code's term.
#[derive(Debug, PartialEq, Eq)]
pub struct ProcedureKind {
    pub snomed: &'static str,
    pub display: &'static str,
    /// Whether it takes place at the hospital.
    pub is_surgery: bool,
}

const fn examination(snomed: &'static str, display: &'static str) -> ProcedureKind {
    ProcedureKind { snomed, display, is_surgery: false }
}

const fn surgery(snomed: &'static str, display: &'static str) -> ProcedureKind {
    ProcedureKind { snomed, display, is_surgery: true }
}

pub static EYE_EXAMINATION: ProcedureKind = examination("308110009", "Direct fundoscopy following mydriatic");
pub static FOOT_EXAMINATION: ProcedureKind = examination("401191002", "Diabetic foot examination");
pub static COLONOSCOPY: ProcedureKind = examination("73761001", "Colonoscopy");
pub static MAMMOGRAPHY: ProcedureKind = examination("71651007", "Mammography");
pub static BONE_DENSITY: ProcedureKind = examination("312681000", "Bone density scan");
pub static CARDIOGRAM: ProcedureKind = examination("29303009", "Electrocardiographic procedure");
pub static SPIROMETRY: ProcedureKind = examination("127783003", "Spirometry");
pub static THROAT_CULTURE: ProcedureKind = examination("117015009", "Throat culture");
pub static DEPRESSION_SCREENING: ProcedureKind = examination("171207006", "Depression screening");
pub static CORONARY_INTERVENTION: ProcedureKind = surgery("415070008", "Percutaneous coronary intervention");
pub static CARDIOVERSION: ProcedureKind = surgery("180325003", "Electrical cardioversion");
pub static KNEE_REPLACEMENT: ProcedureKind = surgery("609588000", "Total knee replacement");
pub static CATARACT_SURGERY: ProcedureKind = surgery("110473004", "Cataract surgery");
pub static TONSILLECTOMY: ProcedureKind = surgery("173422009", "Tonsillectomy");
pub static APPENDECTOMY: ProcedureKind = surgery("80146002", "Appendectomy");
pub static PACEMAKER: ProcedureKind = surgery("307280005", "Implantation of cardiac pacemaker");

/// Every kind, so that tests can check the codes.
#[cfg(test)]
pub static KINDS: [&ProcedureKind; 16] = [
    &EYE_EXAMINATION,
    &FOOT_EXAMINATION,
    &COLONOSCOPY,
    &MAMMOGRAPHY,
    &BONE_DENSITY,
    &CARDIOGRAM,
    &SPIROMETRY,
    &THROAT_CULTURE,
    &DEPRESSION_SCREENING,
    &CORONARY_INTERVENTION,
    &CARDIOVERSION,
    &KNEE_REPLACEMENT,
    &CATARACT_SURGERY,
    &TONSILLECTOMY,
    &APPENDECTOMY,
    &PACEMAKER,
];

/// A procedure of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    pub kind: &'static ProcedureKind,
    pub day: NaiveDate,
    /// The position of the problem that required it.
    pub problem: Option<usize>,
}

/// The number of years for which the record has examinations.
const RECORD_YEARS: f64 = 8.0;

/// What a problem requires: once, a number of days after the onset, for a share of the people; or at an interval in days.
struct Call {
    problem: &'static str,
    kind: &'static ProcedureKind,
    share: f64,
    after: u64,
    every: Option<u64>,
}

const fn once(problem: &'static str, kind: &'static ProcedureKind, share: f64, after: u64) -> Call {
    Call { problem, kind, share, after, every: None }
}

const fn regular(problem: &'static str, kind: &'static ProcedureKind, after: u64, every: u64) -> Call {
    Call { problem, kind, share: 1.0, after, every: Some(every) }
}

static CALLS: [Call; 14] = [
    regular("44054006", &EYE_EXAMINATION, 60, 372),
    regular("44054006", &FOOT_EXAMINATION, 30, 369),
    regular("53741008", &CARDIOGRAM, 0, 371),
    once("53741008", &CORONARY_INTERVENTION, 0.35, 20),
    regular("49436004", &CARDIOGRAM, 0, 186),
    once("49436004", &CARDIOVERSION, 0.3, 40),
    once("49436004", &PACEMAKER, 0.15, 400),
    regular("88805009", &CARDIOGRAM, 3, 366),
    once("195967001", &SPIROMETRY, 0.8, 10),
    regular("13645005", &SPIROMETRY, 5, 375),
    once("43878008", &THROAT_CULTURE, 0.9, 0),
    once("43878008", &TONSILLECTOMY, 0.12, 200),
    once("35489007", &DEPRESSION_SCREENING, 1.0, 0),
    once("396275006", &KNEE_REPLACEMENT, 0.14, 1800),
];

/// All procedures of a person, the oldest first.
pub fn draw(person: &Person, known: &[Problem], random: &mut ChaCha8Rng) -> Vec<Procedure> {
    let mut procedures = Vec::new();
    for call in &CALLS {
        let (chance, jitter) = (random.r#gen::<f64>(), random.gen_range(0..12));
        if let Some((position, problem)) = problems::find_code(known, call.problem)
            && chance < call.share
        {
            procedures.extend(days(problem.onset + Days::new(call.after + jitter), call.every).map(|day| Procedure {
                kind: call.kind,
                day,
                problem: Some(position),
            }));
        }
    }
    procedures.extend(screening(person, random));
    procedures.sort_by_key(|procedure| (procedure.day, procedure.kind.snomed));
    procedures.dedup_by_key(|procedure| (procedure.day, procedure.kind.snomed));
    procedures
}

/// Once; or repeatedly, as far as the record goes back.
fn days(first: NaiveDate, every: Option<u64>) -> impl Iterator<Item = NaiveDate> {
    let since = AS_OF - Days::new((RECORD_YEARS * 365.25) as u64);
    let all = std::iter::successors(Some(first), move |day| every.map(|every| *day + Days::new(every)));
    all.take_while(|day| *day < AS_OF).filter(move |day| every.is_none() || *day >= since)
}

fn screening(person: &Person, random: &mut ChaCha8Rng) -> Vec<Procedure> {
    let mut procedures = Vec::new();
    let mut add = |kind: &'static ProcedureKind, age: f64, jitter: u64| {
        let day = person.born + Days::new((age * 365.25) as u64 + jitter);
        if day < AS_OF {
            procedures.push(Procedure { kind, day, problem: None });
        }
    };
    let (is_willing, jitter) = (random.gen_bool(0.75), random.gen_range(10..300));
    for age in [50.0, 60.0, 70.0].into_iter().filter(|_| is_willing) {
        add(&COLONOSCOPY, age, jitter);
    }
    for step in (0..13).filter(|_| person.sex == Sex::Female) {
        add(&MAMMOGRAPHY, 50.0 + 2.0 * f64::from(step), jitter % 200);
    }
    if person.sex == Sex::Female {
        add(&BONE_DENSITY, 65.5, jitter);
    }
    if random.gen_bool(0.3) {
        add(&CATARACT_SURGERY, 74.0, jitter);
    }
    let (appendix, at) = (random.gen_bool(0.06), random.gen_range(9.0..35.0));
    if appendix {
        add(&APPENDECTOMY, at, jitter);
    }
    procedures
}
