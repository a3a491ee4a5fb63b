//! The context that is open now (FHIRcast 3, get current context).

use super::event::ContextItem;
use super::grant::Hub;
use super::name::EventName;
use super::subscription::check_status;
use crate::error::{Error, Failure, HubError};
use crate::json::JsonView;
#[cfg(feature = "hub")]
use crate::json::{ObjectWriter, array};
use crate::protocol::encoding::percent_encode;
use crate::protocol::http::{Body, Method, Request};

/// The context that is open now.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CurrentContext<V> {
    /// The type of the open resource, such as `Patient`.
    pub resource_type: String,
    /// The version of the context.
    pub version: Option<String>,
    /// The context, with every item as it came.
    pub context: Vec<ContextItem<V>>,
}

impl<V> CurrentContext<V> {
    /// The event that opens the same context.
    pub fn opening(&self) -> Option<EventName> {
        EventName::opened_by(&self.resource_type)
    }
}

impl<V: JsonView> CurrentContext<V> {
    /// Reads the JSON of a response, or of [`Self::to_json`]. `None` if it is invalid; a context without a type says that nothing is open.
    pub(crate) fn read(response: &V) -> Option<Option<Self>> {
        let resource_type = response.member_text("context.type")?;
        let (context, version) = (ContextItem::list(response)?, response.member_text("context.versionId"));
        Some((!resource_type.is_empty()).then_some(Self { resource_type, version, context }))
    }

    /// The JSON of a context, or of none.
    #[cfg(feature = "hub")]
    pub(crate) fn to_json(current: Option<&Self>) -> String {
        let items = current.into_iter().flat_map(|current| &current.context);
        ObjectWriter::new()
            .text("context.type", current.map_or("", |current| &current.resource_type))
            .optional_text("context.versionId", current.and_then(|current| current.version.as_deref()))
            .raw("context", &array(items.map(|item| item.value.to_json())))
            .finish()
    }
}

impl Hub {
    /// The request for the context, without its token.
    ///
    /// # Errors
    /// [`Error::Url`] for a topic that cannot be a part of a path.
    pub fn current_request(&self) -> Result<Request, Failure> {
        let topic = percent_encode(self.topic.expose());
        let url = self.url.without_query().child(&topic);
        // A topic of dots would lead to the folder above.
        let url = url.ok().filter(|url| url.as_str().ends_with(&topic));
        let url = url.ok_or(HubError::Message { problem: "the hub.topic cannot be a part of a URL" })?;
        let mut request = Request::json(Method::Get, url, None);
        request.no_store = true;
        Ok(request)
    }
}

/// Reads the context; `None` if nothing is open.
///
/// ```
/// use smartrust::protocol::fhircast::current::read_current;
/// use smartrust::protocol::http::Body;
///
/// let nothing = serde_json::json!({"context.type": "", "context": []});
/// assert_eq!(read_current(200, &Body::Json(nothing))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::NotOffered`] if the hub does not support this, [`HubError::Refused`] for another error status, [`HubError::Message`] for
/// an invalid context.
pub fn read_current<V: JsonView>(status: u16, body: &Body<V>) -> Result<Option<CurrentContext<V>>, Failure> {
    if matches!(status, 404 | 405 | 501) {
        return Err(Error::NotOffered { what: "reading the current context of the hub" }.into());
    }
    check_status(status, body)?;
    let invalid =
        HubError::Message { problem: "its current context is not a JSON object with context.type and context" };
    let Body::Json(response) = body else { return Err(invalid.into()) };
    CurrentContext::read(response).ok_or_else(|| invalid.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::secret::HubTopic;
    use crate::protocol::url::Url;
    use serde_json::json;

    fn url_for(topic: &str) -> Result<String, &'static str> {
        let hub = Hub { url: Url::parse("https://hub.example/cast/").unwrap(), topic: HubTopic::new(topic) };
        hub.current_request().map(|request| request.url.to_string()).map_err(|failure| failure.code())
    }

    #[test]
    fn x16_the_context_is_read_below_the_hub() {
        assert_eq!(url_for("fdb2-1"), Ok("https://hub.example/cast/fdb2-1".into()));
        assert_eq!(url_for("a b"), Ok("https://hub.example/cast/a%20b".into()));
        for topic in ["..", ".", "../admin", "a/b"] {
            assert_eq!(url_for(topic), Err("invalid_hub_message"), "{topic}");
        }
    }

    #[test]
    fn x16_nothing_open_is_none_and_an_unsupported_request_is_known() {
        let read = |status, body| read_current(status, &body).map_err(|failure| failure.code());
        assert_eq!(read(200, Body::Json(json!({"context.type": "", "context": []}))), Ok(None));
        let open = json!({"context.type": "Patient", "context.versionId": "2", "context": [{"key": "patient"}]});
        let current = read(200, Body::Json(open)).unwrap().unwrap();
        assert_eq!((current.resource_type.as_str(), current.version.as_deref()), ("Patient", Some("2")));
        assert_eq!(current.opening(), EventName::parse("Patient-open"));
        for status in [404, 405, 501] {
            assert_eq!(read(status, Body::Empty), Err("not_offered"), "{status}");
        }
        assert_eq!(read(403, Body::Empty), Err("hub_refused"));
        for body in [Body::Empty, Body::Json(json!([])), Body::Json(json!({"context.type": "Patient"}))] {
            assert_eq!(read(200, body), Err("invalid_hub_message"));
        }
    }
}
