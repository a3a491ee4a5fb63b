//! App state: small data that an app stores on the server, as `Basic` resources (SMART App Launch 2.2, app state).

use super::coding::has_coding;
use super::reference::ResourceId;
use super::request::{FhirRequest, Interaction};
use crate::error::{Error, Failure};
use crate::json::{JsonView, ObjectWriter, array, list};
use crate::protocol::safe_url::safe_url;
use crate::protocol::url::Url;

/// The capability of servers that support app state.
const CAPABILITY: &str = "smart-app-state";

/// The maximum size of the resource as JSON, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// One value of an app state: an extension with a `valueString`.
#[derive(Clone, PartialEq, Eq)]
pub struct StateExtension {
    /// The URL that the app chose for the value.
    pub url: String,
    /// The value.
    pub value_string: String,
}

impl StateExtension {
    /// A value with its URL.
    ///
    /// ```
    /// use smartrust::fhir::app_state::StateExtension;
    ///
    /// let preferences = StateExtension::new("https://app.example/preferences", r#"{"view": "labs"}"#);
    /// assert!(!format!("{preferences:?}").contains("labs"));
    /// ```
    pub fn new(url: impl Into<String>, value_string: impl Into<String>) -> Self {
        Self { url: url.into(), value_string: value_string.into() }
    }

    /// Reads an array of extensions, each with a `url` and a `valueString` and nothing else.
    ///
    /// # Errors
    /// [`Error::AppState`] for anything else.
    pub fn read_all<V: JsonView>(extensions: Option<V>) -> Result<Vec<Self>, Failure> {
        let read = |extension: &V| {
            let (url, value_string) = (extension.member_text("url")?, extension.member_text("valueString")?);
            (extension.names().len() == 2).then_some(Self { url, value_string })
        };
        let items = extensions.and_then(|extensions| extensions.items());
        items
            .and_then(|items| items.iter().map(read).collect::<Option<Vec<_>>>())
            .ok_or_else(|| invalid("its values must be extensions with a url and a valueString, and nothing else"))
    }

    fn to_json(&self) -> String {
        ObjectWriter::new().text("url", &self.url).text("valueString", &self.value_string).finish()
    }
}

impl std::fmt::Debug for StateExtension {
    /// Leaves out the value, which may be a key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StateExtension").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What identifies an app state: its code, and its subject if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateKey {
    system: String,
    code: String,
    /// Absolute, and below the FHIR base.
    subject: Option<(String, String)>,
}

impl StateKey {
    /// Reads a code, such as `https://app.example|preferences`, and the reference to a resource of the FHIR server, which may be relative.
    ///
    /// ```
    /// use smartrust::fhir::app_state::StateKey;
    /// use smartrust::protocol::url::Url;
    ///
    /// let base = Url::parse("https://ehr.example/fhir")?;
    /// let key = StateKey::new("https://app.example|preferences", Some("Practitioner/7"), &base)?;
    /// let search = key.search().build(&base)?;
    /// assert!(search.url.as_str().ends_with("&subject=https%3A%2F%2Fehr.example%2Ffhir%2FPractitioner%2F7"));
    /// assert!(StateKey::new("preferences", None, &base).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::AppState`] for a code without its system, and for a subject that is not a resource of this server.
    pub fn new(code: &str, subject: Option<&str>, fhir_base: &Url) -> Result<Self, Failure> {
        // In a search, these characters would have another meaning (FHIR R4, search: escaping).
        let is_valid = |part: &str| !part.is_empty() && !part.contains([',', '|', '$', '\\', ' ']);
        let parts = code.split_once('|').filter(|(system, code)| is_valid(system) && is_valid(code));
        let (system, code) =
            parts.ok_or_else(|| invalid("its code must have a system, such as https://app.example|preferences"))?;
        let read_subject = |subject: &str| {
            let id = ResourceId::read(subject)?;
            let relative = [id.resource_type, id.id].join("/");
            let absolute = fhir_base.child(&relative).ok()?.as_str().to_owned();
            (subject == relative || subject == absolute).then_some((absolute, relative))
        };
        let subject = match subject {
            Some(subject) => Some(read_subject(subject).ok_or_else(|| {
                invalid("its subject must be a resource of the session's FHIR server, such as Patient/1")
            })?),
            None => None,
        };
        Ok(Self { system: system.to_owned(), code: code.to_owned(), subject })
    }

    /// The search for the app state.
    pub fn search(&self) -> FhirRequest {
        let search = FhirRequest::new(Interaction::Search, "Basic").with("code", [&*self.system, &self.code].join("|"));
        match &self.subject {
            Some((absolute, _)) => search.with("subject", absolute),
            None => search.with("subject:missing", "true"),
        }
    }

