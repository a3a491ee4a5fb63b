//! Subscribing and unsubscribing (FHIRcast 3, subscribing and unsubscribing).

use std::fmt;

use super::SUBSCRIBING;
use super::grant::Hub;
use super::name::{EventName, each_once};
use crate::error::{Failure, HubError, HubRefusal};
use crate::json::JsonView;
use crate::protocol::finding::Finding;
use crate::protocol::http::{Body, Request};
use crate::protocol::plain_text;
use crate::protocol::secret::REDACTED;
use crate::protocol::url::Url;

/// The WebSocket URL of a subscription. It prints as `[redacted]`, because whoever knows it can listen.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
}

impl Endpoint {
    /// Reads a `wss:` URL, or a `ws:` URL of this machine.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::subscription::Endpoint;
    ///
    /// let endpoint = Endpoint::parse("wss://hub.example/ee30d3b9", false).expect("an endpoint");
    /// assert_eq!((endpoint.host(), endpoint.expose()), ("hub.example", "wss://hub.example/ee30d3b9".to_owned()));
    /// assert_eq!(format!("{endpoint:?}"), "[redacted]");
    /// assert!(Endpoint::parse("ws://hub.example/ee30d3b9", false).is_none());
    /// ```
    pub fn parse(text: &str, allow_insecure: bool) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "wss" => "https",
            "ws" => "http",
            _ => return None,
        };
        let url = Url::parse(&[scheme, ":", rest].concat()).ok()?;
        (url.is_confidential() || allow_insecure).then_some(Self { url })
    }

    /// The host, which is no secret.
    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// The URL itself. The caller must take care where it goes.
    pub fn expose(&self) -> String {
        self.url.as_str().replacen("http", "ws", 1)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

/// What an app subscribes to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Subscription {
    /// The events, each once.
    pub events: Vec<EventName>,
    /// The name of the app, which others see if it cannot follow.
    pub subscriber: Option<String>,
    /// The maximum duration, in seconds.
    pub lease_seconds: Option<f64>,
    /// The endpoint of the subscription that this one renews.
    pub endpoint: Option<Endpoint>,
}

impl Subscription {
    /// A subscription to events, and to `SyncError`.
    pub fn to(events: impl IntoIterator<Item = EventName>) -> Self {
        let events = each_once(events.into_iter().chain([EventName::sync_error()]));
        Self { events, ..Self::default() }
    }
}

impl Hub {
    /// The request that subscribes, without its token.
    ///
    /// ```
    /// # use smartrust::protocol::{fhircast::grant::HubGrant, scope::ScopeSet};
    /// use smartrust::protocol::fhircast::name::event_names;
    /// use smartrust::protocol::fhircast::subscription::Subscription;
    ///
    /// # let response = serde_json::json!({"hub.url": "https://hub.example/", "hub.topic": "t"});
    /// # let hub = HubGrant::read(&response).expect("a hub").hub(&ScopeSet::parse("fhircast/*.read"), false)?;
    /// let request = hub.subscribe_request(&Subscription::to(event_names("Patient-open")));
    /// let form = "hub.channel.type=websocket&hub.mode=subscribe&hub.topic=t&hub.events=Patient-open%2CSyncError";
    /// assert_eq!(request.body.as_deref(), Some(form));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe_request(&self, subscription: &Subscription) -> Request {
        let names: Vec<&str> = subscription.events.iter().map(EventName::as_str).collect();
        let names = names.join(",");
        let lease = subscription.lease_seconds.map(|seconds| format!("{}", seconds.max(1.0).floor()));
        let endpoint = subscription.endpoint.as_ref().map(Endpoint::expose);
        let mut form = self.form("subscribe");
        form.push(("hub.events", &names));
        form.extend(lease.as_deref().map(|lease| ("hub.lease_seconds", lease)));
        form.extend(endpoint.as_deref().map(|endpoint| ("hub.channel.endpoint", endpoint)));
        form.extend(subscription.subscriber.as_deref().map(|name| ("subscriber.name", name)));
        Request::form(self.url.clone(), &form)
    }

    /// The request that unsubscribes, without its token.
    pub fn unsubscribe_request(&self, endpoint: &Endpoint) -> Request {
        let endpoint = endpoint.expose();
        let mut form = self.form("unsubscribe");
        form.push(("hub.channel.endpoint", &endpoint));
        Request::form(self.url.clone(), &form)
    }

    fn form<'a>(&'a self, mode: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![("hub.channel.type", "websocket"), ("hub.mode", mode), ("hub.topic", self.topic.expose())]
    }
}

