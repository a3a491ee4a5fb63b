//! Responses that a test gives.

use serde_json::Value;

use crate::platform::{Body, HttpFailure, HttpResponse};

/// What a test's network answers to a request.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The status; 0 stands for a redirect that was not followed.
    pub status: u16,
    /// Headers that the page can see.
    pub headers: Vec<(String, String)>,
    /// The body's text.
    pub body: String,
    /// How long it takes, in milliseconds of the world's clock.
    pub delay: u32,
    /// Whether no answer comes at all.
    pub failure: Option<HttpFailure>,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string(), ..Self::default() }
    }

    /// An answer that is not JSON.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned(), ..Self::default() }
    }

    /// No answer, as when the device is offline.
    pub fn offline() -> Self {
        Self { failure: Some(HttpFailure::Network), ..Self::default() }
    }

    /// The same answer, after a number of milliseconds.
    pub fn after(self, delay: u32) -> Self {
        Self { delay, ..self }
    }

    /// The same answer with a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A response whose body is in memory.
#[derive(Debug)]
pub struct MemoryResponse {
    pub(super) reply: Reply,
}

impl HttpResponse for MemoryResponse {
    type Value = Value;

    fn status(&self) -> u16 {
        self.reply.status
    }

    fn header(&self, name: &str) -> Option<String> {
        let found = self.reply.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }

    async fn body(self) -> Result<Body<Value>, HttpFailure> {
        if self.reply.body.is_empty() {
            return Ok(Body::Empty);
        }
        Ok(serde_json::from_str(&self.reply.body).map_or_else(|_| Body::Text(self.reply.body), Body::Json))
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        let rest = std::mem::take(&mut self.reply.body);
        Ok((!rest.is_empty()).then(|| rest.into_bytes()))
    }
}