    /// Whether a resource is an app state with this code and subject. Some servers store an absolute reference as a relative one.
    pub fn is_of<V: JsonView>(&self, resource: &V) -> bool {
        let is_coded = has_coding(resource.member("code").as_ref(), &self.system, &self.code);
        let subject = resource.member("subject").and_then(|subject| subject.member_text("reference"));
        let is_subject = match (&self.subject, subject) {
            (Some((absolute, relative)), Some(subject)) => subject == *absolute || subject == *relative,
            (own, subject) => own.is_none() && subject.is_none(),
        };
        resource.member_text("resourceType").as_deref() == Some("Basic") && is_coded && is_subject
    }

    /// The resource as JSON, with an id for an update.
    ///
    /// # Errors
    /// [`Error::AppState`] if it is longer than [`MAX_BYTES`].
    pub fn to_json(&self, extensions: &[StateExtension], id: Option<&str>) -> Result<String, Failure> {
        let coding = ObjectWriter::new().text("system", &self.system).text("code", &self.code).finish();
        let mut basic = ObjectWriter::new()
            .text("resourceType", "Basic")
            .optional_text("id", id)
            .raw("code", &ObjectWriter::new().raw("coding", &array([coding])).finish());
        if let Some((absolute, _)) = &self.subject {
            basic = basic.raw("subject", &ObjectWriter::new().text("reference", absolute).finish());
        }
        // An empty array is not valid FHIR JSON.
        if !extensions.is_empty() {
            basic = basic.raw("extension", &array(extensions.iter().map(StateExtension::to_json)));
        }
        let json = basic.finish();
        if json.len() > MAX_BYTES {
            return Err(invalid("it is longer than 256 kB: store less on the server"));
        }
        Ok(json)
    }
}

/// The FHIR base of a server's app state, according to its SMART configuration: an associated endpoint, the deprecated member
/// `smart_app_state_endpoint`, or the FHIR base itself.
///
/// # Errors
/// [`Error::NotOffered`] if the server does not support app state; [`Error::Url`] and [`Error::InsecureUrl`] for an endpoint that cannot be used.
pub fn endpoint<V: JsonView>(document: &V, fhir_base: &Url, allow_insecure_http: bool) -> Result<Url, Failure> {
    let offers = |holder: &V| list(holder, "capabilities").iter().any(|capability| capability == CAPABILITY);
    let associated = document.member_items("associated_endpoints").into_iter().find(offers);
    let listed = associated
        .and_then(|endpoint| endpoint.member_text("url"))
        .or_else(|| document.member_text("smart_app_state_endpoint"));
    let Some(text) = listed.filter(|text| !text.is_empty()) else {
        return if offers(document) {
            Ok(fhir_base.clone())
        } else {
            Err(Error::NotOffered { what: "app state (smart-app-state)" }.into())
        };
    };
    let url = fhir_base.child("").and_then(|folder| folder.join(&text));
    safe_url(url, "the endpoint for app state", allow_insecure_http)
}