/// A subscription that the hub has accepted, and will confirm by WebSocket.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Accepted {
    /// The WebSocket to open.
    pub endpoint: Endpoint,
    /// Deviations from the standard.
    pub findings: Vec<Finding>,
}

/// Reads the response to a subscription. `content_location` is the header of that name, by which hubs of FHIRcast 2 name the endpoint.
///
/// # Errors
/// [`HubError::Refused`] for an error status, [`HubError::Message`] for any other response that does not accept the subscription.
pub fn read_subscription<V: JsonView>(
    status: u16,
    body: &Body<V>,
    content_location: Option<&str>,
    allow_insecure: bool,
) -> Result<Accepted, Failure> {
    check_status(status, body)?;
    let invalid = |problem| Failure::from(HubError::Message { problem });
    let mut findings = Vec::new();
    if status != 202 {
        let message = format!("The hub accepted the subscription with the status {status} in place of 202.");
        findings.push(Finding::new("hub_status", message, SUBSCRIBING));
    }
    let in_body = match body {
        Body::Json(response) => response.member_text("hub.channel.endpoint"),
        Body::Empty | Body::Text(_) => None,
    };
    if let Some(location) = content_location.filter(|_| in_body.is_none()) {
        let message = "The hub named the WebSocket in the header Content-Location, as in FHIRcast 2.";
        findings.push(Finding::new("hub_content_location", message, SUBSCRIBING));
        let endpoint = Endpoint::parse(location, allow_insecure);
        let endpoint = endpoint.ok_or_else(|| invalid("the URL of its WebSocket does not begin with wss:"))?;
        return Ok(Accepted { endpoint, findings });
    }
    let named = match body {
        Body::Json(_) => in_body.ok_or_else(|| invalid("its response has no hub.channel.endpoint"))?,
        Body::Empty | Body::Text(_) => return Err(invalid("its response to the subscription is not JSON")),
    };
    let endpoint = Endpoint::parse(&named, allow_insecure);
    let endpoint = endpoint.ok_or_else(|| invalid("the URL of its WebSocket does not begin with wss:"))?;
    Ok(Accepted { endpoint, findings })
}

