//! The token endpoint (RFC 6749, 3.2) for public clients.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::grants::{Redemption, Tokens, User};
use super::{at_hash, s256_challenge};
use crate::parameters::Parameters;
use crate::people::PROVIDER_ID;
use crate::{Sandbox, Shared};

/// An answer of RFC 6749, 5.2: status, error code, description.
type Refused = (StatusCode, &'static str, &'static str);

const fn bad(error: &'static str, description: &'static str) -> Refused {
    (StatusCode::BAD_REQUEST, error, description)
}

/// `POST oauth/token/`.
pub async fn token(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = check_form(&headers)
        .and_then(|()| exchange(&sandbox, &headers, &Parameters::parse(&body)))
        .and_then(|tokens| token_response(&sandbox, &tokens));
    let mut response = match answer {
        Ok(body) => Json(body).into_response(),
        Err((status, error, description)) => {
            (status, Json(json!({ "error": error, "error_description": description }))).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, "no-store".parse().expect("a valid header value"));
    headers.insert(PRAGMA, "no-cache".parse().expect("a valid header value"));
    if response.status() == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, "Basic realm=\"WebChart\"".parse().expect("a valid header value"));
    }
    response
}

fn check_form(headers: &HeaderMap) -> Result<(), Refused> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(bad("invalid_request", "The body must be application/x-www-form-urlencoded."))
    }
}

fn exchange(sandbox: &Sandbox, headers: &HeaderMap, form: &Parameters) -> Result<Tokens, Refused> {
    if form.repeated().is_some() {
        return Err(bad("invalid_request", "A parameter stands there more than once."));
    }
    let client_id = identify_client(sandbox, headers, form)?;
    let required = |name: &str| form.get(name).ok_or(bad("invalid_request", "A required parameter is missing."));
    let (now, ttl) = (sandbox.now(), sandbox.config.token_ttl.as_secs());
    let tokens = match form.get("grant_type") {
        Some("authorization_code") => {
            let challenge = s256_challenge(check_verifier(required("code_verifier")?)?);
            let redemption = Redemption {
                client_id,
                code: required("code")?,
                redirect_uri: required("redirect_uri")?,
                challenge: &challenge,
            };
            sandbox.store().grants.redeem(&redemption, now, ttl)
        }
        Some("refresh_token") => {
            let narrowed = form.get("scope").map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect());
            sandbox.store().grants.refresh(client_id, required("refresh_token")?, narrowed, now, ttl)
        }
        Some(_) => return Err(bad("unsupported_grant_type", "Use authorization_code or refresh_token.")),
        None => return Err(bad("invalid_request", "The grant_type is missing.")),
    };
    tokens.map_err(|(error, description)| bad(error, description))
}

/// The client names itself in the body. All clients are public, so one that authenticates is not who it says it is.
fn identify_client<'a>(sandbox: &Sandbox, headers: &HeaderMap, form: &'a Parameters) -> Result<&'a str, Refused> {
    let is_authenticating = headers.contains_key(AUTHORIZATION)
        || ["client_secret", "client_assertion"].iter().any(|name| form.get(name).is_some());
    if is_authenticating {
        return Err((StatusCode::UNAUTHORIZED, "invalid_client", "This client is public and has no secret or key."));
    }
    let client_id = form.get("client_id").ok_or(bad("invalid_request", "The client_id is missing."))?;
    match sandbox.config.client(client_id) {
        Some(_) => Ok(client_id),
        None => Err((StatusCode::UNAUTHORIZED, "invalid_client", "This client is not registered here.")),
    }
}

/// RFC 7636, 4.1: 43 to 128 unreserved characters.
fn check_verifier(verifier: &str) -> Result<&str, Refused> {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved) {
        Ok(verifier)
    } else {
        Err(bad("invalid_request", "The code_verifier must be 43 to 128 unreserved characters."))
    }
}

/// RFC 6749, 5.1, with the launch context of SMART App Launch 2.2, 2.0.11.
fn token_response(sandbox: &Sandbox, tokens: &Tokens) -> Result<Value, Refused> {
    let mut body = json!({
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": sandbox.config.token_ttl.as_secs(),
        "scope": tokens.scopes.join(" "),
        "need_patient_banner": true,
    });
    let mut add = |name: &str, value: &str| body[name] = Value::from(value);
    if let Some(patient) = tokens.grant.patient {
        add("patient", &patient.to_string());
    }
    if let Some(encounter) = &tokens.grant.encounter {
        add("encounter", encounter);
    }
    if let Some(refresh_token) = &tokens.refresh_token {
        add("refresh_token", refresh_token);
    }
    // Only a new grant brings an ID token: after a refresh, OpenID Connect Core 1.0 (12.2) leaves it out at will.
    if tokens.is_new_grant && tokens.scopes.iter().any(|scope| scope == "openid") {
        add("id_token", &id_token(sandbox, tokens)?);
    }
    Ok(body)
}

/// The claims of an ID token (OpenID Connect Core 1.0, 2; SMART App Launch 2.2, 2.0.13).
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
struct IdTokenClaims<'a> {
    iss: String,
    sub: String,
    aud: &'a str,
    iat: u64,
    exp: u64,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(rename = "fhirUser", skip_serializing_if = "Option::is_none")]
    fhir_user: Option<String>,
}

fn id_token(sandbox: &Sandbox, tokens: &Tokens) -> Result<String, Refused> {
    let config = &sandbox.config;
    let now = sandbox.now();
    let user = match tokens.grant.user {
        User::Patient(number) => format!("Patient/{number}"),
        User::Provider => format!("Practitioner/{PROVIDER_ID}"),
    };
    let has_fhir_user = tokens.scopes.iter().any(|scope| scope == "fhirUser");
    let claims = IdTokenClaims {
        iss: config.base(),
        sub: user.to_ascii_lowercase().replace('/', "-"),
        aud: &tokens.grant.client_id,
        iat: now,
        exp: now + config.token_ttl.as_secs(),
        at_hash: at_hash(&tokens.access_token),
        nonce: tokens.nonce.as_deref(),
        fhir_user: has_fhir_user.then(|| format!("{}/{user}", config.fhir_base())),
    };
    config
        .key
        .sign("JWT", &claims)
        .map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The ID token could not be signed."))
}
