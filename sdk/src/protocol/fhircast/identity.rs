//! Whether an event is about the same patient.
//!
//! An app that shows another patient than its neighbours is a danger, so whatever cannot be compared counts as another patient.

use super::event::{ContextItem, HubEvent, anchor};
use super::message::one_line;
use crate::fhir::identifier::Identifier;
use crate::fhir::reference::ResourceId;
use crate::json::JsonView;
use crate::protocol::url::Url;

/// The patient of an event, as far as the event describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventPatient {
    /// The id of the Patient resource.
    pub id: Option<String>,
    /// The URL of the resource, if the event has it.
    pub url: Option<Url>,
    /// The identifiers that have a system.
    pub identifiers: Vec<Identifier>,
    /// The name as one line of text. Show it as text, never as HTML.
    pub name: Option<String>,
}

impl EventPatient {
    /// The patient of an event: of its item `patient`, else the subject of the resource that it opens or closes.
    pub fn of<V: JsonView>(event: &HubEvent<V>) -> Option<Self> {
        Self::in_context(event.name.subject()?, &event.context)
    }

    /// The patient of a context for a type of resource.
    pub fn in_context<V: JsonView>(resource_type: &str, context: &[ContextItem<V>]) -> Option<Self> {
        if let Some(item) = anchor("Patient", context) {
            return Some(Self::of_item(item));
        }
        let resource = anchor(resource_type, context)?.resource()?;
        let subject = resource.member("subject").or_else(|| resource.member("patient"))?;
        let identifiers = subject.member("identifier").iter().filter_map(read_identifier).collect();
        let name = subject.member_text("display").as_deref().and_then(one_line);
        Some(Self { identifiers, name, ..Self::referred(&subject.member_text("reference").unwrap_or_default()) })
    }

    fn of_item<V: JsonView>(item: &ContextItem<V>) -> Self {
        let Some(resource) = item.resource() else { return Self::referred(&item.reference().unwrap_or_default()) };
        Self {
            id: resource.member_text("id"),
            url: None,
            identifiers: identifiers_of(&resource),
            name: name_of(&resource),
        }
    }

    fn referred(reference: &str) -> Self {
        let id = ResourceId::read(reference).filter(|read| read.resource_type == "Patient").map(|read| read.id);
        Self { id, url: Url::parse(reference).ok(), ..Self::default() }
    }
}

/// The patient that the app shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPatient {
    /// The FHIR base.
    pub base: Url,
    /// The id below that base.
    pub id: String,
    /// Whether ids in the hub's events are ids below that base.
    pub shares_ids: bool,
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sameness {
    /// The same patient.
    Same,
    /// Another patient, or one that cannot be compared.
    Other,
    /// It depends on the identifiers of the patient that is shown.
    ByIdentifiers,
}

impl ShownPatient {
    /// Compares by the id. An id counts only if it is one of the same FHIR base.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::identity::{EventPatient, Sameness, ShownPatient};
    /// use smartrust::protocol::url::Url;
    ///
    /// let shown = ShownPatient { base: Url::parse("https://ehr.example/fhir")?, id: "1".into(), shares_ids: true };
    /// let mut other = EventPatient::default();
    /// assert_eq!(shown.compare(&other), Sameness::Other);
    /// other.id = Some("1".into());
    /// assert_eq!(shown.compare(&other), Sameness::Same);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compare(&self, other: &EventPatient) -> Sameness {
        let is_here = match &other.url {
            Some(url) => url.is_within(&self.base) || url.upgraded_to_https(&self.base).is_some(),
            None => self.shares_ids,
        };
        match (&other.id, is_here, other.identifiers.is_empty()) {
            (Some(id), true, _) if *id == self.id => Sameness::Same,
            (Some(_), true, _) | (_, _, true) => Sameness::Other,
            _ => Sameness::ByIdentifiers,
        }
    }
}

/// The identifiers of a resource that have a system.
pub fn identifiers_of<V: JsonView>(resource: &V) -> Vec<Identifier> {
    resource.member_items("identifier").iter().filter_map(read_identifier).collect()
}

/// Whether two lists have an identifier in common.
pub fn have_common_identifier(own: &[Identifier], other: &[Identifier]) -> bool {
    own.iter().any(|identifier| other.contains(identifier))
}

fn read_identifier<V: JsonView>(identifier: &V) -> Option<Identifier> {
    let text = |name: &str| identifier.member_text(name).filter(|text| !text.trim().is_empty());
    Some(Identifier::new(text("system")?, text("value")?))
}

