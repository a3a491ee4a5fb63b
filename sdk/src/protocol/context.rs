//! The launch context of a token response (SMART App Launch 2.2, scopes and launch context).

use crate::fhir::identifier::Identifier;
use crate::json::{JsonView, ObjectWriter, strings};

/// The launch context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaunchContext {
    /// The id of the patient in context.
    pub patient: Option<String>,
    /// The id of the encounter in context.
    pub encounter: Option<String>,
    /// Other resources in context.
    pub fhir_context: Vec<FhirContextItem>,
    /// `Some(false)` if the EHR shows the patient's banner around the app.
    pub need_patient_banner: Option<bool>,
    /// What the user wants to do.
    pub intent: Option<String>,
    /// The organization that the user works for.
    pub tenant: Option<String>,
    /// The context that a task or a CDS Hooks card passes to the app, often JSON. Another system may have written it, so check it.
    pub app_context: Option<String>,
    /// The URL of the EHR's colors and sizes.
    pub smart_style_url: Option<String>,
    /// Which places the token is good for (RFC 9396): each entry's `locations`.
    pub authorization_details: Vec<AuthorizationDetail>,
    /// Every member of the response except the tokens, the hub's topic and the handle for messages: its name and its JSON text.
    pub members: Vec<(String, String)>,
}

/// A resource in context. It has a reference, a canonical URL or an identifier, or several of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FhirContextItem {
    /// A reference to the resource, relative to the FHIR base.
    pub reference: Option<String>,
    /// A canonical URL.
    pub canonical: Option<String>,
    /// An identifier of the resource, which has a value.
    pub identifier: Option<Identifier>,
    /// The resource's type.
    pub resource_type: Option<String>,
    /// The resource's role; `launch` by default.
    pub role: String,
}

/// One entry of `authorization_details`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizationDetail {
    /// The entry's type.
    pub detail_type: String,
    /// The FHIR servers that the token is good for.
    pub locations: Vec<String>,
    /// The FHIR versions of these servers.
    pub fhir_versions: Vec<String>,
}

/// Members that are secrets.
const SECRETS: [&str; 5] = ["access_token", "refresh_token", "id_token", "hub.topic", "smart_web_messaging_handle"];

impl LaunchContext {
    /// Reads the context from a token response, or from the output of [`Self::to_json`].
    pub fn read<V: JsonView>(response: &V) -> Self {
        let mut members = Vec::new();
        for name in response.names() {
            match response.member(&name) {
                Some(member) if !SECRETS.contains(&name.as_str()) => members.push((name, member.to_json())),
                _ => {}
            }
        }
        Self {
            patient: non_empty(response, "patient"),
            encounter: non_empty(response, "encounter"),
            fhir_context: response.member_items("fhirContext").iter().map(FhirContextItem::read).collect(),
            need_patient_banner: response.member("need_patient_banner").and_then(|banner| banner.flag()),
            intent: response.member_text("intent"),
            tenant: response.member_text("tenant"),
            app_context: response.member_text("appContext"),
            smart_style_url: response.member_text("smart_style_url"),
            authorization_details: response
                .member_items("authorization_details")
                .iter()
                .map(AuthorizationDetail::read)
                .collect(),
            members,
        }
    }

    /// A context with nothing but a patient.
    pub fn for_patient(patient: Option<String>) -> Self {
        let members = patient.iter().map(|patient| ("patient".to_owned(), crate::json::quoted(patient))).collect();
        Self { patient, members, ..Self::default() }
    }

    /// This context, updated by a later token response. Members that it lacks stay.
    pub fn updated_by(&self, later: &Self) -> Self {
        let list =
            |later: &[FhirContextItem], own: &[FhirContextItem]| if later.is_empty() { own } else { later }.to_vec();
        let text = |later: &Option<String>, own: &Option<String>| later.clone().or_else(|| own.clone());
        let is_repeated = |name: &String| later.members.iter().any(|(other, _)| other == name);
        let kept = self.members.iter().filter(|(name, _)| !is_repeated(name));
        Self {
            patient: text(&later.patient, &self.patient),
            encounter: text(&later.encounter, &self.encounter),
            fhir_context: list(&later.fhir_context, &self.fhir_context),
            need_patient_banner: later.need_patient_banner.or(self.need_patient_banner),
            intent: text(&later.intent, &self.intent),
            tenant: text(&later.tenant, &self.tenant),
            app_context: text(&later.app_context, &self.app_context),
            smart_style_url: text(&later.smart_style_url, &self.smart_style_url),
            // The guard only knows the servers of the launch.
            authorization_details: self.authorization_details.clone(),
            members: kept.chain(&later.members).cloned().collect(),
        }
    }

