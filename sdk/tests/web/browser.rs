//! What the tests need from the browser itself, and replacements for parts of it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Uint8Array};
use smartrust::platform::Navigator;
use smartrust::web::WebPlatform;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, Request, Response};

#[wasm_bindgen(module = "/tests/web/browser.js")]
extern "C" {
    fn replace(object: &JsValue, name: &str, value: &JsValue) -> Function;
    fn forbid(object: &JsValue, name: &str) -> Function;
    #[wasm_bindgen(js_name = replaceFetch)]
    fn replace_fetch(answer: &JsValue) -> Function;

    pub fn response(status: u16, body: &str, headers: &JsValue) -> Response;
    #[wasm_bindgen(js_name = responseInPieces)]
    pub fn response_in_pieces(pieces: Vec<String>) -> Response;

    #[wasm_bindgen(js_name = responseCutEvery)]
    pub fn response_cut_every(bytes: &[u8], size: u32) -> Response;
    #[wasm_bindgen(js_name = byteResponseCutEvery)]
    pub fn byte_response_cut_every(bytes: &[u8], size: u32) -> Response;
    #[wasm_bindgen(js_name = storeOfPromises)]
    pub fn store_of_promises() -> JsValue;
    #[wasm_bindgen(js_name = brokenStore)]
    pub fn broken_store() -> JsValue;
    pub fn contents(storage: &str) -> String;
    pub fn cookies() -> String;
    #[wasm_bindgen(js_name = countDatabases)]
    pub async fn count_databases() -> JsValue;
    #[wasm_bindgen(js_name = removeDatabases)]
    pub async fn remove_databases();
    #[wasm_bindgen(js_name = countHistory)]
    pub fn count_history() -> u32;
    #[wasm_bindgen(js_name = objectsThatAreNoNavigationApi)]
    pub fn objects_that_are_no_navigation_api() -> Array;

    #[wasm_bindgen(js_name = isLockHeldAmongTabs)]
    pub async fn is_lock_held_among_tabs(name: &str) -> JsValue;

    pub type FrameAsOpener;
    #[wasm_bindgen(js_name = openedByAFrame)]
    pub fn opened_by_a_frame() -> FrameAsOpener;
    #[wasm_bindgen(method)]
    pub fn say(this: &FrameAsOpener, text: &str);
    #[wasm_bindgen(method, js_name = sayAsAStranger)]
    pub fn say_as_a_stranger(this: &FrameAsOpener, text: &str);
    #[wasm_bindgen(method)]
    pub async fn first(this: &FrameAsOpener) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn close(this: &FrameAsOpener);

    pub type CountedParsing;
    #[wasm_bindgen(js_name = countParsing)]
    pub fn count_parsing() -> CountedParsing;
    #[wasm_bindgen(method)]
    pub fn end(this: &CountedParsing) -> u32;

    pub type Submissions;
    #[wasm_bindgen(js_name = replaceSubmit)]
    pub fn replace_submit() -> Submissions;
    #[wasm_bindgen(method, getter)]
    pub fn sent(this: &Submissions) -> Vec<String>;
    #[wasm_bindgen(method)]
    pub fn restore(this: &Submissions);

    pub type Timers;
    #[wasm_bindgen(js_name = replaceTimers)]
    pub fn replace_timers() -> Timers;
    #[wasm_bindgen(method, getter)]
    pub fn set(this: &Timers) -> Vec<u32>;
    #[wasm_bindgen(method, getter)]
    pub fn cleared(this: &Timers) -> Vec<u32>;
    #[wasm_bindgen(method)]
    pub fn ring(this: &Timers, id: u32);
    #[wasm_bindgen(method)]
    pub fn restore(this: &Timers);

    #[wasm_bindgen(js_name = newKey, catch)]
    pub async fn new_key(algorithm: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = publicJwk, catch)]
    async fn public_jwk_text(pair: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = privateKey)]
    pub fn private_key(pair: &JsValue) -> CryptoKey;
    #[wasm_bindgen(js_name = sign, catch)]
    async fn sign_bytes(algorithm: &str, pair: &JsValue, data: &[u8]) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = verify, catch)]
    pub async fn verify(algorithm: &str, pair: &JsValue, signature: &[u8], data: &[u8]) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = canBeReadOut, catch)]
    pub async fn can_be_read_out(key: &CryptoKey) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = newKeyFile, catch)]
    pub async fn new_key_file() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = importAsItIs, catch)]
    pub async fn import_as_it_is(jwk: &str, algorithm: &str) -> Result<JsValue, JsValue>;
}

/// The public key of a key pair as a JWK.
pub async fn public_jwk(pair: &JsValue) -> String {
    public_jwk_text(pair).await.unwrap().as_string().unwrap()
}

/// A signature that the browser makes without the code under test.
pub async fn sign(algorithm: &str, pair: &JsValue, data: &[u8]) -> Vec<u8> {
    sign_bytes(algorithm, pair, data).await.unwrap().unchecked_into::<Uint8Array>().to_vec()
}

/// Restores the page when this is dropped.
pub struct Replaced(Function);

impl Drop for Replaced {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// Replaces a property.
pub fn with(object: &JsValue, name: &str, value: &JsValue) -> Replaced {
    Replaced(replace(object, name, value))
}

/// Makes a property throw.
pub fn without(object: &JsValue, name: &str) -> Replaced {
    Replaced(forbid(object, name))
}

/// A network instead of the real one, which records every request.
pub struct Network {
    requests: Rc<RefCell<Vec<Request>>>,
    _replaced: Replaced,
    _answer: Closure<dyn FnMut(Request) -> JsValue>,
}

impl Network {
    /// Responds with the result of `answer`: a response or a promise of one.
    pub fn answering<T: Into<JsValue>>(answer: impl Fn(&Request) -> T + 'static) -> Self {
        let requests = Rc::new(RefCell::new(Vec::new()));
        let kept = requests.clone();
        let answer = Closure::<dyn FnMut(Request) -> JsValue>::new(move |request: Request| {
            let answer = answer(&request).into();
            kept.borrow_mut().push(request);
            answer
        });
        Self { requests, _replaced: Replaced(replace_fetch(answer.as_ref())), _answer: answer }
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }
}

/// The page's URL without the fragment of the test runner.
pub fn page_address() -> String {
    let location = WebPlatform::default().location().unwrap();
    location.split('#').next().unwrap().to_owned()
}

/// A response with a JSON body and status 200.
pub fn ok(body: &serde_json::Value) -> JsValue {
    response(200, &body.to_string(), &JsValue::UNDEFINED).into()
}

/// A promise, and the function that fulfils it.
pub fn expected<T: AsRef<str>>() -> (Rc<dyn Fn(T)>, JsFuture) {
    let mut fulfil = Function::default();
    let promise = Promise::new(&mut |resolve, _| fulfil = resolve);
    let fulfil = move |text: T| {
        fulfil.call1(&JsValue::UNDEFINED, &JsValue::from_str(text.as_ref())).unwrap();
    };
    (Rc::new(fulfil), JsFuture::from(promise))
}