fn name_of<V: JsonView>(resource: &V) -> Option<String> {
    let name = resource.member_items("name").into_iter().next()?;
    let mut parts: Vec<String> = name.member_items("given").iter().filter_map(JsonView::text).collect();
    parts.extend(name.member_text("family"));
    one_line(&name.member_text("text").unwrap_or_else(|| parts.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fhircast::message::HubMessage;
    use serde_json::{Value, json};

    fn patient(name: &str, context: Value) -> Option<EventPatient> {
        let sent = json!({"id": "e", "event": {"hub.topic": "t", "hub.event": name, "context": context}});
        let HubMessage::Event(event) = HubMessage::read(&sent) else { panic!("no event") };
        EventPatient::of(&event)
    }

    fn shown(shares_ids: bool) -> ShownPatient {
        ShownPatient { base: Url::parse("https://ehr.example/fhir").unwrap(), id: "p1".into(), shares_ids }
    }

    fn opened(resource: Value) -> EventPatient {
        patient("Patient-open", json!([{"key": "patient", "resource": resource}])).unwrap()
    }

    #[test]
    fn x12_ids_count_only_where_they_are_of_the_same_base() {
        let id = |id: &str| opened(json!({"resourceType": "Patient", "id": id}));
        assert_eq!(shown(true).compare(&id("p1")), Sameness::Same);
        assert_eq!(shown(true).compare(&id("p2")), Sameness::Other);
        assert_eq!(shown(false).compare(&id("p1")), Sameness::Other);
        let with_mrn = |id: &str| {
            opened(json!({"resourceType": "Patient", "id": id, "identifier": [{"system": "urn:mrn", "value": "7"}]}))
        };
        assert_eq!(shown(false).compare(&with_mrn("p1")), Sameness::ByIdentifiers);
        // Two resources of the same base are two patients, whatever their identifiers are.
        assert_eq!(shown(true).compare(&with_mrn("p2")), Sameness::Other);
    }

    #[test]
    fn x12_a_url_says_which_base_it_is_of() {
        let referred = |reference: &str| {
            patient("Patient-open", json!([{"key": "patient", "reference": {"reference": reference}}])).unwrap()
        };
        assert_eq!(shown(false).compare(&referred("https://ehr.example/fhir/Patient/p1")), Sameness::Same);
        assert_eq!(shown(false).compare(&referred("Patient/p1")), Sameness::Other);
        assert_eq!(shown(true).compare(&referred("https://other.example/fhir/Patient/p1")), Sameness::Other);
        assert_eq!(shown(true).compare(&referred("Group/p1")), Sameness::Other);
    }

    #[test]
    fn x12_identifiers_need_system_and_value() {
        let of = |identifiers: Value| opened(json!({"resourceType": "Patient", "identifier": identifiers})).identifiers;
        let own = [Identifier::new("urn:mrn", "7")];
        assert!(have_common_identifier(
            &own,
            &of(json!([{"system": "urn:x", "value": "1"}, {"system": "urn:mrn", "value": "7"}]))
        ));
        for other in [
            json!([{"value": "7"}]),
            json!([{"system": "urn:mrn"}]),
            json!([{"system": "urn:other", "value": "7"}]),
            json!([{"system": "", "value": "7"}]),
            json!("7"),
        ] {
            assert!(!have_common_identifier(&own, &of(other.clone())), "{other}");
        }
    }

    #[test]
    fn x11_the_patient_of_another_resource_is_its_subject() {
        let study = |subject: Value| json!([{"key": "study", "resource": {"resourceType": "ImagingStudy", "id": "s", "subject": subject}}]);
        let found =
            patient("ImagingStudy-open", study(json!({"reference": "Patient/p1", "display": "Ann\nLee"}))).unwrap();
        assert_eq!((found.id.as_deref(), found.name.as_deref()), (Some("p1"), Some("Ann Lee")));
        let by_identifier = study(json!({"identifier": {"system": "urn:mrn", "value": "7"}}));
        assert_eq!(patient("ImagingStudy-open", by_identifier).unwrap().identifiers, [Identifier::new("urn:mrn", "7")]);
        assert_eq!(patient("ImagingStudy-open", json!([])), None);
        let both = json!([{"key": "encounter", "resource": {"resourceType": "Encounter", "id": "e"}}, {"key": "patient", "resource": {"resourceType": "Patient", "id": "p2", "name": [{"given": ["Bo"], "family": "Ray"}]}}]);
        let found = patient("Encounter-open", both).unwrap();
        assert_eq!((found.id.as_deref(), found.name.as_deref()), (Some("p2"), Some("Bo Ray")));
    }
}
