use super::*;

#[test]
fn e1_a_reference_finds_its_endpoint_in_every_form() {
    let base = "https://fhir.example.org/r4";
    let full = |url: &str| json!({"fullUrl": url, "resource": endpoint("e1", base)});
    for (reference, entry) in [
        ("urn:uuid:5a0c", full("urn:uuid:5a0c")),
        ("https://ehr.example.org/Endpoint/e1", full("https://ehr.example.org/Endpoint/e1")),
        ("https://ehr.example.org/Endpoint/e1/_history/2", full("https://ehr.example.org/Endpoint/e1")),
        ("Endpoint/e1", full("https://ehr.example.org/Endpoint/e1")),
        ("Endpoint/e1", entry(endpoint("e1", base))),
        ("https://ehr.example.org/Endpoint/e1", entry(endpoint("e1", base))),
        ("urn:uuid:e1", entry(endpoint("e1", base))),
    ] {
        let directory = directory(&[bundle(&[super::entry(organization("o1", "Clinic", &[reference])), entry])]);
        assert_eq!(names(&directory), ["Clinic"], "{reference}");
        assert_eq!(bases(&directory, 0), [base], "{reference}");
        assert_eq!(left_out(&directory), [], "{reference}");
    }
}

#[test]
fn e1_a_contained_endpoint_belongs_to_its_organization_only() {
    for reference in ["#e1", "e1"] {
        let of = |id: &str, base: &str| {
            entry(with(organization(id, id, &[reference]), json!({"contained": [endpoint("e1", base)]})))
        };
        let directory = directory(&[bundle(&[
            of("North", "https://north.example.org/fhir"),
            of("South", "https://south.example.org/fhir"),
        ])]);
        assert_eq!(names(&directory), ["North", "South"], "{reference}");
        assert_eq!(bases(&directory, 0), ["https://north.example.org/fhir"]);
        assert_eq!(bases(&directory, 1), ["https://south.example.org/fhir"]);
    }
}

#[test]
fn e1_a_relative_reference_means_the_resource_of_the_same_server() {
    let at = |host: &str, resource: Value| {
        let url = format!("https://{host}/{}/1", resource["resourceType"].as_str().unwrap());
        json!({"fullUrl": url, "resource": resource})
    };
    let directory = directory(&[bundle(&[
        at("a.example.org", endpoint("1", "https://a.example.org/fhir")),
        at("b.example.org", endpoint("1", "https://b.example.org/fhir")),
        at("b.example.org", organization("1", "B", &["Endpoint/1"])),
        at("a.example.org", organization("1", "A", &["Endpoint/1"])),
    ])]);
    assert_eq!(names(&directory), ["B", "A"]);
    assert_eq!(bases(&directory, 0), ["https://b.example.org/fhir"]);
    assert_eq!(bases(&directory, 1), ["https://a.example.org/fhir"]);
}

/// An organization `o{level}` that is part of the next one, up to `top`, which has the endpoint.
fn chain(top: usize) -> Value {
    let mut entries = vec![
        entry(endpoint("e1", "https://fhir.example.org/r4")),
        entry(organization(&format!("o{top}"), "Top", &["Endpoint/e1"])),
    ];
    entries.extend((0..top).map(|level| {
        let part_of = json!({"partOf": {"reference": format!("Organization/o{}", level + 1)}});
        entry(with(organization(&format!("o{level}"), &format!("Level {level}"), &[]), part_of))
    }));
    bundle(&entries)
}

#[test]
fn e2_an_organization_without_endpoint_is_a_place_of_the_nearest_one_above() {
    let directory = directory(&[chain(8)]);
    assert_eq!(names(&directory), ["Top"]);
    assert_eq!(directory.facility_count(), 8);
    assert_eq!(left_out(&directory), []);
}

#[test]
fn e2_cycles_missing_parents_and_more_than_eight_levels_are_left_out_and_counted() {
    let directory_of_nine = directory(&[chain(9)]);
    assert_eq!(directory_of_nine.facility_count(), 8);
    assert_eq!(left_out(&directory_of_nine), [(LeftOut::ParentCycle, 1)]);

    let part_of = |id: &str, parent: &str| {
        let parent = json!({"partOf": {"reference": format!("Organization/{parent}")}});
        entry(with(organization(id, id, &[]), parent))
    };
    let others = directory(&[bundle(&[part_of("a", "b"), part_of("b", "a"), part_of("c", "gone")])]);
    assert_eq!(names(&others), [""; 0]);
    assert_eq!(left_out(&others), [(LeftOut::ParentMissing, 1), (LeftOut::ParentCycle, 2)]);
}

#[test]
fn e2_an_organization_whose_own_endpoint_is_off_does_not_get_the_endpoint_of_its_parent() {
    let off = with(endpoint("off", "https://child.example.org/fhir"), json!({"status": "off"}));
    let child =
        with(organization("child", "Child", &["Endpoint/off"]), json!({"partOf": {"reference": "Organization/o0"}}));
    let directory = directory(&[bundle(&[
        entry(off),
        entry(child),
        entry(endpoint("e1", "https://fhir.example.org/r4")),
        entry(organization("o0", "Parent", &["Endpoint/e1"])),
    ])]);
    assert_eq!(names(&directory), ["Parent"]);
    assert_eq!(directory.facility_count(), 0);
    assert_eq!(left_out(&directory), [(LeftOut::EndpointNotActive, 1), (LeftOut::NoEndpoint, 1)]);
}

