//! Lines of JSON from the chunks of a body: split as bytes, decoded and parsed by the engine.

use js_sys::{Array, JsString, Uint8Array};
use memchr::{memchr, memchr_iter};
use wasm_bindgen::prelude::*;

use super::json::JsonValue;
use crate::fhir::ndjson::{JsonArray, JsonLine, LineRules, Lines};

#[wasm_bindgen]
extern "C" {
    // Unlike web_sys, this returns a JavaScript string.
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, options: &JsValue) -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &[u8], options: &JsValue) -> Result<JsString, JsValue>;
}

const LINE_END: u8 = b'\n';
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Buffers chunks until lines are complete, and parses them.
pub(super) struct LineReader {
    rules: LineRules,
    decoder: TextDecoder,
    /// Lines are complete, so streaming is not needed, but Node decodes twice as fast with this option.
    streaming: JsValue,
    /// Decodes a single line.
    line_decoder: TextDecoder,
    /// A bracket, followed by the bytes that are not read yet: at most those of a line and a chunk.
    buffer: Vec<u8>,
    has_begun: bool,
    /// Whether the current line is too long, so that its bytes are skipped.
    is_skipping: bool,
    is_broken: bool,
}

impl LineReader {
    pub fn new(rules: LineRules) -> Self {
        Self {
            rules,
            decoder: new_decoder(),
            streaming: option("stream"),
            line_decoder: new_decoder(),
            buffer: vec![b'['],
            has_begun: false,
            is_skipping: false,
            is_broken: false,
        }
    }

    /// Adds a chunk, and returns the lines that are complete.
    pub fn push(&mut self, chunk: &Uint8Array) -> Lines<JsonValue> {
        let mut lines = Vec::new();
        if self.is_broken {
            return Lines::Each(lines);
        }
        if !self.has_room(chunk.length() as usize) {
            lines.push(self.discard_line());
        }
        let mut start = self.buffer.len();
        self.buffer.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(self.buffer.split_at_mut(start).1);
        if self.is_skipping {
            self.skip_to_line_end();
            start = 1;
        }
        let arrived = self.buffer.get(start..).unwrap_or_default();
        let ends: Vec<usize> = memchr_iter(LINE_END, arrived).map(|end| start + end).collect();
        let last = ends.last().copied().unwrap_or_default();
        let is_too_long = self.buffer.len() - 1 - last > self.rules.max_line_bytes;
        let together = (lines.is_empty() && !is_too_long).then(|| self.parse_as_array(&ends)).flatten();
        if together.is_none() {
            self.read_each(&ends, &mut lines);
        }
        self.buffer.drain(1..=last);
        if is_too_long && !self.is_broken {
            lines.push(self.discard_line());
        }
        together.map_or(Lines::Each(lines), Lines::Array)
    }

    /// The last line if it has no line end.
    pub fn finish(&mut self) -> Option<Lines<JsonValue>> {
        let end = self.buffer.len();
        let has_line = end > 1 && !self.is_broken;
        let mut lines = Vec::new();
        if has_line {
            self.read_each(&[end], &mut lines);
        }
        self.buffer.truncate(1);
        has_line.then_some(Lines::Each(lines))
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        self.buffer.try_reserve(bytes).or_else(|_| self.buffer.try_reserve_exact(bytes)).is_ok()
    }

    /// Discards the current line, because it is too long, or there is not enough memory.
    fn discard_line(&mut self) -> JsonLine<JsonValue> {
        // The old buffer is freed before the new one is allocated.
        self.buffer = Vec::new();
        self.buffer.push(b'[');
        self.is_skipping = true;
        self.has_begun = true;
        JsonLine::TooLong
    }

    /// Removes the bytes of a line that is skipped.
    fn skip_to_line_end(&mut self) {
        let end = memchr(LINE_END, self.buffer.get(1..).unwrap_or_default());
        self.is_skipping = end.is_none();
        self.buffer.drain(1..end.map_or(self.buffer.len(), |end| end + 2));
    }

    /// Parses the lines up to the last line end as one array, which is faster than parsing each. Returns `None` if a line is blank, too
    /// long, not JSON, or must be read separately, and if the number of values differs from the number of lines.
    fn parse_as_array(&mut self, ends: &[usize]) -> Option<JsonArray<JsonValue>> {
        let (last, others) = ends.split_last()?;
        let mut start = 1;
        for end in ends {
            if self.buffer.get(start) != Some(&b'{') || end - start > self.rules.max_line_bytes {
                return None;
            }
            start = end + 1;
        }
        self.replace(&[*last], b']');
        self.replace(others, b',');
        let text = self.decoder.decode(self.buffer.get(..=*last)?, &self.streaming);
        self.replace(ends, LINE_END);
        let text = text.ok()?;
        // The engine searches its own string faster than WebAssembly searches bytes.
        if self.rules.split_at_markers.iter().any(|marker| text.includes(marker, 0)) {
            return None;
        }
        let array: Array = JsonValue::parse(&text)?.into_js().unchecked_into();
        self.has_begun = true;
        let count = ends.len();
        (array.length() as usize == count).then(|| JsonArray { count, array: JsonValue::from_js(array.into()) })
    }

    fn replace(&mut self, positions: &[usize], byte: u8) {
        for position in positions {
            if let Some(old) = self.buffer.get_mut(*position) {
                *old = byte;
            }
        }
    }

    /// Reads the lines one by one, up to the first that is not UTF-8.
    fn read_each(&mut self, ends: &[usize], lines: &mut Vec<JsonLine<JsonValue>>) {
        let mut start = 1;
        for end in ends {
            let bytes = self.buffer.get(start..*end).unwrap_or_default();
            let bytes = if self.has_begun { bytes } else { bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes) };
            let line = self.read_line(bytes);
            self.has_begun = true;
            self.is_broken = matches!(line, JsonLine::NotUtf8);
            lines.push(line);
            if self.is_broken {
                return;
            }
            start = end + 1;
        }
    }

    /// Reads a line. Blank lines and lines that do not start like an object are detected first, because an exception of `JSON.parse` takes a
    /// thousand times as long.
    fn read_line(&self, bytes: &[u8]) -> JsonLine<JsonValue> {
        if bytes.len() > self.rules.max_line_bytes {
            return JsonLine::TooLong;
        }
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return JsonLine::Blank;
        }
        if !bytes.starts_with(b"{") {
            return if std::str::from_utf8(bytes).is_ok() { JsonLine::NotJson } else { JsonLine::NotUtf8 };
        }
        match self.line_decoder.decode(bytes, &JsValue::UNDEFINED) {
            Ok(text) => JsonValue::parse(&text).map_or(JsonLine::NotJson, JsonLine::Value),
            Err(_) => JsonLine::NotUtf8,
        }
    }
}

fn new_decoder() -> TextDecoder {
    TextDecoder::new("utf-8", &option("fatal"))
}

fn option(name: &str) -> JsValue {
    super::global::object(&[(name, JsValue::TRUE)]).into()
}
