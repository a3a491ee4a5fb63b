//! The sandbox's lists of providers: the brands Bundle that its SMART configuration names (SMART App Launch 2.2, User-Access Brands and
//! Endpoints), and a Bundle of endpoints only, as WebChart publishes one. All organizations in them are made up.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::Shared;
use crate::config::Config;

/// The namespace of the identifiers of the brands.
const BRANDS: &str = "https://sandbox.example/brands";

/// The brand of the sandbox itself.
const OWN: &str = "sandbox-clinic";

/// A made-up organization: its id, its name, and its city, state and postal code.
type Organization = (&'static str, &'static str, [&'static str; 3]);

/// Organizations that patients reach through the sandbox, besides its own brand, which all but the last are parts of.
const REACHED: [Organization; 4] = [
    ("sandbox-north", "Sandbox Clinic North", ["Auburn", "IN", "46706"]),
    ("sandbox-lab", "Three Rivers Laboratory", ["Fort Wayne", "IN", "46808"]),
    ("sandbox-children", "Sandbox Children's Center", ["Huntington", "IN", "46750"]),
    ("harborview", "Harborview Eye Center", ["Erie", "PA", "16501"]),
];

/// Organizations with servers of their own, which do not exist. Two have the same name.
const OTHERS: [Organization; 5] = [
    ("cedar-hollow", "Cedar Hollow Medical Group", ["Boone", "NC", "28607"]),
    ("riverbend-wi", "Riverbend Family Clinic", ["Madison", "WI", "53703"]),
    ("riverbend-oh", "Riverbend Family Clinic", ["Marietta", "OH", "45750"]),
    ("st-odile", "Saint Odile Hospital", ["Springfield", "IL", "62701"]),
    ("pinecrest", "Pinecrest Pediatrics", ["Springfield", "MO", "65801"]),
];

/// Adds the members that name the brands Bundle to the SMART configuration.
pub fn announce(config: &Config, smart_configuration: &mut Value) {
    smart_configuration["user_access_brand_bundle"] = config.at("/brands.json").into();
    smart_configuration["user_access_brand_identifier"] = json!({ "system": BRANDS, "value": OWN });
}

/// `GET brands.json`.
pub async fn brands(State(sandbox): State<Shared>) -> Json<Value> {
    let own = sandbox.config.fhir_base();
    let clinic = (OWN, "Sandbox Clinic", ["Fort Wayne", "IN", "46802"]);
    let mut clinic_resource = brand(&clinic, "sandbox");
    clinic_resource["extension"] = portal("Sandbox Patient Portal", &sandbox.config.at("/portal"), "sandbox");
    let mut entries = vec![clinic_resource, endpoint("sandbox", &own)];
    for organization in &REACHED {
        let mut resource = brand(organization, "sandbox");
        if organization.0 != "harborview" {
            resource["partOf"] = json!({ "reference": format!("Organization/{OWN}") });
            resource["endpoint"] = json!([]);
        }
        entries.push(resource);
    }
    for organization in &OTHERS {
        let (id, _, _) = *organization;
        let mut resource = brand(organization, id);
        resource["extension"] = portal("Patient Portal", &format!("https://portal.{id}.example/"), id);
        entries.extend([resource, endpoint(id, &format!("https://fhir.{id}.example/r4"))]);
    }
    Json(bundle(&sandbox, entries))
}

/// `GET endpoints.json`.
pub async fn endpoints(State(sandbox): State<Shared>) -> Json<Value> {
    let mut own = endpoint("sandbox", &sandbox.config.fhir_base());
    own["name"] = "Sandbox Clinic".into();
    let others = OTHERS.iter().map(|(id, name, _)| {
        let mut other = endpoint(id, &format!("https://fhir.{id}.example/r4"));
        other["name"] = (*name).into();
        other
    });
    Json(bundle(&sandbox, std::iter::once(own).chain(others).collect()))
}

fn bundle(sandbox: &Shared, resources: Vec<Value>) -> Value {
    let now = DateTime::from_timestamp(i64::try_from(sandbox.now()).unwrap_or_default(), 0).unwrap_or_default();
    let full_url = |resource: &Value| {
        let part = |member: &str| resource[member].as_str().unwrap_or_default();
        format!("{}/{}/{}", BRANDS, part("resourceType"), part("id"))
    };
    let entries = resources.into_iter().map(|resource| json!({ "fullUrl": full_url(&resource), "resource": resource }));
    json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "entry": entries.collect::<Vec<_>>()
    })
}

fn brand((id, name, [city, state, postal_code]): &Organization, endpoint: &str) -> Value {
    json!({
        "resourceType": "Organization",
        "id": id,
        "identifier": [{ "system": BRANDS, "value": id }],
        "active": true,
        "name": name,
        "address": [{ "city": city, "state": state, "postalCode": postal_code, "country": "US" }],
        "endpoint": [{ "reference": format!("Endpoint/{endpoint}") }]
    })
}

fn portal(name: &str, url: &str, endpoint: &str) -> Value {
    json!([{
        "url": "http://hl7.org/fhir/StructureDefinition/organization-portal",
        "extension": [
            { "url": "portalName", "valueString": name },
            { "url": "portalUrl", "valueUrl": url },
            { "url": "portalEndpoint", "valueReference": { "reference": format!("Endpoint/{endpoint}") } }
        ]
    }])
}

fn endpoint(id: &str, address: &str) -> Value {
    json!({
        "resourceType": "Endpoint",
        "id": id,
        "extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version",
            "valueCode": "4.0.1"
        }],
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "hl7-fhir-rest"
        },
        "payloadType": [{ "coding": [{ "code": "none" }] }],
        "address": address
    })
}
