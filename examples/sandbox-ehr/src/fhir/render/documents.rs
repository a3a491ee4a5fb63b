//! Documents, their contents, and their sources.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{
    LOINC, coded, encounter_reference, id, instant, organization_reference, patient_reference, practitioner_reference,
    profiles, refer, term,
};
use crate::fhir::ResourceType;
use crate::people::care::responsible;
use crate::people::documents::{self, DocumentKind};
use crate::people::staff;
use crate::people::{Chart, Document};

/// Where another system keeps documents. Nothing is there.
const ELSEWHERE: &str = "https://documents.example/directives/";

/// Notes and instructions are inline, summaries and letters are separate Binaries, directives are in another system.
pub fn reference(chart: &Chart, position: usize, document: &Document) -> Value {
    let (code, display) = document.kind.code();
    let own_id = id(chart, 'd', position);
    let mut attachment = json!({
        "contentType": document.kind.media_type(),
        "title": display,
        "creation": instant(document.at)
    });
    match document.kind {
        DocumentKind::Summary | DocumentKind::Letter => attachment["url"] = format!("Binary/{own_id}").into(),
        DocumentKind::Directive => attachment["url"] = format!("{ELSEWHERE}{own_id}.pdf").into(),
        DocumentKind::Note | DocumentKind::Instructions => {
            attachment["data"] = STANDARD.encode(documents::text(chart, document)).into();
        }
    }
    json!({
        "resourceType": "DocumentReference",
        "id": own_id,
        "meta": profiles("us-core-documentreference"),
        "status": "current",
        "docStatus": "final",
        "type": coded(LOINC, code, display),
        "category": [coded("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note")],
        "subject": patient_reference(chart),
        "date": instant(document.at),
        "author": [practitioner_reference(responsible(&chart.person))],
        "custodian": organization_reference(&staff::CLINIC),
        "content": [{ "attachment": attachment }],
        "context": {
            "encounter": [encounter_reference(chart, document.visit)],
            "period": { "start": instant(chart.visits[document.visit].start), "end": instant(document.at) }
        }
    })
}

/// The text and the media type of the document whose DocumentReference has this id; `None` if it is stored elsewhere.
pub fn document_content(chart: &Chart, wanted: &str) -> Option<(&'static str, String)> {
    let mut all = chart.documents.iter().enumerate();
    let (_, document) = all.find(|(position, _)| id(chart, 'd', *position) == wanted)?;
    if document.kind == DocumentKind::Directive {
        return None;
    }
    Some((document.kind.media_type(), documents::text(chart, document)))
}

/// The same as a resource.
pub fn binary(id: &str, media_type: &str, text: &str) -> Value {
    json!({
        "resourceType": "Binary",
        "id": id,
        "contentType": media_type,
        "securityContext": refer(ResourceType::DocumentReference, id),
        "data": STANDARD.encode(text)
    })
}

pub fn provenance(chart: &Chart, position: usize, document: &Document) -> Value {
    json!({
        "resourceType": "Provenance",
        "id": id(chart, 's', position),
        "meta": profiles("us-core-provenance"),
        "target": [refer(ResourceType::DocumentReference, &id(chart, 'd', position)), patient_reference(chart)],
        "recorded": instant(document.at),
        "agent": [{
            "type": term("provenance-participant-type", "author", "Author"),
            "who": practitioner_reference(responsible(&chart.person)),
            "onBehalfOf": organization_reference(&staff::CLINIC)
        }]
    })
}
