//! A client's key pairs: generated or imported by Web Crypto, stored in IndexedDB, published.

use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, CryptoKeyPair};

use super::crypto::{parameters, settle, subtle};
use super::database::KEY_PAIRS;
use super::global::{member, object, set_member};
use super::json::JsonValue;
use super::{WebPlatform, database};
use crate::error::{Error, Failure};
use crate::platform::{Json, JsonView, Signer};
use crate::protocol::client_assertion::{ClientKey, PrivateKeyJwt};
use crate::protocol::jwk::{Algorithm, PublicKey, SHORTEST_MODULUS, jwk_set};
use crate::protocol::pem::{public_key_pem, read_private_key};

const RSA: [Algorithm; 3] = [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];
const ELLIPTIC_CURVE: [Algorithm; 3] = [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512];

/// A client's key pair. The private key stays in the browser and is not extractable, unless [`generate`](Self::generate) makes it so.
///
/// ```no_run
/// # async fn example() -> Result<(), smartrust::Error> {
/// use smartrust::protocol::jwk::Algorithm;
/// use smartrust::web::ClientKeyPair;
///
/// let keys = match ClientKeyPair::load("my-app").await? {
///     Some(keys) => keys,
///     None => {
///         let keys = ClientKeyPair::generate(Algorithm::ES384, false).await?;
///         keys.save("my-app").await?;
///         keys
///     }
/// };
/// let to_register = keys.jwk_set();
/// # let _ = to_register; Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientKeyPair {
    forms: Vec<CryptoKey>,
    public: PublicKey,
    kid: String,
}

impl ClientKeyPair {
    /// Generates a key pair for an algorithm. An RSA key has 2048 bits.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an algorithm that client authentication does not use, or that the browser does not support.
    pub async fn generate(algorithm: Algorithm, extractable: bool) -> Result<Self, Failure> {
        if !RSA.contains(&algorithm) && !ELLIPTIC_CURVE.contains(&algorithm) {
            return Err(wrong("its algorithm is not one that clients authenticate by"));
        }
        let parameters = parameters(algorithm);
        for (name, value) in [
            ("modulusLength", JsValue::from(SHORTEST_MODULUS as u32)),
            ("publicExponent", Uint8Array::from([1, 0, 1].as_slice()).into()),
        ] {
            set_member(&parameters, name, &value);
        }
        let uses = Array::of2(&"sign".into(), &"verify".into());
        let pair = async { settle(subtle()?.generate_key_with_object(&parameters, extractable, &uses)).await };
        let pair: CryptoKeyPair = pair.await.map_err(|_| wrong("the browser cannot make one"))?.unchecked_into();
        let public = read_public(&exported_jwk(&pair.get_public_key()).await?)?;
        Ok(Self { kid: public.thumbprint(), forms: vec![pair.get_private_key()], public })
    }