/// The error of an app state that cannot be used.
pub(crate) fn invalid(problem: &'static str) -> Failure {
    Error::AppState { problem }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CODE: &str = "https://app.example|preferences";

    fn base() -> Url {
        Url::parse("https://ehr.example/fhir/").unwrap()
    }

    fn key(subject: Option<&str>) -> StateKey {
        StateKey::new(CODE, subject, &base()).unwrap()
    }

    #[test]
    fn m3_a_code_has_a_system_and_a_subject_is_of_the_fhir_server() {
        for code in
            ["", "preferences", "|preferences", "https://app.example|", "a|b|c", "https://app.example|a,b", "a|b c"]
        {
            assert_eq!(StateKey::new(code, None, &base()).unwrap_err().code(), "invalid_app_state", "{code}");
        }
        for subject in ["Patient/1", "https://ehr.example/fhir/Patient/1"] {
            let resource: Value = serde_json::from_str(&key(Some(subject)).to_json(&[], None).unwrap()).unwrap();
            assert_eq!(resource["subject"], json!({"reference": "https://ehr.example/fhir/Patient/1"}));
        }
        for subject in [
            "",
            "1",
            "#1",
            "x/Patient/1",
            "https://other.example/fhir/Patient/1",
            "Patient/1/_history/2",
            "Patient/../1",
        ] {
            let refused = StateKey::new(CODE, Some(subject), &base()).unwrap_err();
            assert_eq!(refused.code(), "invalid_app_state", "{subject}");
        }
    }

    #[test]
    fn m3_the_resource_has_one_coding_and_no_version() {
        let values = [StateExtension::new("https://app.example/preferences", "{\"view\":\"labs\"}")];
        let resource: Value = serde_json::from_str(&key(None).to_json(&values, Some("7")).unwrap()).unwrap();
        let expected = json!({
            "resourceType": "Basic", "id": "7",
            "code": {"coding": [{"system": "https://app.example", "code": "preferences"}]},
            "extension": [{"url": "https://app.example/preferences", "valueString": "{\"view\":\"labs\"}"}],
        });
        assert_eq!(resource, expected);
    }

    #[test]
    fn m3_a_resource_of_another_code_or_subject_is_not_the_state() {
        let basic = |members: Value| {
            let mut basic = json!({
                "resourceType": "Basic", "code": {"coding": [{"system": "https://app.example", "code": "preferences"}]},
            });
            basic.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            basic
        };
        let of = |subject: &str| basic(json!({"subject": {"reference": subject}}));
        assert!(key(None).is_of(&basic(json!({}))));
        assert!(!key(None).is_of(&of("Patient/1")));
        assert!(key(Some("Patient/1")).is_of(&of("Patient/1")));
        assert!(key(Some("Patient/1")).is_of(&of("https://ehr.example/fhir/Patient/1")));
        for other in ["Patient/2", "https://other.example/fhir/Patient/1", "Patient/11"] {
            assert!(!key(Some("Patient/1")).is_of(&of(other)), "{other}");
        }
        assert!(!key(Some("Patient/1")).is_of(&basic(json!({}))));
        assert!(!key(None).is_of(&basic(json!({"code": {"coding": [{"code": "preferences"}]}}))));
        assert!(!key(None).is_of(&basic(json!({"resourceType": "Patient"}))));
    }

    #[test]
    fn m3_only_strings_are_values() {
        let read = |extensions: Value| StateExtension::read_all(Some(extensions)).map_err(|failure| failure.code());
        let url = "https://app.example/x";
        let one = read(json!([{"url": url, "valueString": "a"}])).unwrap();
        assert_eq!(one, [StateExtension::new(url, "a")]);
        assert_eq!(read(json!([])), Ok(vec![]));
        for wrong in [
            json!([{"url": url, "valueInteger": 1}]),
            json!([{"url": url, "valueString": 1}]),
            json!([{"url": url, "valueString": "a", "valueInteger": 1}]),
            json!([{"url": url, "valueString": "a"}, {"valueString": "b"}]),
            json!({"url": url, "valueString": "a"}),
            json!("a"),
        ] {
            assert_eq!(read(wrong.clone()), Err("invalid_app_state"), "{wrong}");
        }
        assert!(StateExtension::read_all(None::<Value>).is_err());
    }

    #[test]
    fn m3_at_most_256_kb() {
        let sized = |bytes: usize| {
            let values = |length| [StateExtension::new("u", "x".repeat(length))];
            let rest = key(None).to_json(&values(0), None).unwrap().len();
            key(None).to_json(&values(bytes - rest), None).map(|json| json.len()).map_err(|failure| failure.code())
        };
        assert_eq!(sized(262_144), Ok(262_144));
        assert_eq!(sized(262_145), Err("invalid_app_state"));
    }

    #[test]
    fn m3_the_endpoint_is_associated_deprecated_or_the_fhir_base() {
        let found = |document: Value| {
            endpoint(&document, &base(), false).map(|url| url.as_str().to_owned()).map_err(|failure| failure.code())
        };
        let of = |url: &str| Ok(url.to_owned());
        let associated = json!([
            {"url": "https://ehr.example/images", "capabilities": ["smart-imaging-access"]},
            {"url": "https://ehr.example/state", "capabilities": ["smart-app-state"]},
        ]);
        assert_eq!(found(json!({"capabilities": ["smart-app-state"]})), of("https://ehr.example/fhir/"));
        let both = json!({"capabilities": ["smart-app-state"], "associated_endpoints": associated});
        assert_eq!(found(both), of("https://ehr.example/state"));
        assert_eq!(found(json!({"smart_app_state_endpoint": "state"})), of("https://ehr.example/fhir/state"));
        assert_eq!(found(json!({"smart_app_state_endpoint": "http://ehr.example/state"})), Err("insecure_url"));
        assert_eq!(found(json!({"smart_app_state_endpoint": "https://a@b/"})), Err("invalid_url"));
        for without in [json!({}), json!({"capabilities": ["launch-ehr"]}), json!({"smart_app_state_endpoint": ""})] {
            assert_eq!(found(without), Err("not_offered"));
        }
    }
}
