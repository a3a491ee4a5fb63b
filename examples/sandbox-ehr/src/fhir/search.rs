//! Searching: who is meant, what fits, and one page of it as a searchset Bundle.

use serde_json::{Value, json};

use super::access::View;
use super::outcome::Refusal;
use super::paging::Page;
use super::parameters::{Criterion, criteria};
use super::{Belonging, ResourceType, find, render};
use crate::Sandbox;
use crate::parameters::with_query;

/// The page of results that a token with this view may see.
pub fn run(sandbox: &Sandbox, view: &View, page: &Page) -> Result<Value, Refusal> {
    let fhir_base = sandbox.config.fhir_base();
    let criteria = criteria(page.resource, &page.query, &fhir_base)?;
    if let Some(other) = criteria.iter().flat_map(Criterion::patients).find(|number| !view.reaches(*number)) {
        return Err(Refusal::forbidden(format!("Patient/{other} is not the patient of this token.")));
    }
    let found: Vec<Value> = candidates(sandbox, view, page.resource, &criteria)?
        .into_iter()
        .filter(|(resource, owner)| {
            view.shows(resource, *owner) && criteria.iter().all(|criterion| criterion.matches(resource))
        })
        .map(|(resource, _)| resource)
        .collect();
    Ok(bundle(&fhir_base, page, &found))
}

/// The resources that may fit, each with the number of its patient, in the order in which results are given.
fn candidates(
    sandbox: &Sandbox,
    view: &View,
    resource: ResourceType,
    criteria: &[Criterion],
) -> Result<Vec<(Value, Option<u32>)>, Refusal> {
    let people = &sandbox.people;
    match resource.belonging() {
        Belonging::Shared => return Ok(render::shared(resource).into_iter().map(|shared| (shared, None)).collect()),
        Belonging::Many if view.reaches_everyone() => {
            return Ok(render::group(people).into_iter().map(|group| (group, None)).collect());
        }
        Belonging::Many => return Ok(Vec::new()),
        Belonging::Patients | Belonging::Record => {}
    }
    let ids: Vec<&str> = criteria.iter().flat_map(Criterion::ids).collect();
    if !ids.is_empty() {
        let found = ids.iter().filter_map(|id| {
            let owner = render::patient_of(id).filter(|number| view.reaches(*number))?;
            Some((find(people, resource, id)?, Some(owner)))
        });
        return Ok(found.collect());
    }
    if resource.belonging() == Belonging::Patients {
        let numbers = view.only_patient().map_or(1..=people.size(), |own| own..=own);
        let patients = numbers.filter_map(|number| people.person(number));
        return Ok(patients.map(|person| (render::patient(&person), Some(person.number))).collect());
    }
    let mut patients: Vec<u32> = criteria.iter().flat_map(Criterion::patients).collect();
    patients.sort_unstable();
    patients.dedup();
    if patients.is_empty() {
        return Err(Refusal::required(format!("A search for {} needs patient or _id.", resource.name())));
    }
    let charts = patients.into_iter().filter_map(|number| people.chart(number));
    let records = charts.flat_map(|chart| {
        let owner = Some(chart.person.number);
        render::records(&chart, resource).into_iter().map(move |record| (record, owner))
    });
    Ok(records.collect())
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
