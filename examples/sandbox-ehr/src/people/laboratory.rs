//! Laboratory results: panels for people whose age or problems require them.

use chrono::NaiveDate;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::body::normal;
use super::measures::{self, Measure};
use super::problems::{self, Problem, ProblemKind};
use super::{Person, Sex, years_between};

/// A set of tests that is ordered and reported together.
#[derive(Debug, PartialEq, Eq)]
pub struct Panel {
    pub loinc: &'static str,
    pub display: &'static str,
}

pub static SUGAR: Panel = Panel { loinc: "4548-4", display: "Hemoglobin A1c/Hemoglobin.total in Blood" };
pub static LIPIDS: Panel = Panel { loinc: "24331-1", display: "Lipid 1996 panel - Serum or Plasma" };
pub static METABOLIC: Panel = Panel { loinc: "24321-2", display: "Basic metabolic 2000 panel - Serum or Plasma" };
pub static BLOOD_COUNT: Panel = Panel { loinc: "58410-2", display: "CBC panel - Blood by Automated count" };
pub static THYROID: Panel = Panel { loinc: "3016-3", display: "Thyrotropin [Units/volume] in Serum or Plasma" };
pub static URINE: Panel = Panel { loinc: "9318-7", display: "Albumin/Creatinine [Mass Ratio] in Urine" };
pub static IRON: Panel = Panel { loinc: "2276-4", display: "Ferritin [Mass/volume] in Serum or Plasma" };
pub static LEAD: Panel = Panel { loinc: "5671-3", display: "Lead [Mass/volume] in Blood" };

/// Every panel, so that tests can check the codes.
#[cfg(test)]
pub static PANELS: [&Panel; 8] = [&SUGAR, &LIPIDS, &METABOLIC, &BLOOD_COUNT, &THYROID, &URINE, &IRON, &LEAD];