#[test]
fn e3_an_endpoint_without_organization_is_named_by_the_best_that_there_is() {
    let managed = |organization: Value| json!({"managingOrganization": organization});
    let plain = endpoint("e1", "https://fhir.example.org/r4");
    let contained = json!({"contained": [{"resourceType": "Organization", "id": "c1", "name": "Contained Clinic"}]});
    for (resource, name) in [
        (with(plain.clone(), json!({"name": "Own Name"})), "Own Name"),
        (with(with(plain.clone(), managed(json!({"reference": "c1"}))), contained.clone()), "Contained Clinic"),
        (with(with(plain.clone(), managed(json!({"reference": "#c1"}))), contained), "Contained Clinic"),
        (
            with(plain.clone(), managed(json!({"identifier": {"value": "7"}, "display": "Display Clinic"}))),
            "Display Clinic",
        ),
        (with(plain.clone(), json!({"name": "  \n "})), "fhir.example.org"),
        (plain, "fhir.example.org"),
    ] {
        let directory = directory(&[bundle(&[entry(resource)])]);
        assert_eq!(names(&directory), [name]);
    }
}

#[test]
fn e3_an_endpoint_that_names_its_organization_belongs_to_it() {
    let managed = json!({"managingOrganization": {"reference": "Organization/o1"}, "name": "internal zone B"});
    let directory = directory(&[bundle(&[
        entry(organization("o1", "Clinic", &[])),
        entry(with(endpoint("e1", "https://fhir.example.org/r4/"), managed)),
    ])]);
    assert_eq!(names(&directory), ["Clinic"]);
    assert_eq!(bases(&directory, 0), ["https://fhir.example.org/r4/"]);
}

#[test]
fn e4_what_cannot_be_used_is_left_out_and_counted_by_reason() {
    let at = |address: &str| endpoint("x", address);
    let directory = directory(&[bundle(&[
        entry(with(at("https://a.example.org"), json!({"status": "test"}))),
        entry(with(at("https://b.example.org"), json!({"connectionType": {"code": "direct-project"}}))),
        entry(at("http://c.example.org/fhir")),
        entry(at("https://user:password@d.example.org/fhir")),
        entry(at("https://e.example.org/fhir#r4")),
        entry(at("ftp://f.example.org")),
        entry(json!({"resourceType": "Endpoint", "_address": {"extension": [{"valueCode": "asked-declined"}]}})),
        entry(organization("o1", "Dangling", &["Endpoint/gone"])),
        entry(with(organization("o2", "Closed", &["Endpoint/local"]), json!({"active": false}))),
        entry(endpoint("local", "http://localhost:9080/fhir")),
        entry(json!({"resourceType": "Location"})),
        json!({"fullUrl": "urn:uuid:1"}),
    ])]);
    assert_eq!(
        left_out(&directory),
        [
            (LeftOut::OtherResource, 2),
            (LeftOut::EndpointNotActive, 1),
            (LeftOut::NoFhirServer, 1),
            (LeftOut::AddressMissing, 1),
            (LeftOut::AddressInsecure, 1),
            (LeftOut::AddressWithUserOrFragment, 2),
            (LeftOut::AddressInvalid, 1),
            (LeftOut::EndpointReference, 1),
            (LeftOut::OrganizationNotActive, 1),
            (LeftOut::NoEndpoint, 1),
        ]
    );
    assert_eq!(names(&directory), [""; 0], "the endpoint of a closed organization is no card of its own");
    let findings = directory.findings(0.0);
    assert_eq!(findings.len(), 10);
    assert!(!findings.iter().any(|finding| finding.message.contains("password")));
    assert_eq!(findings[4].code, "address_insecure");
    assert_eq!(
        findings[4].message,
        "1 Endpoint resource was left out because its address uses http to another machine."
    );
    assert_eq!(
        findings[0].message,
        "2 resources were left out because their type is neither Organization nor Endpoint."
    );
}

