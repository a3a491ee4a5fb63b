//! LOINC codes with names that patients know, in the order in which they are shown.

/// The code of a blood pressure with two values.
pub const BLOOD_PRESSURE: &str = "85354-9";
/// The upper value of a blood pressure.
pub const SYSTOLIC: &str = "8480-6";
/// The lower value of a blood pressure.
pub const DIASTOLIC: &str = "8462-4";

const NAMES: [(&str, &str); 55] = [
    (BLOOD_PRESSURE, "Blood pressure"),
    ("55284-4", "Blood pressure"),
    (SYSTOLIC, "Blood pressure, upper"),
    (DIASTOLIC, "Blood pressure, lower"),
    ("8867-4", "Heart rate"),
    ("9279-1", "Breathing rate"),
    ("8310-5", "Temperature"),
    ("2708-6", "Oxygen in the blood"),
    ("59408-5", "Oxygen in the blood"),
    ("29463-7", "Weight"),
    ("8302-2", "Height"),
    ("8306-3", "Length"),
    ("39156-5", "Body mass index (BMI)"),
    ("59576-9", "Body mass index, for age"),
    ("9843-4", "Head circumference"),
    ("8289-1", "Head circumference, for age"),
    ("77606-2", "Weight for length"),
    ("4548-4", "Average blood sugar (HbA1c)"),
    ("2345-7", "Blood sugar (glucose)"),
    ("2339-0", "Blood sugar (glucose)"),
    ("1558-6", "Blood sugar, fasting"),
    ("2093-3", "Cholesterol, total"),
    ("13457-7", "Cholesterol, LDL"),
    ("18262-6", "Cholesterol, LDL"),
    ("2089-1", "Cholesterol, LDL"),
    ("2085-9", "Cholesterol, HDL"),
    ("2571-8", "Triglycerides"),
    ("98979-8", "Kidney function (eGFR)"),
    ("33914-3", "Kidney function (eGFR)"),
    ("62238-1", "Kidney function (eGFR)"),
    ("2160-0", "Creatinine"),
    ("3094-0", "Urea nitrogen (BUN)"),
    ("14959-1", "Albumin in urine, for creatinine"),
    ("9318-7", "Albumin in urine, for creatinine"),
    ("2823-3", "Potassium"),
    ("2951-2", "Sodium"),
    ("2075-0", "Chloride"),
    ("2028-9", "Carbon dioxide"),
    ("17861-6", "Calcium"),
    ("1742-6", "Liver enzyme ALT"),
    ("1920-8", "Liver enzyme AST"),
    ("6768-6", "Alkaline phosphatase"),
    ("1975-2", "Bilirubin"),
    ("1751-7", "Albumin"),
    ("718-7", "Hemoglobin"),
    ("4544-3", "Hematocrit"),
    ("6690-2", "White blood cells"),
    ("789-8", "Red blood cells"),
    ("777-3", "Platelets"),
    ("787-2", "Size of red blood cells (MCV)"),
    ("2276-4", "Ferritin"),
    ("3016-3", "Thyroid (TSH)"),
    ("3024-7", "Thyroid (free T4)"),
    ("6301-6", "Blood clotting (INR)"),
    ("2857-1", "Prostate (PSA)"),
];

/// The name and the rank of the first known code.
pub fn known(codes: &[String]) -> Option<(&'static str, i64)> {
    let mut ranked = NAMES.iter().zip(0..);
    ranked.find(|((code, _), _)| codes.iter().any(|own| own == code)).map(|((_, name), rank)| (*name, rank))
}

/// The names of panels: sets of tests that are ordered together.
const PANELS: [(&str, &str); 9] = [
    ("24321-2", "Blood chemistry, basic"),
    ("51990-0", "Blood chemistry, basic"),
    ("24323-8", "Blood chemistry, complete"),
    ("24331-1", "Cholesterol and blood fats"),
    ("57698-3", "Cholesterol and blood fats"),
    ("58410-2", "Blood count"),
    ("57021-8", "Blood count"),
    ("24356-8", "Urine test"),
    ("630-4", "Urine culture"),
];

/// The name of a panel, or of the panel of a report.
pub fn known_report(codes: &[String]) -> Option<&'static str> {
    let panel = PANELS.iter().find(|(code, _)| codes.iter().any(|own| own == code)).map(|(_, name)| *name);
    panel.or_else(|| known(codes).map(|(name, _)| name))
}

/// Units of UCUM as people write them.
pub fn unit_in_words(unit: &str) -> &str {
    match unit {
        "mm[Hg]" => "mmHg",
        "kg/m2" => "kg/m²",
        "Cel" => "°C",
        "[degF]" => "°F",
        "/min" | "{beats}/min" | "beats/min" | "beats/minute" | "{Beats}/min" | "breaths/min" | "{breaths}/min" => {
            "per minute"
        }
        "[lb_av]" => "lb",
        "[oz_av]" => "oz",
        "[in_i]" => "in",
        "m[IU]/L" | "m[iU]/L" => "mIU/L",
        "u[IU]/mL" | "u[iU]/mL" => "µIU/mL",
        "ug/L" => "µg/L",
        "ug/dL" => "µg/dL",
        "umol/L" => "µmol/L",
        "mL/min/{1.73_m2}" | "mL/min/1.73m2" | "mL/min/{1.73m2}" => "mL/min/1.73 m²",
        "10*3/uL" | "10*3/µL" => "thousand/µL",
        "10*6/uL" | "10*6/µL" => "million/µL",
        "10*9/L" => "billion/L",
        "10*12/L" => "trillion/L",
        "{INR}" | "{ratio}" | "1" | "{score}" => "",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_listed_once() {
        for (index, (code, _)) in NAMES.iter().enumerate() {
            assert!(NAMES.iter().skip(index + 1).all(|(other, _)| other != code), "{code}");
        }
    }

    #[test]
    fn units_are_written_for_people() {
        for (ucum, words) in [("mm[Hg]", "mmHg"), ("{INR}", ""), ("mg/dL", "mg/dL"), ("10*3/uL", "thousand/µL")] {
            assert_eq!(unit_in_words(ucum), words);
        }
    }
}
