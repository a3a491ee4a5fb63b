//! Addresses and headers of FHIR requests (FHIR R4, RESTful API).

use crate::error::{Error, Failure};
use crate::fhir::reference::is_id;
use crate::protocol::http::Request;
use crate::protocol::scope::is_resource_type;
use crate::protocol::url::{Url, UrlError};

/// The media type of FHIR in JSON.
pub const FHIR_JSON: &str = "application/fhir+json";

/// Reads a resource: `Patient/1`, or an absolute reference. Whether a token may go there is the guard's to say.
pub fn read_request(base: &Url, reference: &str) -> Result<Request, Failure> {
    let url = if reference.contains(':') {
        Url::parse(reference)
    } else {
        let parts: Vec<&str> = reference.split('/').collect();
        let well_formed = match parts.as_slice() {
            [resource_type, id] => is_resource_type(resource_type) && is_id(id),
            [resource_type, id, "_history", version] => is_resource_type(resource_type) && is_id(id) && is_id(version),
            _ => false,
        };
        if !well_formed {
            return Err(
                Error::Reference { problem: "it is not a type, a slash and an id, such as Patient/1".into() }.into()
            );
        }
        base.child(reference)
    };
    request(url)
}

/// Searches for resources of a type. Each parameter is a name and a value, as FHIR's search names them.
pub fn search_request(base: &Url, resource_type: &str, parameters: &[(String, String)]) -> Result<Request, Failure> {
    if !is_resource_type(resource_type) {
        return Err(
            Error::Reference { problem: ["\"", resource_type, "\" is not a resource type"].concat().into() }.into()
        );
    }
    let pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    request(base.child(resource_type).map(|url| url.with_query(&pairs)))
}

/// Asks for another page by its link. A relative link resolves against the page that it stands in.
pub fn page_request(page: &Url, link: &str) -> Result<Request, Failure> {
    request(page.join(link))
}

fn request(url: Result<Url, UrlError>) -> Result<Request, Failure> {
    let url = url.map_err(|problem| Error::Url { what: "the FHIR request".into(), problem })?;
    Ok(Request::get(url, FHIR_JSON))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://ehr.example/fhir").unwrap()
    }

    #[test]
    fn a_read_asks_for_type_and_id_below_the_base() {
        let read = |reference: &str| read_request(&base(), reference).map(|request| request.url.to_string());
        assert_eq!(read("Patient/1").unwrap(), "https://ehr.example/fhir/Patient/1");
        assert_eq!(read("Patient/1/_history/2").unwrap(), "https://ehr.example/fhir/Patient/1/_history/2");
        for wrong in [
            "",
            "Patient",
            "Patient/",
            "/Patient/1",
            "Patient/../x",
            "Patient/..",
            "Patient/.",
            "Patient/1?x=1",
            "#1",
            "metadata",
        ] {
            assert_eq!(read(wrong).unwrap_err().code(), "invalid_reference", "{wrong}");
        }
    }

    #[test]
    fn a_search_encodes_its_values() {
        let parameters =
            [("code".to_owned(), "http://loinc.org|4548-4".to_owned()), ("_count".to_owned(), "50".to_owned())];
        let request = search_request(&base(), "Observation", &parameters).unwrap();
        assert_eq!(
            request.url.to_string(),
            "https://ehr.example/fhir/Observation?code=http%3A%2F%2Floinc.org%7C4548-4&_count=50"
        );
        assert!(search_request(&base(), "../x", &[]).is_err());
    }
}
