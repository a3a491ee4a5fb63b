//! The chunks of a body as they arrive. If the engine supports it, they reuse one buffer.

use js_sys::futures::JsFuture;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::ReadableStream;

use super::global::object;

/// The maximum size of a chunk, in bytes. If the engine has larger ones, it fills a buffer of this size instead. With a new buffer
/// for each chunk, garbage would accumulate faster than it is collected.
const MAX_SIZE: u32 = 64 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = ReadableStream)]
    type Stream;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &Stream, options: &JsValue) -> Result<Reader, JsValue>;

    // Either kind of reader. The default one ignores the argument.
    type Reader;
    #[wasm_bindgen(method)]
    fn read(this: &Reader, view: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = releaseLock)]
    fn release_lock(this: &Reader);

    type ReadResult;
    #[wasm_bindgen(method, getter)]
    fn done(this: &ReadResult) -> bool;
    #[wasm_bindgen(method, getter)]
    fn value(this: &ReadResult) -> Option<Uint8Array>;
}

/// Reads a body chunk by chunk.
pub(super) struct Chunks {
    stream: Stream,
    reader: Reader,
    /// The buffer for the next chunk; `None` while the engine creates one for each.
    buffer: Option<ArrayBuffer>,
    /// The rest of a chunk that was larger than the maximum.
    rest: Option<Uint8Array>,
}

impl Chunks {
    pub fn new(stream: ReadableStream) -> Result<Self, JsValue> {
        let stream: Stream = stream.unchecked_into();
        Ok(Self { reader: stream.get_reader(&JsValue::UNDEFINED)?, stream, buffer: None, rest: None })
    }

    /// The next chunk, which is valid until the next call; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let chunk = match self.rest.take() {
            Some(rest) => Some(rest),
            None => self.read().await?,
        };
        Ok(chunk.map(|chunk| self.split(chunk)))
    }

    /// The chunk up to the maximum size. The rest is kept for the next call.
    fn split(&mut self, chunk: Uint8Array) -> Uint8Array {
        if chunk.length() <= MAX_SIZE {
            return chunk;
        }
        self.rest = Some(chunk.subarray(MAX_SIZE, chunk.length()));
        chunk.subarray(0, MAX_SIZE)
    }

    async fn read(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let view = self.buffer.as_ref().map_or(JsValue::UNDEFINED, |buffer| Uint8Array::new(buffer).into());
        let read: ReadResult = JsFuture::from(self.reader.read(&view)).await?.unchecked_into();
        let chunk = read.value().filter(|_| !read.done());
        match (&mut self.buffer, &chunk) {
            (Some(buffer), Some(chunk)) => *buffer = chunk.buffer(),
            (None, Some(chunk)) if chunk.length() > MAX_SIZE => self.reuse_buffer()?,
            _ => {}
        }
        Ok(chunk)
    }

    /// Lets the engine fill one buffer from now on, if the stream supports it.
    fn reuse_buffer(&mut self) -> Result<(), JsValue> {
        self.reader.release_lock();
        match self.stream.get_reader(&object(&[("mode", "byob".into())])) {
            Ok(reader) => {
                self.reader = reader;
                self.buffer = Some(ArrayBuffer::new(MAX_SIZE));
            }
            Err(_) => self.reader = self.stream.get_reader(&JsValue::UNDEFINED)?,
        }
        Ok(())
    }
}
