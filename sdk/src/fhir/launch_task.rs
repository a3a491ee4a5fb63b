//! Tasks that ask a user to launch an app (SMART App Launch 2.2, task profile for requesting SMART launch).

use super::coding::has_coding;
use crate::json::JsonView;
use crate::protocol::url::Url;

const SMART_CODES: &str = "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes";
const EHR: &str = "launch-app-ehr";
const STANDALONE: &str = "launch-app-standalone";

/// How a task asks to launch the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaunchKind {
    /// From the EHR, which adds its launch context.
    Ehr,
    /// By itself, without the EHR.
    Standalone,
}

/// A task that asks a user to launch an app.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LaunchTask<V> {
    /// How to launch the app.
    pub kind: LaunchKind,
    /// The app's URL; `None` if the task has none that is safe to link to.
    pub url: Option<Url>,
    /// The reference to the patient, as the server wrote it.
    pub patient: Option<String>,
    /// The reference to the encounter, as the server wrote it.
    pub encounter: Option<String>,
    /// The context that the EHR passes to the app, often JSON.
    pub app_context: Option<String>,
    /// The whole Task, for example for its status and description.
    pub task: V,
}

/// The value of the search parameter `code` that finds these tasks.
pub fn launch_codes() -> String {
    [SMART_CODES, "|", EHR, ",", SMART_CODES, "|", STANDALONE].concat()
}

impl<V: JsonView> LaunchTask<V> {
    /// Reads a Task; `None` for any other resource, and for a Task with another code.
    ///
    /// ```
    /// use smartrust::fhir::launch_task::{LaunchKind, LaunchTask};
    ///
    /// let system = "http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes";
    /// let concept = |code: &str| serde_json::json!({"coding": [{"system": system, "code": code}]});
    /// let task = LaunchTask::read(&serde_json::json!({
    ///     "resourceType": "Task",
    ///     "code": concept("launch-app-ehr"),
    ///     "for": {"reference": "Patient/1"},
    ///     "input": [{"type": concept("smartonfhir-application"), "valueUrl": "https://app.example/launch"}],
    /// }), false).expect("a task to launch an app");
    /// assert_eq!((task.kind, task.patient.as_deref()), (LaunchKind::Ehr, Some("Patient/1")));
    /// assert_eq!(task.url.expect("a URL").as_str(), "https://app.example/launch");
    /// ```
    pub fn read(task: &V, allow_insecure_http: bool) -> Option<Self> {
        if task.member_text("resourceType").as_deref() != Some("Task") {
            return None;
        }
        let has_code =
            |element: &V, member: &str, code: &str| has_coding(element.member(member).as_ref(), SMART_CODES, code);
        let kind = match () {
            () if has_code(task, "code", EHR) => LaunchKind::Ehr,
            () if has_code(task, "code", STANDALONE) => LaunchKind::Standalone,
            () => return None,
        };
        let inputs = task.member_items("input");
        let input =
            |code: &str, value: &str| inputs.iter().find(|input| has_code(input, "type", code))?.member_text(value);
        let reference = |name: &str| task.member(name)?.member_text("reference");
        let url = input("smartonfhir-application", "valueUrl").and_then(|text| Url::parse(&text).ok());
        Some(Self {
            kind,
            url: url.filter(|url| url.is_confidential() || allow_insecure_http),
            patient: reference("for"),
            encounter: reference("encounter"),
            app_context: input("smartonfhir-appcontext", "valueString"),
            task: task.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn concept(code: &str) -> Value {
        json!({"coding": [{"system": SMART_CODES, "code": code}]})
    }

    fn task(members: Value) -> Value {
        let mut task =
            json!({"resourceType": "Task", "id": "1", "status": "requested", "code": concept("launch-app-ehr")});
        task.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        task
    }

    #[test]
    fn m5_a_task_has_the_app_its_patient_and_its_context() {
        // The example of the standard.
        let example = task(json!({
            "for": {"reference": "https://example.org/fhir/Patient/123"},
            "encounter": {"reference": "https://example.org/fhir/Encounter/456"},
            "input": [
                {"type": concept("smartonfhir-application"), "valueUrl": "https://www.example.org/myapplication"},
                {"type": concept("smartonfhir-appcontext"), "valueString": "{\"field1\":\"value\"}"},
            ],
        }));
        let read = LaunchTask::read(&example, false).unwrap();
        assert_eq!(read.kind, LaunchKind::Ehr);
        assert_eq!(read.url.as_ref().map(Url::as_str), Some("https://www.example.org/myapplication"));
        assert_eq!(read.patient.as_deref(), Some("https://example.org/fhir/Patient/123"));
        assert_eq!(read.encounter.as_deref(), Some("https://example.org/fhir/Encounter/456"));
        assert_eq!(read.app_context.as_deref(), Some("{\"field1\":\"value\"}"));
        assert_eq!(read.task, example);
        let standalone = LaunchTask::read(&task(json!({"code": concept("launch-app-standalone")})), false).unwrap();
        assert_eq!((standalone.kind, standalone.url, standalone.patient), (LaunchKind::Standalone, None, None));
    }

    #[test]
    fn m5_other_tasks_are_none_to_launch_an_app() {
        for other in [
            task(json!({"code": concept("approve")})),
            task(json!({"code": {"coding": [{"system": "https://other.example", "code": "launch-app-ehr"}]}})),
            task(json!({"code": {"text": "launch-app-ehr"}})),
            task(json!({"resourceType": "ServiceRequest"})),
            json!("Task"),
        ] {
            assert_eq!(LaunchTask::read(&other, false), None, "{other}");
        }
    }

    #[test]
    fn m5_only_a_url_that_is_safe_to_link_to_is_offered() {
        let url = |url: &str, allow| {
            let input = json!([{"type": concept("smartonfhir-application"), "valueUrl": url}]);
            LaunchTask::read(&task(json!({"input": input})), allow).unwrap().url.map(|url| url.as_str().to_owned())
        };
        assert_eq!(url("http://localhost:8080/launch", false).as_deref(), Some("http://localhost:8080/launch"));
        assert_eq!(url("http://app.example/launch", true).as_deref(), Some("http://app.example/launch"));
        for wrong in ["http://app.example/launch", "javascript:alert(1)", "data:text/html,x", "/launch", ""] {
            assert_eq!(url(wrong, false), None, "{wrong}");
        }
    }
}
