//! What an export contains, by its request.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::services::{clinic, exported, files, kick_off, kick_off_by_post, lines, manifest, references, send, token};
use crate::support::{Browser, FHIR, STANDALONE_SCOPE, text};
use crate::{SCOPE, assert_refused};

/// What single searches give of these patients.
async fn searched(browser: &mut Browser, token: &str, kinds: &[&str], patients: &[&str]) -> Vec<Value> {
    let mut found = Vec::new();
    for kind in kinds {
        for patient in patients {
            let name = if *kind == "Patient" { "_id" } else { "patient" };
            found.extend(browser.search(token, &format!("{kind}?{name}={patient}&_count=200")).await);
        }
    }
    found
}

#[tokio::test]
async fn an_export_of_a_group_has_all_its_patients_and_no_other() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let group = browser.fhir(&token, "Group/old").await.json();
    let members: Vec<&str> = group["member"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| text(&member["entity"], "reference").strip_prefix("Patient/").unwrap())
        .collect();
    assert!(!members.is_empty() && members.len() < 12);
    let begun =
        kick_off(&mut browser, &token, "Group/old/$export?_type=Patient,Condition,Observation,Provenance").await;
    let mut found = exported(&mut browser, &token, &begun).await;
    let mut expected =
        searched(&mut browser, &token, &["Patient", "Condition", "Observation", "Provenance"], &members).await;
    let by_id = |resource: &Value| (resource["resourceType"].to_string(), resource["id"].to_string());
    found.sort_by_key(by_id);
    expected.sort_by_key(by_id);
    assert!(found.len() > 50);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn without_types_an_export_has_all_that_the_token_can_read() {
    let mut browser = clinic(|_| {});
    let narrow =
        token(&mut browser, "system/Patient.rs system/Group.rs system/Observation.rs?category=laboratory").await;
    let begun = kick_off(&mut browser, &narrow, "Patient/$export").await;
    let manifest = manifest(&mut browser, &narrow, &begun).await;
    let mut kinds: Vec<String> = files(&manifest, "output").into_iter().map(|(kind, ..)| kind).collect();
    kinds.dedup();
    assert_eq!(kinds, ["Patient", "Observation"]);
    let begun = kick_off(&mut browser, &narrow, "$export").await;
    let found = exported(&mut browser, &narrow, &begun).await;
    let of = |kind: &str| found.iter().filter(|one| one["resourceType"] == kind).collect::<Vec<_>>();
    assert_eq!((of("Patient").len(), of("Group").len()), (12, 3));
    let observations = of("Observation");
    assert!(observations.iter().all(|one| one["category"][0]["coding"][0]["code"] == "laboratory"));
    assert!(!observations.is_empty());

    let wide = token(&mut browser, "system/*.read").await;
    let begun = kick_off(&mut browser, &wide, "$export").await;
    let found = exported(&mut browser, &wide, &begun).await;
    for kind in ["Practitioner", "Organization", "Location", "Medication", "PractitionerRole", "Encounter", "CareTeam"]
    {
        assert!(found.iter().any(|one| one["resourceType"] == kind), "{kind}");
    }
}

#[tokio::test]
async fn an_export_requires_a_service_a_preference_and_a_known_level() {
    let mut browser = clinic(|_| {});
    let service = token(&mut browser, SCOPE).await;
    let person = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    assert_refused(
        &kick_off(&mut browser, text(&person, "access_token"), "Patient/$export").await,
        StatusCode::FORBIDDEN,
        "act by themselves",
    );
    assert_refused(&kick_off(&mut browser, "", "Patient/$export").await, StatusCode::UNAUTHORIZED, "access token");
    let address = format!("{FHIR}/Patient/$export");
    let response = send(&mut browser, Method::GET, &address, &service, &[], "").await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "respond-async");
    assert_refused(&kick_off(&mut browser, &service, "Group/none/$export").await, StatusCode::NOT_FOUND, "group");
    let narrow = token(&mut browser, "system/Patient.rs").await;
    let response = kick_off(&mut browser, &narrow, "Patient/$export?_type=Condition").await;
    assert_refused(&response, StatusCode::FORBIDDEN, "Condition");
}

