//! Lines of JSON out of the pieces of a body, as texts of the engine: none is copied into WebAssembly.

use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::prelude::*;

use super::json::JsonValue;
use crate::fhir::ndjson::JsonLine;

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
pub(super) struct Lines {
    decoder: TextDecoder,
    streaming: JsValue,
    line_end: JsValue,
    rest: JsString,
    is_broken: bool,
}

impl Lines {
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
    pub fn push(&mut self, piece: &Uint8Array) -> Vec<JsonLine<JsonValue>> {
        self.take(piece, &self.streaming.clone(), false)
    }

    /// The line that has no end; `None` where there is none.
    pub fn finish(&mut self) -> Option<Vec<JsonLine<JsonValue>>> {
        let lines = self.take(&JsValue::UNDEFINED, &JsValue::UNDEFINED, true);
        (!lines.is_empty()).then_some(lines)
    }

    fn take(&mut self, piece: &JsValue, options: &JsValue, is_end: bool) -> Vec<JsonLine<JsonValue>> {
        if self.is_broken {
            return Vec::new();
        }
        let Ok(text) = self.decoder.decode(piece, options) else {
            self.is_broken = true;
            return vec![JsonLine::NotText];
        };
        let text = self.rest.concat(&text);
        let parts = split(&text, &self.line_end);
        self.rest = if is_end { JsString::from("") } else { parts.pop().unchecked_into() };
        let is_empty = is_end && parts.length() == 1 && text.length() == 0;
        if is_empty { Vec::new() } else { parts.iter().map(|line| read_line(&line)).collect() }
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

fn read_line(line: &JsValue) -> JsonLine<JsonValue> {
    match JsonValue::parse(line) {
        Some(value) => JsonLine::Value(value),
        None if line.unchecked_ref::<JsString>().trim().length() == 0 => JsonLine::Blank,
        None => JsonLine::NotJson,
    }
}
