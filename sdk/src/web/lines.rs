//! Lines of JSON out of the pieces of a body, as texts of the engine: none is copied into WebAssembly.

use js_sys::{Array, Function, JsString, Uint8Array};
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

    #[wasm_bindgen(thread_local_v2, js_namespace = JSON, js_name = parse)]
    static PARSE: Function;
}

/// Decodes, cuts and parses what arrives.
pub(super) struct LineReader {
    decoder: TextDecoder,
    streaming: JsValue,
    line_end: JsValue,
    parse: Function,
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
            parse: PARSE.with(Function::clone),
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
        (!is_empty).then(|| self.read(&lines))
    }

    /// The engine parses line after line by itself, so that a line costs no step into WebAssembly and back, unless one of them is
    /// blank or bad.
    fn read(&self, lines: &Array) -> Lines<JsonValue> {
        match lines.unchecked_ref::<Texts>().map(&self.parse) {
            Ok(values) => {
                Lines::Together(Together { count: values.length() as usize, array: JsonValue::from_js(values.into()) })
            }
            Err(_) => Lines::Each(lines.iter().map(|line| read_line(&line)).collect()),
        }
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = String)]
    type Text;
    #[wasm_bindgen(method, js_name = split)]
    fn split_at(this: &Text, separator: &JsValue) -> Array;

    #[wasm_bindgen(js_name = Array)]
    type Texts;
    // What map tells besides the text, JSON.parse leaves unused.
    #[wasm_bindgen(method, catch)]
    fn map(this: &Texts, parse: &Function) -> Result<Array, JsValue>;
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
