//! Tasks that ask a user to launch an app.

use super::server::*;
use crate::abort::AbortSignal;
use crate::memory::Reply;
use serde_json::{Value, json};

fn task(id: &str, code: &str) -> Value {
    let coding = json!([{"system": "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes", "code": code}]);
    json!({"resource": {"resourceType": "Task", "id": id, "code": {"coding": coding}, "for": {"reference": "Patient/p1"}}})
}

#[test]
fn m5_tasks_are_searched_by_their_codes_on_all_pages() {
    let (world, session) = signed_in_to(|request| {
        let is_first = !request.url.as_str().ends_with("/fhir/Task?page=2");
        let entries = if is_first {
            [task("1", "launch-app-ehr"), task("2", "approve")]
        } else {
            [task("3", "launch-app-standalone"), task("4", "launch-app-ehr")]
        };
        let links: Vec<Value> =
            is_first.then(|| json!({"relation": "next", "url": "Task?page=2"})).into_iter().collect();
        Reply::json(200, &json!({"resourceType": "Bundle", "entry": entries, "link": links}))
    });
    let parameters = [("patient".to_owned(), "p1".to_owned())];
    let tasks =
        world.run(async move { session.launch_tasks(&parameters, &AbortSignal::never()).await }).unwrap().unwrap();
    let ids: Vec<_> = tasks.iter().map(|task| task.task["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["1", "3", "4"]);
    assert_eq!(tasks[0].patient.as_deref(), Some("Patient/p1"));
    let [first, second] = &fhir_lines(&world)[..] else { panic!("{:?}", fhir_lines(&world)) };
    let query = parameters_of(first);
    let system = "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes";
    assert_eq!(value(&query, "code"), Some(format!("{system}|launch-app-ehr,{system}|launch-app-standalone")));
    assert_eq!(value(&query, "patient").as_deref(), Some("p1"));
    assert_eq!(second, "GET /Task?page=2");
}

fn parameters_of(line: &str) -> Vec<(String, String)> {
    assert!(line.starts_with("GET /Task?"), "{line}");
    parameters(line)
}

#[test]
fn m5_the_context_of_a_task_reaches_the_session() {
    let (server, world, tab) = stage();
    *server.members.borrow_mut() = json!({"appContext": "{\"field1\":\"value\"}"});
    let session = sign_in(&server, &world, &tab);
    assert_eq!(session.context().app_context.as_deref(), Some("{\"field1\":\"value\"}"));
}
