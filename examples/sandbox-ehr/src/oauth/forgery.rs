//! ID tokens and token responses with a mistake that a test requests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::keys::SystemKey;
use crate::control::{Control, Deviation};
use crate::parameters::Parameters;

/// The compact form of an ID token, without a mistake if none was requested.
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
    if control.meets(Deviation::IdTokenShortKey) {
        let short = SystemKey::short();
        header["kid"] = short.kid().into();
        return short.jws(&message(&header, &claims));
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

/// Applies the mistakes in the claims or the header.
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
    if control.meets(Deviation::IdTokenNotYetValid) {
        claims["nbf"] = (claims["iat"].as_u64().unwrap_or_default() + 3600).into();
    }
    if is_refresh && control.meets(Deviation::RefreshOtherSubject) {
        claims["sub"] = "patient-somebody-else".into();
    }
}

/// Applies the mistakes in a token response.
pub fn twist_response(control: &Control, response: &mut Value) {
    if control.meets(Deviation::ScopeWithDots) {
        let scopes = response["scope"].as_str().unwrap_or_default().split(' ');
        response["scope"] = scopes.map(with_dots).collect::<Vec<_>>().join(" ").into();
    }
    if control.meets(Deviation::ScopeUnknown) {
        response["scope"] = "https://ehr.example/scopes/clinical.read".into();
    }
    if control.meets(Deviation::PatientNoId) {
        response["patient"] = "../Observation".into();
    }
    if control.meets(Deviation::AccessTokenLineBreak) {
        response["access_token"] =
            format!("{}\r\nX-Injected: 1", response["access_token"].as_str().unwrap_or_default()).into();
    }
    if control.meets(Deviation::LifetimeForever) {
        response["expires_in"] = json!(1e18);
    }
    if control.meets(Deviation::IdTokenEmpty) {
        response["id_token"] = "".into();
    }
}

fn with_dots(scope: &str) -> String {
    let is_about_resources = ["patient/", "user/", "system/"].iter().any(|context| scope.starts_with(context));
    if is_about_resources { scope.replacen('/', ".", 1) } else { scope.to_owned() }
}

/// All fields of a form, and its header, as a careless server repeats them.
pub fn repeated(form: &Parameters, authorization: Option<&str>) -> String {
    let values: Vec<&str> = form.iter().map(|(_, value)| value).collect();
    format!("The request was {} {}.", values.join(" "), authorization.unwrap_or_default())
}

fn message(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}
