//! Lines of JSON out of the pieces of a body: cut as bytes, decoded and parsed by the engine.

use js_sys::{Array, JsString, Uint8Array};
use memchr::memchr_iter;
use wasm_bindgen::prelude::*;

use super::json::JsonValue;
use crate::fhir::ndjson::{JsonLine, Lines, Together};

#[wasm_bindgen]
extern "C" {
    // web-sys gives the text to Rust; this one leaves it with the engine.
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, options: &JsValue) -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &[u8], options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = String)]
    type Text;
    #[wasm_bindgen(method)]
    fn split(this: &Text, separator: &str) -> Array;
}

const LINE_END: u8 = b'\n';

/// Gathers what arrives until lines are whole, and parses them.
pub(super) struct LineReader {
    decoder: TextDecoder,
    /// Nothing is left over where whole lines are decoded, but Node takes half the time for text of a piece that others may follow.
    streaming: JsValue,
    /// A bracket, and then the bytes that are not read yet.
    buffer: Vec<u8>,
    is_broken: bool,
}

impl LineReader {
    pub fn new() -> Self {
        Self { decoder: new_decoder(), streaming: option("stream"), buffer: vec![b'['], is_broken: false }
    }

    /// The lines that are whole now.
    pub fn push(&mut self, piece: &Uint8Array) -> Lines<JsonValue> {
        if self.is_broken {
            return Lines::Each(Vec::new());
        }
        let start = self.buffer.len();
        self.buffer.resize(start + piece.length() as usize, 0);
        let (_, arrived) = self.buffer.split_at_mut(start);
        piece.copy_to(arrived);
        let mut ends: Vec<usize> = memchr_iter(LINE_END, arrived).map(|end| start + end).collect();
        let Some(last) = ends.pop() else { return Lines::Each(Vec::new()) };
        let lines = match self.parse_as_array(&ends, last) {
            Some(together) => Lines::Together(together),
            None => self.read_each(last),
        };
        self.buffer.drain(1..=last);
        lines
    }

    /// The line that has no end; `None` where there is none.
    pub fn finish(&mut self) -> Option<Lines<JsonValue>> {
        let end = self.buffer.len();
        let lines = (end > 1 && !self.is_broken).then(|| self.read_each(end));
        self.buffer.truncate(1);
        lines
    }

    /// Reads up to the last line's end as the items of one array, for which the engine takes less than for line after line. `None` where a
    /// line is blank or no JSON, which the engine refuses; and where values do not lie each on a line of its own, so that there is
    /// another number of them. That two such faults in one piece make up for each other takes a line that goes on where an
    /// object may begin.
    fn parse_as_array(&mut self, ends: &[usize], last: usize) -> Option<Together<JsonValue>> {
        if ends.iter().any(|end| self.buffer.get(end + 1) != Some(&b'{')) {
            return None;
        }
        self.put(&[last], b']');
        self.put(ends, b',');
        let text = self.decoder.decode(self.buffer.get(..=last)?, &self.streaming);
        self.put(ends, LINE_END);
        let array: Array = JsonValue::parse(&text.ok()?)?.into_js().unchecked_into();
        let count = ends.len() + 1;
        (array.length() as usize == count).then(|| Together { count, array: JsonValue::from_js(array.into()) })
    }

    fn put(&mut self, places: &[usize], byte: u8) {
        for place in places {
            if let Some(there) = self.buffer.get_mut(*place) {
                *there = byte;
            }
        }
    }

    fn read_each(&mut self, end: usize) -> Lines<JsonValue> {
        let text = new_decoder().decode(self.buffer.get(1..end).unwrap_or_default(), &JsValue::UNDEFINED);
        self.is_broken = text.is_err();
        Lines::Each(match text {
            Ok(text) => text.unchecked_ref::<Text>().split("\n").iter().map(|line| read_line(&line)).collect(),
            Err(_) => vec![JsonLine::NotText],
        })
    }
}

fn new_decoder() -> TextDecoder {
    TextDecoder::new("utf-8", &option("fatal"))
}

fn option(name: &str) -> JsValue {
    super::global::object(&[(name, JsValue::TRUE)]).into()
}

fn read_line(line: &JsValue) -> JsonLine<JsonValue> {
    match JsonValue::parse(line) {
        Some(value) => JsonLine::Value(value),
        None if line.unchecked_ref::<JsString>().trim().length() == 0 => JsonLine::Blank,
        None => JsonLine::NotJson,
    }
}