#[test]
fn e5_each_portal_has_its_endpoints_and_r4_comes_first() {
    let with_portals = json!({"extension": [portal("Adults", &["Endpoint/dstu2", "Endpoint/r4"]), portal("Children", &["Endpoint/kids"])]});
    let directory_of = |reader: DirectoryReader| {
        let mut reader = reader;
        reader.read_bundle(&bundle(&[
            entry(with(endpoint("dstu2", "https://fhir.example.org/dstu2"), version("1.0.2"))),
            entry(with(endpoint("r4", "https://fhir.example.org/r4"), version("4.0.1"))),
            entry(endpoint("kids", "https://kids.example.org/fhir")),
            entry(endpoint("lab", "https://lab.example.org/fhir")),
            entry(with(organization("o1", "Hospital", &["Endpoint/lab", "Endpoint/r4"]), with_portals.clone())),
        ]));
        reader.finish()
    };
    let portals = |directory: &Directory| -> Vec<(Option<String>, Vec<String>)> {
        let portals = directory.brands()[0].portals.iter();
        let bases = |portal: &super::super::Portal| {
            portal.endpoints.iter().map(|endpoint| endpoint.fhir_base.as_str().to_owned()).collect()
        };
        portals.map(|portal| (portal.name.clone(), bases(portal))).collect()
    };
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let adults = || Some("Adults".to_owned());
    let rest = [
        (Some("Children".to_owned()), strings(&["https://kids.example.org/fhir"])),
        (None, strings(&["https://lab.example.org/fhir"])),
    ];

    let directory = directory_of(DirectoryReader::new());
    assert_eq!(portals(&directory)[0], (adults(), strings(&["https://fhir.example.org/r4"])));
    assert_eq!(portals(&directory)[1..], rest);
    assert_eq!(left_out(&directory), [(LeftOut::FhirVersion, 1)]);

    let directory = directory_of(DirectoryReader::new().older_version("1.0"));
    let both = strings(&["https://fhir.example.org/r4", "https://fhir.example.org/dstu2"]);
    assert_eq!(portals(&directory)[0], (adults(), both));
    assert_eq!(left_out(&directory), []);
}

#[test]
fn e16_texts_are_one_plain_line() {
    let portal = json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": [
        {"url": "portalDescription", "valueMarkdown": "# For **adults**\n\nSee [our *help*](https://help.example.org) and ![logo](x.png)."},
        {"url": "portalUrl", "valueUrl": "javascript:alert(1)"},
    ]});
    let members = json!({"extension": [portal], "alias": ["two\tfields\u{0}", " "], "telecom": [
        {"system": "url", "value": "javascript:alert(1)"}, {"system": "phone", "value": "https://no.example.org"},
        {"system": "url", "value": "https://clinic.example.org"},
    ]});
    let directory = directory(&[bundle(&[
        entry(with(organization("o1", "A\nB", &["Endpoint/e1"]), members)),
        entry(endpoint("e1", "https://fhir.example.org/r4")),
    ])]);
    let brand = &directory.brands()[0];
    assert_eq!(brand.name, "A B");
    assert_eq!(brand.aliases, ["two fields"]);
    assert_eq!(brand.website.as_deref(), Some("https://clinic.example.org"));
    assert_eq!(brand.portals[0].description.as_deref(), Some("For adults See our help and logo."));
    assert_eq!(brand.portals[0].url, None);
}

#[test]
fn e20_a_bundle_of_endpoints_only_is_a_directory() {
    let named = |id: &str, name: &str| {
        entry(with(endpoint(id, &format!("https://{id}.example.org/webchart.cgi/fhir")), json!({"name": name})))
    };
    let directory = directory(&[bundle(&[named("a", "Summit Family Medicine"), named("b", "Lakeside Clinic")])]);
    assert_eq!(names(&directory), ["Summit Family Medicine", "Lakeside Clinic"]);
    assert_eq!(left_out(&directory), []);
}

/// The examples of SMART App Launch 2.2 (input/resources/Bundle-example1.json to 4 of HL7/smart-app-launch).
#[test]
fn e20_the_examples_of_the_standard_are_read() {
    let read = |text: &str| directory(&[serde_json::from_str(text).unwrap()]);
    let labs = read(include_str!("../../../../tests/published/user-access-brands/example-1.json"));
    assert_eq!(names(&labs), ["ExampleLabs"]);
    assert_eq!(bases(&labs, 0), ["https://fhir.labs.example.com/r4"]);

    let regional = read(include_str!("../../../../tests/published/user-access-brands/example-2.json"));
    assert_eq!(names(&regional), ["ExampleHealth"]);
    assert_eq!(bases(&regional, 0), ["https://ehr.example.com/ProdFHIR/api/FHIR/R4"]);
    assert_eq!(regional.facility_count(), 2);
    assert_eq!(left_out(&regional), [(LeftOut::FhirVersion, 1)]);

    let two_portals = read(include_str!("../../../../tests/published/user-access-brands/example-3.json"));
    let portals = &two_portals.brands()[0].portals;
    let names_of_portals: Vec<_> = portals.iter().map(|portal| portal.name.as_deref().unwrap()).collect();
    assert_eq!(names_of_portals, ["ExampleHospital Patient Gateway", "ExampleHospital Pediatric Portal"]);
    assert_eq!(portals[1].endpoints[0].fhir_base.host(), "ehr2.example.org");

    let coequal = read(include_str!("../../../../tests/published/user-access-brands/example-4.json"));
    assert_eq!(names(&coequal), ["Brand1"]);
    let found = coequal.search("brand2", 20);
    assert_eq!(found[0].place.as_ref().unwrap().name, "Brand2");
    assert!(found[0].place.as_ref().unwrap().is_brand);
}
