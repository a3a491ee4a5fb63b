//! The formulary: RxNorm codes, and how each drug is taken.

/// Where a drug goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Oral,
    Inhalation,
    Topical,
    Subcutaneous,
}

impl Route {
    /// The SNOMED CT code and its term.
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Oral => ("26643006", "Oral route"),
            Self::Inhalation => ("447694001", "Respiratory tract route"),
            Self::Topical => ("6064005", "Topical route"),
            Self::Subcutaneous => ("34206005", "Subcutaneous route"),
        }
    }
}

/// A drug of one strength and form.
#[derive(Debug, PartialEq)]
pub struct Drug {
    pub rxnorm: &'static str,
    pub display: &'static str,
    /// How to take it, as text.
    pub instruction: &'static str,
    pub route: Route,
    /// The amount for one time: value and unit.
    pub dose: (f64, &'static str),
    /// How often a day; `None` if it is taken as needed.
    pub daily: Option<u32>,
    /// Whether prescriptions have a reference to a Medication instead of a code.
    pub is_referenced: bool,
    pub is_penicillin: bool,
}

const fn tablet(rxnorm: &'static str, display: &'static str, daily: u32, instruction: &'static str) -> Drug {
    Drug {
        rxnorm,
        display,
        instruction,
        route: Route::Oral,
        dose: (1.0, "tablet"),
        daily: Some(daily),
        is_referenced: false,
        is_penicillin: false,
    }
}

const fn capsule(drug: Drug) -> Drug {
    Drug { dose: (1.0, "capsule"), ..drug }
}

const fn as_needed(drug: Drug) -> Drug {
    Drug { daily: None, ..drug }
}

const fn inhaler(rxnorm: &'static str, display: &'static str, puffs: f64, instruction: &'static str) -> Drug {
    let drug = tablet(rxnorm, display, 2, instruction);
    Drug { route: Route::Inhalation, dose: (puffs, "puff"), is_referenced: true, ..drug }
}

const fn penicillin(drug: Drug) -> Drug {
    Drug { is_penicillin: true, ..drug }
}

pub static METFORMIN: Drug =
    tablet("861007", "metformin hydrochloride 500 MG Oral Tablet", 2, "Take 1 tablet twice a day with meals");
pub static METFORMIN_EXTENDED: Drug = tablet(
    "860975",
    "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet",
    1,
    "Take 1 tablet once a day with the evening meal",
);
pub static INSULIN_GLARGINE: Drug = Drug {
    route: Route::Subcutaneous,
    dose: (14.0, "unit"),
    is_referenced: true,
    ..tablet(
        "311041",
        "insulin glargine 100 UNT/ML Injectable Solution",
        1,
        "Inject 14 units under the skin at bedtime",
    )
};
pub static LISINOPRIL_10: Drug = tablet("314076", "lisinopril 10 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static LISINOPRIL_20: Drug = tablet("314077", "lisinopril 20 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static LOSARTAN: Drug = tablet("979492", "losartan potassium 50 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static HYDROCHLOROTHIAZIDE: Drug =
    tablet("310798", "hydrochlorothiazide 25 MG Oral Tablet", 1, "Take 1 tablet every morning");
pub static AMLODIPINE: Drug = tablet("197361", "amlodipine 5 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static ATORVASTATIN_20: Drug = tablet("617310", "atorvastatin 20 MG Oral Tablet", 1, "Take 1 tablet at bedtime");
pub static ATORVASTATIN_40: Drug = tablet("617311", "atorvastatin 40 MG Oral Tablet", 1, "Take 1 tablet at bedtime");
pub static SIMVASTATIN: Drug = tablet("312961", "simvastatin 20 MG Oral Tablet", 1, "Take 1 tablet in the evening");
pub static ASPIRIN: Drug = tablet("243670", "aspirin 81 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static METOPROLOL: Drug = tablet(
    "866436",
    "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet",
    1,
    "Take 1 tablet once a day; do not crush or chew",
);
pub static CLOPIDOGREL: Drug = tablet("309362", "clopidogrel 75 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static APIXABAN: Drug = tablet("1364445", "apixaban 5 MG Oral Tablet", 2, "Take 1 tablet twice a day");
pub static WARFARIN: Drug =
    tablet("855332", "warfarin sodium 5 MG Oral Tablet", 1, "Take 1 tablet once a day, at the same time");
pub static FUROSEMIDE: Drug = tablet("313988", "furosemide 40 MG Oral Tablet", 1, "Take 1 tablet every morning");
pub static CARVEDILOL: Drug =
    tablet("200033", "carvedilol 25 MG Oral Tablet", 2, "Take 1 tablet twice a day with food");
pub static LEVOTHYROXINE: Drug =
    tablet("966222", "levothyroxine sodium 0.075 MG Oral Tablet", 1, "Take 1 tablet every morning on an empty stomach");
pub static ALBUTEROL: Drug = as_needed(inhaler(
    "2123111",
    "NDA020503 200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler",
    2.0,
    "Inhale 2 puffs every 4 to 6 hours as needed for wheezing",
));
pub static FLUTICASONE: Drug = inhaler(
    "895994",
    "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler",
    2.0,
    "Inhale 2 puffs twice a day; rinse the mouth afterwards",
);
pub static FLUTICASONE_SALMETEROL: Drug = inhaler(
    "896209",
    "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler",
    1.0,
    "Inhale 1 puff twice a day; rinse the mouth afterwards",
);
pub static HYDROCORTISONE: Drug = Drug {
    route: Route::Topical,
    dose: (1.0, "application"),
    ..tablet(
        "106258",
        "hydrocortisone 10 MG/ML Topical Cream",
        2,
        "Apply a thin layer to the affected skin twice a day",
    )
};
pub static CETIRIZINE_5: Drug =
    as_needed(tablet("1014676", "cetirizine hydrochloride 5 MG Oral Tablet", 1, "Give 1 tablet a day as needed"));
pub static CETIRIZINE_10: Drug =
    as_needed(tablet("1014678", "cetirizine hydrochloride 10 MG Oral Tablet", 1, "Take 1 tablet a day as needed"));
pub static LORATADINE: Drug =
    as_needed(tablet("311372", "loratadine 10 MG Oral Tablet", 1, "Take 1 tablet a day as needed"));
pub static METHYLPHENIDATE: Drug =
    tablet("1091392", "methylphenidate hydrochloride 20 MG Oral Tablet", 1, "Take 1 tablet every morning");
pub static SUMATRIPTAN: Drug = as_needed(tablet(
    "313161",
    "sumatriptan 50 MG Oral Tablet",
    1,
    "Take 1 tablet when a migraine begins; once more after 2 hours if needed",
));
pub static SERTRALINE: Drug = tablet("312941", "sertraline 50 MG Oral Tablet", 1, "Take 1 tablet every morning");
pub static FLUOXETINE: Drug =
    capsule(tablet("310385", "fluoxetine 20 MG Oral Capsule", 1, "Take 1 capsule every morning"));
pub static OMEPRAZOLE: Drug = capsule(tablet(
    "198051",
    "omeprazole 20 MG Delayed Release Oral Capsule",
    1,
    "Take 1 capsule every morning before breakfast",
));
pub static NAPROXEN: Drug = tablet("198014", "naproxen 500 MG Oral Tablet", 2, "Take 1 tablet twice a day with food");
pub static ACETAMINOPHEN: Drug = as_needed(tablet(
    "313782",
    "acetaminophen 325 MG Oral Tablet",
    4,
    "Take 1 tablet every 6 hours as needed for pain or fever",
));
pub static IBUPROFEN: Drug =
    as_needed(tablet("310965", "ibuprofen 200 MG Oral Tablet", 3, "Take 1 tablet every 8 hours as needed for pain"));
pub static ALENDRONATE: Drug = tablet(
    "904419",
    "alendronic acid 10 MG Oral Tablet",
    1,
    "Take 1 tablet every morning with water; stay upright for 30 minutes",
);
pub static TAMSULOSIN: Drug = capsule(tablet(
    "863669",
    "tamsulosin hydrochloride 0.4 MG Oral Capsule",
    1,
    "Take 1 capsule once a day after a meal",
));
pub static FERROUS_SULFATE: Drug =
    tablet("310325", "ferrous sulfate 325 MG Oral Tablet", 1, "Take 1 tablet once a day between meals");
pub static DONEPEZIL: Drug =
    tablet("997223", "donepezil hydrochloride 10 MG Oral Tablet", 1, "Take 1 tablet at bedtime");
pub static ALLOPURINOL: Drug = tablet("197319", "allopurinol 100 MG Oral Tablet", 1, "Take 1 tablet once a day");
pub static AMOXICILLIN_SUSPENSION: Drug = penicillin(Drug {
    dose: (5.0, "mL"),
    ..tablet("308189", "amoxicillin 80 MG/ML Oral Suspension", 2, "Give 5 mL twice a day for 10 days")
});
pub static PENICILLIN_V: Drug = penicillin(tablet(
    "834061",
    "penicillin V potassium 250 MG Oral Tablet",
    4,
    "Take 1 tablet four times a day for 10 days",
));
pub static NITROFURANTOIN: Drug = capsule(tablet(
    "1648755",
    "nitrofurantoin, macrocrystals 25 MG / nitrofurantoin, monohydrate 75 MG Oral Capsule",
    2,
    "Take 1 capsule twice a day for 5 days",
));

/// Everything that is prescribed here, by code.
pub static FORMULARY: [&Drug; 42] = [
    &METFORMIN,
    &METFORMIN_EXTENDED,
    &INSULIN_GLARGINE,
    &LISINOPRIL_10,
    &LISINOPRIL_20,
    &LOSARTAN,
    &HYDROCHLOROTHIAZIDE,
    &AMLODIPINE,
    &ATORVASTATIN_20,
    &ATORVASTATIN_40,
    &SIMVASTATIN,
    &ASPIRIN,
    &METOPROLOL,
    &CLOPIDOGREL,
    &APIXABAN,
    &WARFARIN,
    &FUROSEMIDE,
    &CARVEDILOL,
    &LEVOTHYROXINE,
    &ALBUTEROL,
    &FLUTICASONE,
    &FLUTICASONE_SALMETEROL,
    &HYDROCORTISONE,
    &CETIRIZINE_5,
    &CETIRIZINE_10,
    &LORATADINE,
    &METHYLPHENIDATE,
    &SUMATRIPTAN,
    &SERTRALINE,
    &FLUOXETINE,
    &OMEPRAZOLE,
    &NAPROXEN,
    &ACETAMINOPHEN,
    &IBUPROFEN,
    &ALENDRONATE,
    &TAMSULOSIN,
    &FERROUS_SULFATE,
    &DONEPEZIL,
    &ALLOPURINOL,
    &AMOXICILLIN_SUSPENSION,
    &PENICILLIN_V,
    &NITROFURANTOIN,
];
