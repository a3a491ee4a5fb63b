//! A patient's name, address and dates.

use chrono::{Days, NaiveDate};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{AS_OF, names, years_between};

/// Administrative sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

impl Sex {
    /// The code of FHIR R4's administrative-gender.
    pub fn code(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }
}

/// A patient without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub number: u32,
    pub given: &'static str,
    pub middle: &'static str,
    pub family: &'static str,
    pub sex: Sex,
    pub born: NaiveDate,
    pub street: String,
    pub city: &'static str,
    pub postal_code: &'static str,
    pub phone: String,
}

impl Person {
    pub(super) fn make(number: u32, random: &mut ChaCha8Rng) -> Self {
        let sex = if random.gen_bool(0.52) { Sex::Female } else { Sex::Male };
        let given = match sex {
            Sex::Female => &names::FEMALE,
            Sex::Male => &names::MALE,
        };
        let born = AS_OF - Days::new((draw_age(random) * 365.25) as u64);
        let (city, postal_code) = pick(&names::CITIES, random);
        Self {
            number,
            given: pick(given, random),
            middle: pick(given, random),
            family: pick(&names::FAMILY, random),
            sex,
            born,
            street: format!("{} {}", random.gen_range(101..9900), pick(&names::STREETS, random)),
            city,
            postal_code,
            phone: format!("260-555-{:04}", random.gen_range(100..200)),
        }
    }

    /// Age in years on a day, with its fraction.
    pub fn age_on(&self, day: NaiveDate) -> f64 {
        years_between(self.born, day)
    }

    /// Completed years of age when the record ends.
    pub fn age(&self) -> u32 {
        AS_OF.years_since(self.born).unwrap_or(0)
    }

    /// "Okafor, Miriam A."
    pub fn sorted_name(&self) -> String {
        let initial = self.middle.chars().next().unwrap_or_default();
        format!("{}, {} {initial}.", self.family, self.given)
    }

    /// "Miriam Okafor"
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// The number on the chart.
    pub fn record_number(&self) -> String {
        format!("MR{:07}", 1_000_000 + u64::from(self.number) * 37 % 9_000_000)
    }
}

/// The ages of a clinic: one in five a child, one in four over 65.
fn draw_age(random: &mut ChaCha8Rng) -> f64 {
    match random.gen_range(0..20) {
        0..=3 => random.gen_range(0.2..18.0),
        4..=14 => random.gen_range(18.0..65.0),
        _ => random.gen_range(65.0..94.0),
    }
}

fn pick<T: Copy>(from: &[T], random: &mut ChaCha8Rng) -> T {
    *from.choose(random).expect("the lists of names are not empty")
}
