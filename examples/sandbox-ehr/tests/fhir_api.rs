//! The FHIR API: who may see what, searching, and paging.

mod support;

use std::collections::HashSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use support::{Browser, FHIR, Response, STANDALONE_SCOPE, text};

/// What is part of a record.
const RECORD: [&str; 15] = [
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "Provenance",
];

/// What belongs to no patient.
const SHARED: [&str; 5] = ["Location", "Medication", "Organization", "Practitioner", "PractitionerRole"];

async fn patient() -> (Browser, String) {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let token = text(&tokens, "access_token").to_owned();
    (browser, token)
}

async fn provider(scope: &str) -> (Browser, String) {
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(1, scope).await;
    let token = text(&tokens, "access_token").to_owned();
    (browser, token)
}

fn assert_outcome(response: &Response, status: StatusCode) {
    assert_eq!(response.status, status, "{}", response.body);
    assert_eq!(response.header("content-type"), "application/fhir+json");
    assert_eq!(response.json()["resourceType"], "OperationOutcome");
    assert!(!text(&response.json()["issue"][0], "diagnostics").is_empty());
}

fn resources(bundle: &Value) -> Vec<Value> {
    bundle["entry"].as_array().into_iter().flatten().map(|entry| entry["resource"].clone()).collect()
}

fn ids(bundle: &Value) -> Vec<String> {
    resources(bundle).iter().map(|resource| text(resource, "id").to_owned()).collect()
}

