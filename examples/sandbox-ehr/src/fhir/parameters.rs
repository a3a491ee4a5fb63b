//! The search parameters of each resource type, and how a resource is matched against them.

use serde_json::Value;

use super::ResourceType;
use super::dates::{DateCriterion, Span};
use super::outcome::Refusal;
use super::render;
use crate::parameters::Parameters;

/// How a parameter is compared (FHIR R4, Search, 3.1.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Token,
    Text,
    Date,
    /// A reference to the patient that the resource belongs to.
    Patient,
    /// A reference to anything else.
    Reference,
}

impl Kind {
    /// The code of FHIR's search-param-type.
    pub fn code(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Text => "string",
            Self::Date => "date",
            Self::Patient | Self::Reference => "reference",
        }
    }
}

/// A parameter: its name, its kind, and where in the resource its values are.
pub struct Definition {
    pub name: &'static str,
    pub kind: Kind,
    paths: &'static [&'static [&'static str]],
}

const fn parameter(name: &'static str, kind: Kind, paths: &'static [&'static [&'static str]]) -> Definition {
    Definition { name, kind, paths }
}

const ID: Definition = parameter("_id", Kind::Token, &[&["id"]]);
const SUBJECT: Definition = parameter("patient", Kind::Patient, &[&["subject", "reference"]]);
const PATIENT_REFERENCE: Definition = parameter("patient", Kind::Patient, &[&["patient", "reference"]]);
const CODE: Definition = parameter("code", Kind::Token, &[&["code", "coding"]]);
const TYPE: Definition = parameter("type", Kind::Token, &[&["type", "coding"]]);
const CATEGORY: Definition = parameter("category", Kind::Token, &[&["category", "coding"]]);
const STATUS: Definition = parameter("status", Kind::Token, &[&["status"]]);
const CLINICAL_STATUS: Definition = parameter("clinical-status", Kind::Token, &[&["clinicalStatus", "coding"]]);
const IDENTIFIER: Definition = parameter("identifier", Kind::Token, &[&["identifier"]]);
const PERSON_NAME: Definition = parameter("name", Kind::Text, &[&["name", "family"], &["name", "given"]]);
const NAME: Definition = parameter("name", Kind::Text, &[&["name"]]);
const ADDRESS: Definition =
    parameter("address", Kind::Text, &[&["address", "line"], &["address", "city"], &["address", "postalCode"]]);
const PERIOD: Definition = parameter("date", Kind::Date, &[&["period"]]);
const EFFECTIVE: Definition = parameter("date", Kind::Date, &[&["effectiveDateTime"]]);

