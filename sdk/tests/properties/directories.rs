//! Directories of FHIR servers, whose Bundles are written by many vendors.

use proptest::prelude::*;
use serde_json::{Value, json};
use smartrust::fhir::directory::{Directory, DirectoryReader, Source};

use crate::generated::{address, cases, json, object, text};

const ORGANIZATION: &[&str] = &[
    "id",
    "name",
    "alias",
    "identifier",
    "active",
    "telecom",
    "address",
    "partOf",
    "endpoint",
    "extension",
    "contained",
];
const ENDPOINT: &[&str] =
    &["id", "name", "status", "connectionType", "address", "managingOrganization", "contained", "extension"];
const LIKELY: &[&str] = &[
    r#""1""#,
    r#""St. Mary's\tClinic""#,
    r#""active""#,
    r##"["1", {"reference": "Endpoint/1"}, {"reference": "#1"}]"##,
    r#"{"reference": "Organization/1", "display": "Clinic"}"#,
    r#"[{"system": "url", "value": "https://clinic.example"}, {"value": "7"}]"#,
    r#"[{"city": "Boone", "state": "NC"}, {"postalCode": "28607"}]"#,
    r#""https://fhir.example/r4""#,
    r#"[{"resourceType": "Endpoint", "id": "1", "address": "https://fhir.example/r4"}]"#,
    r#"[{"url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", "valueCode": "4.0.1 4.3"}]"#,
    r#"[{"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": [
        {"url": "portalName", "valueString": "Portal"}, {"url": "portalEndpoint", "valueReference": {"reference": "Endpoint/1"}}]}]"#,
];

/// An entry that is mostly correct, with some members replaced.
fn entry() -> impl Strategy<Value = Value> {
    let organization =
        json!({"resourceType": "Organization", "name": "Clinic", "endpoint": [{"reference": "Endpoint/1"}]});
    let endpoint = json!({"resourceType": "Endpoint", "status": "active", "address": "https://fhir.example/r4"});
    let changed = |usual: Value, changes: Value| {
        let mut resource = usual;
        resource.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        resource
    };
    let id = || prop::sample::select(&["1", "2", "3"][..]);
    let organization = (object(ORGANIZATION, LIKELY), id(), id()).prop_map(move |(changes, id, endpoint)| {
        let usual = json!({"id": id, "endpoint": [{"reference": format!("Endpoint/{endpoint}")}]});
        changed(changed(organization.clone(), usual), changes)
    });
    let endpoint = (object(ENDPOINT, LIKELY), id(), address(), any::<bool>()).prop_map(
        move |(changes, id, address, has_any_address)| {
            let usual = changed(endpoint.clone(), json!({"id": id}));
            let usual = if has_any_address { changed(usual, json!({"address": address})) } else { usual };
            changed(usual, changes)
        },
    );
    let resource = prop_oneof![4 => organization, 4 => endpoint, 1 => json()];
    (resource, prop_oneof![Just(Value::Null), text().prop_map(Value::from)])
        .prop_map(|(resource, full_url)| json!({"fullUrl": full_url, "resource": resource}))
}

fn directory(bundles: &[Vec<Value>]) -> Directory {
    let mut reader = DirectoryReader::new();
    for entries in bundles {
        reader.start(Source::new("a list"));
        reader.read_bundle(&json!({"resourceType": "Bundle", "entry": entries}));
    }
    reader.finish()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn e3_e4_every_brand_has_a_name_and_an_endpoint_that_is_safe(
        bundles in prop::collection::vec(prop::collection::vec(entry(), 0..12), 0..3)
    ) {
        let directory = directory(&bundles);
        for brand in directory.brands() {
            prop_assert!(!brand.name.trim().is_empty());
            prop_assert!(brand.endpoints().next().is_some());
            prop_assert!(brand.endpoints().all(|endpoint| endpoint.fhir_base.is_confidential()));
        }
    }

    #[test]
    fn e8_every_brand_is_found_by_its_name(bundle in prop::collection::vec(entry(), 0..12)) {
        let directory = directory(&[bundle]);
        for brand in directory.brands().iter().filter(|brand| brand.name.contains(|letter: char| letter.is_ascii_alphanumeric())) {
            let matches = directory.search(&brand.name, usize::MAX);
            prop_assert!(matches.iter().any(|found| found.brand == brand), "{:?}", brand.name);
        }
    }

    #[test]
    fn e18_a_directory_is_read_as_it_was_written(
        bundles in prop::collection::vec(prop::collection::vec(entry(), 0..12), 0..3)
    ) {
        let directory = directory(&bundles);
        let written = directory.to_text();
        let mut copy = Directory::read_brands(&written.brands).unwrap();
        copy.read_facilities(&written.facilities).unwrap();
        prop_assert_eq!(copy.brands(), directory.brands());
        prop_assert_eq!(copy.facility_count(), directory.facility_count());
        prop_assert_eq!(copy.to_text(), written);
    }

    #[test]
    fn e18_any_text_is_read_or_refused(text in text(), line in "[SBAILPE#=-][\t -~]{0,20}") {
        for title in ["smartrust directory 1, brands", "smartrust directory 1, facilities"] {
            let _ = Directory::read_brands(&format!("{title}\n{line}\n{text}"));
            if let Ok(mut directory) = Directory::read_brands("smartrust directory 1, brands\nS\ta\nB\t0\tb\n") {
                let _ = directory.read_facilities(format!("{title}\n#0\n{line}\n{text}"));
                let _ = directory.search(&text, 3);
            }
        }
    }
}
