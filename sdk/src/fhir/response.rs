//! Responses of FHIR servers (FHIR R4, RESTful API).

use super::reference::ResourceId;
use crate::error::{Error, Failure};
use crate::json::JsonView;

/// The response to a successful FHIR request. A header is absent if the server's CORS settings hide it from the page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FhirResponse<V> {
    /// The HTTP status.
    pub status: u16,
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Location` header.
    pub location: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
    /// The resource in the body, if any: the requested one, or an OperationOutcome.
    pub resource: Option<V>,
    /// The number of bytes in the body, if the request counts them.
    pub(crate) bytes: u64,
}

impl<V: JsonView> FhirResponse<V> {
    /// The resource's version for `If-Match`: the `ETag`, else the `meta.versionId` of the resource.
    ///
    /// # Errors
    /// [`Error::HiddenHeader`] if both are absent.
    pub fn version(&self) -> Result<String, Failure> {
        let of_resource = || version_of(self.resource.as_ref()?);
        self.etag.clone().or_else(of_resource).ok_or_else(|| Error::HiddenHeader { name: "ETag" }.into())
    }

    /// The type and id of the created or changed resource: from `Location`, else from the resource.
    ///
    /// # Errors
    /// [`Error::HiddenHeader`] if both are absent.
    pub fn resource_id(&self) -> Result<ResourceId, Failure> {
        let of_resource = || {
            let resource = self.resource.as_ref()?;
            let (resource_type, id) = (resource.member_text("resourceType")?, resource.member_text("id")?);
            ResourceId::read(&format!("{resource_type}/{id}"))
        };
        let of_location = self.location.as_deref().and_then(ResourceId::read);
        of_location.or_else(of_resource).ok_or_else(|| Error::HiddenHeader { name: "Location" }.into())
    }
}

/// A resource's version for `If-Match` (FHIR R4, RESTful API: managing resource contention).
pub fn version_of<V: JsonView>(resource: &V) -> Option<String> {
    let version = resource.member("meta")?.member_text("versionId")?;
    Some(format!("W/\"{version}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn created(location: Option<&str>, resource: Option<Value>) -> FhirResponse<Value> {
        let location = location.map(str::to_owned);
        FhirResponse { status: 201, etag: None, location, last_modified: None, resource, bytes: 0 }
    }

    #[test]
    fn f5_the_value_of_a_hidden_header_is_taken_from_the_resource() {
        let resource = json!({"resourceType": "Patient", "id": "7", "meta": {"versionId": "3"}});
        let hidden = created(None, Some(resource.clone()));
        assert_eq!(hidden.version().unwrap(), "W/\"3\"");
        assert_eq!(hidden.resource_id().unwrap().id, "7");
        let seen = FhirResponse { etag: Some("\"x\"".into()), ..created(None, Some(resource)) };
        assert_eq!(seen.version().unwrap(), "\"x\"");
        let located = created(Some("https://ehr.example/fhir/Patient/8/_history/1"), None);
        assert_eq!(located.resource_id().unwrap().id, "8");
    }

    #[test]
    fn f5_a_missing_value_is_an_error_that_names_the_header() {
        let nothing = created(None, None);
        let location = nothing.resource_id().unwrap_err();
        assert_eq!(location.code(), "hidden_header");
        assert!(location.to_string().contains("Location") && location.to_string().contains("CORS"), "{location}");
        assert!(nothing.version().unwrap_err().to_string().contains("ETag"));
        let outcome = json!({"resourceType": "OperationOutcome"});
        assert!(created(None, Some(outcome)).resource_id().is_err());
    }
}
