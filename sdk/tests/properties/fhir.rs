//! References, Bundles and OperationOutcomes.

use proptest::prelude::*;
use serde_json::{Value, json};
use smartrust::fhir::bundle::Page;
use smartrust::fhir::outcome::OperationOutcome;
use smartrust::fhir::patient::belongs_to_other_patient;
use smartrust::fhir::reference::ResourceId;
use smartrust::fhir::request::{FhirRequest, Interaction, page_request};
use smartrust::fhir::retry::retry_after;
use smartrust::protocol::url::Url;

use crate::generated::{address, cases, json, object, reference, text};

fn base() -> Url {
    Url::parse("https://ehr.example/practice/fhir").unwrap()
}

fn bundle() -> impl Strategy<Value = Value> {
    let entry = object(
        &["resource", "search", "fullUrl"],
        &[r#"{"id": "1"}"#, r#"{"mode": "include"}"#, r#"{"mode": "outcome"}"#],
    );
    let link = object(&["relation", "url"], &[r#""next""#, r#""self""#, r#""?page=2""#, r#""""#]);
    let entries = prop::collection::vec(prop_oneof![4 => entry, 1 => json()], 0..5);
    let links = prop::collection::vec(prop_oneof![4 => link, 1 => json()], 0..4);
    let bundle = (entries, links, json()).prop_map(
        |(entry, link, total)| json!({"resourceType": "Bundle", "entry": entry, "link": link, "total": total}),
    );
    prop_oneof![6 => bundle, 1 => json()]
}

fn outcome() -> impl Strategy<Value = Value> {
    let issue = object(
        &["severity", "code", "details", "diagnostics"],
        &[r#""error""#, r#""fatal""#, r#""warning""#, r#"{"text": "no"}"#],
    );
    let issues = prop::collection::vec(prop_oneof![4 => issue, 1 => json()], 0..4);
    prop_oneof![4 => issues.prop_map(|issue| json!({"resourceType": "OperationOutcome", "issue": issue})), 1 => json()]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn i7_a_reference_is_split_at_every_base(
        resource_type in "[A-Z][A-Za-z]{0,12}", id in "[A-Za-z0-9-][A-Za-z0-9.-]{0,63}", version in "[0-9]{1,3}",
        folder in prop::sample::select(&["", "https://ehr.example/practice/fhir/", "/"][..]),
    ) {
        let expected = Some(ResourceId { resource_type: resource_type.clone(), id: id.clone() });
        let plain = [folder, &resource_type, "/", &id].concat();
        prop_assert_eq!(ResourceId::read(&plain), expected.clone());
        prop_assert_eq!(ResourceId::read(&[&plain, "/_history/", &version].concat()), expected);
    }

    #[test]
    fn i7_a_found_reference_is_part_of_the_text(text in prop_oneof![text(), reference(), address()]) {
        if let Some(read) = ResourceId::read(&text) {
            prop_assert!(text.contains(&[read.resource_type.as_str(), "/", &read.id].concat()));
        }
    }

    #[test]
    fn f1_a_relative_reference_is_read_below_the_base(reference in prop_oneof![reference(), "[A-Z][a-z]{0,5}/[a-z0-9.-]{0,6}"]) {
        if let Ok(request) = FhirRequest::read(&reference).build(&base()) {
            let fetched = url::Url::parse(request.url.as_str()).unwrap();
            prop_assert_eq!(fetched.as_str(), request.url.as_str());
            let below = ["https://ehr.example/practice/fhir/", &reference].concat();
            prop_assert!(reference.contains(':') || fetched.as_str() == below, "{fetched}");
        }
    }

    #[test]
    fn a_search_has_its_parameters(parameters in prop::collection::vec((text(), text()), 0..4)) {
        let request = FhirRequest::search("Observation", &parameters).build(&base()).unwrap();
        let mut fetched = url::Url::parse(request.url.as_str()).unwrap();
        match &request.body {
            Some(form) => {
                prop_assert_eq!(fetched.path(), "/practice/fhir/Observation/_search");
                fetched.set_query(Some(form));
            }
            None => prop_assert_eq!(fetched.path(), "/practice/fhir/Observation"),
        }
        prop_assert_eq!(fetched.query_pairs().into_owned().collect::<Vec<_>>(), parameters);
    }

    #[test]
    fn f1_no_target_of_an_interaction_is_outside_of_the_base(
        name in prop::sample::select(&["search", "create", "update", "patch", "delete", "history", "operation", "bundle"][..]),
        target in prop_oneof![reference(), text(), address()],
    ) {
        let request = FhirRequest::new(Interaction::from_name(name).unwrap(), target).with("a", "b");
        if let Ok(request) = request.build(&base()) {
            let fetched = url::Url::parse(request.url.as_str()).unwrap();
            prop_assert_eq!(fetched.as_str(), request.url.as_str());
            let path = fetched.path();
            prop_assert!(path == "/practice/fhir" || path.starts_with("/practice/fhir/"), "{path}");
        }
    }

    #[test]
    fn f6_any_retry_after_is_a_wait_or_nothing(text in prop_oneof![text(), "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"]) {
        if let Some(wait) = retry_after(&text, 1_700_000_000.0) {
            prop_assert!(wait >= 0.0 && wait.is_finite());
        }
    }

    #[test]
    fn f8_a_page_has_every_resource_of_its_bundle(bundle in bundle()) {
        let page = Page::read(&bundle);
        prop_assert_eq!(page.is_some(), bundle["resourceType"] == "Bundle");
        if let Some(page) = page {
            let resources = bundle["entry"].as_array().into_iter().flatten().filter(|entry| !entry["resource"].is_null());
            prop_assert_eq!(page.resources.len() + page.included.len() + page.outcomes.len(), resources.count());
        }
    }

    #[test]
    fn f2_the_next_page_is_where_a_browser_would_find_it(link in prop_oneof![reference(), address()]) {
        let page = Url::parse("https://ehr.example/practice/fhir/Observation?patient=1").unwrap();
        if let Ok(request) = page_request(&page, &link) {
            let mut expected = url::Url::parse(page.as_str()).unwrap().join(&link);
            if let Ok(expected) = &mut expected {
                expected.set_fragment(None);
                prop_assert_eq!(expected.as_str(), request.url.as_str());
            }
        }
    }

    #[test]
    fn f5_an_outcome_is_kept_complete(resource in outcome()) {
        let read = OperationOutcome::read(&resource);
        prop_assert_eq!(read.is_some(), resource["resourceType"] == "OperationOutcome");
        if let Some(outcome) = read {
            prop_assert_eq!(serde_json::from_str::<Value>(&outcome.json).unwrap(), resource.clone());
            prop_assert_eq!(outcome.issues.len(), resource["issue"].as_array().map_or(0, Vec::len));
            let severe = |issue: &Value| issue["severity"] == "error" || issue["severity"] == "fatal";
            prop_assert_eq!(outcome.has_error(), resource["issue"].as_array().is_some_and(|issues| issues.iter().any(severe)));
        }
    }

    #[test]
    fn f13_a_resource_belongs_to_the_patient_of_its_reference(
        id in "[a-z0-9]{1,3}", member in prop::sample::select(&["subject", "patient", "beneficiary"][..]), other in json(),
    ) {
        let resource = json!({"resourceType": "Observation", "id": "7", "note": other, member: {"reference": format!("Patient/{id}")}});
        prop_assert!(!belongs_to_other_patient(&resource, &id, &base()));
        prop_assert!(belongs_to_other_patient(&resource, &[&id, "1"].concat(), &base()));
        belongs_to_other_patient(&other, &id, &base());
    }
}