    /// Imports a private key from a JWK in JSON, with its `kid` if it has one.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it is not a private RSA or elliptic-curve key, or is an RSA key with fewer than 2048 bits.
    pub async fn import_jwk(jwk: &str) -> Result<Self, Failure> {
        let jwk = WebPlatform::default().parse(jwk).ok_or_else(|| wrong("it is not JSON"))?;
        if jwk.member_text("d").is_none() {
            return Err(wrong("it is not a private key; pass the JWK with the member d"));
        }
        // Without the other members, because Web Crypto rejects a key with other `key_ops`.
        let bare = Object::new();
        for name in ["kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            if let Some(text) = jwk.member_text(name) {
                set_member(&bare, name, &text.into());
            }
        }
        Self::import("jwk", &bare, &jwk, jwk.member_text("kid")).await
    }

    /// Imports a private key from PEM: PKCS#8, or PKCS#1 as `openssl genrsa -traditional` writes it.
    ///
    /// # Errors
    /// As [`read_private_key`], and as [`Self::import_jwk`].
    pub async fn import_pem(pem: &str) -> Result<Self, Failure> {
        let key = read_private_key(pem)?;
        let algorithm = ELLIPTIC_CURVE.into_iter().find(|algorithm| algorithm.curve() == key.curve);
        let der = Uint8Array::from(key.der.as_slice());
        let readable = import("pkcs8", &der, algorithm.unwrap_or(Algorithm::RS384), true).await?;
        let public = exported_jwk(&readable).await?;
        Self::import("pkcs8", &der, &public, None).await
    }

    async fn import(format: &str, key: &Object, public: &JsonValue, kid: Option<String>) -> Result<Self, Failure> {
        let public = read_public(public)?;
        let algorithms = RSA.into_iter().chain(ELLIPTIC_CURVE).filter(|algorithm| public.fits(*algorithm));
        let mut forms = Vec::new();
        for algorithm in algorithms {
            forms.push(import(format, key, algorithm, false).await?);
        }
        if forms.is_empty() {
            return Err(wrong("its curve is not P-256, P-384 or P-521"));
        }
        Ok(Self { kid: kid.unwrap_or_else(|| public.thumbprint()), forms, public })
    }

    /// Stores the pair in IndexedDB, and replaces the one with the same name.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn save(&self, name: &str) -> Result<(), Failure> {
        let stored = object(&[
            ("privateKey", self.forms.iter().collect::<Array>().into()),
            ("public", self.public.bare_jwk().into()),
            ("kid", self.kid.as_str().into()),
        ]);
        database::set(KEY_PAIRS, name, &stored).await.map_err(|_| Error::Storage.into())
    }

    /// The stored pair with a name; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Storage`], and [`Error::Configuration`] if something else is stored there.
    pub async fn load(name: &str) -> Result<Option<Self>, Failure> {
        let Some(stored) = database::get(KEY_PAIRS, name).await.map_err(|_| Error::Storage)? else { return Ok(None) };
        let read = || {
            let forms = Array::from(&member::<JsValue>(&stored, "privateKey")?);
            let public = member::<JsValue>(&stored, "public")?.as_string()?;
            Some(Self {
                forms: forms.iter().map(|form| form.dyn_into().ok()).collect::<Option<_>>()?,
                public: PublicKey::read(&WebPlatform::default().parse(&public)?)?,
                kid: member::<JsValue>(&stored, "kid")?.as_string()?,
            })
        };
        read().map(Some).ok_or_else(|| wrong("the value stored under its name is not a key pair"))
    }

    /// Removes the stored pair with a name.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn remove(name: &str) -> Result<(), Failure> {
        database::remove(KEY_PAIRS, name).await.map_err(|_| Error::Storage.into())
    }

    /// The names of the stored pairs.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn names() -> Result<Vec<String>, Failure> {
        database::names(KEY_PAIRS).await.map_err(|_| Error::Storage.into())
    }

    /// The key ID: that of the imported JWK, or the thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The thumbprint of the public key (RFC 7638).
    pub fn thumbprint(&self) -> String {
        self.public.thumbprint()
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The private key. Web Crypto needs one `CryptoKey` for each hash of an RSA key.
    pub fn private_key(&self) -> &[CryptoKey] {
        &self.forms
    }

    fn algorithms(&self) -> Vec<Algorithm> {
        WebPlatform::default().algorithms(&self.forms)
    }

    /// The public key as a JWK in JSON.
    pub fn public_jwk(&self) -> String {
        let algorithms = self.algorithms();
        let only = algorithms.first().filter(|_| algorithms.len() == 1);
        self.public.published_jwk(&self.kid, only.copied())
    }

    /// A JWK Set with the public key, for the client's `jwks_uri`.
    pub fn jwk_set(&self) -> String {
        jwk_set([self.public_jwk()])
    }

    /// The public key in PEM (SubjectPublicKeyInfo).
    ///
    /// # Errors
    /// [`Error::Configuration`] if the browser does not export it.
    pub async fn public_pem(&self) -> Result<String, Failure> {
        let refused = || wrong("the browser does not export its public part");
        let jwk: Object = JSON::parse(&self.public.bare_jwk()).map_err(|_| refused())?.unchecked_into();
        let algorithm = self.algorithms().first().copied().ok_or_else(refused)?;
        let spki = async {
            let subtle = subtle()?;
            let uses = Array::of1(&"verify".into());
            let key = settle(subtle.import_key_with_object("jwk", &jwk, &parameters(algorithm), true, &uses)).await?;
            settle(subtle.export_key("spki", key.unchecked_ref())).await
        };
        let spki = spki.await.map_err(|_| refused())?;
        public_key_pem(&Uint8Array::new(&spki).to_vec()).ok_or_else(refused)
    }

    /// Client authentication with this pair.
    ///
    /// ```no_run
    /// # fn example(pair: &smartrust::web::ClientKeyPair) -> Result<(), smartrust::Failure> {
    /// let authentication = pair.private_key_jwt().authentication(&smartrust::web::WebPlatform::default())?;
    /// # let _ = authentication; Ok(())
    /// # }
    /// ```
    pub fn private_key_jwt(&self) -> PrivateKeyJwt {
        let key = ClientKey::new(&WebPlatform::default(), self.forms.clone());
        PrivateKeyJwt::new(key, Some(self.kid.clone()))
    }
}

async fn import(format: &str, key: &Object, algorithm: Algorithm, extractable: bool) -> Result<CryptoKey, Failure> {
    let uses = Array::of1(&"sign".into());
    let imported = async {
        settle(subtle()?.import_key_with_object(format, key, &parameters(algorithm), extractable, &uses)).await
    };
    imported.await.map(JsCast::unchecked_into).map_err(|_| wrong("the browser cannot import it"))
}

async fn exported_jwk(key: &CryptoKey) -> Result<JsonValue, Failure> {
    let exported = async { settle(subtle()?.export_key("jwk", key)).await };
    let jwk = exported.await.map_err(|_| wrong("the browser does not export its public part"))?;
    // This `CryptoKey` has an algorithm, but the key can be used with others.
    let _ = Reflect::delete_property(jwk.unchecked_ref::<Object>(), &"alg".into());
    Ok(JsonValue::from_js(jwk))
}

fn read_public(jwk: &JsonValue) -> Result<PublicKey, Failure> {
    let public = PublicKey::of_key_pair(jwk);
    let public = public.ok_or_else(|| wrong("it is not an RSA or elliptic-curve key for signatures"))?;
    if public.is_long_enough() { Ok(public) } else { Err(wrong("its modulus has fewer than 2048 bits")) }
}

fn wrong(problem: &str) -> Failure {
    Error::configuration("key", problem)
}