#[tokio::test]
async fn without_a_valid_token_the_response_is_401_with_a_challenge() {
    let mut browser = Browser::new();
    for path in ["Patient/1", "Observation?patient=1", "Nonsense", ""] {
        let response = browser.get(&format!("{FHIR}/{path}")).await;
        assert_outcome(&response, StatusCode::UNAUTHORIZED);
        assert_eq!(response.header("www-authenticate"), "Bearer realm=\"WebChart\"");
        let response = browser.fhir("guessed", path).await;
        assert_outcome(&response, StatusCode::UNAUTHORIZED);
        assert!(response.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    let (mut browser, token) = patient().await;
    let in_query = browser.get(&format!("{FHIR}/Patient/1?access_token={token}")).await;
    assert_outcome(&in_query, StatusCode::UNAUTHORIZED);
    let basic = Request::get(format!("{FHIR}/Patient/1")).header("authorization", format!("Basic {token}"));
    assert_outcome(&browser.send(basic.body(Body::empty()).unwrap()).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_patient_cannot_read_another_patients_record() {
    let (mut browser, token) = patient().await;
    for path in [
        "Patient/2",
        "Patient/9999",
        "Observation/2-o1",
        "Condition/2-c1",
        "Encounter/2-e1",
        "Observation?patient=2",
        "Condition?patient=Patient/2",
        "Encounter?patient=1,2",
    ] {
        assert_outcome(&browser.fhir(&token, path).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(ids(&browser.fhir(&token, "Patient").await.json()), ["1"]);
    assert!(ids(&browser.fhir(&token, "Patient?_id=2").await.json()).is_empty());
    assert!(ids(&browser.fhir(&token, "Observation?_id=2-o1").await.json()).is_empty());
}

#[tokio::test]
async fn a_provider_with_patient_scopes_is_limited_to_the_launch_patient() {
    let (mut browser, token) = provider("launch patient/*.rs").await;
    assert_eq!(browser.fhir(&token, "Condition?patient=1").await.status, StatusCode::OK);
    assert_outcome(&browser.fhir(&token, "Condition?patient=2").await, StatusCode::FORBIDDEN);
    let (mut browser, token) = provider("launch user/*.rs").await;
    assert_eq!(browser.fhir(&token, "Condition?patient=2").await.status, StatusCode::OK);
    assert_eq!(browser.fhir(&token, "Patient").await.json()["total"], 50);
}

#[tokio::test]
async fn a_patient_with_user_scopes_only_sees_the_own_record() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens("openid user/*.rs", &[]).await;
    let token = text(&tokens, "access_token");
    assert_eq!(browser.fhir(token, "Observation?patient=1").await.status, StatusCode::OK);
    assert_outcome(&browser.fhir(token, "Observation?patient=2").await, StatusCode::FORBIDDEN);
    assert_outcome(&browser.fhir(token, "Patient/2").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_denied_kind_is_forbidden_and_the_others_are_not() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &["Observation"]).await;
    let token = text(&tokens, "access_token");
    assert_outcome(&browser.fhir(token, "Observation?patient=1").await, StatusCode::FORBIDDEN);
    assert_outcome(&browser.fhir(token, "Observation/1-o1").await, StatusCode::FORBIDDEN);
    assert_eq!(browser.fhir(token, "Condition?patient=1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn reading_and_searching_are_different() {
    let (mut browser, token) = provider("launch patient/Observation.r patient/Condition.s").await;
    assert_eq!(browser.fhir(&token, "Observation/1-o1").await.status, StatusCode::OK);
    assert_outcome(&browser.fhir(&token, "Observation?patient=1").await, StatusCode::FORBIDDEN);
    assert_eq!(browser.fhir(&token, "Condition?patient=1").await.status, StatusCode::OK);
    assert_outcome(&browser.fhir(&token, "Condition/1-c1").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_user_can_be_read_with_only_the_scope_fhir_user() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens("openid fhirUser", &[]).await;
    assert_eq!(browser.fhir(text(&tokens, "access_token"), "Patient/1").await.status, StatusCode::OK);
    assert_outcome(&browser.fhir(text(&tokens, "access_token"), "Patient").await, StatusCode::FORBIDDEN);
    let (mut browser, token) = provider("launch openid fhirUser patient/Patient.rs").await;
    assert_eq!(browser.fhir(&token, "Practitioner/1").await.json()["resourceType"], "Practitioner");
}

#[tokio::test]
async fn a_missing_resource_is_a_404_and_an_unsupported_interaction_a_405() {
    let (mut browser, token) = patient().await;
    for path in ["Nonsense", "Nonsense/1", "Observation/1-o99999", "Observation/1-c1", "a/b/c", "Patient/1/_history"] {
        assert_outcome(&browser.fhir(&token, path).await, StatusCode::NOT_FOUND);
    }
    let delete = Request::delete(format!("{FHIR}/Patient/1")).header("authorization", format!("Bearer {token}"));
    assert_outcome(&browser.send(delete.body(Body::empty()).unwrap()).await, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_clinical_search_needs_a_patient() {
    let (mut browser, token) = provider("launch user/*.rs").await;
    for resource in RECORD {
        for query in ["", "?date=ge2024", "?patient=", "?_count=5"] {
            let response = browser.fhir(&token, &format!("{resource}{query}")).await;
            assert_outcome(&response, StatusCode::BAD_REQUEST);
        }
    }
}

#[tokio::test]
async fn every_search_result_can_be_read() {
    let (mut browser, token) = patient().await;
    for resource in RECORD.into_iter().chain(["Patient"]).chain(SHARED) {
        let whose = if RECORD.contains(&resource) { "?patient=1&_count=30" } else { "" };
        let bundle = browser.fhir(&token, &format!("{resource}{whose}")).await.json();
        assert_eq!(bundle["type"], "searchset");
        assert!(bundle["total"].as_u64() > Some(0), "{resource}");
        for entry in bundle["entry"].as_array().unwrap() {
            assert_eq!(entry["resource"]["resourceType"], resource);
            let read = browser.fhir(&token, text(entry, "fullUrl")).await;
            assert_eq!(read.json(), entry["resource"]);
        }
    }
}

#[tokio::test]
async fn patients_are_found_by_each_parameter() {
    let (mut browser, token) = provider("launch user/*.rs").await;
    let first = browser.fhir(&token, "Patient/1").await.json();
    let (name, born) = (&first["name"][0], text(&first, "birthDate"));
    let identifier = &first["identifier"][0];
    let (family, given) = (text(name, "family"), name["given"][0].as_str().unwrap());
    for query in [
        "_id=1".to_owned(),
        format!("family={}", family.to_lowercase()),
        format!("given={}", &given[..3]),
        format!("name={given}"),
        format!("birthdate={born}"),
        format!("birthdate={}", &born[..4]),
        format!("identifier={}", text(identifier, "value")),
        format!("identifier={}%7C{}", text(identifier, "system"), text(identifier, "value")),
        format!("family={family}&gender={}", text(&first, "gender")),
    ] {
        let found = ids(&browser.fhir(&token, &format!("Patient?{query}&_count=200")).await.json());
        assert!(found.contains(&"1".to_owned()) && found.len() < 50, "{query}: {found:?}");
    }
    let other = if first["gender"] == "female" { "male" } else { "female" };
    for query in [
        format!("gender={other}&family={family}&given={given}"),
        format!("birthdate=gt{born}&_id=1"),
        "identifier=elsewhere%7C1&_id=1".to_owned(),
    ] {
        assert!(ids(&browser.fhir(&token, &format!("Patient?{query}")).await.json()).is_empty(), "{query}");
    }
}

#[tokio::test]
async fn clinical_resources_are_found_by_each_parameter() {
    let (mut browser, token) = patient().await;
    let mut search = async |query: &str| browser.search(&token, query).await;
    let all = search("Observation?patient=1").await;
    let pressures = search("Observation?patient=1&code=http://loinc.org%7C85354-9").await;
    assert!(!pressures.is_empty() && pressures.len() < all.len());
    assert!(pressures.iter().all(|pressure| pressure["component"].as_array().unwrap().len() == 2));
    assert_eq!(search("Observation?patient=1&code=85354-9").await, pressures);
    assert_eq!(search("Observation?patient=Patient/1&code=85354-9,nonsense").await, pressures);
    let vital = search("Observation?patient=1&category=vital-signs").await;
    let laboratory = search("Observation?patient=1&category=laboratory").await;
    assert!(!laboratory.is_empty());
    let others = search("Observation?patient=1&category=social-history,survey,procedure,exam").await;
    let of_none = all.iter().filter(|one| one["category"].is_null()).count();
    assert_eq!(vital.len() + laboratory.len() + others.len() + of_none, all.len());
    let of_final = search("Observation?patient=1&status=final").await.len();
    let of_others = search("Observation?patient=1&status=preliminary,corrected,cancelled,entered-in-error").await.len();
    assert_eq!((of_final + of_others, of_others), (all.len(), 4));
    assert!(search("Observation?patient=1&status=amended").await.is_empty());
    let recent = search("Observation?patient=1&date=ge2025-01-01&date=lt2026-01-01").await;
    assert!(!recent.is_empty());
    assert!(recent.iter().all(|one| text(one, "effectiveDateTime").starts_with("2025-")));

    let problems = search("Condition?patient=1").await;
    let active = search("Condition?patient=1&clinical-status=active").await;
    let resolved = search("Condition?patient=1&clinical-status=resolved").await;
    let without = problems.iter().filter(|problem| problem["clinicalStatus"].is_null()).count();
    assert_eq!(active.len() + resolved.len() + without, problems.len());
    let onset = text(&problems[0], "onsetDateTime");
    assert_eq!(search(&format!("Condition?patient=1&onset-date={onset}")).await[0], problems[0]);
    let listed = search("Condition?patient=1&category=problem-list-item").await.len();
    let of_visits = search("Condition?patient=1&category=encounter-diagnosis").await.len();
    assert_eq!((listed + of_visits, of_visits), (problems.len(), 4));
    assert_eq!(search("Condition?patient=1&code=http://snomed.info/sct%7C44054006").await.len(), 1);

    let visits = search("Encounter?patient=1").await;
    let finished = search("Encounter?patient=1&status=finished").await;
    assert!(finished.len() + 1 >= visits.len());
    let value = text(&finished[0]["identifier"][0], "value");
    assert_eq!(search(&format!("Encounter?patient=1&identifier={value}")).await, finished[..1]);
    assert!(!search("Encounter?patient=1&type=185349003").await.is_empty());
    assert!(search("Encounter?patient=1&date=lt1990").await.is_empty());
}

#[tokio::test]
async fn an_observation_has_codes_units_and_valid_references() {
    let (mut browser, token) = patient().await;
    let bundle = browser.fhir(&token, "Observation?patient=1&_count=200").await.json();
    let all = resources(&bundle);
    // What came from other systems names no visit.
    let (own, others): (Vec<_>, Vec<_>) = all.iter().partition(|one| one["encounter"].is_object());
    assert!(own.len() > 150 && others.len() < 30, "{} and {}", own.len(), others.len());
    for observation in own {
        assert_eq!(observation["code"]["coding"][0]["system"], "http://loinc.org");
        assert_eq!(observation["subject"]["reference"], "Patient/1");
        let encounter = text(&observation["encounter"], "reference");
        assert_eq!(browser.fhir(&token, encounter).await.status, StatusCode::OK);
        if text(&observation["code"]["coding"][0], "code") == "72166-2" {
            assert_eq!(observation["valueCodeableConcept"]["coding"][0]["system"], "http://snomed.info/sct");
            continue;
        }
        let parts = observation["component"].as_array().cloned().unwrap_or_else(|| vec![observation.clone()]);
        for part in parts {
            assert!(part["valueQuantity"]["value"].is_number());
            assert_eq!(part["valueQuantity"]["system"], "http://unitsofmeasure.org");
        }
    }
}

#[tokio::test]
async fn resources_of_other_systems_have_every_form() {
    let (mut browser, token) = patient().await;
    let all = browser.search(&token, "Observation?patient=1").await;
    for member in [
        "valueRange",
        "valueRatio",
        "valueString",
        "valueBoolean",
        "valueInteger",
        "valuePeriod",
        "valueTime",
        "valueDateTime",
        "valueSampledData",
        "valueCodeableConcept",
        "dataAbsentReason",
        "note",
        "hasMember",
        "component",
        "modifierExtension",
    ] {
        assert!(all.iter().any(|one| !one[member].is_null()), "{member}");
    }
    let times: Vec<&str> = all.iter().filter_map(|one| one["effectiveDateTime"].as_str()).collect();
    assert!(times.contains(&"2026-06-27T09:30:01.7-05:00") && times.contains(&"2026-06-26T09:30:01.700"));
    assert!(all.iter().any(|one| one["effectiveDateTime"].is_null() && one["issued"].is_string()));
    let ordinary = browser.ehr_tokens(2, "launch user/*.rs").await;
    let others = browser.search(text(&ordinary, "access_token"), "Observation?patient=2").await;
    assert!(others.iter().all(|one| one["status"] == "final"), "most records have nothing of the kind");
}

#[tokio::test]
async fn an_invalid_value_is_refused_and_an_unknown_parameter_ignored() {
    let (mut browser, token) = patient().await;
    for query in ["patient=1&date=yesterday", "patient=1&_count=many", "patient=x", "patient=1&code:in=x"] {
        assert_outcome(&browser.fhir(&token, &format!("Observation?{query}")).await, StatusCode::BAD_REQUEST);
    }
    let with_unknown = browser.fhir(&token, "Condition?patient=1&_sort=-date&colour=blue").await.json();
    let without = browser.fhir(&token, "Condition?patient=1").await.json();
    assert_eq!(ids(&with_unknown), ids(&without));
}

#[tokio::test]
async fn pages_follow_opaque_links_without_gaps_or_repeats() {
    let (mut browser, token) = patient().await;
    let whole = browser.fhir(&token, "Observation?patient=1&date=ge2024&_count=200").await.json();
    let mut collected = Vec::new();
    let mut address = Some(format!("{FHIR}/Observation?patient=1&date=ge2024&_count=7"));
    while let Some(page_address) = address {
        let page = browser.fhir(&token, &page_address).await.json();
        assert!(resources(&page).len() <= 7);
        assert_eq!(page["total"], whole["total"]);
        collected.extend(ids(&page));
        let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").cloned();
        address = next.map(|link| text(&link, "url").to_owned());
        if let Some(address) = &address {
            assert!(address.starts_with(&format!("{FHIR}/?")) && !address.contains("patient"));
        }
    }
    assert_eq!(collected, ids(&whole));
    assert_eq!(collected.iter().collect::<HashSet<_>>().len(), collected.len());
}

#[tokio::test]
async fn a_page_can_only_be_read_with_a_token_that_allows_it() {
    let (mut provider, all) = provider("launch user/*.rs").await;
    let page = provider.fhir(&all, "Observation?patient=2&_count=5").await.json();
    let next = text(&page["link"][1], "url").to_owned();
    assert_eq!(provider.fhir(&all, &next).await.status, StatusCode::OK);
    assert_outcome(&provider.get(&next).await, StatusCode::UNAUTHORIZED);
    let own = provider.elsewhere().standalone_tokens(STANDALONE_SCOPE, &[]).await;
    assert_outcome(&provider.fhir(text(&own, "access_token"), &next).await, StatusCode::FORBIDDEN);
    let altered = format!("{}x", &next[..next.len() - 4]);
    assert_outcome(&provider.fhir(&all, &altered).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_sandboxes_with_the_same_seed_have_the_same_records() {
    let (mut first, first_token) = patient().await;
    let (mut second, second_token) = patient().await;
    let query = "Observation?patient=1&_count=200";
    assert_eq!(first.fhir(&first_token, query).await.body, second.fhir(&second_token, query).await.body);
}
