//! What is measured: LOINC codes, UCUM units and the ranges that a laboratory prints.

/// The category of an observation, a code of FHIR's observation-category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    VitalSigns,
    Laboratory,
}

impl Category {
    pub fn code(self) -> &'static str {
        match self {
            Self::VitalSigns => "vital-signs",
            Self::Laboratory => "laboratory",
        }
    }

    pub fn display(self) -> &'static str {
        match self {
            Self::VitalSigns => "Vital Signs",
            Self::Laboratory => "Laboratory",
        }
    }
}

/// A kind of measurement.
#[derive(Debug, PartialEq)]
pub struct Measure {
    pub loinc: &'static str,
    pub display: &'static str,
    pub category: Category,
    /// The unit as people write it.
    pub unit: &'static str,
    /// The unit in UCUM.
    pub ucum: &'static str,
    /// Digits behind the point.
    pub decimals: u32,
    /// Lowest and highest usual value.
    pub range: (Option<f64>, Option<f64>),
}

impl Measure {
    pub fn round(&self, value: f64) -> f64 {
        let factor = 10_f64.powi(self.decimals as i32);
        (value * factor).round() / factor
    }

    /// A code of FHIR's observation-interpretation: `L`, `N` or `H`; `None` where there is no range.
    pub fn interpretation(&self, value: f64) -> Option<&'static str> {
        match self.range {
            (None, None) => None,
            (Some(low), _) if value < low => Some("L"),
            (_, Some(high)) if value > high => Some("H"),
            _ => Some("N"),
        }
    }
}

const fn vital(
    loinc: &'static str,
    display: &'static str,
    (unit, ucum): (&'static str, &'static str),
    decimals: u32,
) -> Measure {
    Measure { loinc, display, category: Category::VitalSigns, unit, ucum, decimals, range: (None, None) }
}

const fn laboratory(
    loinc: &'static str,
    display: &'static str,
    (unit, ucum): (&'static str, &'static str),
    decimals: u32,
    range: (Option<f64>, Option<f64>),
) -> Measure {
    Measure { loinc, display, category: Category::Laboratory, unit, ucum, decimals, range }
}

pub static HEIGHT: Measure = vital("8302-2", "Body height", ("cm", "cm"), 1);
pub static WEIGHT: Measure = vital("29463-7", "Body weight", ("kg", "kg"), 1);
pub static BMI: Measure = vital("39156-5", "Body mass index (BMI) [Ratio]", ("kg/m2", "kg/m2"), 1);
pub static BLOOD_PRESSURE: Measure =
    vital("85354-9", "Blood pressure panel with all children optional", ("mmHg", "mm[Hg]"), 0);
pub static SYSTOLIC: Measure = vital("8480-6", "Systolic blood pressure", ("mmHg", "mm[Hg]"), 0);
pub static DIASTOLIC: Measure = vital("8462-4", "Diastolic blood pressure", ("mmHg", "mm[Hg]"), 0);
pub static HEART_RATE: Measure = vital("8867-4", "Heart rate", ("beats/min", "/min"), 0);
pub static TEMPERATURE: Measure = vital("8310-5", "Body temperature", ("°C", "Cel"), 1);

pub static HBA1C: Measure =
    laboratory("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", ("%", "%"), 1, (None, Some(5.6)));
pub static CHOLESTEROL: Measure =
    laboratory("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", ("mg/dL", "mg/dL"), 0, (None, Some(199.0)));
pub static TRIGLYCERIDE: Measure =
    laboratory("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", ("mg/dL", "mg/dL"), 0, (None, Some(149.0)));
pub static HDL: Measure = laboratory(
    "2085-9",
    "Cholesterol in HDL [Mass/volume] in Serum or Plasma",
    ("mg/dL", "mg/dL"),
    0,
    (Some(40.0), None),
);
pub static LDL: Measure = laboratory(
    "13457-7",
    "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation",
    ("mg/dL", "mg/dL"),
    0,
    (None, Some(129.0)),
);
pub static CREATININE: Measure =
    laboratory("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", ("mg/dL", "mg/dL"), 2, (Some(0.55), Some(1.3)));
pub static GFR: Measure = laboratory(
    "98979-8",
    "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)",
    ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
    0,
    (Some(60.0), None),
);
pub static TSH: Measure = laboratory(
    "3016-3",
    "Thyrotropin [Units/volume] in Serum or Plasma",
    ("mIU/L", "m[IU]/L"),
    2,
    (Some(0.4), Some(4.5)),
);
