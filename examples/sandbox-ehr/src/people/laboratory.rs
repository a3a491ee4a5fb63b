//! What the laboratory finds, for those whose problems call for it.

use chrono::NaiveDate;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::body::normal;
use super::measures::{self, Measure};
use super::problems::{self, Problem, ProblemKind};
use super::{Person, Sex, years_between};

/// What is particular to a person's blood.
pub struct Chemistry<'a> {
    person: &'a Person,
    problems: &'a [Problem],
    sugar_at_onset: f64,
    sugar_treated: f64,
    ldl_untreated: f64,
    ldl_treated: f64,
    hdl: f64,
    triglyceride: f64,
    creatinine: f64,
    thyrotropin: f64,
}

impl<'a> Chemistry<'a> {
    pub fn draw(person: &'a Person, problems: &'a [Problem], random: &mut ChaCha8Rng) -> Self {
        let (creatinine, hdl) = match person.sex {
            Sex::Female => (0.76, 56.0),
            Sex::Male => (0.95, 47.0),
        };
        Self {
            person,
            problems,
            sugar_at_onset: random.gen_range(7.6..9.8),
            sugar_treated: random.gen_range(6.4..7.9),
            ldl_untreated: random.gen_range(142.0..192.0),
            ldl_treated: random.gen_range(66.0..112.0),
            hdl: hdl + 6.0 * normal(random).clamp(-2.0, 2.0),
            triglyceride: random.gen_range(85.0..215.0),
            creatinine: creatinine + 0.07 * normal(random).clamp(-2.0, 2.0),
            thyrotropin: random.gen_range(1.2..3.6),
        }
    }

    /// The results of one visit's blood sample; none when nothing calls for one.
    pub fn sample(&self, day: NaiveDate, is_yearly: bool, random: &mut ChaCha8Rng) -> Vec<(&'static Measure, f64)> {
        let mut results = Vec::new();
        if let Some(value) = self.hba1c(day, random) {
            results.push((&measures::HBA1C, value));
        }
        let is_kidney_watched = self.has(&problems::KIDNEY, day)
            || (is_yearly && self.has_any(&[&problems::DIABETES, &problems::HYPERTENSION], day));
        if is_kidney_watched {
            results.extend(self.kidney(day, random));
        }
        let calls_for_lipids = [&problems::HYPERLIPIDEMIA, &problems::DIABETES, &problems::CORONARY];
        if is_yearly && self.has_any(&calls_for_lipids, day) {
            results.extend(self.lipids(day, random));
        }
        if is_yearly && self.has(&problems::HYPOTHYROIDISM, day) {
            results.push((&measures::TSH, (self.thyrotropin + 0.5 * normal(random)).max(0.3)));
        }
        results
    }

    /// High when it is found, down within a year of treatment, then up and down around where it settles.
    fn hba1c(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> Option<f64> {
        if let Some(diabetes) = self.active(&problems::DIABETES, day) {
            let years = years_between(diabetes.onset, day);
            let settled = self.sugar_treated + 0.25 * (years * 1.7).sin();
            let above = (self.sugar_at_onset - self.sugar_treated) * (-years / 0.7).exp();
            return Some(settled + above + 0.12 * normal(random).clamp(-2.0, 2.0));
        }
        self.active(&problems::PREDIABETES, day)
            .map(|_| (self.sugar_treated - 1.1 + 0.1 * normal(random)).clamp(5.7, 6.4))
    }

    fn lipids(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> [(&'static Measure, f64); 4] {
        let ldl = match self.active(&problems::HYPERLIPIDEMIA, day) {
            Some(hyperlipidemia) => {
                let years = years_between(hyperlipidemia.onset, day);
                self.ldl_treated + (self.ldl_untreated - self.ldl_treated) * (-years / 0.5).exp()
            }
            None => self.ldl_treated + 18.0,
        } + 5.0 * normal(random).clamp(-2.0, 2.0);
        let hdl = (self.hdl + 2.0 * normal(random).clamp(-2.0, 2.0)).max(28.0);
        let triglyceride = self.triglyceride * random.gen_range(0.88..1.14);
        // Friedewald's formula, by which the laboratory calculates LDL from the other three.
        let cholesterol = ldl.round() + hdl.round() + triglyceride.round() / 5.0;
        [
            (&measures::CHOLESTEROL, cholesterol),
            (&measures::TRIGLYCERIDE, triglyceride),
            (&measures::HDL, hdl),
            (&measures::LDL, ldl),
        ]
    }

    fn kidney(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> [(&'static Measure, f64); 2] {
        let worn = self.active(&problems::KIDNEY, day).map_or(0.0, |kidney| {
            let start = if self.person.sex == Sex::Female { 0.42 } else { 0.58 };
            start + 0.02 * years_between(kidney.onset, day).min(8.0)
        });
        let creatinine = measures::CREATININE.round(self.creatinine + worn + 0.04 * normal(random).clamp(-2.0, 2.0));
        [(&measures::CREATININE, creatinine), (&measures::GFR, self.filtration(creatinine, day))]
    }

    /// The CKD-EPI equation of 2021 from creatinine in mg/dL.
    fn filtration(&self, creatinine: f64, day: NaiveDate) -> f64 {
        let (kappa, alpha, factor) = match self.person.sex {
            Sex::Female => (0.7, -0.241, 1.012),
            Sex::Male => (0.9, -0.302, 1.0),
        };
        let ratio = creatinine / kappa;
        142.0
            * ratio.min(1.0).powf(alpha)
            * ratio.max(1.0).powf(-1.2)
            * 0.9938_f64.powf(self.person.age_on(day))
            * factor
    }

    fn active(&self, kind: &ProblemKind, day: NaiveDate) -> Option<&Problem> {
        problems::find(self.problems, kind).filter(|problem| problem.is_active_on(day))
    }

    fn has(&self, kind: &ProblemKind, day: NaiveDate) -> bool {
        self.active(kind, day).is_some()
    }

    fn has_any(&self, kinds: &[&ProblemKind], day: NaiveDate) -> bool {
        kinds.iter().any(|kind| self.has(kind, day))
    }
}
