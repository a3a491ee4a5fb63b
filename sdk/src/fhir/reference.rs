//! References to resources (FHIR R4, references).

use crate::protocol::scope::is_resource_type;

/// A reference taken apart: a type and an id, wherever the resource lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceId {
    /// The resource's type.
    pub resource_type: String,
    /// The resource's id.
    pub id: String,
}

impl ResourceId {
    /// Reads the type and id of `Patient/1`, `Patient/1/_history/2` or an absolute reference that ends so.
    ///
    /// ```
    /// use smartrust::fhir::reference::ResourceId;
    ///
    /// let user = ResourceId::read("https://ehr.example/fhir/Practitioner/7/_history/2").unwrap();
    /// assert_eq!((user.resource_type.as_str(), user.id.as_str()), ("Practitioner", "7"));
    /// assert_eq!(ResourceId::read("#contained"), None);
    /// ```
    pub fn read(reference: &str) -> Option<Self> {
        let mut segments = reference.rsplit('/').peekable();
        let mut id = segments.next()?;
        if segments.next_if_eq(&"_history").is_some() {
            id = segments.next()?;
        }
        let resource_type = segments.next()?;
        (is_resource_type(resource_type) && is_id(id))
            .then(|| Self { resource_type: resource_type.to_owned(), id: id.to_owned() })
    }
}

/// Whether a text has the shape of a resource's id (FHIR R4, datatypes: id) and does not name a folder in an address.
pub fn is_id(text: &str) -> bool {
    !matches!(text, "." | "..")
        && (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
