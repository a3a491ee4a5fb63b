//! Searching: who is meant, what fits, and one page of it as a searchset Bundle.

use serde_json::{Value, json};

use super::access::Reach;
use super::outcome::Refusal;
use super::paging::Page;
use super::parameters::{Criterion, criteria};
use super::{ResourceType, find, render};
use crate::Sandbox;
use crate::parameters::with_query;

/// The page of results that a token with this reach may see.
pub fn run(sandbox: &Sandbox, reach: &Reach, page: &Page) -> Result<Value, Refusal> {
    let fhir_base = sandbox.config.fhir_base();
    let criteria = criteria(page.resource, &page.query, &fhir_base)?;
    if let Some(other) = criteria.iter().flat_map(Criterion::patients).find(|number| !reach.includes(*number)) {
        return Err(Refusal::forbidden(format!("Patient/{other} is not the patient of this token.")));
    }
    let mut found = candidates(sandbox, reach, page.resource, &criteria)?;
    found.retain(|resource| criteria.iter().all(|criterion| criterion.matches(resource)));
    Ok(bundle(&fhir_base, page, &found))
}

/// The resources that may fit, in the order in which results are given.
fn candidates(
    sandbox: &Sandbox,
    reach: &Reach,
    resource: ResourceType,
    criteria: &[Criterion],
) -> Result<Vec<Value>, Refusal> {
    let people = &sandbox.people;
    if resource == ResourceType::Practitioner {
        return Ok(vec![render::practitioner()]);
    }
    let ids: Vec<&str> = criteria.iter().flat_map(Criterion::ids).collect();
    if !ids.is_empty() {
        let may_see = |id: &&&str| render::patient_of(id).is_some_and(|number| reach.includes(number));
        return Ok(ids.iter().filter(may_see).filter_map(|id| find(people, resource, id)).collect());
    }
    if !resource.is_clinical() {
        let numbers = match reach {
            Reach::Everyone => 1..=people.size(),
            Reach::Patient(own) => *own..=*own,
        };
        return Ok(numbers.filter_map(|number| people.person(number)).map(|person| render::patient(&person)).collect());
    }
    let mut patients: Vec<u32> = criteria.iter().flat_map(Criterion::patients).collect();
    patients.dedup();
    if patients.is_empty() {
        return Err(Refusal::required(format!("A search for {} needs patient or _id.", resource.name())));
    }
    Ok(patients
        .into_iter()
        .filter_map(|number| people.chart(number))
        .flat_map(|chart| render::records(&chart, resource))
        .collect())
}

fn bundle(fhir_base: &str, page: &Page, found: &[Value]) -> Value {
    let entries: Vec<Value> = found
        .iter()
        .skip(page.offset)
        .take(page.count)
        .map(|resource| {
            let id = resource["id"].as_str().unwrap_or_default();
            json!({
                "fullUrl": format!("{fhir_base}/{}/{id}", page.resource.name()),
                "resource": resource,
                "search": { "mode": "match" }
            })
        })
        .collect();
    let query: Vec<(&str, &str)> = page.query.iter().collect();
    let own_address = with_query(&format!("{fhir_base}/{}", page.resource.name()), &query);
    let mut links = vec![json!({ "relation": "self", "url": own_address })];
    if let Some(next) = page.next_address(fhir_base, found.len()) {
        links.push(json!({ "relation": "next", "url": next }));
    }
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": found.len(), "link": links });
    // An empty array is not valid FHIR JSON.
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    bundle
}