/// A measured value.
pub type Found = (&'static Measure, f64);

/// The findings of a visit's samples, panel by panel.
pub type Findings = Vec<(&'static Panel, Vec<Found>)>;

/// What is constant for a person's blood.
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
    hemoglobin: f64,
    fasting_glucose: f64,
    leukocytes: f64,
    platelets: f64,
    albumin: f64,
}

impl<'a> Chemistry<'a> {
    pub fn draw(person: &'a Person, problems: &'a [Problem], random: &mut ChaCha8Rng) -> Self {
        let (creatinine, hdl, hemoglobin) = match person.sex {
            Sex::Female => (0.76, 56.0, 13.5),
            Sex::Male => (0.95, 47.0, 15.2),
        };
        Self {
            person,
            problems,
            sugar_at_onset: random.gen_range(7.6..9.8),
            sugar_treated: random.gen_range(6.4..7.9),
            ldl_untreated: random.gen_range(142.0..192.0),
            ldl_treated: random.gen_range(66.0..112.0),
            hdl: hdl + 6.0 * steady(random),
            triglyceride: random.gen_range(85.0..215.0),
            creatinine: creatinine + 0.07 * steady(random),
            thyrotropin: random.gen_range(1.2..3.6),
            hemoglobin: hemoglobin + 0.6 * steady(random),
            fasting_glucose: 89.0 + 4.0 * steady(random),
            leukocytes: 6.8 + 1.1 * steady(random),
            platelets: 252.0 + 38.0 * steady(random),
            albumin: random.gen_range(8.0..60.0),
        }
    }

    /// The results of one visit's samples; none if no panel is required.
    pub fn sample(&self, day: NaiveDate, is_yearly: bool, random: &mut ChaCha8Rng) -> Findings {
        let age = self.person.age_on(day);
        if age < 18.0 {
            return self.sample_of_a_child(age, random);
        }
        let mut findings = Findings::new();
        let sugar = self.hba1c(day, random);
        if let Some(value) = sugar {
            findings.push((&SUGAR, vec![(&measures::HBA1C, value)]));
        }
        let calls_for_lipids = [&problems::HYPERLIPIDEMIA, &problems::DIABETES, &problems::CORONARY];
        if is_yearly && (age >= 40.0 || self.has_any(&calls_for_lipids, day)) {
            findings.push((&LIPIDS, self.lipids(day, random).to_vec()));
        }
        let calls_for_chemistry = [&problems::DIABETES, &problems::HYPERTENSION, &problems::KIDNEY];
        if self.has(&problems::KIDNEY, day) || is_yearly && (age >= 45.0 || self.has_any(&calls_for_chemistry, day)) {
            findings.push((&METABOLIC, self.metabolic(day, sugar, random)));
        }
        let anemia = problems::find_code(self.problems, "87522002").map(|(_, problem)| problem);
        let is_anemic = anemia.is_some_and(|problem| problem.is_active_on(day));
        if is_yearly && age >= 45.0 || is_anemic {
            findings.push((&BLOOD_COUNT, self.blood_count(day, anemia, random)));
        }
        if is_anemic {
            let stored = 7.0 + 22.0 * self.recovery(anemia, day) + 2.0 * steady(random);
            findings.push((&IRON, vec![(&measures::FERRITIN, stored)]));
        }
        if is_yearly && self.has(&problems::DIABETES, day) {
            let ratio = self.albumin * random.gen_range(0.85..1.2);
            findings.push((&URINE, vec![(&measures::ALBUMIN_RATIO, ratio)]));
        }
        if is_yearly && self.has(&problems::HYPOTHYROIDISM, day) {
            findings.push((&THYROID, vec![(&measures::TSH, (self.thyrotropin + 0.5 * steady(random)).max(0.3))]));
        }
        findings
    }

    /// Lead and hemoglobin at about one and two years, and nothing else.
    fn sample_of_a_child(&self, age: f64, random: &mut ChaCha8Rng) -> Findings {
        let is_due = [1.0, 2.0].into_iter().any(|due: f64| (due - 0.05..due + 0.12).contains(&age));
        if !is_due {
            return Findings::new();
        }
        let hemoglobin = 12.2 + 0.5 * steady(random);
        vec![
            (&LEAD, vec![(&measures::LEAD, random.gen_range(0.5..2.8))]),
            (
                &BLOOD_COUNT,
                vec![
                    (&measures::HEMOGLOBIN_CHILDREN, hemoglobin),
                    (&measures::PLATELETS, self.platelets + 40.0 + 15.0 * steady(random)),
                ],
            ),
        ]
    }

    /// High at the diagnosis, lower within a year of treatment, then around a constant value.
    fn hba1c(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> Option<f64> {
        if let Some(diabetes) = self.active(&problems::DIABETES, day) {
            let years = years_between(diabetes.onset, day);
            let settled = self.sugar_treated + 0.25 * (years * 1.7).sin();
            let above = (self.sugar_at_onset - self.sugar_treated) * (-years / 0.7).exp();
            return Some(settled + above + 0.12 * steady(random));
        }
        self.active(&problems::PREDIABETES, day)
            .map(|_| (self.sugar_treated - 1.1 + 0.1 * steady(random)).clamp(5.7, 6.4))
    }

    fn lipids(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> [Found; 4] {
        let ldl = match problems::find(self.problems, &problems::HYPERLIPIDEMIA) {
            Some(hyperlipidemia) => {
                let years = years_between(hyperlipidemia.onset, day);
                let left = if years < 0.0 { 1.0 + 0.04 * years.max(-8.0) } else { (-years / 0.5).exp() };
                self.ldl_treated + (self.ldl_untreated - self.ldl_treated) * left
            }
            None => self.ldl_treated + 18.0,
        } + 5.0 * steady(random);
        let hdl = (self.hdl + 2.0 * steady(random)).max(28.0);
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

    fn metabolic(&self, day: NaiveDate, sugar: Option<f64>, random: &mut ChaCha8Rng) -> Vec<Found> {
        let [creatinine, filtration] = self.kidney(day, random);
        // The average glucose for an HbA1c (ADAG); a fasting sample is slightly below it.
        let glucose = sugar.map_or(self.fasting_glucose, |sugar| 0.93 * (28.7 * sugar - 46.7)) + 4.0 * steady(random);
        vec![
            (&measures::GLUCOSE, glucose),
            (&measures::UREA_NITROGEN, 13.0 * (creatinine.1 / 0.9).powf(0.8) + 1.5 * steady(random)),
            creatinine,
            filtration,
            (&measures::SODIUM, 140.0 + 1.3 * steady(random)),
            (&measures::POTASSIUM, 4.2 + 0.2 * steady(random)),
            (&measures::CHLORIDE, 103.0 + 1.3 * steady(random)),
            (&measures::CARBON_DIOXIDE, 25.5 + 1.2 * steady(random)),
            (&measures::CALCIUM, 9.4 + 0.2 * steady(random)),
        ]
    }

    fn kidney(&self, day: NaiveDate, random: &mut ChaCha8Rng) -> [Found; 2] {
        let worn = self.active(&problems::KIDNEY, day).map_or(0.0, |kidney| {
            let start = if self.person.sex == Sex::Female { 0.42 } else { 0.58 };
            start + 0.02 * years_between(kidney.onset, day).min(8.0)
        });
        let creatinine = measures::CREATININE.round(self.creatinine + worn + 0.04 * steady(random));
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

    /// Pale and small cells without enough iron, until the treatment with iron works.
    fn blood_count(&self, day: NaiveDate, anemia: Option<&Problem>, random: &mut ChaCha8Rng) -> Vec<Found> {
        let missing = 1.0 - self.recovery(anemia, day);
        let hemoglobin = self.hemoglobin - 3.2 * missing + 0.2 * steady(random);
        let (hemoglobin_measure, hematocrit_measure) = match self.person.sex {
            Sex::Female => (&measures::HEMOGLOBIN_WOMEN, &measures::HEMATOCRIT_WOMEN),
            Sex::Male => (&measures::HEMOGLOBIN_MEN, &measures::HEMATOCRIT_MEN),
        };
        vec![
            (&measures::LEUKOCYTES, self.leukocytes + 0.4 * steady(random)),
            (hemoglobin_measure, hemoglobin),
            (hematocrit_measure, 3.0 * hemoglobin + 0.3 * steady(random)),
            (&measures::MEAN_VOLUME, 90.0 - 14.0 * missing + steady(random)),
            (&measures::PLATELETS, self.platelets + 12.0 * steady(random)),
        ]
    }

    /// From 0, when an anemia is diagnosed, to 1, when it is cured.
    fn recovery(&self, anemia: Option<&Problem>, day: NaiveDate) -> f64 {
        let since = anemia.map(|anemia| years_between(anemia.onset, day)).filter(|years| *years >= 0.0);
        since.map_or(1.0, |years| 1.0 - (-years / 0.4).exp())
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

/// A standard normal deviate without extreme values.
fn steady(random: &mut ChaCha8Rng) -> f64 {
    normal(random).clamp(-2.0, 2.0)
}
