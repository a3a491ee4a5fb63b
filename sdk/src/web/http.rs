//! HTTP by fetch.

use futures_util::future::{Either, select};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect, Response,
};

use super::WebPlatform;
use super::global::member;
use super::json::JsonValue;
use crate::abort::AbortSignal;
use crate::platform::{Body, Http, HttpFailure, HttpResponse};
use crate::protocol::http::{Redirect, Request};

#[wasm_bindgen]
extern "C" {
    // The global function, which windows, workers and Node have alike.
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

impl Http for WebPlatform {
    type Response = WebResponse;

    async fn send(&self, request: &Request, abort: &AbortSignal) -> Result<WebResponse, HttpFailure> {
        let controller = AbortController::new().map_err(|_| HttpFailure::Network)?;
        let init = init(request);
        init.set_signal(Some(&controller.signal()));
        let connection = Connection { controller };
        let promise = fetch(request.url.as_str(), &init).map_err(|_| HttpFailure::Network)?;
        match select(JsFuture::from(promise), abort.aborted()).await {
            Either::Left((Ok(response), _)) => {
                Ok(WebResponse { response: response.unchecked_into(), reader: None, _connection: connection })
            }
            Either::Left((Err(_), _)) => Err(HttpFailure::Network),
            Either::Right(_) => Err(HttpFailure::Aborted),
        }
    }
}

fn init(request: &Request) -> RequestInit {
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    let headers = Object::new();
    let authorization = request.authorization().map(|value| ("Authorization", value));
    let others = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in others.chain(authorization) {
        // Setting a member of a plain object cannot fail.
        let _ = Reflect::set(&headers, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    init.set_headers(&headers);
    if let Some(body) = &request.body {
        init.set_body(&JsValue::from_str(body));
    }
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_redirect(match request.redirect {
        Redirect::Follow => RequestRedirect::Follow,
        Redirect::Manual => RequestRedirect::Manual,
    });
    if request.no_store {
        init.set_cache(RequestCache::NoStore);
    }
    init
}

/// Ends the exchange when nobody waits for it any more.
struct Connection {
    controller: AbortController,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

/// A response of fetch.
pub struct WebResponse {
    response: Response,
    reader: Option<ReadableStreamDefaultReader>,
    _connection: Connection,
}

impl HttpResponse for WebResponse {
    type Value = JsonValue;

    fn status(&self) -> u16 {
        self.response.status()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).ok().flatten()
    }

    async fn body(self) -> Result<Body<JsonValue>, HttpFailure> {
        let text = self.response.text().map_err(|_| HttpFailure::Network)?;
        let text = JsFuture::from(text).await.map_err(|_| HttpFailure::Network)?;
        if let Some(value) = JsonValue::parse(&text) {
            return Ok(Body::Json(value));
        }
        Ok(text.as_string().filter(|text| !text.is_empty()).map_or(Body::Empty, Body::Text))
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        let reader = match &self.reader {
            Some(reader) => reader,
            None => {
                let Some(stream) = self.response.body() else { return Ok(None) };
                self.reader.insert(stream.get_reader().unchecked_into())
            }
        };
        let piece = JsFuture::from(reader.read()).await.map_err(|_| HttpFailure::Network)?;
        Ok(member::<Uint8Array>(&piece, "value").map(|bytes| bytes.to_vec()))
    }
}
