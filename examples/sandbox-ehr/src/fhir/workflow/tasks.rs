//! Tasks that ask to launch an app (SMART App Launch 2.2, task profile for requesting SMART launch): two for each patient, both for the
//! first app of the portlet.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::WorkflowScope;
use crate::Sandbox;
use crate::config::LaunchApp;
use crate::fhir::access::Token;
use crate::fhir::outcome::Refusal;
use crate::fhir::{as_patient_number, encounter_id, fhir_json};
use crate::oauth::grants::User;
use crate::parameters::Parameters;

const SYSTEM: &str = "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes";

/// The context that the task passes to the app.
pub const APP_CONTEXT: &str = "{\"task\":\"review-results\"}";

/// The app that the tasks are for.
pub fn launch_app(sandbox: &Sandbox) -> Option<&LaunchApp> {
    sandbox.config.apps.first()
}

/// `GET Task?patient=…`, with `code` and `status`.
pub fn search(sandbox: &Sandbox, token: &Token, query: &Parameters) -> Result<Response, Refusal> {
    let wanted = query.get("patient").ok_or(Refusal::required("A search for Task needs patient."))?;
    let number = as_patient_number(wanted, &sandbox.config.fhir_base());
    let number = number.ok_or(Refusal::invalid("The value of patient cannot be understood."))?;
    let access = token.access();
    let allows = |scope: WorkflowScope<'_>| {
        let reaches = access.patient == Some(number) || (!scope.is_patient && access.user == User::Provider);
        scope.allows("Task", 's', None) && reaches
    };
    if !access.scopes.iter().filter_map(|scope| WorkflowScope::parse(scope)).any(allows) {
        return Err(Refusal::forbidden("The token has no scope for the tasks of this patient."));
    }
    let has = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted.split(',').any(|one| one == value));
    let entries: Vec<Value> = ["launch-app-ehr", "launch-app-standalone"]
        .into_iter()
        .filter(|code| has("code", &format!("{SYSTEM}|{code}")) && has("status", "requested"))
        .filter_map(|code| task(sandbox, number, code))
        .map(|task| json!({ "resource": task, "search": { "mode": "match" } }))
        .collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": entries.len() });
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    Ok(fhir_json(StatusCode::OK, &bundle))
}

fn task(sandbox: &Sandbox, number: u32, code: &str) -> Option<Value> {
    let (app, chart) = (launch_app(sandbox)?, sandbox.people.chart(number)?);
    let concept = |code: &str| json!({ "coding": [{ "system": SYSTEM, "code": code }] });
    let mut input = vec![json!({ "type": concept("smartonfhir-application"), "valueUrl": app.launch_url })];
    let mut task = json!({
        "resourceType": "Task",
        "id": format!("{number}-{code}"),
        "status": "requested",
        "intent": "proposal",
        "code": concept(code),
        "description": "Review the results",
        "for": { "reference": format!("Patient/{number}") },
    });
    if code == "launch-app-ehr" {
        input.push(json!({ "type": concept("smartonfhir-appcontext"), "valueString": APP_CONTEXT }));
        if let Some(visit) = chart.current_visit() {
            task["encounter"] = json!({ "reference": format!("Encounter/{}", encounter_id(&chart, visit)) });
        }
    }
    task["input"] = input.into();
    Some(task)
}
