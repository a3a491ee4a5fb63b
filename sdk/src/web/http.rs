//! HTTP by fetch.

use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, ReadableStream};

use super::WebPlatform;
use super::chunks::Chunks;
use super::global::{object, set_member, set_string};
use super::host::{close_request, open_request};
use super::json::JsonValue;
use super::lines::LineReader;
use crate::abort::AbortSignal;
use crate::fhir::ndjson::{JsonLines, LineRules};
use crate::platform::{Body, Http, HttpFailure, HttpResponse};
use crate::protocol::http::{Method, Redirect, Request};

#[wasm_bindgen]
extern "C" {
    // The global function, which windows, workers and Node have.
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    // Unlike in web_sys, a getter that is missing throws: `fetch` was replaced by a function that returns something else.
    type Response;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Response) -> u16;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Response) -> String;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Response) -> Headers;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Response) -> Option<ReadableStream>;
    #[wasm_bindgen(method)]
    fn text(this: &Response) -> Promise;
    #[wasm_bindgen(method, js_name = arrayBuffer)]
    fn array_buffer(this: &Response) -> Promise;

    // Unlike web_sys, this returns a JavaScript string.
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextDecoder;
    #[wasm_bindgen(method)]
    fn decode(this: &TextDecoder, bytes: &Uint8Array) -> JsValue;

    type Headers;
    #[wasm_bindgen(method)]
    fn get(this: &Headers, name: &str) -> Option<String>;
}

thread_local! {
    /// The usual members of a request, created once.
    static DEFAULTS: Object = object(&[
        ("method", "GET".into()),
        ("credentials", "omit".into()),
        ("referrerPolicy", "no-referrer".into()),
        ("redirect", "follow".into()),
    ]);
}

impl Http for WebPlatform {
    type Response = WebResponse;

    async fn send(&self, request: &Request, abort: &AbortSignal) -> Result<WebResponse, HttpFailure> {
        let controller = open_request().ok_or(HttpFailure::Network)?;
        let init = init(request, &controller.signal());
        let connection = Connection { controller, is_at_end: false };
        let promise = self.start(request, &init).map_err(|_| HttpFailure::Network)?;
        let settled = abort.unless_aborted(JsFuture::from(promise)).await.ok_or(HttpFailure::Aborted)?;
        let response: Response = settled.map_err(|_| HttpFailure::Network)?.unchecked_into();
        let headers = response.headers();
        Ok(WebResponse { response, headers, chunks: None, lines: None, connection })
    }
}

impl WebPlatform {
    fn start(&self, request: &Request, init: &Object) -> Result<Promise, JsValue> {
        #[cfg(any(feature = "js", feature = "js-launch"))]
        if let Some(promise) = self.take_early_response(request) {
            return Ok(promise);
        }
        fetch(request.url.as_str(), init)
    }

    #[cfg(any(feature = "js", feature = "js-launch"))]
    fn take_early_response(&self, request: &Request) -> Option<Promise> {
        let is_plain = request.method == Method::Get && request.authorization().is_none();
        let early = self.inner.early.as_ref().filter(|_| is_plain)?;
        early.call1(&JsValue::UNDEFINED, &request.url.as_str().into()).ok()?.dyn_into().ok()
    }
}

fn init(request: &Request, signal: &JsValue) -> Object {
    let headers = Object::new();
    request.headers.iter().for_each(|(name, value)| set_string(&headers, name, value));
    if let Some(authorization) = request.authorization() {
        set_string(&headers, "Authorization", authorization);
    }
    let init = DEFAULTS.with(|defaults| Object::assign(&Object::new(), defaults));
    set_member(&init, "headers", &headers);
    set_member(&init, "signal", signal);
    if request.method != Method::Get {
        set_string(&init, "method", request.method.as_str());
    }
    if let Some(body) = &request.body {
        set_string(&init, "body", body);
    }
    if request.keepalive {
        set_member(&init, "keepalive", &JsValue::TRUE);
    }
    if request.redirect == Redirect::Manual {
        set_string(&init, "redirect", "manual");
    }
    if request.stays_out_of_caches() {
        set_string(&init, "cache", "no-store");
    }
    init
}

/// Aborts the request when it is dropped before the end of the body.
struct Connection {
    controller: AbortController,
    is_at_end: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        close_request(&self.controller);
        if !self.is_at_end {
            self.controller.abort();
        }
    }
}

/// A response of fetch.
pub struct WebResponse {
    response: Response,
    headers: Headers,
    chunks: Option<Chunks>,
    lines: Option<LineReader>,
    connection: Connection,
}

impl WebResponse {
    /// The next chunk of the body, as a JavaScript object.
    async fn next_chunk(&mut self) -> Result<Option<Uint8Array>, HttpFailure> {
        let chunks = match &mut self.chunks {
            Some(chunks) => chunks,
            None => {
                let Some(stream) = self.response.body() else { return Ok(None) };
                self.chunks.insert(Chunks::new(stream).map_err(|_| HttpFailure::Network)?)
            }
        };
        chunks.next().await.map_err(|_| HttpFailure::Network)
    }
}

impl HttpResponse for WebResponse {
    type Value = JsonValue;

    fn status(&self) -> u16 {
        self.response.status()
    }

    fn url(&self) -> Option<String> {
        Some(self.response.url()).filter(|url| !url.is_empty())
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name)
    }

    async fn body(mut self, counts_bytes: bool) -> Result<(Body<JsonValue>, u64), HttpFailure> {
        let response = &self.response;
        let whole = if counts_bytes { response.array_buffer() } else { response.text() };
        let whole = JsFuture::from(whole).await.map_err(|_| HttpFailure::Network)?;
        self.connection.is_at_end = true;
        let (text, bytes) = if counts_bytes {
            let bytes = Uint8Array::new(&whole);
            (TextDecoder::new().decode(&bytes), bytes.length().into())
        } else {
            (whole, 0)
        };
        if let Some(value) = JsonValue::parse(&text) {
            return Ok((Body::Json(value), bytes));
        }
        Ok((text.as_string().filter(|text| !text.is_empty()).map_or(Body::Empty, Body::Text), bytes))
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        Ok(self.next_chunk().await?.map(|bytes| bytes.to_vec()))
    }

    async fn json_lines(&mut self, rules: LineRules) -> Result<Option<JsonLines<JsonValue>>, HttpFailure> {
        let chunk = self.next_chunk().await?;
        let lines = self.lines.get_or_insert_with(|| LineReader::new(rules));
        Ok(match chunk {
            Some(chunk) => Some(JsonLines { lines: lines.push(&chunk), bytes: chunk.length() as usize }),
            None => lines.finish().map(|lines| JsonLines { lines, bytes: 0 }),
        })
    }
}