#[tokio::test]
async fn unsupported_parameters_are_refused_or_with_lenient_handling_reported() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    for (query, about) in [
        ("_type=Patient,Nonsense", "Nonsense"),
        ("_type=Patient&_outputFormat=text/csv", "text/csv"),
        ("_type=Patient&_typeFilter=Condition?code=1", "Condition"),
        ("_type=Patient&_typeFilter=Patient?colour=blue", "colour"),
        ("_type=Patient&_elements=Patient.name.family", "name.family"),
        ("_type=Patient&includeAssociatedData=Everything", "Everything"),
        ("_type=Patient&_until=2024-01-01T00:00:00Z", "_until"),
        ("_type=Patient,Group", "Group"),
    ] {
        let path = format!("Patient/$export?{query}");
        assert_refused(&kick_off(&mut browser, &token, &path).await, StatusCode::BAD_REQUEST, about);
        let headers = [("Prefer", "respond-async, handling=lenient")];
        let begun = send(&mut browser, Method::GET, &format!("{FHIR}/{path}"), &token, &headers, "").await;
        let manifest = manifest(&mut browser, &token, &begun).await;
        let errors = files(&manifest, "error");
        assert_eq!(errors.len(), 1, "{query}");
        let told = lines(&mut browser, &token, &errors[0].1).await;
        assert!(text(&told[0]["issue"][0], "diagnostics").contains(about), "{query}");
        assert!(files(&manifest, "output").iter().all(|(kind, ..)| kind == "Patient"), "{query}");
    }
    for query in ["_since=yesterday", "patient=Patient/1"] {
        let response = kick_off(&mut browser, &token, &format!("Patient/$export?{query}")).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn several_type_filters_of_a_type_are_combined() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let laboratory = "Observation%3Fcategory%3Dlaboratory%26date%3Dge2025";
    let smoking = "Observation%3Fcode%3D72166-2%2C29463-7";
    let mut all = Vec::new();
    for query in
        [format!("_typeFilter={laboratory}&_typeFilter={smoking}"), format!("_typeFilter={laboratory}%2C{smoking}")]
    {
        let begun =
            kick_off(&mut browser, &token, &format!("Patient/$export?_type=Observation,Condition&{query}")).await;
        all.push(references(&exported(&mut browser, &token, &begun).await));
    }
    let mut expected = Vec::new();
    for patient in 1..=12 {
        for query in ["category=laboratory&date=ge2025", "code=72166-2,29463-7"] {
            expected.extend(browser.search(&token, &format!("Observation?patient={patient}&_count=200&{query}")).await);
        }
        expected.extend(browser.search(&token, &format!("Condition?patient={patient}&_count=200")).await);
    }
    let expected = references(&expected);
    assert!(expected.windows(2).all(|pair| pair[0] != pair[1]), "the two filters do not overlap");
    assert_eq!(all, [expected.clone(), expected]);
}

