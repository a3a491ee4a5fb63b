//! Bulk exports: what is asked, how it goes on, and what the files hold.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/services.rs"]
mod services;
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use sandbox_ehr::{Dialect, FileAccess};
use serde_json::{Value, json};
use services::{clinic, exported, files, kick_off, kick_off_by_post, lines, manifest, references, send, token};
use support::{Answer, Browser, FHIR, STANDALONE_SCOPE, text};

const SCOPE: &str = "system/*.rs";

fn assert_refused(answer: &Answer, status: StatusCode, about: &str) {
    assert_eq!(answer.status, status, "{about}: {}", answer.body);
    let outcome = answer.json();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    let said = text(&outcome["issue"][0], "diagnostics");
    assert!(said.contains(about), "{said}");
}

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
async fn a_group_is_exported_whole_and_no_other_patient() {
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
async fn without_types_a_patient_export_has_what_the_token_may_see_and_the_system_has_groups_too() {
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
async fn an_export_needs_a_service_a_preference_and_a_known_place() {
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
    let answer = send(&mut browser, Method::GET, &address, &service, &[], "").await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "respond-async");
    assert_refused(&kick_off(&mut browser, &service, "Group/none/$export").await, StatusCode::NOT_FOUND, "group");
    let narrow = token(&mut browser, "system/Patient.rs").await;
    let answer = kick_off(&mut browser, &narrow, "Patient/$export?_type=Condition").await;
    assert_refused(&answer, StatusCode::FORBIDDEN, "Condition");
}

#[tokio::test]
async fn what_cannot_be_done_as_asked_is_refused_or_told_to_the_lenient() {
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
        let answer = kick_off(&mut browser, &token, &format!("Patient/$export?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn type_filters_of_a_type_add_up_however_they_are_written() {
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
async fn since_leaves_out_what_did_not_change_and_tells_what_was_deleted() {
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
async fn elements_thin_a_resource_out_and_mark_it() {
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
async fn patients_named_by_post_are_the_only_ones_and_must_be_meant() {
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
    let answer = kick_off_by_post(&mut browser, &token, "Group/children/$export", &[patient(&grown_up)]).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, &grown_up);
    let answer = kick_off_by_post(&mut browser, &token, "$export", &[patient("Patient/3")]).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "whole system");
    let answer =
        kick_off_by_post(&mut browser, &token, "Patient/$export", &[("_type", "valueBoolean", json!(true))]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn associated_data_brings_the_provenance_of_what_is_exported() {
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

#[tokio::test]
async fn the_status_is_put_off_as_often_as_set_then_comes_with_its_end() {
    let mut browser = clinic(|config| {
        config.bulk.polls = 3;
        config.bulk.retry_after = Duration::from_secs(7);
    });
    let token = token(&mut browser, SCOPE).await;
    let began = browser.hands.now();
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
    let address = begun.header("content-location").to_owned();
    assert!(address.starts_with(support::BASE));
    for _ in 0..3 {
        let answer = send(&mut browser, Method::GET, &address, &token, &[], "").await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::ACCEPTED, "7"));
        assert!(answer.header("x-progress").ends_with("of 12 patients"), "{}", answer.header("x-progress"));
        assert_eq!(answer.body, "");
    }
    let answer = send(&mut browser, Method::GET, &address, &token, &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    let manifest = answer.json();
    assert_eq!(manifest["request"], format!("{FHIR}/Patient/$export?_type=Patient"));
    assert_eq!(manifest["requiresAccessToken"], true);
    // 1790000000 by `date -u -d @1790000000`.
    assert_eq!(began, 1_790_000_000);
    assert_eq!(manifest["transactionTime"], "2026-09-21T14:13:20Z");
    assert_eq!(answer.header("expires"), "Mon, 21 Sep 2026 15:13:20 GMT");
    let files = files(&manifest, "output");
    assert_eq!(files.len(), 4);
    assert_eq!(files.iter().map(|(.., count)| count).sum::<u64>(), 12);

    browser.hands.turn(3_600);
    let token = services::token(&mut browser, SCOPE).await;
    for address in [&address, &files[0].1] {
        let answer = send(&mut browser, Method::GET, address, &token, &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_export_that_was_given_up_is_gone_with_its_files_and_is_nobody_elses() {
    let mut browser = clinic(|config| config.bulk.polls = 0);
    let token = token(&mut browser, SCOPE).await;
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
    let address = begun.header("content-location").to_owned();
    let file = files(&manifest(&mut browser, &token, &begun).await, "output")[0].1.clone();
    let person = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let person = text(&person, "access_token").to_owned();
    for method in [Method::GET, Method::DELETE] {
        let answer = send(&mut browser, method, &address, &person, &[], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let mut statuses = Vec::new();
    for method in [Method::DELETE, Method::GET, Method::DELETE] {
        statuses.push(send(&mut browser, method, &address, &token, &[], "").await.status.as_u16());
    }
    statuses.push(send(&mut browser, Method::GET, &file, &token, &[], "").await.status.as_u16());
    assert_eq!(statuses, [202, 404, 404, 404]);
}

#[tokio::test]
async fn files_hold_to_what_the_manifest_says_of_the_token() {
    for (access, said) in
        [(FileAccess::Token, json!(true)), (FileAccess::Open, json!(false)), (FileAccess::OpenAsText, json!("false"))]
    {
        let mut browser = clinic(|config| config.bulk.file_access = access);
        let token = token(&mut browser, SCOPE).await;
        let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
        let manifest = manifest(&mut browser, &token, &begun).await;
        assert_eq!(manifest["requiresAccessToken"], said);
        let file = files(&manifest, "output")[0].1.clone();
        let with = send(&mut browser, Method::GET, &file, &token, &[], "").await.status;
        let without = send(&mut browser, Method::GET, &file, "", &[], "").await.status;
        let expected = match access {
            FileAccess::Token => (StatusCode::OK, StatusCode::UNAUTHORIZED),
            FileAccess::Open | FileAccess::OpenAsText => (StatusCode::BAD_REQUEST, StatusCode::OK),
        };
        assert_eq!((with, without), expected, "{access:?}");
        let other = file.replace("Patient-1", "Patient-9");
        assert!(matches!(send(&mut browser, Method::GET, &other, "", &[], "").await.status.as_u16(), 401 | 404));
    }
}

#[tokio::test]
async fn errors_are_there_where_they_are_set() {
    let mut browser = clinic(|config| config.bulk.has_errors = true);
    let token = token(&mut browser, SCOPE).await;
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
    let errors = files(&manifest(&mut browser, &token, &begun).await, "error");
    assert_eq!((errors.len(), errors[0].0.as_str(), errors[0].2), (1, "OperationOutcome", 1));
    assert_eq!(lines(&mut browser, &token, &errors[0].1).await[0]["resourceType"], "OperationOutcome");
}

#[tokio::test]
async fn every_dialect_exports_and_pages_of_the_app_may_call() {
    for dialect in [Dialect::Webchart, Dialect::Webchart2026, Dialect::Epic, Dialect::Hiebus] {
        let mut browser = Browser::with(|mut config| {
            config.dialect = dialect;
            config.patients = 1;
            config
        });
        let answer = kick_off(&mut browser, "", "Group/all/$export").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{dialect:?}");
        let statement = browser.get(&format!("{FHIR}/metadata")).await.json();
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        let group = resources.iter().find(|resource| resource["type"] == "Group").unwrap();
        let definition = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export";
        assert_eq!(group["operation"], json!([{ "name": "export", "definition": definition }]), "{dialect:?}");
    }
    let mut browser = clinic(|_| {});
    let origin = ("Origin", "http://localhost:8080");
    for (method, path) in [("GET", "fhir/Group/all/$export"), ("DELETE", "bulk/x"), ("GET", "bulk/x/Patient-1.ndjson")]
    {
        let headers = [
            origin,
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "authorization,prefer"),
        ];
        let address = format!("{}/{path}", support::BASE);
        let answer = send(&mut browser, Method::OPTIONS, &address, "", &headers, "").await;
        assert_eq!(answer.header("access-control-allow-origin"), origin.1, "{path}");
        assert!(answer.header("access-control-allow-methods").contains(method), "{path}");
        assert!(answer.header("access-control-allow-headers").contains("prefer"), "{path}");
    }
    let token = token(&mut browser, SCOPE).await;
    let headers = [origin, ("Prefer", "respond-async")];
    let begun = send(&mut browser, Method::GET, &format!("{FHIR}/Patient/$export"), &token, &headers, "").await;
    let exposed = begun.header("access-control-expose-headers").to_owned();
    for name in ["content-location", "retry-after", "x-progress", "expires"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn a_manifest_has_pages_for_those_who_allow_them_and_for_all_where_it_is_set() {
    for (files_per_page, query, expected) in
        [(0, "", vec![8]), (0, "&allowPartialManifests=true", vec![4, 4]), (3, "", vec![3, 3, 2])]
    {
        let mut browser = clinic(|config| {
            config.bulk.files_per_page = files_per_page;
            config.bulk.has_errors = true;
        });
        let token = token(&mut browser, SCOPE).await;
        let begun = kick_off(&mut browser, &token, &format!("Patient/$export?_type=Patient,Condition{query}")).await;
        let mut page = manifest(&mut browser, &token, &begun).await;
        let (mut sizes, mut addresses) = (Vec::new(), Vec::new());
        loop {
            sizes.push(page["output"].as_array().unwrap().len());
            addresses.extend(files(&page, "output").into_iter().map(|(_, address, _)| address));
            let next = &page["link"][0];
            assert_eq!(files(&page, "error").is_empty(), !next.is_null(), "what went wrong stands on the last page");
            let Some(url) = next["url"].as_str() else { break };
            assert_eq!(next["relation"], "next");
            page = send(&mut browser, Method::GET, url, &token, &[], "").await.json();
        }
        assert_eq!(sizes, expected, "{query}");
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), 8);
        let address = begun.header("content-location");
        let none = send(&mut browser, Method::GET, &format!("{address}?page=9"), &token, &[], "").await;
        assert_refused(&none, StatusCode::NOT_FOUND, "no such page");
    }
}

#[tokio::test]
async fn files_by_patient_have_a_header_row_for_each_and_the_same_resources() {
    let mut browser = clinic(|_| {});
    let token = token(&mut browser, SCOPE).await;
    let query = "Patient/$export?_type=Patient,Condition,Practitioner";
    let begun = kick_off(&mut browser, &token, query).await;
    let plain = exported(&mut browser, &token, &begun).await;
    let begun = kick_off(&mut browser, &token, &format!("{query}&organizeOutputBy=Patient")).await;
    let manifest = manifest(&mut browser, &token, &begun).await;
    assert_eq!(manifest["outputOrganizedBy"], "Patient");
    let mut found = Vec::new();
    for file in manifest["output"].as_array().unwrap() {
        let mut header = None;
        let rows = lines(&mut browser, &token, text(file, "url")).await;
        let resources: Vec<Value> = rows.into_iter().filter(|row| row["resourceType"] != "Parameters").collect();
        assert_eq!(file["count"].as_u64(), Some(resources.len() as u64), "header rows are not counted");
        for row in lines(&mut browser, &token, text(file, "url")).await {
            match text(&row, "resourceType") {
                "Parameters" => header = row["parameter"][0]["valueReference"]["reference"].as_str().map(str::to_owned),
                "Practitioner" => assert_eq!((file["type"].as_str(), &header), (Some("Practitioner"), &None)),
                "Patient" => assert_eq!(header, Some(format!("Patient/{}", text(&row, "id")))),
                _ => assert_eq!(header.as_deref(), row["subject"]["reference"].as_str()),
            }
        }
        found.extend(resources);
    }
    assert_eq!(references(&found), references(&plain));
    let refused = kick_off(&mut browser, &token, "Patient/$export?organizeOutputBy=Encounter").await;
    assert_refused(&refused, StatusCode::BAD_REQUEST, "organized by Patient");
}
