//! What a person does not tolerate.

use chrono::{Days, NaiveDate};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{AS_OF, Person};

/// Which code system a substance's code is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    RxNorm,
    SnomedCt,
}

/// A substance, how common an allergy to it is, and its symptoms.
#[derive(Debug, PartialEq)]
pub struct AllergyKind {
    pub code: (Vocabulary, &'static str, &'static str),
    /// A code of FHIR's allergy-intolerance-category.
    pub category: &'static str,
    pub is_allergy: bool,
    pub is_critical: bool,
    /// The SNOMED CT codes of its signs, and their terms.
    pub reactions: &'static [(&'static str, &'static str)],
    share: f64,
    /// The first and the last age in years at which it is noticed.
    noticed: (f64, f64),
}

/// An allergy of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Allergy {
    pub kind: &'static AllergyKind,
    pub noticed: NaiveDate,
}

const HIVES: (&str, &str) = ("126485001", "Urticaria");
const RASH: (&str, &str) = ("271807003", "Eruption of skin");
const ANAPHYLAXIS: (&str, &str) = ("39579001", "Anaphylaxis");
const SNEEZING: (&str, &str) = ("76067001", "Sneezing");
const BREATHLESSNESS: (&str, &str) = ("267036007", "Dyspnea");
const ITCH: (&str, &str) = ("418363000", "Itching of skin");
const NAUSEA: (&str, &str) = ("422587007", "Nausea");

const fn kind(
    code: (Vocabulary, &'static str, &'static str),
    category: &'static str,
    reactions: &'static [(&'static str, &'static str)],
    share: f64,
    noticed: (f64, f64),
) -> AllergyKind {
    AllergyKind { code, category, is_allergy: true, is_critical: false, reactions, share, noticed }
}

const fn critical(kind: AllergyKind) -> AllergyKind {
    AllergyKind { is_critical: true, ..kind }
}

const fn intolerance(kind: AllergyKind) -> AllergyKind {
    AllergyKind { is_allergy: false, ..kind }
}

use Vocabulary::{RxNorm, SnomedCt};

pub static PENICILLIN: AllergyKind =
    kind((RxNorm, "7984", "penicillin V"), "medication", &[HIVES, RASH], 0.08, (1.0, 40.0));

static OTHERS: [AllergyKind; 12] = [
    kind((RxNorm, "10180", "sulfamethoxazole"), "medication", &[RASH], 0.04, (5.0, 60.0)),
    intolerance(kind((RxNorm, "2670", "codeine"), "medication", &[NAUSEA], 0.04, (18.0, 70.0))),
    kind((RxNorm, "1191", "aspirin"), "medication", &[HIVES, BREATHLESSNESS], 0.015, (20.0, 60.0)),
    critical(kind((SnomedCt, "762952008", "Peanut"), "food", &[ANAPHYLAXIS, HIVES], 0.03, (1.0, 8.0))),
    kind((SnomedCt, "102263004", "Eggs (edible)"), "food", &[HIVES], 0.02, (0.6, 3.0)),
    intolerance(kind((SnomedCt, "3718001", "Cow's milk"), "food", &[NAUSEA], 0.04, (1.0, 50.0))),
    critical(kind((SnomedCt, "735029006", "Shellfish"), "food", &[HIVES, ANAPHYLAXIS], 0.02, (10.0, 50.0))),
    kind((SnomedCt, "256277009", "Grass pollen"), "environment", &[SNEEZING, ITCH], 0.10, (4.0, 40.0)),
    kind((SnomedCt, "260147004", "House dust mite"), "environment", &[SNEEZING], 0.07, (4.0, 40.0)),
    kind((SnomedCt, "264287008", "Animal dander"), "environment", &[SNEEZING, ITCH], 0.05, (4.0, 40.0)),
    critical(kind((SnomedCt, "288328004", "Bee venom"), "environment", &[ANAPHYLAXIS], 0.015, (4.0, 60.0))),
    kind((SnomedCt, "111088007", "Latex"), "environment", &[RASH, ITCH], 0.015, (16.0, 60.0)),
];

/// Every kind, so that tests can check the codes.
pub fn kinds() -> impl Iterator<Item = &'static AllergyKind> {
    std::iter::once(&PENICILLIN).chain(&OTHERS)
}

/// All allergies of a person, in the order in which they were noticed.
pub fn draw(person: &Person, random: &mut ChaCha8Rng) -> Vec<Allergy> {
    let age = person.age_on(AS_OF);
    let mut allergies = Vec::new();
    for kind in kinds() {
        let (chance, moment) = (random.r#gen::<f64>(), random.r#gen::<f64>());
        let noticed_age = kind.noticed.0 + (kind.noticed.1 - kind.noticed.0) * moment;
        if chance < kind.share && noticed_age < age {
            allergies.push(Allergy { kind, noticed: person.born + Days::new((noticed_age * 365.25) as u64) });
        }
    }
    allergies.sort_by_key(|allergy| (allergy.noticed, allergy.kind.code.1));
    allergies
}

/// Whether the person must not be given penicillins.
pub fn forbids_penicillin(allergies: &[Allergy]) -> bool {
    allergies.iter().any(|allergy| *allergy.kind == PENICILLIN)
}
