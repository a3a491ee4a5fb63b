//! A signed token in compact form (RFC 7515 section 7.1, RFC 7519).

use super::encoding::base64url_decode;
use super::jwk::Algorithm;
use crate::json::{Json, JsonView};

/// A parsed token. Nothing has been verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Jwt<V> {
    /// The algorithm in its header.
    pub algorithm: Algorithm,
    /// The key id in its header.
    pub kid: Option<String>,
    /// Its claims.
    pub claims: V,
    /// The bytes that were signed.
    pub signed: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Parses a token. Keys in the header (`jku`, `jwk`, `x5u`, `x5c`) are ignored.
///
/// # Errors
/// A string with the problem: the form, an algorithm without a public key, a `crit` header.
pub fn decode<J: Json>(json: &J, token: &str) -> Result<Jwt<J::Value>, &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return Err("it does not have three parts separated by dots");
    };
    let object = |part: &str| -> Option<J::Value> { json.parse(std::str::from_utf8(&base64url_decode(part)?).ok()?) };
    let header_value = object(header).ok_or("its header is not base64url JSON")?;
    if header_value.names().iter().any(|name| name == "crit") {
        return Err("its header has critical extensions");
    }
    let algorithm = header_value.member_text("alg").as_deref().and_then(Algorithm::from_name);
    Ok(Jwt {
        algorithm: algorithm.ok_or("its algorithm does not use a public key")?,
        kid: header_value.member_text("kid"),
        claims: object(payload).ok_or("its payload is not base64url JSON")?,
        signed: format!("{header}.{payload}").into_bytes(),
        signature: base64url_decode(signature).ok_or("its signature is not base64url")?,
    })
}