/// The search parameters of a type.
pub fn definitions(resource: ResourceType) -> &'static [Definition] {
    match resource {
        ResourceType::Patient => {
            const {
                &[
                    ID,
                    IDENTIFIER,
                    PERSON_NAME,
                    parameter("birthdate", Kind::Date, &[&["birthDate"]]),
                    parameter("gender", Kind::Token, &[&["gender"]]),
                    parameter("family", Kind::Text, &[&["name", "family"]]),
                    parameter("given", Kind::Text, &[&["name", "given"]]),
                ]
            }
        }
        ResourceType::Observation => const { &[ID, SUBJECT, CODE, EFFECTIVE, STATUS, CATEGORY] },
        ResourceType::Condition => {
            const {
                &[
                    ID,
                    SUBJECT,
                    CODE,
                    CLINICAL_STATUS,
                    parameter("onset-date", Kind::Date, &[&["onsetDateTime"]]),
                    CATEGORY,
                ]
            }
        }
        ResourceType::Procedure => {
            const { &[ID, SUBJECT, parameter("date", Kind::Date, &[&["performedDateTime"]]), STATUS] }
        }
        ResourceType::Immunization => {
            const { &[ID, PATIENT_REFERENCE, parameter("date", Kind::Date, &[&["occurrenceDateTime"]]), STATUS] }
        }
        ResourceType::Encounter => const { &[ID, SUBJECT, PERIOD, IDENTIFIER, TYPE, STATUS] },
        ResourceType::AllergyIntolerance => const { &[ID, PATIENT_REFERENCE, CLINICAL_STATUS] },
        ResourceType::CarePlan => const { &[ID, SUBJECT, CATEGORY, PERIOD, STATUS] },
        ResourceType::CareTeam => const { &[ID, SUBJECT, STATUS] },
        ResourceType::Coverage => {
            const { &[ID, parameter("patient", Kind::Patient, &[&["beneficiary", "reference"]]), STATUS] }
        }
        ResourceType::Device => const { &[ID, PATIENT_REFERENCE, TYPE, STATUS] },
        ResourceType::DiagnosticReport => const { &[ID, SUBJECT, CODE, EFFECTIVE, STATUS, CATEGORY] },
        ResourceType::DocumentReference => {
            const {
                &[
                    ID,
                    SUBJECT,
                    TYPE,
                    CATEGORY,
                    parameter("date", Kind::Date, &[&["date"]]),
                    parameter("period", Kind::Date, &[&["context", "period"]]),
                    STATUS,
                ]
            }
        }
        ResourceType::Goal => {
            const {
                &[
                    ID,
                    SUBJECT,
                    parameter("lifecycle-status", Kind::Token, &[&["lifecycleStatus"]]),
                    parameter("target-date", Kind::Date, &[&["target", "dueDate"]]),
                ]
            }
        }
        ResourceType::MedicationRequest => {
            const {
                &[
                    ID,
                    SUBJECT,
                    STATUS,
                    parameter("intent", Kind::Token, &[&["intent"]]),
                    parameter("authoredon", Kind::Date, &[&["authoredOn"]]),
                ]
            }
        }
        ResourceType::Provenance => {
            const {
                &[
                    ID,
                    parameter("patient", Kind::Patient, &[&["target", "reference"]]),
                    parameter("target", Kind::Reference, &[&["target", "reference"]]),
                ]
            }
        }
        ResourceType::Medication => const { &[ID, CODE, STATUS] },
        ResourceType::Practitioner => const { &[ID, IDENTIFIER, PERSON_NAME] },
        ResourceType::PractitionerRole => {
            const {
                &[
                    ID,
                    parameter("practitioner", Kind::Reference, &[&["practitioner", "reference"]]),
                    parameter("specialty", Kind::Token, &[&["specialty", "coding"]]),
                ]
            }
        }
        ResourceType::Organization => const { &[ID, IDENTIFIER, NAME, ADDRESS] },
        ResourceType::Location => const { &[ID, NAME, ADDRESS] },
        ResourceType::Group => const { &[ID, NAME, parameter("type", Kind::Token, &[&["type"]])] },
    }
}

/// Whether a type can be searched by this parameter, which may have a modifier.
pub fn has_parameter(resource: ResourceType, name: &str) -> bool {
    let plain = name.split(':').next().unwrap_or_default();
    definitions(resource).iter().any(|definition| definition.name == plain)
}

/// One parameter of a search: it matches if one of its alternatives matches.
pub struct Criterion {
    definition: &'static Definition,
    alternatives: Vec<Alternative>,
}

enum Alternative {
    Token {
        system: Option<String>,
        code: String,
    },
    Text(String),
    Date(DateCriterion),
    Patient(u32),
    /// With its type, or only the id.
    Reference(String),
}

