//! The pieces of a body as they arrive, in one buffer that is filled again and again where the engine can.

use js_sys::futures::JsFuture;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::ReadableStream;

use super::global::object;

/// How large a piece is at most, in bytes. Where the engine has larger ones, it is given a buffer of this size to fill: each in a buffer of
/// its own, they would leave it with more to collect than it does in time.
const SIZE: u32 = 64 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = ReadableStream)]
    type Stream;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &Stream, options: &JsValue) -> Result<Reader, JsValue>;

    // Either kind of reader; the default one has no use for what it is given.
    type Reader;
    #[wasm_bindgen(method)]
    fn read(this: &Reader, view: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = releaseLock)]
    fn release_lock(this: &Reader);

    type Piece;
    #[wasm_bindgen(method, getter)]
    fn done(this: &Piece) -> bool;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Piece) -> Option<Uint8Array>;
}

/// Reads a body piece by piece.
pub(super) struct Pieces {
    stream: Stream,
    reader: Reader,
    /// Where the next piece goes. `None` as long as the engine makes a buffer for each.
    buffer: Option<ArrayBuffer>,
    /// What is left of a piece that was too large to be given at once.
    rest: Option<Uint8Array>,
}

impl Pieces {
    pub fn of(stream: ReadableStream) -> Result<Self, JsValue> {
        let stream: Stream = stream.unchecked_into();
        Ok(Self { reader: stream.get_reader(&JsValue::UNDEFINED)?, stream, buffer: None, rest: None })
    }

    /// The next piece, which is good until the one after it is asked for; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let piece = match self.rest.take() {
            Some(rest) => Some(rest),
            None => self.read().await?,
        };
        Ok(piece.map(|piece| self.begin(piece)))
    }

    /// As much of a piece as may be given at once.
    fn begin(&mut self, piece: Uint8Array) -> Uint8Array {
        if piece.length() <= SIZE {
            return piece;
        }
        self.rest = Some(piece.subarray(SIZE, piece.length()));
        piece.subarray(0, SIZE)
    }

    async fn read(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let view = self.buffer.as_ref().map_or(JsValue::UNDEFINED, |buffer| Uint8Array::new(buffer).into());
        let read: Piece = JsFuture::from(self.reader.read(&view)).await?.unchecked_into();
        let piece = read.value().filter(|_| !read.done());
        match (&mut self.buffer, &piece) {
            (Some(buffer), Some(piece)) => *buffer = piece.buffer(),
            (None, Some(piece)) if piece.length() > SIZE => self.fill_one_buffer()?,
            _ => {}
        }
        Ok(piece)
    }

    /// Not every stream can.
    fn fill_one_buffer(&mut self) -> Result<(), JsValue> {
        self.reader.release_lock();
        match self.stream.get_reader(&object(&[("mode", "byob".into())])) {
            Ok(reader) => {
                self.reader = reader;
                self.buffer = Some(ArrayBuffer::new(SIZE));
            }
            Err(_) => self.reader = self.stream.get_reader(&JsValue::UNDEFINED)?,
        }
        Ok(())
    }
}
