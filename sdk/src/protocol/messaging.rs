//! SMART Web Messaging: what an app and the EHR's page send each other.

use crate::error::{Error, Failure};
use crate::json::{JsonView, ObjectWriter};
use crate::protocol::safe_url::safe_url;
use crate::protocol::secret::MessagingHandle;
use crate::protocol::url::Url;

/// `smart_web_messaging_handle` and `smart_web_messaging_origin` of a token response, unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessagingGrant {
    /// `smart_web_messaging_handle`.
    pub handle: MessagingHandle,
    /// `smart_web_messaging_origin`.
    pub origin: Option<String>,
}

/// The EHR's page, and the handle by which it knows the app's launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagingChannel {
    /// The handle.
    pub handle: MessagingHandle,
    /// The origin of the EHR's page, as a browser writes it.
    pub origin: String,
}

const HANDLE: &str = "smart_web_messaging_handle";
const ORIGIN: &str = "smart_web_messaging_origin";

impl MessagingGrant {
    /// Reads the members of a token response, or of the output of [`Self::to_json`]. `None` if it has no handle.
    pub fn read<V: JsonView>(response: &V) -> Option<Self> {
        let text = |name: &str| response.member_text(name).filter(|text| !text.is_empty());
        Some(Self { handle: MessagingHandle::new(text(HANDLE)?), origin: text(ORIGIN) })
    }

    /// The members as one JSON object, with the handle, to be stored with the tokens.
    pub fn to_json(&self) -> String {
        ObjectWriter::new().text(HANDLE, self.handle.expose()).optional_text(ORIGIN, self.origin.as_deref()).finish()
    }

    /// The EHR's page, if the response has its origin.
    ///
    /// ```
    /// use smartrust::protocol::messaging::MessagingGrant;
    ///
    /// let response = serde_json::json!({
    ///     "smart_web_messaging_handle": "secret-handle",
    ///     "smart_web_messaging_origin": "https://ehr.example",
    /// });
    /// let channel = MessagingGrant::read(&response).expect("a handle").channel(false)?;
    /// assert_eq!(channel.origin, "https://ehr.example");
    /// assert!(!format!("{channel:?}").contains("secret-handle"));
    /// # Ok::<(), smartrust::Failure>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::MessagingUnavailable`] if it is missing; [`Error::Url`] and [`Error::InsecureUrl`] for an origin that
    /// cannot be used.
    pub fn channel(&self, allow_insecure_http: bool) -> Result<MessagingChannel, Failure> {
        let origin =
            self.origin.as_ref().ok_or_else(|| unavailable("the token response has no smart_web_messaging_origin"))?;
        let url = safe_url(Url::parse(origin), ORIGIN, allow_insecure_http)?;
        Ok(MessagingChannel { handle: self.handle.clone(), origin: url.origin().to_owned() })
    }
}

impl MessagingChannel {
    /// A request as JSON. `payload` is the JSON text of an object.
    pub fn request(&self, id: &str, message_type: &str, payload: &str) -> String {
        ObjectWriter::new()
            .text("messagingHandle", self.handle.expose())
            .text("messageId", id)
            .text("messageType", message_type)
            .raw("payload", payload)
            .finish()
    }
}

/// A response of the EHR's page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MessageResponse<V> {
    /// The payload, if it has one.
    pub payload: Option<V>,
    /// Whether another response follows.
    pub is_followed: bool,
}

impl<V: JsonView> MessageResponse<V> {
    /// Reads the response to the message with an id; `None` for any other message.
    pub fn read(message: &V, id: &str) -> Option<Self> {
        if message.member_text("responseToMessageId").as_deref() != Some(id) {
            return None;
        }
        let is_followed = message.member("additionalResponsesExpected").and_then(|expected| expected.flag());
        Some(Self { payload: message.member("payload"), is_followed: is_followed == Some(true) })
    }
}

/// The error of an app that cannot send messages to the EHR.
pub(crate) fn unavailable(problem: &'static str) -> Failure {
    Error::MessagingUnavailable { problem }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn grant(origin: Value) -> MessagingGrant {
        MessagingGrant::read(&json!({"smart_web_messaging_handle": "hush", "smart_web_messaging_origin": origin}))
            .unwrap()
    }

    #[test]
    fn m4_messages_need_a_handle_and_a_safe_origin() {
        assert_eq!(MessagingGrant::read(&json!({"smart_web_messaging_origin": "https://ehr.example"})), None);
        assert_eq!(MessagingGrant::read(&json!({"smart_web_messaging_handle": ""})), None);
        let code = |origin: Value| {
            grant(origin).channel(false).map(|channel| channel.origin).map_err(|failure| failure.code())
        };
        assert_eq!(code(json!("https://EHR.example:443/")), Ok("https://ehr.example".to_owned()));
        assert_eq!(code(json!("http://localhost:9080")), Ok("http://localhost:9080".to_owned()));
        assert_eq!(code(json!(null)), Err("messaging_unavailable"));
        assert_eq!(code(json!("http://ehr.example")), Err("insecure_url"));
        assert_eq!(code(json!("*")), Err("invalid_url"));
        assert!(grant(json!("http://ehr.example")).channel(true).is_ok());
    }

    #[test]
    fn m4_the_handle_is_kept_and_never_printed() {
        let grant = grant(json!("https://ehr.example"));
        let channel = grant.channel(false).unwrap();
        assert!(!format!("{grant:?}{channel:?}").contains("hush"));
        let kept: Value = serde_json::from_str(&grant.to_json()).unwrap();
        assert_eq!(MessagingGrant::read(&kept), Some(grant));
    }

    #[test]
    fn m4_a_request_has_the_handle_and_its_response_is_found_by_the_id() {
        let channel = grant(json!("https://ehr.example")).channel(false).unwrap();
        let request: Value = serde_json::from_str(&channel.request("1", "ui.done", "{}")).unwrap();
        let expected = json!({"messagingHandle": "hush", "messageId": "1", "messageType": "ui.done", "payload": {}});
        assert_eq!(request, expected);
        let read = |response: Value| MessageResponse::read(&response, "1");
        let last =
            read(json!({"messageId": "x", "responseToMessageId": "1", "payload": {"status": "success"}})).unwrap();
        assert_eq!((last.payload, last.is_followed), (Some(json!({"status": "success"})), false));
        assert!(read(json!({"responseToMessageId": "1", "additionalResponsesExpected": true})).unwrap().is_followed);
        for other in [json!({"responseToMessageId": "2"}), json!({"messageId": "1"}), json!("1"), json!(null)] {
            assert_eq!(read(other), None);
        }
    }
}
