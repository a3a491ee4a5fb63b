//! Searches: the patients, the matching resources, and one page of them as a searchset Bundle.

use std::sync::Arc;

use serde_json::{Value, json};

use super::access::View;
use super::outcome::Refusal;
use super::paging::Page;
use super::parameters::{Criterion, criteria};
use super::{Belonging, ResourceType, find, render};
use crate::Sandbox;
use crate::control::Deviation;
use crate::dialect::Dialect;
use crate::parameters::with_query;

/// The page of results that a token with this access can see.
pub fn run(sandbox: &Sandbox, view: &View, page: &Page) -> Result<Value, Refusal> {
    let fhir_base = sandbox.config.fhir_base();
    let criteria = criteria(page.resource, &page.query, &fhir_base)?;
    if let Some(other) = criteria.iter().flat_map(Criterion::patients).find(|number| !view.reaches(*number)) {
        return Err(Refusal::forbidden(format!("Patient/{other} is not the patient of this token.")));
    }
    let names = |name: &str| page.query.get(name).is_some();
    let needs_part = sandbox.config.dialect == Dialect::Epic && page.resource == ResourceType::Observation;
    if needs_part && !names("category") && !names("code") && !names("_id") {
        return Err(Refusal::required("A search for Observation needs category or code."));
    }
    let candidates = candidates(sandbox, view, page.resource, &criteria)?;
    let all = candidates.iter().flat_map(|(resources, owner)| resources.iter().map(move |resource| (resource, *owner)));
    let fits = |resource: &Value| criteria.iter().all(|criterion| criterion.matches(resource));
    let found: Vec<&Value> = all
        .filter(|(resource, owner)| view.shows(resource, *owner) && fits(resource))
        .map(|(resource, _)| resource)
        .collect();
    Ok(bundle(sandbox, page, &found))
}

/// Resources of one patient, or of nobody.
type Candidates = (Arc<[Value]>, Option<u32>);

/// The candidates with the number of their patient, in the order of the results.
fn candidates(
    sandbox: &Sandbox,
    view: &View,
    resource: ResourceType,
    criteria: &[Criterion],
) -> Result<Vec<Candidates>, Refusal> {
    let people = &sandbox.people;
    match resource.belonging() {
        Belonging::Shared => return Ok(vec![(render::shared(resource).into(), None)]),
        Belonging::Many if view.reaches_everyone() => return Ok(vec![(render::group(people).into(), None)]),
        Belonging::Many => return Ok(Vec::new()),
        Belonging::Patients | Belonging::Record => {}
    }
    let ids: Vec<&str> = criteria.iter().flat_map(Criterion::ids).collect();
    if !ids.is_empty() {
        let found = ids.iter().filter_map(|id| {
            let owner = render::patient_of(id).filter(|number| view.reaches(*number))?;
            Some((Arc::from([find(sandbox, resource, id)?]), Some(owner)))
        });
        return Ok(found.collect());
    }
    if resource.belonging() == Belonging::Patients {
        let numbers = view.only_patient().map_or(1..=people.size(), |own| own..=own);
        let patients = numbers.filter_map(|number| people.person(number));
        return Ok(patients.map(|person| (Arc::from([render::patient(&person)]), Some(person.number))).collect());
    }
    let mut patients: Vec<u32> = criteria.iter().flat_map(Criterion::patients).collect();
    patients.sort_unstable();
    patients.dedup();
    if patients.is_empty() {
        return Err(Refusal::required(format!("A search for {} needs patient or _id.", resource.name())));
    }
    let records = patients.into_iter().map(|number| (sandbox.records(number, resource), Some(number)));
    Ok(records.filter_map(|(records, owner)| Some((records?, owner))).collect())
}

/// The outcome of a server that withholds some results.
fn remark() -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "warning", "code": "suppressed", "diagnostics": "Some results were withheld." }]
    })
}

fn bundle(sandbox: &Sandbox, page: &Page, found: &[&Value]) -> Value {
    let fhir_base = sandbox.config.fhir_base();
    // A page after the first may start with the last result of the page before.
    let is_repeating = page.offset > 0 && sandbox.meets(Deviation::ResultRepeated);
    let offset = page.offset - usize::from(is_repeating);
    let mut entries: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(page.count + usize::from(is_repeating))
        .map(|resource| {
            let id = resource["id"].as_str().unwrap_or_default();
            let address = format!("{fhir_base}/{}/{id}", page.resource.name());
            let mut entry = json!({ "fullUrl": address, "resource": null, "search": { "mode": "match" } });
            entry["resource"] = Value::clone(resource);
            entry
        })
        .collect();
    if sandbox.meets(Deviation::SearchRemark) {
        entries.push(json!({ "resource": remark(), "search": { "mode": "outcome" } }));
    }
    if sandbox.meets(Deviation::SearchRemarkWithoutMode) {
        entries.push(json!({ "resource": remark() }));
    }
    let query: Vec<(&str, &str)> = page.query.iter().collect();
    let own_address = with_query(&format!("{fhir_base}/{}", page.resource.name()), &query);
    let mut links = vec![json!({ "relation": "self", "url": own_address })];
    if let Some(next) = page.next_address(&fhir_base, found.len()) {
        let next = match sandbox.detour(Deviation::NextElsewhere) {
            Some(elsewhere) => next.replace(&sandbox.config.origin, &elsewhere),
            None => next,
        };
        links.push(json!({ "relation": "next", "url": next }));
    }
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": found.len(), "link": links });
    // An empty array is not valid FHIR JSON.
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    bundle
}
