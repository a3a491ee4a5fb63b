//! A client's key pairs for JavaScript.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::instance::promise;
use super::value::{object, text};
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
    /// Generates a pair.
    pub fn generate(algorithm: String, extractable: bool) -> Promise {
        promise(async move {
            let algorithm = Algorithm::from_name(&algorithm);
            let algorithm =
                algorithm.ok_or_else(|| Error::configuration("algorithm", "it is not one of RS256 to ES512"))?;
            Ok(Self { pair: ClientKeyPair::generate(algorithm, extractable).await? }.into())
        })
    }

    /// Imports a private JWK in JSON.
    #[wasm_bindgen(js_name = importJwk)]
    pub fn import_jwk(jwk: String) -> Promise {
        promise(async move { Ok(Self { pair: ClientKeyPair::import_jwk(&jwk).await? }.into()) })
    }

    /// Imports a private key in PEM.
    #[wasm_bindgen(js_name = importPem)]
    pub fn import_pem(pem: String) -> Promise {
        promise(async move { Ok(Self { pair: ClientKeyPair::import_pem(&pem).await? }.into()) })
    }

    /// Returns the stored pair with a name, or `null`.
    pub fn load(name: String) -> Promise {
        promise(async move {
            let pair = ClientKeyPair::load(&name).await?;
            Ok(pair.map_or(JsValue::NULL, |pair| Self { pair }.into()))
        })
    }

    /// Removes a stored pair.
    pub fn remove(name: String) -> Promise {
        promise(async move { ClientKeyPair::remove(&name).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Returns the names of the stored pairs.
    pub fn names() -> Promise {
        promise(async move {
            let names = ClientKeyPair::names().await?;
            Ok(names.iter().map(|name| text(name)).collect::<Array>().into())
        })
    }

    /// Stores the pair.
    pub fn save(&self, name: String) -> Promise {
        let pair = self.pair.clone();
        promise(async move { pair.save(&name).await.map(|()| JsValue::UNDEFINED) })
    }

    /// The members of `Keys` in JavaScript.
    #[wasm_bindgen(getter)]
    pub fn members(&self) -> JsValue {
        let public = WebPlatform::default().parse(&self.pair.public_jwk());
        let private_key: Array = self.pair.private_key().iter().collect();
        object(&[
            ("kid", text(self.pair.kid())),
            ("thumbprint", text(&self.pair.thumbprint())),
            ("publicJwk", public.map_or(JsValue::UNDEFINED, JsonValue::into_js)),
            ("privateKey", private_key.into()),
        ])
    }

    /// Returns the public key in PEM.
    #[wasm_bindgen(js_name = publicPem)]
    pub fn public_pem(&self) -> Promise {
        let pair = self.pair.clone();
        promise(async move { pair.public_pem().await.map(|pem| text(&pem)) })
    }
}
