//! `Patient/$match`: finds the patients that a record may be about (FHIR R4, Patient: operation match).

use super::bundle::Page;
use super::request::{FhirRequest, Interaction};
use crate::json::{JsonView, ObjectWriter, array};

const GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";

/// The parameters of a match.
///
/// ```
/// use smartrust::fhir::matching::MatchOptions;
///
/// let options = MatchOptions { only_certain: true, ..MatchOptions::default() };
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatchOptions {
    /// Whether to return certain matches only.
    pub only_certain: bool,
    /// The maximum number of candidates.
    pub count: Option<u32>,
}

/// A possible match.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MatchCandidate<V> {
    /// The Patient.
    pub resource: V,
    /// The score, from 0 to 1, if the server reports it.
    pub score: Option<f64>,
    /// The server's grade of the match, if it reports it.
    pub grade: Option<MatchGrade>,
}

/// The result of a match.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Matches<V> {
    /// The candidates, in the server's order.
    pub candidates: Vec<MatchCandidate<V>>,
    /// The server's remarks, as OperationOutcomes, for example that it needs more data.
    pub outcomes: Vec<V>,
}

/// A server's grade of a match (FHIR R4, value set match-grade).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchGrade {
    /// A certain match.
    Certain,
    /// A probable match.
    Probable,
    /// A possible match.
    Possible,
    /// Certainly not a match.
    CertainlyNot,
}

impl MatchGrade {
    fn read(code: &str) -> Option<Self> {
        Some(match code {
            "certain" => Self::Certain,
            "probable" => Self::Probable,
            "possible" => Self::Possible,
            "certainly-not" => Self::CertainlyNot,
            _ => return None,
        })
    }

    /// The grade's code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::Possible => "possible",
            Self::CertainlyNot => "certainly-not",
        }
    }
}

/// Requests matches for a Patient.
///
/// ```
/// use smartrust::fhir::matching::{MatchOptions, match_request, read_matches};
/// use smartrust::protocol::url::Url;
///
/// let patient = serde_json::json!({"resourceType": "Patient", "birthDate": "1815-12-10"});
/// let request = match_request(&patient, MatchOptions::default()).build(&Url::parse("https://ehr.example/fhir")?)?;
/// assert_eq!(request.url.path(), "/fhir/Patient/$match");
///
/// let entry = serde_json::json!({"resource": patient, "search": {"score": 0.9}});
/// let matches = read_matches(&serde_json::json!({"resourceType": "Bundle", "entry": [entry]}));
/// assert_eq!(matches.candidates[0].score, Some(0.9));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn match_request<V: JsonView>(patient: &V, options: MatchOptions) -> FhirRequest {
    let parameter = |name: &str| ObjectWriter::new().text("name", name);
    let mut parameters = vec![parameter("resource").raw("resource", &patient.to_json()).finish()];
    if options.only_certain {
        parameters.push(parameter("onlyCertainMatches").flag("valueBoolean", true).finish());
    }
    if let Some(count) = options.count {
        parameters.push(parameter("count").raw("valueInteger", &count.to_string()).finish());
    }
    let body = ObjectWriter::new().text("resourceType", "Parameters").raw("parameter", &array(parameters)).finish();
    FhirRequest::new(Interaction::Operation, "Patient/$match").body(body)
}

/// The candidates and remarks in a response.
///
/// For an example, see [`match_request`].
pub fn read_matches<V: JsonView>(bundle: &V) -> Matches<V> {
    let outcomes = Page::read(bundle).map(|page| page.outcomes).unwrap_or_default();
    Matches { candidates: read_candidates(bundle), outcomes }
}

fn read_candidates<V: JsonView>(bundle: &V) -> Vec<MatchCandidate<V>> {
    let candidate = |entry: &V| {
        let resource = entry.member("resource")?;
        if resource.member_text("resourceType")? != "Patient" {
            return None;
        }
        let search = entry.member("search");
        let extensions = search.as_ref().map(|search| search.member_items("extension")).unwrap_or_default();
        let grade = extensions.iter().find(|extension| extension.member_text("url").as_deref() == Some(GRADE));
        Some(MatchCandidate {
            score: search.and_then(|search| search.member("score")?.number()),
            grade: grade.and_then(|grade| MatchGrade::read(&grade.member_text("valueCode")?)),
            resource,
        })
    };
    bundle.member_items("entry").iter().filter_map(candidate).collect()
}
