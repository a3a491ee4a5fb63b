//! What the chart says about a launch beside its patient: the visit that the provider is at, and what the provider wants to do.

use leptos::prelude::*;
use smartrust::fhir::patient::belongs_to_other_patient;
use smartrust::protocol::url::Url;
use smartrust::web::JsonValue;

use super::draw::{nothing, paragraph, reactive};
use super::load::{Load, Loading};
use crate::launcher::OpenSession;
use crate::model::care::visit_in_one_line;

/// The visit and the intent, each in a line if there is one.
pub fn chart_context(session: OpenSession) -> Vec<AnyView> {
    let current = session.get_value();
    let context = current.context();
    let is_shared = current.may_read("Encounter");
    let reference = context.encounter.as_ref().filter(|_| is_shared).map(|id| format!("Encounter/{id}"));
    let load = Load::read(session, reference);
    let visit = reactive(move || match load.state() {
        Loading::Ready(encounter) if is_of_patient(&encounter, session) => {
            paragraph("origin", format!("At the visit: {}", visit_in_one_line(&encounter)))
        }
        // The list of visits says what could not be loaded.
        _ => nothing(),
    });
    let intent = context.intent.as_ref().filter(|intent| !intent.trim().is_empty());
    let intent = intent.map(|intent| paragraph("origin", format!("Opened to: {}", intent.trim().replace('-', " "))));
    std::iter::once(visit).chain(intent).collect()
}

fn is_of_patient(resource: &JsonValue, session: OpenSession) -> bool {
    let (patient, base) = session.with_value(|session| (session.patient(), Url::parse(&session.fhir_base())));
    match (patient, base) {
        (Some(patient), Ok(base)) => !belongs_to_other_patient(resource, &patient, &base),
        _ => false,
    }
}
