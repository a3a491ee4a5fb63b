//! References to resources (FHIR R4, references).

use crate::json::JsonView;
use crate::protocol::scope::is_resource_type;
use crate::protocol::url::Url;

/// The type and id in a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceId {
    /// The resource's type.
    pub resource_type: String,
    /// The resource's id.
    pub id: String,
}

impl ResourceId {
    /// Reads the type and id of `Patient/1`, `Patient/1/_history/2` or an absolute reference with such an end.
    ///
    /// ```
    /// use smartrust::fhir::reference::ResourceId;
    ///
    /// let user = ResourceId::read("https://ehr.example/fhir/Practitioner/7/_history/2").unwrap();
    /// assert_eq!((user.resource_type.as_str(), user.id.as_str()), ("Practitioner", "7"));
    /// assert_eq!(ResourceId::read("#contained"), None);
    /// ```
    pub fn read(reference: &str) -> Option<Self> {
        let segments: Vec<&str> = reference.split('/').collect();
        let ([.., resource_type, id, "_history", _] | [.., resource_type, id]) = segments.as_slice() else {
            return None;
        };
        (is_resource_type(resource_type) && is_id(id))
            .then(|| Self { resource_type: (*resource_type).to_owned(), id: (*id).to_owned() })
    }
}

/// All references in a resource or a Bundle, each once, in their order.
///
/// ```
/// use smartrust::fhir::reference::references_in;
///
/// let observation = serde_json::json!({"subject": {"reference": "Patient/1"}, "performer": [{"reference": "Practitioner/2"}]});
/// assert_eq!(references_in(&observation).len(), 2);
/// ```
pub fn references_in<V: JsonView>(value: &V) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, DEEPEST, &mut found);
    found
}

/// The maximum depth at which references are found. FHIR's own never nest so deep.
const DEEPEST: usize = 64;

fn collect<V: JsonView>(value: &V, depth: usize, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    if let Some(items) = value.items() {
        items.iter().for_each(|item| collect(item, depth - 1, found));
        return;
    }
    for name in value.names() {
        let Some(member) = value.member(&name) else { continue };
        match member.text() {
            Some(reference) if name == "reference" && !found.contains(&reference) => found.push(reference),
            _ => collect(&member, depth - 1, found),
        }
    }
}

/// Finds a resource within another by a reference: a contained resource by `#id`, where `#` alone is the container,
/// or an entry of a Bundle by its `fullUrl`, or by type and id below `base` (FHIR R4, Bundle: resolving references).
pub fn find_within<V: JsonView>(whole: &V, reference: &str, base: &Url) -> Option<V> {
    match reference.strip_prefix('#') {
        Some("") => Some(whole.clone()),
        Some(id) => {
            let contained = whole.member_items("contained");
            contained.into_iter().find(|resource| resource.member_text("id").as_deref() == Some(id))
        }
        None => whole.member_items("entry").iter().find_map(|entry| {
            let resource = entry.member("resource")?;
            names_entry(entry, &resource, reference, base).then_some(resource)
        }),
    }
}

fn names_entry<V: JsonView>(entry: &V, resource: &V, reference: &str, base: &Url) -> bool {
    let (unversioned, version) = match reference.split_once("/_history/") {
        Some((unversioned, version)) => (unversioned, Some(version)),
        None => (reference, None),
    };
    let is_version = |version: &str| {
        resource.member("meta").and_then(|meta| meta.member_text("versionId")).as_deref() == Some(version)
    };
    let own = || Some([resource.member_text("resourceType")?, resource.member_text("id")?].join("/"));
    let full = entry.member_text("fullUrl").or_else(own).unwrap_or_default();
    let absolute = |text: &str| {
        if text.contains(':') { Some(text.to_owned()) } else { Some(base.child(text).ok()?.as_str().to_owned()) }
    };
    absolute(&full) == absolute(unversioned) && version.is_none_or(is_version)
}

/// Whether a string is a valid id of a resource (FHIR R4, datatypes: id) and not a dot segment of a URL.
pub fn is_id(text: &str) -> bool {
    !matches!(text, "." | "..")
        && (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn i7_the_type_and_id_of_a_reference_are_found() {
        let found = |text: &str| ResourceId::read(text).map(|read| format!("{}/{}", read.resource_type, read.id));
        for text in [
            "Patient/1",
            "https://a.example/fhir/Patient/1",
            "Patient/1/_history/2",
            "https://a.example/fhir/Patient/1/_history/2",
        ] {
            assert_eq!(found(text).as_deref(), Some("Patient/1"), "{text}");
        }
        for text in
            ["", "1", "#1", "urn:uuid:1", "patient/1", "Patient/", "Patient/a b", "Patient?name=x", "Patient/.."]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn f9_references_are_found_at_every_depth() {
        let resource = json!({
            "subject": {"reference": "Patient/1"}, "performer": [{"reference": "Practitioner/2"}, {"display": "x"}],
            "component": [{"extension": [{"valueReference": {"reference": "#c"}}]}],
            "derivedFrom": [{"reference": "Patient/1"}], "reference": {"reference": "Group/3"}, "note": "reference",
        });
        let mut found = references_in(&resource);
        found.sort();
        assert_eq!(found, ["#c", "Group/3", "Patient/1", "Practitioner/2"]);
        assert!(references_in(&json!("x")).is_empty());
        let deep = (0..500).fold(json!({"reference": "Patient/1"}), |inner, _| json!([inner]));
        assert!(references_in(&deep).is_empty());
    }

    #[test]
    fn f9_contained_resources_and_entries_are_found_by_the_rules_of_bundles() {
        let base = Url::parse("https://ehr.example/fhir").unwrap();
        let bundle = json!({"resourceType": "Bundle", "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "new"}},
            {"fullUrl": "https://ehr.example/fhir/Patient/1", "resource": {"resourceType": "Patient", "id": "1", "meta": {"versionId": "2"}}},
            {"fullUrl": "https://elsewhere.example/fhir/Patient/5", "resource": {"resourceType": "Patient", "id": "5"}},
            {"resource": {"resourceType": "Group", "id": "3"}},
            {"fullUrl": "urn:uuid:empty"},
        ]});
        let found = |reference: &str| find_within(&bundle, reference, &base).map(|found| found["id"].clone());
        for (reference, id) in [
            ("urn:uuid:1", "new"),
            ("Patient/1", "1"),
            ("https://ehr.example/fhir/Patient/1", "1"),
            ("Patient/1/_history/2", "1"),
            ("https://elsewhere.example/fhir/Patient/5", "5"),
            ("Group/3", "3"),
        ] {
            assert_eq!(found(reference), Some(json!(id)), "{reference}");
        }
        for reference in ["Patient/5", "Patient/new", "Patient/1/_history/1", "urn:uuid:2", "urn:uuid:empty", "", "#x"]
        {
            assert_eq!(found(reference), None, "{reference}");
        }
        let holder =
            json!({"resourceType": "Observation", "id": "o", "contained": [{"resourceType": "Device", "id": "d"}]});
        assert_eq!(find_within(&holder, "#d", &base).unwrap()["resourceType"], "Device");
        assert_eq!(find_within(&holder, "#", &base).unwrap()["id"], "o");
        assert_eq!(find_within(&holder, "#e", &base), None);
    }
}