    /// Every member as one JSON object, without tokens, the hub's topic and the handle for messages.
    pub fn to_json(&self) -> String {
        let add = |writer: ObjectWriter, (name, json): &(String, String)| writer.raw(name, json);
        self.members.iter().fold(ObjectWriter::new(), add).finish()
    }
}

impl FhirContextItem {
    fn read<V: JsonView>(item: &V) -> Self {
        Self {
            reference: item.member_text("reference"),
            canonical: item.member_text("canonical"),
            identifier: item.member("identifier").and_then(|identifier| read_identifier(&identifier)),
            resource_type: item.member_text("type"),
            role: item.member_text("role").unwrap_or_else(|| "launch".to_owned()),
        }
    }
}

impl AuthorizationDetail {
    fn read<V: JsonView>(detail: &V) -> Self {
        Self {
            detail_type: detail.member_text("type").unwrap_or_default(),
            locations: strings(detail, "locations"),
            fhir_versions: strings(detail, "fhirVersions"),
        }
    }
}

fn read_identifier<V: JsonView>(identifier: &V) -> Option<Identifier> {
    Some(Identifier::new(identifier.member_text("system").unwrap_or_default(), non_empty(identifier, "value")?))
}

fn non_empty<V: JsonView>(response: &V, name: &str) -> Option<String> {
    response.member_text(name).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn m1_a_resource_in_context_may_have_only_an_identifier() {
        let identifier = |identifier| {
            let response = json!({"fhirContext": [{"identifier": identifier, "type": "ServiceRequest"}]});
            let [item] = &LaunchContext::read(&response).fhir_context[..] else { panic!("not one item") };
            assert_eq!((item.reference.as_deref(), item.resource_type.as_deref()), (None, Some("ServiceRequest")));
            item.identifier.clone()
        };
        let whole = json!({"system": "https://ris.example/accession", "value": "A-17"});
        assert_eq!(identifier(whole), Some(Identifier::new("https://ris.example/accession", "A-17")));
        assert_eq!(identifier(json!({"value": "A-17"})), Some(Identifier::new("", "A-17")));
        for wrong in [
            json!({"system": "https://ris.example/accession"}),
            json!({"value": ""}),
            json!({"value": 17}),
            json!("A-17"),
        ] {
            assert_eq!(identifier(wrong), None);
        }
    }

    #[test]
    fn t7_the_context_is_typed_and_the_rest_is_unchanged() {
        let response = json!({
            "access_token": "a", "refresh_token": "r", "id_token": "i", "hub.url": "https://hub.example/", "hub.topic": "t",
            "smart_web_messaging_handle": "h", "smart_web_messaging_origin": "https://ehr.example",
            "patient": "p1", "encounter": "e1", "need_patient_banner": false, "intent": "reconcile-medications",
            "tenant": "t1", "appContext": "{\"a\":1}", "smart_style_url": "https://ehr.example/style.json",
            "fhirContext": [{"reference": "ImagingStudy/1"}, {"canonical": "https://x.example/q", "type": "Questionnaire", "role": "https://x.example/role"}],
            "authorization_details": [{"type": "smart_on_fhir", "locations": ["https://images.example/fhir"], "fhirVersions": ["4.0.1"]}],
            "vendor": {"practice": [1, 2]},
        });
        let context = LaunchContext::read(&response);
        assert_eq!(context.patient.as_deref(), Some("p1"));
        assert_eq!(context.encounter.as_deref(), Some("e1"));
        assert_eq!(context.need_patient_banner, Some(false));
        assert_eq!(context.intent.as_deref(), Some("reconcile-medications"));
        assert_eq!(context.tenant.as_deref(), Some("t1"));
        assert_eq!(context.app_context.as_deref(), Some("{\"a\":1}"));
        assert_eq!(context.smart_style_url.as_deref(), Some("https://ehr.example/style.json"));
        assert_eq!(context.fhir_context[0].reference.as_deref(), Some("ImagingStudy/1"));
        assert_eq!(context.fhir_context[0].role, "launch");
        assert_eq!(context.fhir_context[1].role, "https://x.example/role");
        assert_eq!(context.authorization_details[0].locations, ["https://images.example/fhir"]);

        let kept: serde_json::Value = serde_json::from_str(&context.to_json()).unwrap();
        assert_eq!(kept["vendor"], json!({"practice": [1, 2]}));
        assert_eq!(LaunchContext::read(&kept), context);
        for token in SECRETS {
            assert_eq!(kept.get(token), None);
        }
    }
}
