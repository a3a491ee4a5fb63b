//! Responses of a test's network.

use serde_json::Value;

use crate::fhir::ndjson::{JsonLine, JsonLines, LineRules, LineSplitter, Lines, SplitLine};
use crate::platform::{Body, HttpFailure, HttpResponse};

/// The response to a request.
#[derive(Clone, Debug, Default)]
#[must_use = "a reply is returned by the network of a `World`"]
pub struct Reply {
    /// The status; 0 for a redirect that was not followed. A 3xx with a `Location` is followed if the request allows it, as
    /// in fetch.
    pub status: u16,
    /// Headers that are visible to the page.
    pub headers: Vec<(String, String)>,
    /// The body as a string.
    pub body: String,
    /// The body as bytes, instead of the string.
    pub bytes: Option<Vec<u8>>,
    /// The delay, in milliseconds of the world's clock.
    pub delay: u32,
    /// The failure, if there is no response.
    pub failure: Option<HttpFailure>,
    /// The number of bytes in each piece of the body; by default, it arrives in one piece.
    pub piece: Option<usize>,
    /// Whether the connection fails after the body.
    pub is_interrupted: bool,
}

impl Reply {
    /// A JSON response.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string(), ..Self::default() }
    }

    /// A response that is not JSON.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned(), ..Self::default() }
    }

    /// A response of bytes with their media type.
    pub fn bytes(status: u16, media_type: &str, bytes: &[u8]) -> Self {
        Self { status, bytes: Some(bytes.to_vec()), ..Self::default() }.header("Content-Type", media_type)
    }

    /// No response, as when the device is offline.
    pub fn offline() -> Self {
        Self { failure: Some(HttpFailure::Network), ..Self::default() }
    }

    /// A redirect to a URL.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self { status, ..Self::default() }.header("Location", location)
    }

    /// The same response after a delay in milliseconds.
    pub fn after(self, delay: u32) -> Self {
        Self { delay, ..self }
    }

    /// The same response, with a body in pieces of a number of bytes.
    pub fn in_pieces_of(self, bytes: usize) -> Self {
        Self { piece: Some(bytes), ..self }
    }

    /// The same response, with a connection that fails after the body.
    pub fn interrupted(self) -> Self {
        Self { is_interrupted: true, ..self }
    }

    /// The same response with another header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Reply {
    /// The target of a redirect.
    pub(super) fn location(&self) -> Option<String> {
        let is_redirect = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        let location = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Location"));
        location.filter(|_| is_redirect).map(|(_, value)| value.clone())
    }
}

/// A response with a body in memory.
#[derive(Debug)]
pub struct MemoryResponse {
    reply: Reply,
    url: String,
    unread: Vec<u8>,
    splitter: LineSplitter,
}

impl MemoryResponse {
    pub(super) fn new(reply: Reply, url: String) -> Self {
        let unread = reply.bytes.clone().unwrap_or_else(|| reply.body.as_bytes().to_vec());
        Self { reply, url, unread, splitter: LineSplitter::default() }
    }
}

impl HttpResponse for MemoryResponse {
    type Value = Value;

    fn status(&self) -> u16 {
        self.reply.status
    }

    fn url(&self) -> Option<String> {
        Some(self.url.clone())
    }

    fn header(&self, name: &str) -> Option<String> {
        let found = self.reply.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }

    async fn body(self, counts_bytes: bool) -> Result<(Body<Value>, u64), HttpFailure> {
        if self.reply.is_interrupted {
            return Err(HttpFailure::Network);
        }
        let text = match self.reply.bytes {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => self.reply.body,
        };
        let bytes = if counts_bytes { text.len() as u64 } else { 0 };
        if text.is_empty() {
            return Ok((Body::Empty, bytes));
        }
        Ok((serde_json::from_str(&text).map_or_else(|_| Body::Text(text), Body::Json), bytes))
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        if self.unread.is_empty() && self.reply.is_interrupted {
            return Err(HttpFailure::Network);
        }
        let size = self.reply.piece.unwrap_or(usize::MAX).min(self.unread.len());
        let piece: Vec<u8> = self.unread.drain(..size).collect();
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    async fn json_lines(&mut self, rules: LineRules) -> Result<Option<JsonLines<Value>>, HttpFailure> {
        let (lines, bytes) = match self.chunk().await? {
            Some(piece) => (self.splitter.push(&piece, rules.max_line_bytes), piece.len()),
            None => match self.splitter.finish() {
                Some(line) => (vec![SplitLine::Whole(line)], 0),
                None => return Ok(None),
            },
        };
        Ok(Some(JsonLines { lines: Lines::Each(lines.iter().map(read_line).collect()), bytes }))
    }
}

fn read_line(line: &SplitLine) -> JsonLine<Value> {
    let SplitLine::Whole(line) = line else { return JsonLine::TooLong };
    match std::str::from_utf8(line) {
        Err(_) => JsonLine::NotUtf8,
        Ok(text) if text.trim().is_empty() => JsonLine::Blank,
        Ok(text) => match serde_json::from_str(text) {
            Ok(Value::Object(object)) => JsonLine::Value(Value::Object(object)),
            _ => JsonLine::NotJson,
        },
    }
}
