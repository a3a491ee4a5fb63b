//! The capability statement, with the OAuth endpoints that older clients look for.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::parameters::definitions;
use super::{ResourceType, fhir_json};
use crate::Shared;
use crate::config::Config;
use crate::dialect::Dialect;
use crate::people::AS_OF;

/// `GET metadata`, for everyone.
pub async fn metadata(State(sandbox): State<Shared>) -> Response {
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": AS_OF.to_string(),
        "kind": "instance",
        "instantiates": ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"],
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
                    "extension": oauth_uris(&sandbox.config)
                }],
                "service": [{ "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                    "code": "SMART-on-FHIR"
                }] }]
            },
            "resource": ResourceType::ALL.map(|resource| capability(sandbox.config.dialect, resource)),
            "operation": [operation("export", &bulk_data("export"))]
        }]
    });
    fhir_json(StatusCode::OK, &statement)
}

fn oauth_uris(config: &Config) -> Vec<Value> {
    let paths = config.dialect.paths();
    let manage = (config.dialect == Dialect::Webchart).then_some("?f=admin&s=jwt");
    [
        ("authorize", Some(paths.authorize)),
        ("token", Some(paths.token)),
        ("register", paths.register),
        ("introspect", paths.introspect),
        ("revoke", paths.revoke),
        ("manage", manage),
    ]
    .into_iter()
    .filter_map(|(name, path)| Some(json!({ "url": name, "valueUri": config.at(path?) })))
    .collect()
}

fn capability(dialect: Dialect, resource: ResourceType) -> Value {
    let parameters: Vec<Value> = definitions(resource)
        .iter()
        .map(|definition| json!({ "name": definition.name, "type": definition.kind.code() }))
        .collect();
    let mut capability = json!({
        "type": resource.name(),
        "interaction": [{ "code": "read" }, { "code": "search-type" }],
        "versioning": "no-version",
        "searchParam": parameters
    });
    let mut operations = Vec::new();
    match resource {
        ResourceType::Patient => operations.push(operation("export", &bulk_data("patient-export"))),
        ResourceType::Group => operations.push(operation("export", &bulk_data("group-export"))),
        _ => {}
    }
    if dialect == Dialect::Epic && resource == ResourceType::Patient {
        operations.push(operation("match", "http://hl7.org/fhir/OperationDefinition/Patient-match"));
    }
    if !operations.is_empty() {
        capability["operation"] = operations.into();
    }
    capability
}

fn operation(name: &str, definition: &str) -> Value {
    json!({ "name": name, "definition": definition })
}

/// The URL of an operation's definition in the guide.
fn bulk_data(name: &str) -> String {
    format!("http://hl7.org/fhir/uv/bulkdata/OperationDefinition/{name}")
}
