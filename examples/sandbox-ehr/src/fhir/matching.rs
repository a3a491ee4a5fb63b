//! `Patient/$match` (FHIR R4, Patient, 8.1.14.1): which patients may be the one described, how sure that is, and never which
//! of them it is.

use serde_json::{Value, json};

use super::access::View;
use super::outcome::Refusal;
use super::render;
use crate::Sandbox;
use crate::people::Person;

const GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";
/// A patient with a lower score is not a candidate.
const LOWEST_SCORE: f64 = 0.4;

/// The candidates that a token with this access can see, the best first, as a searchset Bundle.
pub fn run(sandbox: &Sandbox, view: &View, body: &[u8]) -> Result<Value, Refusal> {
    let parameters: Value = serde_json::from_slice(body).map_err(|_| Refusal::invalid("The body is not JSON."))?;
    let part = |name: &str| parameters["parameter"].as_array().into_iter().flatten().find(|part| part["name"] == name);
    let wanted = part("resource").map(|part| &part["resource"]).filter(|wanted| wanted["resourceType"] == "Patient");
    let wanted = wanted.ok_or_else(|| Refusal::required("The parameter resource must be a Patient."))?;
    let count =
        part("count").and_then(|part| part["valueInteger"].as_u64()).and_then(|count| usize::try_from(count).ok());
    let only_certain = part("onlyCertainMatches").is_some_and(|part| part["valueBoolean"] == true);
    let numbers = view.only_patient().map_or(1..=sandbox.people.size(), |own| own..=own);
    let mut candidates: Vec<(f64, Person)> = numbers
        .filter_map(|number| sandbox.people.person(number))
        .map(|person| (score(wanted, &render::patient(&person)), person))
        .filter(|(score, _)| *score >= LOWEST_SCORE && (!only_certain || grade(*score) == "certain"))
        .collect();
    candidates.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    candidates.truncate(count.unwrap_or(usize::MAX));
    let entries: Vec<Value> = candidates.iter().map(|(score, person)| entry(sandbox, *score, person)).collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": entries.len() });
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    Ok(bundle)
}

fn entry(sandbox: &Sandbox, score: f64, person: &Person) -> Value {
    json!({
        "fullUrl": format!("{}/Patient/{}", sandbox.config.fhir_base(), person.number),
        "resource": render::patient(person),
        "search": {
            "mode": "match",
            "score": score,
            "extension": [{ "url": GRADE, "valueCode": grade(score) }]
        }
    })
}

/// The codes of FHIR's match-grade.
fn grade(score: f64) -> &'static str {
    match score {
        0.95.. => "certain",
        0.7.. => "probable",
        _ => "possible",
    }
}

/// From 0 to 1: an identifier decides; otherwise name, birth date and sex count together.
fn score(wanted: &Value, patient: &Value) -> f64 {
    let has_identifier = values(wanted, "identifier", "value")
        .iter()
        .any(|value| values(patient, "identifier", "value").contains(value));
    if has_identifier {
        return 1.0;
    }
    let shares = |member: &str| {
        let own = values(patient, "name", member);
        values(wanted, "name", member).iter().any(|value| own.contains(value))
    };
    let is_same = |member: &str| !wanted[member].is_null() && wanted[member] == patient[member];
    [(0.3, shares("family")), (0.2, shares("given")), (0.4, is_same("birthDate")), (0.1, is_same("gender"))]
        .iter()
        .filter(|(_, holds)| *holds)
        .map(|(weight, _)| weight)
        .sum()
}

/// The strings of a member of all items of a list, in lower case.
fn values(resource: &Value, list: &str, member: &str) -> Vec<String> {
    let items = resource[list].as_array().into_iter().flatten();
    let texts = items.flat_map(|item| match &item[member] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    });
    texts.map(str::to_lowercase).collect()
}
