//! The records: every type of every patient, who may see it, and how it is found.

mod support;

use std::collections::{HashMap, HashSet};

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use support::{Browser, FHIR, Response, STANDALONE_SCOPE, scopes, text};

/// The types of a record, each with the letter of its ids.
const RECORD: [(&str, char); 15] = [
    ("AllergyIntolerance", 'a'),
    ("CarePlan", 'l'),
    ("CareTeam", 't'),
    ("Condition", 'c'),
    ("Coverage", 'v'),
    ("Device", 'x'),
    ("DiagnosticReport", 'r'),
    ("DocumentReference", 'd'),
    ("Encounter", 'e'),
    ("Goal", 'g'),
    ("Immunization", 'i'),
    ("MedicationRequest", 'm'),
    ("Observation", 'o'),
    ("Procedure", 'p'),
    ("Provenance", 's'),
];

async fn patient(scope: &str) -> (Browser, String) {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(scope, &[]).await;
    let token = text(&tokens, "access_token").to_owned();
    (browser, token)
}

async fn provider() -> (Browser, String) {
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(1, "launch user/*.rs").await;
    let token = text(&tokens, "access_token").to_owned();
    (browser, token)
}

/// Every literal reference in a resource.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, inner)| match inner.as_str() {
                Some(reference) if name == "reference" => vec![reference.to_owned()],
                _ => references(inner),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The day or moment by which results of a type are ordered.
fn date(resource: &Value) -> Option<&str> {
    let names = [
        "effectiveDateTime",
        "occurrenceDateTime",
        "performedDateTime",
        "authoredOn",
        "onsetDateTime",
        "date",
        "recorded",
    ];
    names.iter().find_map(|name| resource[name].as_str()).or(resource["period"]["start"].as_str())
}

#[tokio::test]
async fn every_resource_of_every_patient_names_that_patient_and_nobody_else() {
    let (mut browser, token) = provider().await;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for number in 1..=12 {
        for (resource, letter) in RECORD {
            let found = browser.search(&token, &format!("{resource}?patient={number}&_count=200")).await;
            for one in &found {
                assert_eq!(one["resourceType"], resource);
                assert!(text(one, "id").starts_with(&format!("{number}-{letter}")), "{}", one["id"]);
                let own = format!("Patient/{number}");
                let patients: HashSet<String> =
                    references(one).into_iter().filter(|reference| reference.starts_with("Patient/")).collect();
                assert_eq!(patients, HashSet::from([own]), "{resource}/{}", one["id"]);
            }
            *seen.entry(resource).or_default() += found.len();
        }
    }
    for (resource, _) in RECORD {
        assert!(seen[resource] > 2, "{resource}: {}", seen[resource]);
    }
}

#[tokio::test]
async fn every_reference_leads_to_a_resource_that_the_patient_may_read() {
    let (mut browser, token) = patient(STANDALONE_SCOPE).await;
    let mut addresses = HashSet::new();
    for (resource, _) in RECORD {
        for one in browser.search(&token, &format!("{resource}?patient=1")).await {
            addresses.extend(references(&one));
        }
    }
    assert!(addresses.len() > 60);
    for address in addresses {
        let response = browser.fhir(&token, &address).await;
        assert_eq!(response.status, StatusCode::OK, "{address}: {}", response.body);
    }
}

#[tokio::test]
async fn results_come_newest_first_and_each_once() {
    let (mut browser, token) = patient(STANDALONE_SCOPE).await;
    for (resource, _) in RECORD {
        let query = format!("{resource}?patient=1&_count=3");
        let found = browser.search(&token, &query).await;
        let ids: HashSet<&str> = found.iter().map(|one| text(one, "id")).collect();
        assert_eq!(ids.len(), found.len(), "{resource}");
        let dates: Vec<&str> = found.iter().filter_map(date).collect();
        assert!(dates.is_sorted_by(|first, second| first >= second), "{resource}: {dates:?}");
        assert_eq!(browser.search(&token, &format!("{resource}?patient=1")).await, found, "{resource}");
    }
}

