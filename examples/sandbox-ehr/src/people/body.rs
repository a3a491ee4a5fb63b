//! The measurements of a person's body over the years: children grow, adults change slowly, illnesses have an effect.

use chrono::NaiveDate;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::problems::{self, Problem};
use super::{Person, Sex, years_between};

/// Median height in cm of girls and boys, and median body mass index, by age in years.
const GROWTH: [(f64, f64, f64, f64); 21] = [
    (0.0, 49.2, 49.9, 13.3),
    (0.5, 65.7, 67.6, 17.0),
    (1.0, 74.0, 75.7, 16.8),
    (2.0, 85.7, 87.1, 16.4),
    (3.0, 94.2, 95.7, 15.9),
    (4.0, 100.8, 102.5, 15.5),
    (5.0, 107.7, 109.2, 15.3),
    (6.0, 115.0, 115.7, 15.4),
    (7.0, 121.8, 122.0, 15.6),
    (8.0, 127.8, 128.1, 15.9),
    (9.0, 133.1, 133.7, 16.4),
    (10.0, 138.2, 138.8, 16.9),
    (11.0, 144.8, 143.7, 17.5),
    (12.0, 151.5, 149.3, 18.0),
    (13.0, 157.1, 156.4, 18.6),
    (14.0, 160.4, 164.1, 19.3),
    (15.0, 161.9, 170.1, 20.0),
    (16.0, 162.5, 173.6, 20.7),
    (17.0, 162.9, 175.3, 21.3),
    (18.0, 163.1, 176.1, 21.8),
    (20.0, 163.3, 176.8, 22.8),
];

/// What is constant for a person. Deviations are in standard deviations from the median.
pub struct Body<'a> {
    person: &'a Person,
    problems: &'a [Problem],
    height_deviation: f64,
    mass_deviation: f64,
    pressure_offset: f64,
    heart_rate: f64,
    phase: f64,
}

impl<'a> Body<'a> {
    pub fn draw(person: &'a Person, problems: &'a [Problem], random: &mut ChaCha8Rng) -> Self {
        Self {
            person,
            problems,
            height_deviation: normal(random).clamp(-2.2, 2.2),
            mass_deviation: normal(random).clamp(-1.6, 1.6),
            pressure_offset: 6.0 * normal(random).clamp(-2.0, 2.0),
            heart_rate: 71.0 + 6.0 * normal(random).clamp(-2.0, 2.0),
            phase: random.gen_range(0.0..std::f64::consts::TAU),
        }
    }

    /// Height in cm.
    pub fn height(&self, day: NaiveDate) -> f64 {
        let age = self.person.age_on(day);
        let median = growth(age, |&(_, girls, boys, _)| if self.person.sex == Sex::Female { girls } else { boys });
        let lost = (age - 50.0).max(0.0) * 0.07;
        median * (1.0 + 0.039 * self.height_deviation) - lost
    }

    /// Body mass index in kg/m2.
    pub fn mass_index(&self, day: NaiveDate) -> f64 {
        let age = self.person.age_on(day);
        if age < 20.0 {
            return growth(age, |&(.., mass)| mass) * (0.10 * self.mass_deviation).exp();
        }
        let drift = (age.min(62.0) - 20.0) * 0.09 - (age - 70.0).max(0.0) * 0.11;
        let wave = 0.7 * (self.phase + age * 1.1).sin();
        let usual = (23.2 + 2.0 * self.mass_deviation + drift + wave).clamp(18.6, 29.6);
        match problems::find(self.problems, &problems::OBESITY) {
            Some(obesity) => {
                let arrived = (years_between(obesity.onset, day) / 3.0).clamp(-1.0, 1.0);
                usual.max(27.0) + 5.0 + 1.6 * self.mass_deviation + 2.5 * arrived
            }
            None => usual,
        }
    }

    /// Systolic and diastolic blood pressure in mmHg.
    pub fn blood_pressure(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> (f64, f64) {
        let age = self.person.age_on(day);
        let noise = 4.5 * normal(random).clamp(-2.0, 2.0);
        let systolic = if age < 18.0 {
            86.0 + 1.8 * age + 0.5 * self.pressure_offset + noise
        } else {
            let usual = 110.0 + 0.22 * (age - 20.0) + 0.6 * (self.mass_index(day) - 24.0).max(0.0);
            match problems::find(self.problems, &problems::HYPERTENSION) {
                Some(hypertension) => usual + 6.0 + excess(years_between(hypertension.onset, day)) + noise,
                None => (usual + self.pressure_offset + noise).clamp(94.0, 137.0),
            }
        };
        let stiffness = (age - 60.0).max(0.0) * 0.22;
        let diastolic = 0.52 * systolic + 13.0 - stiffness + 2.5 * normal(random).clamp(-2.0, 2.0);
        (systolic, diastolic.clamp(45.0, systolic - 25.0))
    }

    /// Heart rate in beats a minute.
    pub fn heart_rate(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> f64 {
        let infancy = 55.0 * (-self.person.age_on(day) / 4.5).exp();
        let is_fibrillating =
            problems::find(self.problems, &problems::FIBRILLATION).is_some_and(|problem| problem.is_active_on(day));
        let (quickening, spread) = if is_fibrillating { (12.0, 9.0) } else { (0.0, 3.5) };
        (self.heart_rate + infancy + quickening + spread * normal(random).clamp(-2.0, 2.0)).max(48.0)
    }
}

impl Body<'_> {
    /// Breaths a minute: fast in infants.
    pub fn respiratory_rate(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> f64 {
        let infancy = 18.0 * (-self.person.age_on(day) / 3.0).exp();
        15.5 + infancy + 1.2 * normal(random).clamp(-2.0, 2.0)
    }

    /// Percent of hemoglobin that carries oxygen: less with obstructed lungs or a weak heart.
    pub fn oxygen_saturation(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> f64 {
        let is_ill = ["13645005", "88805009"].into_iter().any(|snomed| {
            problems::find_code(self.problems, snomed).is_some_and(|(_, problem)| problem.is_active_on(day))
        });
        let usual = if is_ill { 93.5 } else { 98.0 };
        (usual + 0.7 * normal(random).clamp(-2.0, 2.0)).min(100.0)
    }

    /// In cm, of an infant.
    pub fn head_circumference(&self, day: NaiveDate) -> f64 {
        let age = self.person.age_on(day).max(0.0);
        34.6 + 13.2 * (1.0 - (-age / 0.55).exp()) + 1.1 * 0.5 * self.height_deviation
    }
}

/// How far a high pressure is above the usual one, first untreated and then treated: it rises for years, then falls in months.
fn excess(years_since_onset: f64) -> f64 {
    if years_since_onset < 0.0 {
        (24.0 + 4.0 * years_since_onset).max(4.0)
    } else {
        5.0 + 19.0 * (-years_since_onset / 0.6).exp()
    }
}

/// A value between the two nearest rows of the growth table.
fn growth(age: f64, column: impl Fn(&(f64, f64, f64, f64)) -> f64) -> f64 {
    let after = GROWTH.iter().position(|row| row.0 >= age).unwrap_or(GROWTH.len() - 1);
    let (low, high) = (&GROWTH[after.saturating_sub(1)], &GROWTH[after]);
    let share = if high.0 > low.0 { ((age - low.0) / (high.0 - low.0)).clamp(0.0, 1.0) } else { 1.0 };
    column(low) + (column(high) - column(low)) * share
}

/// A standard normal deviate (Box and Muller).
pub fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (random.gen_range(f64::EPSILON..1.0), random.gen_range(0.0..1.0));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
