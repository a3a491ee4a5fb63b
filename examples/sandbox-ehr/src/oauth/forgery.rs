//! ID tokens that are wrong in one way, where a test ordered it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::keys::SystemKey;
use crate::control::{Control, Deviation};

/// The compact form of an ID token, honest where nothing was ordered.
pub fn sign(control: &Control, key: &SystemKey, mut claims: Value, is_refresh: bool) -> Option<String> {
    let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": key.kid() });
    twist(control, &mut header, &mut claims, is_refresh);
    if control.meets(Deviation::IdTokenAlgNone) {
        header["alg"] = "none".into();
        return Some(format!("{}.", message(&header, &claims)));
    }
    if control.meets(Deviation::IdTokenHmac) {
        header["alg"] = "HS256".into();
        let message = message(&header, &claims);
        let secret = EncodingKey::from_secret(key.public_pem().as_bytes());
        let signature = crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).ok()?;
        return Some(format!("{message}.{signature}"));
    }
    if control.meets(Deviation::IdTokenBadSignature) {
        return SystemKey::generate().jws(&message(&header, &claims));
    }
    if let Some(elsewhere) = control.detour(Deviation::IdTokenOwnKey) {
        let own = SystemKey::generate();
        header["kid"] = own.kid().into();
        header["jwk"] = own.public().clone();
        header["jku"] = format!("{elsewhere}/jwks").into();
        header["x5u"] = format!("{elsewhere}/certificate").into();
        return own.jws(&message(&header, &claims));
    }
    key.jws(&message(&header, &claims))
}

/// Makes the claims wrong, or the header.
fn twist(control: &Control, header: &mut Value, claims: &mut Value, is_refresh: bool) {
    let without = |claims: &mut Value, name: &str| {
        claims.as_object_mut().and_then(|members| members.remove(name));
    };
    if control.meets(Deviation::IdTokenUnknownCrit) {
        header["crit"] = json!(["sandbox"]);
        header["sandbox"] = true.into();
    }
    if control.meets(Deviation::IdTokenWrongNonce) {
        claims["nonce"] = "of-another-log-in".into();
    }
    if control.meets(Deviation::IdTokenNoNonce) {
        without(claims, "nonce");
    }
    if control.meets(Deviation::IdTokenWrongIssuer) {
        claims["iss"] = "https://another.example".into();
    }
    if control.meets(Deviation::IdTokenWrongAudience) {
        claims["aud"] = "another-client".into();
    }
    if control.meets(Deviation::IdTokenExtraAudience) {
        claims["aud"] = json!([claims["aud"], "another-client"]);
    }
    if control.meets(Deviation::IdTokenNoSubject) {
        without(claims, "sub");
    }
    if control.meets(Deviation::IdTokenExpired) {
        claims["exp"] = (claims["iat"].as_u64().unwrap_or_default() - 3600).into();
    }
    if is_refresh && control.meets(Deviation::RefreshOtherSubject) {
        claims["sub"] = "patient-somebody-else".into();
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}