#[tokio::test]
async fn a_patient_sees_no_part_of_anothers_record() {
    let (mut browser, token) = patient(STANDALONE_SCOPE).await;
    for (resource, letter) in RECORD {
        for path in [format!("{resource}?patient=2"), format!("{resource}/2-{letter}1")] {
            assert_eq!(browser.fhir(&token, &path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert!(browser.search(&token, &format!("{resource}?_id=2-{letter}1")).await.is_empty(), "{resource}");
    }
    for path in ["Binary/2-d1", "Group/all", "Group"] {
        assert_eq!(browser.fhir(&token, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_group_requires_access_to_all_its_patients() {
    let (mut browser, token) = provider().await;
    let groups = browser.search(&token, "Group").await;
    let all = groups.iter().find(|group| group["id"] == "all").unwrap();
    assert_eq!(all["quantity"], 50);
    assert_eq!(all["member"].as_array().unwrap().len(), 50);
    let apart: u64 = groups.iter().filter_map(|group| group["quantity"].as_u64()).sum();
    assert!(apart < 100 && groups.len() == 3);
    assert_eq!(browser.fhir(&token, "Group/all").await.json(), *all);

    let (mut browser, token) = patient("openid user/*.rs").await;
    assert!(browser.search(&token, "Group").await.is_empty());
    assert_eq!(browser.fhir(&token, "Group/all").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_scope_with_a_category_shows_that_category_only() {
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    for query in ["category=laboratory".to_owned(), format!("category={system}|laboratory")] {
        let scope = format!("launch/patient patient/Observation.rs?{query} patient/Condition.rs");
        let (mut browser, token) = patient(&scope).await;
        let found = browser.search(&token, "Observation?patient=1").await;
        assert!(!found.is_empty());
        for one in &found {
            assert_eq!(one["category"][0]["coding"][0]["code"], "laboratory");
            let id = text(one, "id");
            assert_eq!(browser.fhir(&token, &format!("Observation/{id}")).await.status, StatusCode::OK);
        }
        assert!(browser.search(&token, "Observation?patient=1&category=vital-signs").await.is_empty());
        let (mut other, all) = patient(STANDALONE_SCOPE).await;
        let vital = other.search(&all, "Observation?patient=1&category=vital-signs").await;
        let address = format!("Observation/{}", text(&vital[0], "id"));
        assert_eq!(browser.fhir(&token, &address).await.status, StatusCode::FORBIDDEN);
        assert!(browser.search(&token, &format!("Observation?_id={}", text(&vital[0], "id"))).await.is_empty());
        assert!(!browser.search(&token, "Condition?patient=1").await.is_empty());
    }
}

#[tokio::test]
async fn two_scopes_with_categories_add_up() {
    let scope = "launch patient/Observation.rs?category=laboratory patient/Observation.rs?category=vital-signs";
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(1, scope).await;
    assert_eq!(scopes(&tokens).len(), 3);
    let found = browser.search(text(&tokens, "access_token"), "Observation?patient=1").await;
    let categories: HashSet<&str> = found.iter().map(|one| text(&one["category"][0]["coding"][0], "code")).collect();
    assert_eq!(categories, HashSet::from(["laboratory", "vital-signs"]));
}

async fn post_search(browser: &mut Browser, token: &str, resource: &str, media_type: &str, form: &str) -> Response {
    let request = Request::post(format!("{FHIR}/{resource}/_search?_count=200"))
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, media_type);
    browser.send(request.body(Body::from(form.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_search_by_post_finds_what_a_search_by_get_finds() {
    let (mut browser, token) = patient(STANDALONE_SCOPE).await;
    let form_type = "application/x-www-form-urlencoded; charset=utf-8";
    let by_get = browser.fhir(&token, "Observation?patient=1&category=laboratory&_count=200").await.json();
    let form = "patient=1&category=laboratory";
    let by_post = post_search(&mut browser, &token, "Observation", form_type, form).await;
    assert_eq!(by_post.status, StatusCode::OK, "{}", by_post.body);
    assert!(by_get["entry"].as_array().is_some_and(|entries| !entries.is_empty()));
    assert_eq!(by_post.json()["entry"], by_get["entry"]);
    let response = post_search(&mut browser, &token, "Observation", form_type, "patient=2").await;
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    let response = post_search(&mut browser, &token, "Observation", "application/json", form).await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    let response = post_search(&mut browser, &token, "Nonsense", form_type, form).await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn documents_can_be_opened() {
    let (mut browser, token) = patient(STANDALONE_SCOPE).await;
    let documents = browser.search(&token, "DocumentReference?patient=1").await;
    let patient = browser.fhir(&token, "Patient/1").await.json();
    let family = text(&patient["name"][0], "family");
    let mut kinds = HashSet::new();
    for document in &documents {
        let attachment = &document["content"][0]["attachment"];
        let media_type = text(attachment, "contentType");
        let bytes = match attachment["url"].as_str() {
            // Another system keeps it.
            Some(url) if url.starts_with("https://") => {
                kinds.insert("elsewhere".to_owned());
                continue;
            }
            Some(url) => {
                let raw = browser.fhir(&token, url).await;
                assert_eq!(raw.header("content-type"), media_type);
                assert!(raw.header("content-security-policy").contains("sandbox"));
                let request = Request::get(format!("{FHIR}/{url}"))
                    .header(AUTHORIZATION, format!("Bearer {token}"))
                    .header(ACCEPT, "application/fhir+json");
                let response = browser.send(request.body(Body::empty()).unwrap()).await;
                if media_type == "application/pdf" {
                    assert_eq!(response.status, StatusCode::NOT_ACCEPTABLE, "a PDF comes by its own media type alone");
                    assert!(raw.body.starts_with("%PDF-") && raw.body.contains(family));
                    kinds.insert(media_type.to_owned());
                    continue;
                }
                let resource = response.json();
                assert_eq!(resource["resourceType"], "Binary");
                assert_eq!(resource["contentType"], media_type);
                let bytes = STANDARD.decode(text(&resource, "data")).unwrap();
                assert_eq!(bytes, raw.body.as_bytes());
                bytes
            }
            None => STANDARD.decode(text(attachment, "data")).unwrap(),
        };
        let content = String::from_utf8(bytes).unwrap();
        assert!(content.contains(family), "{content}");
        assert!(!content.contains("<script"));
        kinds.insert(media_type.split(';').next().unwrap().to_owned());
    }
    let expected = ["text/plain", "text/html", "application/xml", "application/pdf", "elsewhere"];
    assert_eq!(kinds, expected.map(str::to_owned).into());
    assert_eq!(browser.fhir(&token, "Binary/1-d999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn l8_documents_have_deletions_insertions_and_tables() {
    let (mut browser, token) = patient(STANDALONE_SCOPE).await;
    let documents = browser.search(&token, "DocumentReference?patient=1").await;
    let attachment = |media_type: &str| {
        let attachments = documents.iter().map(|document| &document["content"][0]["attachment"]);
        attachments.into_iter().find(|one| text(one, "contentType").starts_with(media_type)).unwrap().clone()
    };
    let instructions = STANDARD.decode(text(&attachment("text/html"), "data")).unwrap();
    let instructions = String::from_utf8(instructions).unwrap();
    for part in ["<del>9:00</del>", "<ins>10:30</ins>", "text-decoration: line-through"] {
        assert!(instructions.contains(part), "{instructions}");
    }
    let summary = browser.fhir(&token, text(&attachment("application/xml"), "url")).await.body;
    for part in ["revised=\"delete\"", "revised=\"insert\"", "<table><thead><tr><th>"] {
        assert!(summary.contains(part), "{summary}");
    }
}

#[tokio::test]
async fn without_documents_in_the_scope_there_is_no_binary() {
    let (mut browser, token) = patient("launch/patient patient/Observation.rs").await;
    assert_eq!(browser.fhir(&token, "Binary/1-d1").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn other_types_are_searched_by_their_parameters() {
    let (mut browser, token) = provider().await;
    for (all, some) in [
        ("MedicationRequest?patient=1", "status=active"),
        ("MedicationRequest?patient=1", "authoredon=ge2023"),
        ("Immunization?patient=1", "date=ge2021"),
        ("Procedure?patient=1", "date=ge2025"),
        ("DiagnosticReport?patient=1", "code=http://loinc.org%7C24331-1"),
        ("DocumentReference?patient=1", "type=11506-3"),
        ("Organization?_count=50", "name=summit"),
        ("Organization?_count=50", "address=indianapolis"),
        ("Location?_count=50", "name=st.%20alban"),
        ("Practitioner?_count=50", "name=okafor"),
        ("PractitionerRole?_count=50", "practitioner=Practitioner/3"),
        ("PractitionerRole?_count=50", "specialty=208000000X"),
        ("Medication?_count=50", "code=311041"),
        ("Group?_count=50", "name=children"),
    ] {
        let everything = browser.search(&token, all).await;
        let part = browser.search(&token, &format!("{all}&{some}")).await;
        assert!(!part.is_empty() && part.len() < everything.len(), "{all}&{some}: {}", part.len());
        assert!(part.iter().all(|one| everything.contains(one)));
    }
    for none in [
        "AllergyIntolerance?patient=1&clinical-status=resolved",
        "CarePlan?patient=1&category=nonsense",
        "CareTeam?patient=1&status=inactive",
        "Goal?patient=1&lifecycle-status=cancelled",
        "Goal?patient=1&target-date=lt2020",
        "Device?patient=1&type=nonsense",
        "DiagnosticReport?patient=1&category=nonsense",
        "DocumentReference?patient=1&date=lt2000",
        "Procedure?patient=1&status=preparation",
        "Coverage?patient=1&status=draft",
        "Provenance?patient=1&target=DocumentReference/1-d99",
    ] {
        assert!(browser.search(&token, none).await.is_empty(), "{none}");
    }
    assert_eq!(browser.search(&token, "Provenance?patient=1&target=DocumentReference/1-d1").await.len(), 1);
}

#[tokio::test]
async fn ten_thousand_charts_are_generated_on_demand() {
    let mut browser = Browser::with(|mut config| {
        config.patients = 10_000;
        config
    });
    let tokens = browser.ehr_tokens(9_999, "launch user/*.rs").await;
    let mut few = Browser::with(|mut config| {
        config.patients = 9_999;
        config
    });
    let others = few.ehr_tokens(9_999, "launch user/*.rs").await;
    for resource in ["Observation", "MedicationRequest", "Immunization"] {
        let query = format!("{resource}?patient=9999");
        let found = browser.search(text(&tokens, "access_token"), &query).await;
        assert!(resource != "Observation" || !found.is_empty());
        assert_eq!(found, few.search(text(&others, "access_token"), &query).await);
    }
}