#[tokio::test]
async fn since_leaves_out_unchanged_resources_and_lists_deleted_ones() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let path = "Patient/$export?_type=Observation,Patient";
    let begun = kick_off(&mut browser, &token, path).await;
    assert_eq!(files(&manifest(&mut browser, &token, &begun).await, "deleted"), []);
    let all = exported(&mut browser, &token, &begun).await;
    let since = "2025-01-01T00:00:00-05:00";
    let begun = kick_off(&mut browser, &token, &format!("{path}&_since={since}")).await;
    let found = exported(&mut browser, &token, &begun).await;
    let observations = |resources: &[Value]| {
        let when = |one: &Value| one["effectiveDateTime"].as_str().or(one["issued"].as_str()).map(str::to_owned);
        let kept = resources.iter().filter(|one| when(one).is_some_and(|at| at.as_str() > since));
        references(&kept.cloned().collect::<Vec<_>>())
    };
    let expected = observations(&all);
    assert!(!expected.is_empty() && expected.len() < all.len() / 2);
    assert_eq!(references(&found).into_iter().filter(|one| one.starts_with("Obs")).collect::<Vec<_>>(), expected);

    let begun = kick_off(&mut browser, &token, &format!("{path}&_since=1999-01-01T00:00:00Z")).await;
    let manifest = manifest(&mut browser, &token, &begun).await;
    let deleted = files(&manifest, "deleted");
    assert_eq!((deleted.len(), deleted[0].0.as_str()), (1, "Bundle"));
    let bundles = lines(&mut browser, &token, &deleted[0].1).await;
    assert_eq!(bundles.len() as u64, deleted[0].2);
    for bundle in &bundles {
        let request = &bundle["entry"][0]["request"];
        assert_eq!((text(bundle, "type"), text(request, "method")), ("transaction", "DELETE"));
        assert_eq!(browser.fhir(&token, text(request, "url")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn elements_reduce_a_resource_and_mark_it() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let query = "_type=Patient,Observation&_elements=Patient.birthDate,effectiveDateTime";
    let begun = kick_off(&mut browser, &token, &format!("Group/all/$export?{query}")).await;
    let found = exported(&mut browser, &token, &begun).await;
    let members = |kind: &str| -> Vec<String> {
        let one = found.iter().find(|one| one["resourceType"] == kind).unwrap();
        assert_eq!(one["meta"]["tag"][0]["code"], "SUBSETTED");
        one.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(members("Patient"), ["birthDate", "id", "meta", "resourceType"]);
    assert_eq!(members("Observation"), ["code", "effectiveDateTime", "id", "meta", "resourceType", "status"]);
}

#[tokio::test]
async fn a_post_with_patients_exports_only_these_and_an_unknown_one_is_refused() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let patient = |reference: &str| ("patient", "valueReference", json!({ "reference": reference }));
    let kinds = ("_type", "valueString", json!("Patient,Encounter"));
    let parameters = [kinds.clone(), patient("Patient/3"), patient(&format!("{FHIR}/Patient/7"))];
    let begun = kick_off_by_post(&mut browser, &token, "Patient/$export", &parameters).await;
    let found = exported(&mut browser, &token, &begun).await;
    let expected = searched(&mut browser, &token, &["Patient", "Encounter"], &["3", "7"]).await;
    assert_eq!(references(&found), references(&expected));

    let group = browser.fhir(&token, "Group/children").await.json();
    let is_child = |number: u32| group.to_string().contains(&format!("\"Patient/{number}\""));
    let grown_up = format!("Patient/{}", (1..=12).find(|number| !is_child(*number)).unwrap());
    let response = kick_off_by_post(&mut browser, &token, "Group/children/$export", &[patient(&grown_up)]).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, &grown_up);
    let response = kick_off_by_post(&mut browser, &token, "$export", &[patient("Patient/3")]).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "whole system");
    let response =
        kick_off_by_post(&mut browser, &token, "Patient/$export", &[("_type", "valueBoolean", json!(true))]).await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn associated_data_adds_the_provenance_of_exported_resources() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let query = "_type=DocumentReference&includeAssociatedData=LatestProvenanceResources";
    let begun = kick_off(&mut browser, &token, &format!("Patient/$export?{query}")).await;
    let found = exported(&mut browser, &token, &begun).await;
    let targets: Vec<&str> = found
        .iter()
        .filter(|one| one["resourceType"] == "Provenance")
        .map(|one| text(&one["target"][0], "reference"))
        .collect();
    let documents = references(&found).into_iter().filter(|one| one.starts_with("Doc")).count();
    assert!(documents > 0 && targets.len() == documents);
    assert!(targets.iter().all(|target| references(&found).contains(&(*target).to_owned())));
}
