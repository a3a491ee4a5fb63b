//! A client's key pairs for JavaScript.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::value::{object, promise, text};
use crate::error::Error;
use crate::platform::Json;
use crate::protocol::jwk::Algorithm;
use crate::web::{ClientKeyPair, JsonValue, WebPlatform};

/// A client's key pair.
#[wasm_bindgen(js_name = Keys)]
pub struct JsKeys {
    pair: ClientKeyPair,
}

#[wasm_bindgen(js_class = Keys)]
impl JsKeys {
    /// Makes a pair.
    pub fn generate(algorithm: String, extractable: bool) -> Promise {
        promise(async move {
            let known = Algorithm::from_name(&algorithm);
            let known = known.ok_or_else(|| Error::configuration("algorithm", "it is not one of RS256 to ES512"))?;
            Ok(Self { pair: ClientKeyPair::generate(known, extractable).await? }.into())
        })
    }

    /// Takes over a private JWK, as text.
    #[wasm_bindgen(js_name = importJwk)]
    pub fn import_jwk(jwk: String) -> Promise {
        promise(async move { Ok(Self { pair: ClientKeyPair::import_jwk(&jwk).await? }.into()) })
    }

    /// Takes over a private PEM.
    #[wasm_bindgen(js_name = importPem)]
    pub fn import_pem(pem: String) -> Promise {
        promise(async move { Ok(Self { pair: ClientKeyPair::import_pem(&pem).await? }.into()) })
    }

    /// The pair of a name, or `null`.
    pub fn load(name: String) -> Promise {
        promise(async move {
            let pair = ClientKeyPair::load(&name).await?;
            Ok(pair.map_or(JsValue::NULL, |pair| Self { pair }.into()))
        })
    }

    /// Forgets a pair.
    pub fn remove(name: String) -> Promise {
        promise(async move { ClientKeyPair::remove(&name).await.map(|()| JsValue::UNDEFINED) })
    }

    /// All names.
    pub fn names() -> Promise {
        promise(async move {
            let names = ClientKeyPair::names().await?;
            Ok(names.iter().map(|name| text(name)).collect::<Array>().into())
        })
    }

    /// Keeps the pair.
    pub fn save(&self, name: String) -> Promise {
        let pair = self.pair.clone();
        promise(async move { pair.save(&name).await.map(|()| JsValue::UNDEFINED) })
    }

    /// What is known of it, and what signs.
    #[wasm_bindgen(getter)]
    pub fn about(&self) -> JsValue {
        let public = WebPlatform::default().parse(&self.pair.public_jwk());
        let forms: Array = self.pair.private_key().iter().collect();
        object(&[
            ("kid", text(self.pair.kid())),
            ("thumbprint", text(&self.pair.thumbprint())),
            ("publicJwk", public.map_or(JsValue::UNDEFINED, JsonValue::into_js)),
            ("privateKey", forms.into()),
        ])
    }

    /// The public half as PEM.
    #[wasm_bindgen(js_name = publicPem)]
    pub fn public_pem(&self) -> Promise {
        let pair = self.pair.clone();
        promise(async move { pair.public_pem().await.map(|pem| text(&pem)) })
    }
}
