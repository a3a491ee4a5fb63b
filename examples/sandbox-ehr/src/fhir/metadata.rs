//! The capability statement, with the OAuth endpoints that older clients look for.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::parameters::definitions;
use super::{ResourceType, fhir_json};
use crate::Shared;
use crate::people::AS_OF;

/// `GET metadata`, for everyone.
pub async fn metadata(State(sandbox): State<Shared>) -> Response {
    let base = sandbox.config.base();
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": AS_OF.to_string(),
        "kind": "instance",
        "software": { "name": "Sandbox EHR", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "Sandbox EHR", "url": sandbox.config.fhir_base() },
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [{
            "mode": "server",
            "security": {
                "cors": true,
                "extension": [{
                    "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                    "extension": [
                        { "url": "authorize", "valueUri": format!("{base}/oauth/authorization/") },
                        { "url": "token", "valueUri": format!("{base}/oauth/token/") },
                        { "url": "introspect", "valueUri": format!("{base}/oauth/introspect/") },
                        { "url": "manage", "valueUri": format!("{base}?f=admin&s=jwt") }
                    ]
                }],
                "service": [{ "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                    "code": "SMART-on-FHIR"
                }] }]
            },
            "resource": ResourceType::ALL.map(capability)
        }]
    });
    fhir_json(StatusCode::OK, &statement)
}

fn capability(resource: ResourceType) -> Value {
    let parameters: Vec<Value> = definitions(resource)
        .iter()
        .map(|definition| json!({ "name": definition.name, "type": definition.kind.code() }))
        .collect();
    json!({
        "type": resource.name(),
        "interaction": [{ "code": "read" }, { "code": "search-type" }],
        "versioning": "no-version",
        "searchParam": parameters
    })
}