/// Refuses every status but a success.
///
/// # Errors
/// [`HubError::Refused`], [`HubError::Message`] for a redirect.
pub fn check_status<V: JsonView>(status: u16, body: &Body<V>) -> Result<(), Failure> {
    match status {
        200..300 => Ok(()),
        400.. => Err(HubError::Refused(HubRefusal::Status { status, text: plain_text::message(body) }.into()).into()),
        _ => Err(HubError::Message { problem: "it redirected the request, which is not followed with a token" }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::encoding::form_pairs;
    use crate::protocol::fhircast::name::event_names;
    use crate::protocol::secret::HubTopic;
    use serde_json::{Value, json};

    fn hub() -> Hub {
        Hub { url: Url::parse("https://hub.example/cast").unwrap(), topic: HubTopic::new("topic 1") }
    }

    fn read(status: u16, body: Body<Value>, location: Option<&str>) -> Result<Accepted, &'static str> {
        read_subscription(status, &body, location, false).map_err(|failure| failure.code())
    }

    #[test]
    fn x3_a_subscription_is_one_form_with_each_event_once_and_sync_error() {
        let subscription = Subscription {
            subscriber: Some("Growth & Co".into()),
            lease_seconds: Some(3599.9),
            ..Subscription::to(event_names("Patient-open,Patient-close,patient-open,syncerror"))
        };
        let request = hub().subscribe_request(&subscription);
        let sent: Vec<(String, String)> = form_pairs(request.body.as_deref().unwrap());
        let expected = [
            ("hub.channel.type", "websocket"),
            ("hub.mode", "subscribe"),
            ("hub.topic", "topic 1"),
            ("hub.events", "Patient-open,Patient-close,syncerror"),
            ("hub.lease_seconds", "3599"),
            ("subscriber.name", "Growth & Co"),
        ];
        assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((request.url.as_str(), request.authorization()), ("https://hub.example/cast", None));
        assert_eq!(request.headers.last().unwrap().1, "application/x-www-form-urlencoded");
    }

    #[test]
    fn x4_the_endpoint_is_a_secure_websocket_in_json() {
        let json = |endpoint: &str| Body::Json(json!({"hub.channel.endpoint": endpoint}));
        let accepted = read(202, json("wss://hub.example/1"), None).unwrap();
        assert_eq!((accepted.endpoint.expose().as_str(), accepted.findings.len()), ("wss://hub.example/1", 0));
        assert_eq!(read(202, json("ws://127.0.0.1:90/1"), None).unwrap().endpoint.expose(), "ws://127.0.0.1:90/1");
        for insecure in ["ws://hub.example/1", "https://hub.example/1", "wss://user@hub.example/1", "", "x"] {
            assert_eq!(read(202, json(insecure), None), Err("invalid_hub_message"), "{insecure}");
        }
        for body in [Body::Empty, Body::Text("<html>".into()), Body::Json(json!({})), Body::Json(json!([]))] {
            assert_eq!(read(202, body, None), Err("invalid_hub_message"));
        }
    }

    #[test]
    fn x4_another_success_and_the_header_of_fhircast_2_are_findings() {
        let codes = |accepted: Accepted| accepted.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
        let json = Body::Json(json!({"hub.channel.endpoint": "wss://hub.example/1"}));
        assert_eq!(codes(read(200, json, None).unwrap()), ["hub_status"]);
        let old = read(202, Body::Empty, Some("wss://hub.example/2")).unwrap();
        assert_eq!(old.endpoint.expose(), "wss://hub.example/2");
        assert_eq!(codes(old), ["hub_content_location"]);
        assert_eq!(read(202, Body::Empty, Some("ws://hub.example/2")), Err("invalid_hub_message"));
    }

    #[test]
    fn x4_a_refusal_has_its_status_and_keeps_the_text_out_of_the_message() {
        for status in [400, 403, 500, 503] {
            let failure =
                read_subscription::<Value>(status, &Body::Text("Topic unknown".into()), None, false).unwrap_err();
            assert_eq!((failure.code(), failure.status()), ("hub_refused", Some(status)));
            assert!(!failure.message().contains("Topic"), "{failure}");
            assert!(format!("{failure:?}").contains("Topic unknown"));
        }
        for status in [0, 302, 307] {
            assert_eq!(read(status, Body::Empty, None), Err("invalid_hub_message"));
        }
    }

    #[test]
    fn x20_an_unsubscription_names_the_endpoint() {
        let endpoint = Endpoint::parse("wss://hub.example/1", false).unwrap();
        let request = hub().unsubscribe_request(&endpoint);
        let sent = form_pairs(request.body.as_deref().unwrap());
        let has = |name: &str, value: &str| sent.contains(&(name.to_owned(), value.to_owned()));
        assert!(has("hub.mode", "unsubscribe") && has("hub.channel.endpoint", "wss://hub.example/1"));
        assert!(has("hub.topic", "topic 1") && has("hub.channel.type", "websocket"));
        // X21: neither the topic nor the endpoint is printed.
        assert!(!format!("{request:?} {endpoint:?}").contains("topic 1"));
        assert!(!format!("{request:?} {endpoint:?}").contains("/1"));
    }

    #[test]
    fn x17_a_renewal_names_the_endpoint_it_renews() {
        let endpoint = Endpoint::parse("wss://hub.example/1", false);
        let renewal = Subscription { endpoint, ..Subscription::to(event_names("Patient-open")) };
        let sent = form_pairs(hub().subscribe_request(&renewal).body.as_deref().unwrap());
        assert!(sent.contains(&("hub.channel.endpoint".to_owned(), "wss://hub.example/1".to_owned())));
    }
}
