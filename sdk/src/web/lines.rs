//! Lines of JSON out of the pieces of a body, as texts of the engine: none is copied into WebAssembly.

use js_sys::{Array, JsString, Uint8Array};
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
    fn decode(this: &TextDecoder, bytes: &JsValue, options: &JsValue) -> Result<JsString, JsValue>;
}

/// Decodes, cuts and parses what arrives.
pub(super) struct LineReader {
    decoder: TextDecoder,
    streaming: JsValue,
    line_end: JsValue,
    rest: JsString,
    is_broken: bool,
}

impl LineReader {
    pub fn new() -> Self {
        let option = |name| super::global::object(&[(name, JsValue::TRUE)]).into();
        Self {
            decoder: TextDecoder::new("utf-8", &option("fatal")),
            streaming: option("stream"),
            line_end: JsValue::from_str("\n"),
            rest: JsString::from(""),
            is_broken: false,
        }
    }

    /// The lines that are whole now.
    pub fn push(&mut self, piece: &Uint8Array) -> Lines<JsonValue> {
        self.take(piece, &self.streaming.clone(), false).unwrap_or(Lines::Each(Vec::new()))
    }

    /// The line that has no end; `None` where there is none.
    pub fn finish(&mut self) -> Option<Lines<JsonValue>> {
        self.take(&JsValue::UNDEFINED, &JsValue::UNDEFINED, true)
    }

    fn take(&mut self, piece: &JsValue, options: &JsValue, is_end: bool) -> Option<Lines<JsonValue>> {
        if self.is_broken {
            return None;
        }
        let Ok(text) = self.decoder.decode(piece, options) else {
            self.is_broken = true;
            return Some(Lines::Each(vec![JsonLine::NotText]));
        };
        let text = self.rest.concat(&text);
        let lines = split(&text, &self.line_end);
        self.rest = if is_end { JsString::from("") } else { lines.pop().unchecked_into() };
        let is_empty = lines.length() == 0 || is_end && text.length() == 0;
        (!is_empty).then(|| read_lines(&lines))
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = String)]
    type Text;
    #[wasm_bindgen(method, js_name = split)]
    fn split_at(this: &Text, separator: &JsValue) -> Array;
}

fn split(text: &JsString, separator: &JsValue) -> Array {
    text.unchecked_ref::<Text>().split_at(separator)
}

fn read_lines(lines: &Array) -> Lines<JsonValue> {
    match parse_together(lines) {
        Some(together) => Lines::Together(together),
        None => Lines::Each(lines.iter().map(|line| read_line(&line)).collect()),
    }
}

/// All lines in one call of the engine's parser, which for many short lines takes less time than a call for each. `None` where a line is
/// blank or bad, or holds more than one value.
fn parse_together(lines: &Array) -> Option<Together<JsonValue>> {
    let text = JsString::from("[").concat(&lines.join(",")).concat(&JsValue::from_str("]"));
    let array = JsonValue::parse(&text)?.into_js();
    let count = array.dyn_ref::<Array>()?.length();
    (count == lines.length()).then(|| Together { array: JsonValue::from_js(array), count: count as usize })
}

fn read_line(line: &JsValue) -> JsonLine<JsonValue> {
    match JsonValue::parse(line) {
        Some(value) => JsonLine::Value(value),
        None if line.unchecked_ref::<JsString>().trim().length() == 0 => JsonLine::Blank,
        None => JsonLine::NotJson,
    }
}
