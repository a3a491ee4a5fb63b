//! A service on this machine that holds the app's key, and authenticates requests by assertions.

use form_urlencoded::{Serializer, byte_serialize};
use serde_json::{Map, Value};

use crate::{Settings, Upstream};

/// The parameters that it may add (RFC 7523 section 2.2; HL7 FAST, UDAP Security 2.0, submitting a token request).
const ADDED: [&str; 3] = ["client_assertion_type", "client_assertion", "udap"];
/// The longest response that is read, in bytes: an assertion with a chain of certificates fits.
const LONGEST: u64 = 64 * 1024;

/// The request with the parameters of the authenticator, if there is one. If it fails, nothing is sent to the server.
pub fn complete(agent: &ureq::Agent, settings: &Settings, upstream: Upstream) -> Result<Upstream, ureq::Error> {
    let (Some(url), Some(token)) = (&settings.authenticator, &settings.authenticator_token) else {
        return Ok(upstream);
    };
    let form = format!("endpoint={}", byte_serialize(upstream.url.as_bytes()).collect::<String>());
    let request = agent.post(url).header("Authorization", format!("Bearer {token}"));
    let mut response = request.content_type("application/x-www-form-urlencoded").send(form)?;
    if !response.status().is_success() {
        return Err(ureq::Error::StatusCode(response.status().as_u16()));
    }
    let body = response.body_mut().with_config().limit(LONGEST).read_to_string()?;
    let parameters = read(&body).ok_or(ureq::Error::Other("the authenticator returned something else".into()))?;
    let mut form = Serializer::new(upstream.body);
    form.extend_pairs(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())));
    Ok(Upstream { body: form.finish(), ..upstream })
}

/// The parameters of a response; `None` if one of them is not a string, or not one that it may add.
fn read(body: &str) -> Option<Map<String, Value>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let parameters = body.get("parameters")?.as_object()?;
    let is_right = |(name, value): (&String, &Value)| ADDED.contains(&name.as_str()) && value.is_string();
    (parameters.contains_key("client_assertion") && parameters.iter().all(is_right)).then(|| parameters.clone())
}
