//! Directories from Bundles of every form that vendors publish.

mod merging;
mod reading;
mod searching;
mod texts;

use serde_json::{Value, json};

use super::{Directory, DirectoryReader, LeftOut, Source};

/// A directory of Bundles, each from its own source.
fn directory(bundles: &[Value]) -> Directory {
    let mut reader = DirectoryReader::new();
    for (number, bundle) in bundles.iter().enumerate() {
        reader.start(Source::new(format!("list {number}")));
        reader.read_bundle(bundle);
    }
    reader.finish()
}

/// A Bundle of these entries.
fn bundle(entries: &[Value]) -> Value {
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
}

/// An entry without `fullUrl`.
fn entry(resource: Value) -> Value {
    json!({"resource": resource})
}

/// An Endpoint that can be used.
fn endpoint(id: &str, address: &str) -> Value {
    json!({"resourceType": "Endpoint", "id": id, "status": "active", "address": address,
        "connectionType": {"code": "hl7-fhir-rest"}})
}

/// An Organization with endpoints.
fn organization(id: &str, name: &str, endpoints: &[&str]) -> Value {
    let references: Vec<_> = endpoints.iter().map(|reference| json!({"reference": reference})).collect();
    json!({"resourceType": "Organization", "id": id, "name": name, "active": true, "endpoint": references})
}

/// The resource with other members.
fn with(mut resource: Value, members: Value) -> Value {
    resource.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    resource
}

/// The endpoint's FHIR version.
fn version(version: &str) -> Value {
    json!({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", "valueCode": version}]})
}

/// The extension for a portal.
fn portal(name: &str, endpoints: &[&str]) -> Value {
    let mut parts = vec![json!({"url": "portalName", "valueString": name})];
    parts.extend(
        endpoints.iter().map(|reference| json!({"url": "portalEndpoint", "valueReference": {"reference": reference}})),
    );
    json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": parts})
}

fn names(directory: &Directory) -> Vec<&str> {
    directory.brands().iter().map(|brand| brand.name.as_str()).collect()
}

fn bases(directory: &Directory, brand: usize) -> Vec<&str> {
    directory.brands()[brand].endpoints().map(|endpoint| endpoint.fhir_base.as_str()).collect()
}

fn left_out(directory: &Directory) -> Vec<(LeftOut, usize)> {
    directory.left_out().collect()
}
