//! The bytes of a URL: a Binary, or any other body (FHIR R4, Binary: serving Binary resources).

use super::reference::ResourceId;
use super::request::FHIR_JSON;
use crate::error::{Error, Failure};
use crate::json::JsonView;
use crate::protocol::encoding::base64_decode;
use crate::protocol::http::Request;
use crate::protocol::url::Url;

/// Any media type.
const ANYTHING: &str = "*/*";

/// Bytes with their media type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The media type, if known.
    pub media_type: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The requests for the content of a URL or reference, to be sent one after the other until one succeeds. A relative one
/// is resolved against the FHIR base. `own` is the expected media type of the content, such as `attachment.contentType`.
///
/// A Binary is requested with its own media type, with FHIR JSON, and with any: servers that refuse one of them with 404 or 406
/// (see [`is_refused`]) return it with another.
///
/// ```
/// use smartrust::fhir::content::{content_requests, read_binary};
/// use smartrust::protocol::url::Url;
///
/// let base = Url::parse("https://ehr.example/fhir")?;
/// let requests = content_requests(&base, "Binary/1", Some("application/pdf"))?;
/// assert_eq!(requests[0].url.as_str(), "https://ehr.example/fhir/Binary/1");
///
/// let binary = serde_json::json!({"resourceType": "Binary", "contentType": "text/plain", "data": "SGVsbG8="});
/// assert_eq!(read_binary(&binary).unwrap()?.bytes, b"Hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Url`] for a URL that cannot be fetched.
pub fn content_requests(base: &Url, target: &str, own: Option<&str>) -> Result<Vec<Request>, Failure> {
    let url = url_of(base, target)?;
    let is_binary =
        ResourceId::read(url.without_query().as_str()).is_some_and(|resource| resource.resource_type == "Binary");
    let mut accepted: Vec<&str> = own.into_iter().collect();
    if is_binary {
        accepted.push(FHIR_JSON);
    }
    if is_binary || own.is_none() {
        accepted.push(ANYTHING);
    }
    Ok(accepted.into_iter().map(|media_type| Request::get(url.clone(), media_type)).collect())
}

fn url_of(base: &Url, target: &str) -> Result<Url, Failure> {
    let folder = base.child("").and_then(|folder| folder.without_query().join(target));
    folder.map_err(|problem| Error::Url { what: "the content".into(), problem }.into())
}

/// Whether a server may have refused the media type of a request, so that another one is worth a try.
pub fn is_refused(failure: &Error) -> bool {
    matches!(failure.status(), Some(400 | 404 | 406 | 415))
}

/// Whether a body of this media type may be a resource.
pub fn may_be_resource(media_type: Option<&str>) -> bool {
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == FHIR_JSON || essence == "application/json+fhir"
}

/// The content of a Binary; `None` for any other resource.
///
/// For an example, see [`content_requests`].
///
/// # Errors
/// [`Error::Content`] for a Binary without data, or with data that is not base64.
pub fn read_binary<V: JsonView>(resource: &V) -> Option<Result<Content, Failure>> {
    if resource.member_text("resourceType")? != "Binary" {
        return None;
    }
    let wrong = |problem: &'static str| Err(Error::Content { problem }.into());
    // In FHIR DSTU2 and STU3, it is called `content`.
    let Some(mut data) = resource.member_text("data").or_else(|| resource.member_text("content")) else {
        return Some(wrong("the Binary has no data"));
    };
    data.retain(|character| !character.is_ascii_whitespace());
    Some(match base64_decode(&data) {
        Some(bytes) => Ok(Content { media_type: resource.member_text("contentType"), bytes }),
        None => wrong("the data of the Binary is not base64"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn requests(target: &str, own: Option<&str>) -> Vec<(String, String)> {
        let base = Url::parse("https://ehr.example/fhir").unwrap();
        let requests = content_requests(&base, target, own).unwrap();
        requests.into_iter().map(|request| (request.url.to_string(), request.headers[0].1.clone())).collect()
    }

    #[test]
    fn f14_a_binary_is_requested_by_its_own_type_then_as_fhir_then_by_any() {
        for target in ["Binary/1", "https://ehr.example/fhir/Binary/1", "/fhir/Binary/1", "Binary/1/_history/2"] {
            let sent = requests(target, Some("application/pdf"));
            let accepted: Vec<_> = sent.iter().map(|(_, accept)| accept.as_str()).collect();
            assert_eq!(accepted, ["application/pdf", "application/fhir+json", "*/*"], "{target}");
            assert!(sent.iter().all(|(url, _)| url.starts_with("https://ehr.example/fhir/Binary/1")), "{sent:?}");
            assert_eq!(requests(target, None).len(), 2);
        }
    }

    #[test]
    fn f14_another_url_is_requested_once() {
        let expected = |accept: &str| vec![("https://ehr.example/fhir/files/7.pdf?v=1".to_owned(), accept.to_owned())];
        assert_eq!(requests("files/7.pdf?v=1#page=2", Some("application/pdf")), expected("application/pdf"));
        assert_eq!(requests("https://ehr.example/fhir/files/7.pdf?v=1", None), expected("*/*"));
    }

    #[test]
    fn f14_a_binary_has_its_bytes_and_its_media_type() {
        for data in ["/+8A", "/+\n8A\r\n"] {
            let binary = json!({"resourceType": "Binary", "contentType": "image/png", "data": data});
            let content = read_binary(&binary).unwrap().unwrap();
            assert_eq!((content.media_type.as_deref(), content.bytes), (Some("image/png"), vec![255, 239, 0]));
        }
        let unpadded = json!({"resourceType": "Binary", "content": "YQ"});
        assert_eq!(read_binary(&unpadded).unwrap().unwrap().bytes, b"a");
        for wrong in [json!({"resourceType": "Binary"}), json!({"resourceType": "Binary", "data": "*"})] {
            assert_eq!(read_binary(&wrong).unwrap().unwrap_err().code(), "invalid_content");
        }
        assert!(read_binary(&json!({"resourceType": "Patient"})).is_none());
    }

    #[test]
    fn f14_json_of_fhir_is_known_by_its_media_type() {
        for media_type in ["application/fhir+json; charset=utf-8", "Application/JSON", "application/json+fhir"] {
            assert!(may_be_resource(Some(media_type)), "{media_type}");
        }
        for media_type in [None, Some("application/pdf"), Some("text/json-like")] {
            assert!(!may_be_resource(media_type));
        }
    }
}
