//! The hub in a token response (FHIRcast 3, session discovery).

use super::name::EventName;
use super::scope::Access;
use crate::error::{Error, Failure, HubError};
use crate::json::{JsonView, ObjectWriter};
use crate::protocol::safe_url::safe_url;
use crate::protocol::scope::{Scope, ScopeSet};
use crate::protocol::secret::HubTopic;
use crate::protocol::url::Url;

/// `hub.url` and `hub.topic` of a token response, unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubGrant {
    /// `hub.url`.
    pub url: Option<String>,
    /// `hub.topic`.
    pub topic: Option<HubTopic>,
}

/// A hub, and the session of the user there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// The hub's base URL.
    pub url: Url,
    /// The session.
    pub topic: HubTopic,
}

impl HubGrant {
    /// Reads the members of a token response, or of the output of [`Self::to_json`]. `None` if it has neither.
    pub fn read<V: JsonView>(response: &V) -> Option<Self> {
        let text = |name: &str| response.member_text(name).filter(|text| !text.is_empty());
        let (url, topic) = (text("hub.url"), text("hub.topic").map(HubTopic::new));
        (url.is_some() || topic.is_some()).then_some(Self { url, topic })
    }

    /// The members as one JSON object, with the topic, to be stored with the tokens.
    pub fn to_json(&self) -> String {
        ObjectWriter::new()
            .optional_text("hub.url", self.url.as_deref())
            .optional_text("hub.topic", self.topic.as_ref().map(HubTopic::expose))
            .finish()
    }

    /// The hub, if the response has both members and the app may use it.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::grant::HubGrant;
    /// use smartrust::protocol::scope::ScopeSet;
    ///
    /// let response = serde_json::json!({"hub.url": "https://hub.example/", "hub.topic": "secret-topic"});
    /// let grant = HubGrant::read(&response).expect("a hub");
    /// let hub = grant.hub(&ScopeSet::parse("fhircast/Patient-open.read"), false)?;
    /// assert_eq!(hub.url.as_str(), "https://hub.example/");
    /// assert!(!format!("{hub:?}").contains("secret-topic"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`HubError::Unavailable`] if the URL, the topic or a granted scope for events is missing; [`Error::Url`] and
    /// [`Error::InsecureUrl`] for a URL that cannot be used.
    pub fn hub(&self, granted: &ScopeSet, allow_insecure_http: bool) -> Result<Hub, Failure> {
        let unavailable = |problem| Failure::from(HubError::Unavailable { problem });
        let Some(url) = &self.url else {
            return Err(unavailable("the token response has a hub.topic and no hub.url"));
        };
        let Some(topic) = &self.topic else {
            return Err(unavailable("the token response has a hub.url and no hub.topic"));
        };
        if !granted.iter().any(|scope: &Scope| scope.fhircast().is_some()) {
            return Err(unavailable("no scope for events, such as fhircast/Patient-open.read, was granted"));
        }
        let url = safe_url(Url::parse(url), "hub.url", allow_insecure_http)?;
        Ok(Hub { url, topic: topic.clone() })
    }

    /// The error of a session whose token response has no hub.
    pub fn absent() -> Failure {
        HubError::Unavailable { problem: "the token response has no hub (hub.url and hub.topic)" }.into()
    }
}

/// Checks that an event may be sent to the hub.
///
/// # Errors
/// [`Error::NotGranted`] with the event's name.
pub fn check_may_write(granted: &ScopeSet, event: &EventName) -> Result<(), Failure> {
    if granted.allows_event(event, Access::Write) {
        return Ok(());
    }
    Err(Error::NotGranted { resource_type: event.as_str().into() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn code(response: Value, scopes: &str) -> &'static str {
        let grant = HubGrant::read(&response).unwrap();
        grant.hub(&ScopeSet::parse(scopes), false).map_or_else(|failure| failure.code(), |_| "fine")
    }

    #[test]
    fn x1_a_hub_needs_url_topic_and_scope() {
        let both = || json!({"hub.url": "https://hub.example/", "hub.topic": "t"});
        assert_eq!(code(both(), "fhircast/Patient-open.read"), "fine");
        assert_eq!(code(both(), "patient/*.rs"), "hub_unavailable");
        assert_eq!(code(json!({"hub.url": "https://hub.example/"}), "fhircast/*.read"), "hub_unavailable");
        assert_eq!(code(json!({"hub.topic": "t", "hub.url": ""}), "fhircast/*.read"), "hub_unavailable");
        assert_eq!(HubGrant::read(&json!({"hub.url": 1, "hub.topic": null})), None);
    }

    #[test]
    fn x2_a_hub_by_http_is_refused_except_on_this_machine() {
        let at = |url: &str| code(json!({"hub.url": url, "hub.topic": "t"}), "fhircast/*.*");
        assert_eq!(at("http://hub.example/"), "insecure_url");
        assert_eq!(at("http://localhost:9080/hub"), "fine");
        assert_eq!(at("wss://hub.example/"), "invalid_url");
        assert_eq!(at("https://user@hub.example/"), "invalid_url");
        let grant = HubGrant::read(&json!({"hub.url": "http://hub.example/", "hub.topic": "t"})).unwrap();
        assert!(grant.hub(&ScopeSet::parse("fhircast/*.*"), true).is_ok());
    }

    #[test]
    fn x21_the_topic_is_kept_and_never_printed() {
        let grant = HubGrant::read(&json!({"hub.url": "https://hub.example/", "hub.topic": "hush"})).unwrap();
        assert!(!format!("{grant:?}").contains("hush"));
        let kept: Value = serde_json::from_str(&grant.to_json()).unwrap();
        assert_eq!(HubGrant::read(&kept), Some(grant));
    }
}
