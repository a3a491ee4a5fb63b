//! Certificates, by `X509Certificate` of `node:crypto`, which Node, Deno and Bun have. Browsers have nothing of the kind.

use js_sys::{Array, Date, Function, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::WebPlatform;
use super::global::{global, member, object};
use super::json::JsonValue;
use crate::platform::{Certificate, CertificateFailure, Certificates};
use crate::protocol::jwk::PublicKey;
use crate::protocol::udap::extensions::{Extensions, read_extensions};

#[wasm_bindgen]
extern "C" {
    type X509Certificate;
    #[wasm_bindgen(method, getter, catch)]
    fn subject(this: &X509Certificate) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch, js_name = validFrom)]
    fn valid_from(this: &X509Certificate) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch, js_name = validTo)]
    fn valid_to(this: &X509Certificate) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch, js_name = publicKey)]
    fn public_key(this: &X509Certificate) -> Result<KeyObject, JsValue>;
    #[wasm_bindgen(method, catch, js_name = checkIssued)]
    fn check_issued(this: &X509Certificate, issuer: &X509Certificate) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn verify(this: &X509Certificate, key: &KeyObject) -> Result<bool, JsValue>;

    type KeyObject;
    #[wasm_bindgen(method, catch)]
    fn export(this: &KeyObject, options: &Object) -> Result<JsValue, JsValue>;
}

/// The class of certificates, where the host has one.
fn class() -> Result<Function, CertificateFailure> {
    let process: Option<JsValue> = global("process");
    let class = || {
        let process = process?;
        let get: Function = member(&process, "getBuiltinModule")?;
        let crypto = get.call1(&process, &"node:crypto".into()).ok()?;
        member::<JsValue>(&crypto, "X509Certificate")?.dyn_into().ok()
    };
    class().ok_or(CertificateFailure::Unavailable)
}

fn parse(der: &[u8]) -> Result<X509Certificate, CertificateFailure> {
    let parsed = Reflect::construct(&class()?, &Array::of1(&Uint8Array::from(der)));
    parsed.map(JsCast::unchecked_into).map_err(|_| CertificateFailure::Invalid)
}

impl Certificates for WebPlatform {
    fn read_certificate(&self, der: &[u8]) -> Result<Certificate, CertificateFailure> {
        let parsed = parse(der)?;
        let read = || {
            let Extensions { uris, is_ca, path_length, critical } = read_extensions(der)?;
            Some(Certificate {
                der: der.to_vec(),
                // One name a line.
                subject: parsed.subject().ok()?.as_string().unwrap_or_default().replace('\n', ", "),
                not_before: seconds(parsed.valid_from().ok()?)?,
                not_after: seconds(parsed.valid_to().ok()?)?,
                uris,
                is_ca,
                path_length,
                critical_extensions: critical,
                public_key: public_key(&parsed),
            })
        };
        read().ok_or(CertificateFailure::Invalid)
    }

    fn is_issued_by(&self, certificate: &Certificate, issuer: &Certificate) -> Result<bool, CertificateFailure> {
        let (certificate, issuer) = (parse(&certificate.der)?, parse(&issuer.der)?);
        // Names and key usage, then the signature. The host throws for keys that it does not support.
        let is_issued = certificate.check_issued(&issuer).unwrap_or(false);
        Ok(is_issued && issuer.public_key().and_then(|key| certificate.verify(&key)).unwrap_or(false))
    }
}

/// A date such as `Nov 14 22:13:20 2026 GMT`, in seconds since 1970.
fn seconds(date: JsValue) -> Option<f64> {
    let milliseconds = Date::parse(&date.as_string()?);
    milliseconds.is_finite().then_some(milliseconds / 1000.0)
}

fn public_key(certificate: &X509Certificate) -> Option<PublicKey> {
    let jwk = certificate.public_key().ok()?.export(&object(&[("format", "jwk".into())])).ok()?;
    PublicKey::read(&JsonValue::from_js(jwk))
}
