//! App state and tasks of the sandbox, by an app that the chart opened.

use serde_json::Value;
use smartrust::abort::AbortSignal;
use smartrust::client::session::{AppState, StateOptions};
use smartrust::fhir::app_state::StateExtension;
use smartrust::fhir::launch_task::LaunchKind;
use smartrust::memory::MemoryPlatform;
use smartrust::platform::JsonView;
use smartrust::{Failure, Session};
use smartrust_tests::browser::{BASE, LAUNCH_URI};
use smartrust_tests::{Clinic, app, ehr_record};

const CODE: &str = "https://app.example|preferences";

/// A session that a task of patient 2 launched.
fn launched_by_a_task(clinic: &mut Clinic, scope: &str) -> Session<MemoryPlatform> {
    let link = clinic.do_in_browser(async |person| {
        person.log_in_as_provider().await;
        person.get(&format!("{BASE}?f=launch&pat_id=2&app=0&task=1")).await
    });
    let tab = clinic.world.tab(link.location());
    let mut record = ehr_record();
    record.scope = scope.into();
    let app = app(&tab, record);
    let address = clinic.launch(&tab, &app).unwrap();
    let answer = clinic.do_in_browser(async |person| person.get(&address).await);
    assert!(answer.location().starts_with(LAUNCH_URI));
    tab.visit(answer.location());
    clinic.resume(&app).unwrap().unwrap()
}

fn set(clinic: &Clinic, state: &AppState<MemoryPlatform>, value: &str) -> Result<String, Failure> {
    let (state, values) = (state.clone(), [StateExtension::new("https://app.example/x", value)]);
    let stored = clinic.world.run(async move { state.set(&values, &AbortSignal::never()).await });
    stored.expect("the server responds").map(|basic| value_of(&basic))
}

fn get(clinic: &Clinic, state: &AppState<MemoryPlatform>) -> Option<String> {
    let state = state.clone();
    let found = clinic.world.run(async move { state.get(&AbortSignal::never()).await });
    found.expect("the server responds").unwrap().map(|basic| value_of(&basic))
}

fn value_of(basic: &Value) -> String {
    basic.member_items("extension")[0].member_text("valueString").unwrap()
}

#[test]
fn m3_two_pages_keep_the_state_of_one_user_without_losing_a_change() {
    let mut clinic = Clinic::open();
    let session = launched_by_a_task(&mut clinic, "launch openid fhirUser user/Basic.cuds");
    let user = session.fhir_user().unwrap();
    let options = || StateOptions::default().subject(format!("{}/{}", user.resource_type, user.id));
    let (one, other) =
        (session.state(CODE, options()).unwrap(), session.state("https://app.example|preferences", options()).unwrap());
    assert_eq!(get(&clinic, &one), None);
    assert_eq!(set(&clinic, &one, "a").unwrap(), "a");
    assert_eq!(get(&clinic, &other).as_deref(), Some("a"));
    assert_eq!(set(&clinic, &other, "b").unwrap(), "b");
    assert_eq!(set(&clinic, &one, "c").unwrap_err().code(), "conflict");
    assert_eq!(set(&clinic, &one, "b and c").unwrap(), "b and c");
    let deleting = other.clone();
    let refused = clinic.world.run(async move { deleting.delete(&AbortSignal::never()).await }).unwrap();
    assert_eq!(refused.unwrap_err().code(), "conflict");
    assert_eq!(get(&clinic, &other).as_deref(), Some("b and c"));
    clinic.world.run(async move { other.delete(&AbortSignal::never()).await }).unwrap().unwrap();
    assert_eq!(get(&clinic, &one), None);
    let patient = session.state("https://app.example|keys", StateOptions::default().subject("Patient/1")).unwrap();
    assert_eq!(set(&clinic, &patient, "a").unwrap(), "a");
    let whole = session.state(CODE, StateOptions::default()).unwrap();
    assert_eq!(get(&clinic, &whole), None);
}

#[test]
fn m3_a_token_without_the_scope_is_forbidden() {
    let mut clinic = Clinic::open();
    let session = launched_by_a_task(&mut clinic, "launch openid user/Observation.rs");
    let state = session.state(CODE, StateOptions::default()).unwrap();
    assert_eq!(set(&clinic, &state, "a").unwrap_err().code(), "forbidden");
}

#[test]
fn m5_the_tasks_of_a_patient_launch_an_app_with_their_context() {
    let mut clinic = Clinic::open();
    let session = launched_by_a_task(&mut clinic, "launch openid user/Task.rs");
    assert_eq!(session.context().app_context.as_deref(), Some("{\"task\":\"review-results\"}"));
    let whose = [("patient".to_owned(), session.patient().unwrap())];
    let tasks = clinic.world.run(async move { session.launch_tasks(&whose, &AbortSignal::never()).await });
    let tasks = tasks.unwrap().unwrap();
    assert_eq!(tasks.iter().map(|task| task.kind).collect::<Vec<_>>(), [LaunchKind::Ehr, LaunchKind::Standalone]);
    assert_eq!(tasks[0].url.as_ref().map(|url| url.as_str()), Some(LAUNCH_URI));
    assert_eq!(tasks[0].patient.as_deref(), Some("Patient/2"));
    assert_eq!(tasks[0].app_context.as_deref(), Some("{\"task\":\"review-results\"}"));
}