/// The criteria of a query. Parameters that the type does not have are ignored, as FHIR R4 (3.1.1.2) allows; a
/// modifier that is not understood is refused, as it requires.
pub fn criteria(resource: ResourceType, query: &Parameters, fhir_base: &str) -> Result<Vec<Criterion>, Refusal> {
    let mut criteria = Vec::new();
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        let (plain, modifier) = name.split_once(':').map_or((name, None), |(plain, modifier)| (plain, Some(modifier)));
        let Some(definition) = definitions(resource).iter().find(|definition| definition.name == plain) else {
            continue;
        };
        if let Some(modifier) = modifier {
            return Err(Refusal::invalid(format!("The modifier {modifier} of {plain} is not supported.")));
        }
        let alternatives = value
            .split(',')
            .map(|text| {
                alternative(definition.kind, text, fhir_base)
                    .ok_or_else(|| Refusal::invalid(format!("The value of {plain} cannot be understood.")))
            })
            .collect::<Result<_, _>>()?;
        criteria.push(Criterion { definition, alternatives });
    }
    Ok(criteria)
}

fn alternative(kind: Kind, text: &str, fhir_base: &str) -> Option<Alternative> {
    match kind {
        Kind::Token => Some(match text.split_once('|') {
            Some((system, code)) => Alternative::Token { system: Some(system.to_owned()), code: code.to_owned() },
            None => Alternative::Token { system: None, code: text.to_owned() },
        }),
        Kind::Text => Some(Alternative::Text(text.to_lowercase())),
        Kind::Date => DateCriterion::parse(text).map(Alternative::Date),
        Kind::Patient => as_patient_number(text, fhir_base).map(Alternative::Patient),
        Kind::Reference => Some(Alternative::Reference(relative(text, fhir_base).to_owned())),
    }
}

/// The number of the patient of a reference or an id.
pub fn as_patient_number(reference: &str, fhir_base: &str) -> Option<u32> {
    let relative = relative(reference, fhir_base);
    relative.strip_prefix("Patient/").unwrap_or(relative).parse().ok()
}

fn relative<'a>(reference: &'a str, fhir_base: &str) -> &'a str {
    reference.strip_prefix(fhir_base).map_or(reference, |rest| rest.trim_start_matches('/'))
}

impl Criterion {
    pub fn matches(&self, resource: &Value) -> bool {
        let values: Vec<&Value> = self.definition.paths.iter().flat_map(|path| values_at(resource, path)).collect();
        self.alternatives.iter().any(|alternative| values.iter().any(|value| alternative.matches(value)))
    }

    /// The patients that the criterion names, if it is about patients.
    pub fn patients(&self) -> impl Iterator<Item = u32> {
        self.alternatives.iter().filter_map(|alternative| match alternative {
            Alternative::Patient(number) => Some(*number),
            _ => None,
        })
    }

    /// The ids that the criterion names, if it is about ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let is_id = self.definition.name == "_id";
        self.alternatives.iter().filter_map(move |alternative| match alternative {
            Alternative::Token { code, .. } if is_id => Some(code.as_str()),
            _ => None,
        })
    }
}

impl Alternative {
    fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Token { system, code } => {
                let own_code = value.as_str().or(value["code"].as_str()).or(value["value"].as_str());
                let own_system = value["system"].as_str().unwrap_or_default();
                system.as_deref().is_none_or(|system| system == own_system)
                    && ((code.is_empty() && system.is_some()) || own_code == Some(code))
            }
            Self::Text(start) => value.as_str().is_some_and(|text| text.to_lowercase().starts_with(start)),
            Self::Date(criterion) => Span::of(value).is_some_and(|span| criterion.matches(&span)),
            Self::Reference(wanted) => value.as_str().is_some_and(|reference| {
                reference == wanted || reference.split_once('/').is_some_and(|(_, id)| id == wanted)
            }),
            Self::Patient(number) => {
                value.as_str().and_then(|reference| render::patient_of(reference.strip_prefix("Patient/")?))
                    == Some(*number)
            }
        }
    }
}

/// All values at a path, through arrays.
fn values_at<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    if let Some(items) = value.as_array() {
        return items.iter().flat_map(|item| values_at(item, path)).collect();
    }
    match path.split_first() {
        None => vec![value],
        Some((name, rest)) => value.get(name).map_or_else(Vec::new, |inner| values_at(inner, rest)),
    }
}
