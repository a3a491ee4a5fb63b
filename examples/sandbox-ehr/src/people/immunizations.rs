//! Vaccines: those that the schedule recommends at each age, and those that were given.

use chrono::{Datelike, Days, NaiveDate};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::visits::Visit;
use super::{AS_OF, Person};

/// A vaccine: its CVX code, and the code's name.
#[derive(Debug, PartialEq, Eq)]
pub struct Vaccine {
    pub cvx: &'static str,
    pub display: &'static str,
}

/// A vaccine, and the ages in months at which it is due.
struct Due {
    vaccine: Vaccine,
    months: &'static [u32],
    /// The year from which it is given.
    since: i32,
}

const fn due(cvx: &'static str, display: &'static str, months: &'static [u32], since: i32) -> Due {
    Due { vaccine: Vaccine { cvx, display }, months, since }
}

static SCHEDULE: [Due; 16] = [
    due("08", "Hep B, adolescent or pediatric", &[0, 1, 6], 1991),
    due("116", "rotavirus, pentavalent", &[2, 4, 6], 2006),
    due("20", "DTaP", &[2, 4, 6, 15, 48], 1997),
    due("49", "Hib (PRP-OMP)", &[2, 4, 12], 1990),
    due("133", "Pneumococcal conjugate PCV 13", &[2, 4, 6, 12], 2010),
    due("10", "IPV", &[2, 4, 6, 48], 1988),
    due("03", "MMR", &[12, 48], 1980),
    due("21", "varicella", &[12, 48], 1995),
    due("83", "Hep A, ped/adol, 2 dose", &[12, 24], 2006),
    due("115", "Tdap", &[132], 2005),
    due("165", "HPV9", &[132, 144], 2015),
    due("114", "meningococcal MCV4P", &[132, 192], 2005),
    due(
        "113",
        "Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed",
        &[252, 372, 492, 612, 732, 852, 972],
        1994,
    ),
    due("187", "zoster recombinant", &[600, 606], 2018),
    due("33", "pneumococcal polysaccharide PPV23", &[780], 1984),
    due("208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", &[], 2021),
];

static INFLUENZA: Vaccine = Vaccine { cvx: "140", display: "Influenza, split virus, trivalent, PF" };

/// Every vaccine, so that tests can check the codes.
#[cfg(test)]
pub fn vaccines() -> impl Iterator<Item = &'static Vaccine> {
    SCHEDULE.iter().map(|due| &due.vaccine).chain([&INFLUENZA])
}

/// A vaccine that was given, or that the patient did not want.
#[derive(Clone, Debug, PartialEq)]
pub struct Immunization {
    pub vaccine: &'static Vaccine,
    pub day: NaiveDate,
    /// The position of the visit at which it was given; `None` if it was given elsewhere.
    pub visit: Option<usize>,
    pub is_refused: bool,
    pub lot: String,
}

/// The number of years for which an adult's record has vaccines.
const REMEMBERED_YEARS: f64 = 25.0;

/// All vaccines of a person, the oldest first.
pub fn draw(person: &Person, visits: &[Visit], random: &mut ChaCha8Rng) -> Vec<Immunization> {
    let mut immunizations = Vec::new();
    let is_willing = random.gen_bool(0.96);
    for due in &SCHEDULE {
        for months in due.months {
            let lot = lot(random);
            let day = person.born + Days::new((f64::from(*months) * 30.44) as u64 + u64::from(*months == 0));
            let is_remembered = person.age_on(AS_OF) - person.age_on(day) < REMEMBERED_YEARS;
            let is_available = day.year() >= due.since;
            if is_willing && is_remembered && is_available {
                immunizations.extend(give(&due.vaccine, day, visits, lot));
            }
        }
    }
    for (day, dose) in [((2021, 3), 0), ((2021, 4), 1), ((2022, 10), 2)] {
        let (lot, chance) = (lot(random), random.r#gen::<f64>());
        let first = NaiveDate::from_ymd_opt(day.0, day.1, 1).unwrap_or(AS_OF) + Days::new(random.gen_range(0..27));
        if is_willing && person.age_on(first) >= 16.0 && chance < [0.8, 0.78, 0.45][dose] {
            let vaccine = &SCHEDULE[SCHEDULE.len() - 1].vaccine;
            immunizations.push(Immunization { vaccine, day: first, visit: None, is_refused: false, lot });
        }
    }
    immunizations.extend(influenza(person, random));
    immunizations.sort_by_key(|immunization| (immunization.day, immunization.vaccine.cvx));
    immunizations
}

/// At the first visit from shortly before the vaccine is due; elsewhere if the clinic has no visit at that time.
fn give(vaccine: &'static Vaccine, due: NaiveDate, visits: &[Visit], lot: String) -> Option<Immunization> {
    let window = due - Days::new(10)..due + Days::new(420);
    let visit = visits.iter().position(|visit| window.contains(&visit.start.date()) && visit.end.is_some());
    let visit = visit.filter(|_| visits.first().is_some_and(|first| first.start.date() <= due));
    let day = visit.map_or(due, |position| visits[position].start.date());
    (day < AS_OF).then_some(Immunization { vaccine, day, visit, is_refused: false, lot })
}

/// Every autumn for most old people and for some of the others; sometimes a patient declines.
fn influenza(person: &Person, random: &mut ChaCha8Rng) -> Vec<Immunization> {
    let mut shots = Vec::new();
    for year in AS_OF.year() - 8..AS_OF.year() {
        let (lot, chance, after) = (lot(random), random.r#gen::<f64>(), random.gen_range(0..60));
        let day = NaiveDate::from_ymd_opt(year, 9, 15).unwrap_or(AS_OF) + Days::new(after);
        let age = person.age_on(day);
        let usual = if (0.5..5.0).contains(&age) || age >= 65.0 { 0.78 } else { 0.45 };
        if age >= 0.5 && (chance < usual || chance > 0.96) {
            let is_refused = chance > 0.96;
            shots.push(Immunization { vaccine: &INFLUENZA, day, visit: None, is_refused, lot });
        }
    }
    shots
}

fn lot(random: &mut ChaCha8Rng) -> String {
    format!("{}{:04}", char::from(random.gen_range(b'A'..=b'Z')), random.gen_range(1000..9999))
}
