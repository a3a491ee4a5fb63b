//! Measurements: LOINC codes, UCUM units and reference ranges.

/// The category of an observation, a code of FHIR's observation-category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    VitalSigns,
    Laboratory,
    SocialHistory,
    Survey,
}

impl Category {
    pub fn code(self) -> &'static str {
        match self {
            Self::VitalSigns => "vital-signs",
            Self::Laboratory => "laboratory",
            Self::SocialHistory => "social-history",
            Self::Survey => "survey",
        }
    }

    pub fn display(self) -> &'static str {
        match self {
            Self::VitalSigns => "Vital Signs",
            Self::Laboratory => "Laboratory",
            Self::SocialHistory => "Social History",
            Self::Survey => "Survey",
        }
    }
}

/// A kind of measurement.
#[derive(Debug, PartialEq)]
pub struct Measure {
    pub loinc: &'static str,
    pub display: &'static str,
    pub category: Category,
    /// The unit for display.
    pub unit: &'static str,
    /// The unit in UCUM.
    pub ucum: &'static str,
    /// The number of decimal places.
    pub decimals: u32,
    /// Lowest and highest usual value.
    pub range: (Option<f64>, Option<f64>),
}

impl Measure {
    pub fn round(&self, value: f64) -> f64 {
        let factor = 10_f64.powi(self.decimals as i32);
        (value * factor).round() / factor
    }

    /// A code of FHIR's observation-interpretation: `L`, `N` or `H`; `None` without a range.
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
pub static RESPIRATORY_RATE: Measure = vital("9279-1", "Respiratory rate", ("breaths/min", "/min"), 0);
pub static OXYGEN_SATURATION: Measure =
    vital("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", ("%", "%"), 0);
pub static HEAD_CIRCUMFERENCE: Measure = vital("9843-4", "Head Occipital-frontal circumference", ("cm", "cm"), 1);

pub static SMOKING: Measure =
    Measure { category: Category::SocialHistory, ..vital("72166-2", "Tobacco smoking status", ("", "1"), 0) };
pub static PHQ_9: Measure = Measure {
    category: Category::Survey,
    range: (None, Some(4.0)),
    ..vital("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]", ("points", "{score}"), 0)
};

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
pub static GLUCOSE: Measure =
    laboratory("2345-7", "Glucose [Mass/volume] in Serum or Plasma", ("mg/dL", "mg/dL"), 0, (Some(70.0), Some(99.0)));
pub static UREA_NITROGEN: Measure = laboratory(
    "3094-0",
    "Urea nitrogen [Mass/volume] in Serum or Plasma",
    ("mg/dL", "mg/dL"),
    0,
    (Some(7.0), Some(20.0)),
);
pub static SODIUM: Measure = laboratory(
    "2951-2",
    "Sodium [Moles/volume] in Serum or Plasma",
    ("mmol/L", "mmol/L"),
    0,
    (Some(136.0), Some(145.0)),
);
pub static POTASSIUM: Measure = laboratory(
    "2823-3",
    "Potassium [Moles/volume] in Serum or Plasma",
    ("mmol/L", "mmol/L"),
    1,
    (Some(3.5), Some(5.1)),
);
pub static CHLORIDE: Measure = laboratory(
    "2075-0",
    "Chloride [Moles/volume] in Serum or Plasma",
    ("mmol/L", "mmol/L"),
    0,
    (Some(98.0), Some(107.0)),
);
pub static CARBON_DIOXIDE: Measure = laboratory(
    "2028-9",
    "Carbon dioxide, total [Moles/volume] in Serum or Plasma",
    ("mmol/L", "mmol/L"),
    0,
    (Some(22.0), Some(29.0)),
);
pub static CALCIUM: Measure =
    laboratory("17861-6", "Calcium [Mass/volume] in Serum or Plasma", ("mg/dL", "mg/dL"), 1, (Some(8.6), Some(10.3)));
pub static ALBUMIN_RATIO: Measure =
    laboratory("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine", ("mg/g", "mg/g"), 0, (None, Some(29.0)));
pub static HEMOGLOBIN_WOMEN: Measure =
    laboratory("718-7", "Hemoglobin [Mass/volume] in Blood", ("g/dL", "g/dL"), 1, (Some(12.0), Some(15.5)));
pub static HEMOGLOBIN_MEN: Measure =
    laboratory("718-7", "Hemoglobin [Mass/volume] in Blood", ("g/dL", "g/dL"), 1, (Some(13.5), Some(17.5)));
pub static HEMOGLOBIN_CHILDREN: Measure =
    laboratory("718-7", "Hemoglobin [Mass/volume] in Blood", ("g/dL", "g/dL"), 1, (Some(11.0), Some(14.5)));
pub static HEMATOCRIT_WOMEN: Measure = laboratory(
    "4544-3",
    "Hematocrit [Volume Fraction] of Blood by Automated count",
    ("%", "%"),
    1,
    (Some(35.5), Some(46.0)),
);
pub static HEMATOCRIT_MEN: Measure = laboratory(
    "4544-3",
    "Hematocrit [Volume Fraction] of Blood by Automated count",
    ("%", "%"),
    1,
    (Some(40.0), Some(52.0)),
);
pub static LEUKOCYTES: Measure = laboratory(
    "6690-2",
    "Leukocytes [#/volume] in Blood by Automated count",
    ("10*3/uL", "10*3/uL"),
    1,
    (Some(4.0), Some(11.0)),
);
pub static PLATELETS: Measure = laboratory(
    "777-3",
    "Platelets [#/volume] in Blood by Automated count",
    ("10*3/uL", "10*3/uL"),
    0,
    (Some(150.0), Some(400.0)),
);
pub static MEAN_VOLUME: Measure = laboratory(
    "787-2",
    "MCV [Entitic mean volume] in Red Blood Cells by Automated count",
    ("fL", "fL"),
    0,
    (Some(80.0), Some(100.0)),
);
pub static FERRITIN: Measure =
    laboratory("2276-4", "Ferritin [Mass/volume] in Serum or Plasma", ("ng/mL", "ng/mL"), 0, (Some(15.0), Some(200.0)));
pub static LEAD: Measure =
    laboratory("5671-3", "Lead [Mass/volume] in Blood", ("ug/dL", "ug/dL"), 1, (None, Some(3.4)));

/// Every measure, so that tests can check the codes.
#[cfg(test)]
pub static ALL: [&Measure; 39] = [
    &HEIGHT,
    &WEIGHT,
    &BMI,
    &BLOOD_PRESSURE,
    &SYSTOLIC,
    &DIASTOLIC,
    &HEART_RATE,
    &TEMPERATURE,
    &RESPIRATORY_RATE,
    &OXYGEN_SATURATION,
    &HEAD_CIRCUMFERENCE,
    &SMOKING,
    &PHQ_9,
    &HBA1C,
    &CHOLESTEROL,
    &TRIGLYCERIDE,
    &HDL,
    &LDL,
    &CREATININE,
    &GFR,
    &TSH,
    &GLUCOSE,
    &UREA_NITROGEN,
    &SODIUM,
    &POTASSIUM,
    &CHLORIDE,
    &CARBON_DIOXIDE,
    &CALCIUM,
    &ALBUMIN_RATIO,
    &HEMOGLOBIN_WOMEN,
    &HEMOGLOBIN_MEN,
    &HEMOGLOBIN_CHILDREN,
    &HEMATOCRIT_WOMEN,
    &HEMATOCRIT_MEN,
    &LEUKOCYTES,
    &PLATELETS,
    &MEAN_VOLUME,
    &FERRITIN,
    &LEAD,
];
