//! The clinic, its people and places, and other organizations.

/// A person who treats patients. The first is the provider who can log in.
#[derive(Debug, PartialEq, Eq)]
pub struct Practitioner {
    pub id: &'static str,
    /// National Provider Identifier: the one that is reserved for examples.
    pub npi: Option<&'static str>,
    pub given: &'static str,
    pub family: &'static str,
    /// The suffix of the name: `MD`.
    pub suffix: &'static str,
    /// The NUCC code of the specialty, and its name.
    pub specialty: (&'static str, &'static str),
    /// The SNOMED CT code of the role in a care team, and its term.
    pub role: (&'static str, &'static str),
    pub phone: &'static str,
}

impl Practitioner {
    /// "Miriam Okafor, MD"
    pub fn name(&self) -> String {
        format!("{} {}, {}", self.given, self.family, self.suffix)
    }
}

pub static PROVIDER: Practitioner = Practitioner {
    id: super::PROVIDER_ID,
    npi: Some("1234567893"),
    given: "Miriam",
    family: "Okafor",
    suffix: "MD",
    specialty: ("207Q00000X", "Family Medicine Physician"),
    role: ("446050000", "Primary care physician"),
    phone: "260-555-0110",
};
pub static PEDIATRICIAN: Practitioner = Practitioner {
    id: "2",
    npi: None,
    given: "Tomas",
    family: "Lindqvist",
    suffix: "MD",
    specialty: ("208000000X", "Pediatrics Physician"),
    role: ("82296001", "Pediatrician"),
    phone: "260-555-0111",
};
pub static CARDIOLOGIST: Practitioner = Practitioner {
    id: "3",
    npi: None,
    given: "Priya",
    family: "Raman",
    suffix: "MD",
    specialty: ("207RC0000X", "Cardiovascular Disease Physician"),
    role: ("17561000", "Cardiologist"),
    phone: "260-555-0112",
};
pub static ENDOCRINOLOGIST: Practitioner = Practitioner {
    id: "4",
    npi: None,
    given: "Joseph",
    family: "Abara",
    suffix: "MD",
    specialty: ("207RE0101X", "Endocrinology, Diabetes & Metabolism Physician"),
    role: ("61894003", "Endocrinologist"),
    phone: "260-555-0113",
};
pub static NURSE: Practitioner = Practitioner {
    id: "5",
    npi: None,
    given: "Helen",
    family: "Novak",
    suffix: "RN",
    specialty: ("163W00000X", "Registered Nurse"),
    role: ("224535009", "Registered nurse"),
    phone: "260-555-0114",
};

/// Everybody, by id.
pub static PRACTITIONERS: [&Practitioner; 5] = [&PROVIDER, &PEDIATRICIAN, &CARDIOLOGIST, &ENDOCRINOLOGIST, &NURSE];

/// An organization.
#[derive(Debug, PartialEq, Eq)]
pub struct Organization {
    pub id: &'static str,
    pub name: &'static str,
    /// A code of FHIR's organization-type, and its name.
    pub kind: (&'static str, &'static str),
    pub phone: &'static str,
    /// Street, city and postal code.
    pub address: (&'static str, &'static str, &'static str),
}

pub static CLINIC: Organization = Organization {
    id: "clinic",
    name: "Summit Family Medicine",
    kind: ("prov", "Healthcare Provider"),
    phone: "260-555-0100",
    address: ("2400 Summit Avenue", "Fort Wayne", "46802"),
};
pub static LABORATORY: Organization = Organization {
    id: "laboratory",
    name: "Three Rivers Reference Laboratory",
    kind: ("prov", "Healthcare Provider"),
    phone: "260-555-0130",
    address: ("77 Canal Street", "Fort Wayne", "46803"),
};
pub static HOSPITAL: Organization = Organization {
    id: "hospital",
    name: "St. Alban Hospital",
    kind: ("prov", "Healthcare Provider"),
    phone: "260-555-0140",
    address: ("1 Hospital Drive", "Fort Wayne", "46804"),
};
pub static MEDICARE: Organization = Organization {
    id: "medicare",
    name: "Medicare",
    kind: ("pay", "Payer"),
    phone: "800-555-0150",
    address: ("7500 Security Boulevard", "Baltimore", "21244"),
};
pub static MEDICAID: Organization = Organization {
    id: "medicaid",
    name: "Hoosier Medicaid",
    kind: ("pay", "Payer"),
    phone: "800-555-0151",
    address: ("402 West Washington Street", "Indianapolis", "46204"),
};
pub static COMMERCIAL: Organization = Organization {
    id: "wabash-mutual",
    name: "Wabash Mutual Health",
    kind: ("pay", "Payer"),
    phone: "800-555-0152",
    address: ("900 Meridian Street", "Indianapolis", "46204"),
};

/// All organizations.
pub static ORGANIZATIONS: [&Organization; 6] = [&CLINIC, &LABORATORY, &HOSPITAL, &MEDICARE, &MEDICAID, &COMMERCIAL];

/// A place: its id, its name, and its organization.
pub static LOCATIONS: [(&str, &str, &Organization); 3] = [
    ("main", "Summit Family Medicine, main office", &CLINIC),
    ("laboratory", "Three Rivers draw station", &LABORATORY),
    ("hospital", "St. Alban Hospital", &HOSPITAL),
];
