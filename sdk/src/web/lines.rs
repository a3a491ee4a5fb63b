//! Lines of JSON out of the pieces of a body: cut as bytes, decoded and parsed by the engine.

use js_sys::{Array, Uint8Array};
use memchr::{memchr, memchr_iter, memmem};
use wasm_bindgen::prelude::*;

use super::json::JsonValue;
use crate::fhir::ndjson::{JsonLine, LineRules, Lines, Together};

#[wasm_bindgen]
extern "C" {
    // web-sys gives the text to Rust; this one leaves it with the engine.
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, options: &JsValue) -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &[u8], options: &JsValue) -> Result<JsValue, JsValue>;
}

const LINE_END: u8 = b'\n';
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Gathers what arrives until lines are whole, and parses them.
pub(super) struct LineReader {
    rules: LineRules,
    decoder: TextDecoder,
    /// Nothing is left over where whole lines are decoded, but Node takes half the time for text of a piece that others may follow.
    streaming: JsValue,
    /// Decodes a line by itself.
    line_decoder: TextDecoder,
    /// A bracket, and then the bytes that are not read yet: no more than a line may have, and a piece.
    buffer: Vec<u8>,
    has_begun: bool,
    /// Whether the line that is arriving was found to be too long: its bytes are passed over.
    is_passing: bool,
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
            is_passing: false,
            is_broken: false,
        }
    }

    /// The lines that are whole now.
    pub fn push(&mut self, piece: &Uint8Array) -> Lines<JsonValue> {
        let mut lines = Vec::new();
        if self.is_broken {
            return Lines::Each(lines);
        }
        if !self.has_room(piece.length() as usize) {
            lines.push(self.give_up_line());
        }
        let mut start = self.buffer.len();
        self.buffer.resize(start + piece.length() as usize, 0);
        piece.copy_to(self.buffer.split_at_mut(start).1);
        if self.is_passing {
            self.pass_over();
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
            lines.push(self.give_up_line());
        }
        together.map_or(Lines::Each(lines), Lines::Together)
    }

    /// The line that has no end; `None` where there is none.
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

    /// Keeps nothing of the line that is arriving: it is too long, or there is no memory for it.
    fn give_up_line(&mut self) -> JsonLine<JsonValue> {
        // The old memory is free before the new is asked for.
        self.buffer = Vec::new();
        self.buffer.push(b'[');
        self.is_passing = true;
        self.has_begun = true;
        JsonLine::TooLong
    }

    /// Drops the bytes of a line that is passed over.
    fn pass_over(&mut self) {
        let end = memchr(LINE_END, self.buffer.get(1..).unwrap_or_default());
        self.is_passing = end.is_none();
        self.buffer.drain(1..end.map_or(self.buffer.len(), |end| end + 2));
    }

    /// Reads up to the last line's end as the items of one array, for which the engine takes less than for line after line. `None` where a
    /// line is blank, too long, no JSON, or to be read by itself; and where values do not lie each on a line of its own, so that there is
    /// another number of them. That two such faults in one piece make up for each other takes a line that goes on where an
    /// object may begin.
    fn parse_as_array(&mut self, ends: &[usize]) -> Option<Together<JsonValue>> {
        let (last, others) = ends.split_last()?;
        let mut start = 1;
        for end in ends {
            if self.buffer.get(start) != Some(&b'{') || end - start > self.rules.max_line_bytes {
                return None;
            }
            start = end + 1;
        }
        let bytes = self.buffer.get(1..*last)?;
        if self.rules.one_by_one.iter().any(|text| memmem::find(bytes, text.as_bytes()).is_some()) {
            return None;
        }
        self.put(&[*last], b']');
        self.put(others, b',');
        let text = self.decoder.decode(self.buffer.get(..=*last)?, &self.streaming);
        self.put(ends, LINE_END);
        let array: Array = JsonValue::parse(&text.ok()?)?.into_js().unchecked_into();
        self.has_begun = true;
        let count = ends.len();
        (array.length() as usize == count).then(|| Together { count, array: JsonValue::from_js(array.into()) })
    }

    fn put(&mut self, places: &[usize], byte: u8) {
        for place in places {
            if let Some(there) = self.buffer.get_mut(*place) {
                *there = byte;
            }
        }
    }

    /// Reads line after line, until one is no text.
    fn read_each(&mut self, ends: &[usize], lines: &mut Vec<JsonLine<JsonValue>>) {
        let mut start = 1;
        for end in ends {
            let bytes = self.buffer.get(start..*end).unwrap_or_default();
            let bytes = if self.has_begun { bytes } else { bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes) };
            let line = self.read_line(bytes);
            self.has_begun = true;
            self.is_broken = matches!(line, JsonLine::NotText);
            lines.push(line);
            if self.is_broken {
                return;
            }
            start = end + 1;
        }
    }

    /// Reads a line. The engine makes an error of a text that it cannot parse, which takes a thousand times as long as to see that a line is
    /// blank, or begins as no object does.
    fn read_line(&self, bytes: &[u8]) -> JsonLine<JsonValue> {
        if bytes.len() > self.rules.max_line_bytes {
            return JsonLine::TooLong;
        }
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return JsonLine::Blank;
        }
        if !bytes.starts_with(b"{") {
            return if std::str::from_utf8(bytes).is_ok() { JsonLine::NotJson } else { JsonLine::NotText };
        }
        match self.line_decoder.decode(bytes, &JsValue::UNDEFINED) {
            Ok(text) => JsonValue::parse(&text).map_or(JsonLine::NotJson, JsonLine::Value),
            Err(_) => JsonLine::NotText,
        }
    }
}

fn new_decoder() -> TextDecoder {
    TextDecoder::new("utf-8", &option("fatal"))
}

fn option(name: &str) -> JsValue {
    super::global::object(&[(name, JsValue::TRUE)]).into()
}
