//! The manifest of an export and its files.

use axum::http::{Method, StatusCode};
use sandbox_ehr::FileAccess;
use serde_json::{Value, json};

use crate::services::{clinic, exported, files, kick_off, lines, manifest, references, send, token};
use crate::support::text;
use crate::{SCOPE, assert_refused};

#[tokio::test]
async fn files_require_the_token_if_the_manifest_says_so() {
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
async fn errors_are_in_the_manifest_if_configured() {
    let mut browser = clinic(|config| config.bulk.has_errors = true);
    let token = token(&mut browser, SCOPE).await;
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
    let errors = files(&manifest(&mut browser, &token, &begun).await, "error");
    assert_eq!((errors.len(), errors[0].0.as_str(), errors[0].2), (1, "OperationOutcome", 1));
    assert_eq!(lines(&mut browser, &token, &errors[0].1).await[0]["resourceType"], "OperationOutcome");
}

#[tokio::test]
async fn a_manifest_has_pages_for_clients_that_allow_them_or_for_all_if_configured() {
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
async fn files_by_patient_have_a_header_row_for_each_patient_and_the_same_resources() {
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
