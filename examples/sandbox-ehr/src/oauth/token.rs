//! The token endpoint (RFC 6749, 3.2).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::client_auth::{self, NO_DESCRIPTION, Refused, bad};
use super::grants::{Grant, Redemption, Source, Tokens, User};
use super::id_token::id_token;
use super::launch_token::Display;
use super::{consent, forgery, jwt_grant, s256_challenge};
use crate::clients::Client;
use crate::control::Deviation;
use crate::dialect::Dialect;
use crate::hub;
use crate::pages;
use crate::parameters::Parameters;
use crate::{Sandbox, Shared};

/// `POST oauth/token/`.
pub async fn token(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    for (deviation, status) in [
        (Deviation::TokenRedirect307, StatusCode::TEMPORARY_REDIRECT),
        (Deviation::TokenRedirect308, StatusCode::PERMANENT_REDIRECT),
    ] {
        if let Some(elsewhere) = sandbox.detour(deviation) {
            return (status, [(LOCATION, format!("{elsewhere}/token"))]).into_response();
        }
    }
    let repeated = sandbox.meets(Deviation::TokenErrorRepeats).then(|| {
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let description = forgery::repeated(&Parameters::parse(&body), authorization);
        Json(json!({ "error": "invalid_request", "error_description": description }))
    });
    if let Some(repeated) = repeated {
        return (StatusCode::BAD_REQUEST, repeated).into_response();
    }
    let mut response = match handle(&sandbox, &headers, &body).await {
        Ok(body) => Json(body).into_response(),
        Err((status, error, description)) => {
            let description = Some(description).filter(|text| *text != NO_DESCRIPTION);
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

async fn handle(sandbox: &Sandbox, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
    check_form(headers)?;
    let tokens = exchange(sandbox, headers, &Parameters::parse(body)).await?;
    token_response(sandbox, &tokens)
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

async fn exchange(sandbox: &Sandbox, headers: &HeaderMap, form: &Parameters) -> Result<Tokens, Refused> {
    if form.repeated().is_some() {
        return Err(bad("invalid_request", "A parameter stands there more than once."));
    }
    if form.get("grant_type") == Some(jwt_grant::GRANT_TYPE) && sandbox.config.dialect.protects_registration() {
        return jwt_grant::exchange(sandbox, headers, form).await;
    }
    let client = client_auth::identify(sandbox, headers, form, &sandbox.config.token_endpoint()).await?;
    let client_id = client.id.as_str();
    if form.get("grant_type").is_some_and(|grant| !sandbox.registrations().allow(client_id, grant)) {
        return Err(bad("unauthorized_client", "This client did not register for this grant."));
    }
    let required = |name: &str| form.get(name).ok_or(bad("invalid_request", "A required parameter is missing."));
    let (now, ttl) = (sandbox.now(), sandbox.config.token_ttl.as_secs());
    let tokens = match form.get("grant_type") {
        Some("authorization_code") => {
            let verifier =
                if client.is_public() { Some(required("code_verifier")?) } else { form.get("code_verifier") };
            let challenge = verifier.map(check_verifier).transpose()?.map(s256_challenge);
            let redemption = Redemption {
                client_id,
                code: required("code")?,
                redirect_uri: required("redirect_uri")?,
                challenge: challenge.as_deref(),
                is_lenient: sandbox.meets(Deviation::CodeAcceptedTwice),
            };
            if sandbox.meets(Deviation::CodeRefused) {
                return Err(bad("invalid_grant", "The code was used before; its tokens are revoked."));
            }
            sandbox.store().grants.redeem(&redemption, now, ttl)
        }
        Some("refresh_token") => {
            sandbox.store().grants.refresh(client_id, required("refresh_token")?, scopes_of(form), now, ttl)
        }
        Some("client_credentials") => {
            let grant = backend_grant(&client, form, now)?;
            Ok(sandbox.store().grants.issue_for_backend(grant, now))
        }
        Some(_) => {
            let description = "Use authorization_code, refresh_token or client_credentials.";
            return Err(bad("unsupported_grant_type", description));
        }
        None => return Err(bad("invalid_request", "The grant_type is missing.")),
    };
    tokens.map_err(|(error, description)| bad(error, description))
}

/// The requested scopes, if there are any.
pub fn scopes_of(form: &Parameters) -> Option<Vec<String>> {
    form.get("scope").map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect())
}

/// Tokens for a client without a user, which has a key (SMART App Launch 2.2, Backend Services).
fn backend_grant(client: &Client, form: &Parameters, now: u64) -> Result<Grant, Refused> {
    if client.keys.is_none() {
        return Err(bad("unauthorized_client", "Only a client with a key acts by itself."));
    }
    let requested = scopes_of(form).ok_or(bad("invalid_scope", "The scope is missing: ask for system/*.rs."))?;
    let scopes = consent::granted_to_backend(&requested);
    if scopes.is_empty() {
        return Err(bad("invalid_scope", "None of the scopes is a system/ scope that this server can grant."));
    }
    Ok(Grant {
        client_id: client.id.clone(),
        user: User::Backend,
        scopes,
        patient: None,
        launch: None,
        topic: None,
        since: now,
    })
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

/// Epic does not list `offline_access`, although it returns the refresh token.
fn reported_scopes(dialect: Dialect, scopes: &[String]) -> String {
    let is_told = |scope: &&str| dialect != Dialect::Epic || *scope != "offline_access";
    scopes.iter().map(String::as_str).filter(is_told).collect::<Vec<_>>().join(" ")
}

/// RFC 6749, 5.1, with the launch context of SMART App Launch 2.2, 2.0.11.
fn token_response(sandbox: &Sandbox, tokens: &Tokens) -> Result<Value, Refused> {
    let mut body = json!({
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.lifetime,
        "scope": reported_scopes(sandbox.config.dialect, &tokens.scopes),
    });
    if tokens.grant.user == User::Backend {
        return Ok(body);
    }
    let launch = tokens.grant.launch.as_ref();
    body["need_patient_banner"] = Value::from(launch.is_none_or(|launch| launch.display != Display::Frame));
    let mut add = |name: &str, value: &str| body[name] = Value::from(value);
    if let Some(mut patient) = tokens.grant.patient {
        if tokens.source != Source::Grant && sandbox.meets(Deviation::RefreshOtherPatient) {
            patient = patient % sandbox.people.size() + 1;
        }
        add("patient", &patient.to_string());
    }
    if let Some(launch) = launch {
        let context =
            [("encounter", &launch.encounter), ("appContext", &launch.app_context), ("intent", &launch.intent)];
        context
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .for_each(|(name, value)| add(name, value));
        add("smart_style_url", &format!("{}/smart-style.json", sandbox.config.base()));
    }
    if let Some(topic) = &tokens.grant.topic
        && tokens.scopes.iter().any(|scope| hub::is_event_scope(scope))
    {
        add("hub.url", &format!("{}{}", sandbox.config.base(), hub::PATH));
        add("hub.topic", topic);
    }
    if launch.is_some() && tokens.scopes.iter().any(|scope| pages::is_messaging_scope(scope)) {
        add("smart_web_messaging_handle", &sandbox.messaging_handle);
        add("smart_web_messaging_origin", &sandbox.config.origin);
    }
    if let Some(refresh_token) = &tokens.refresh_token {
        add("refresh_token", refresh_token);
    }
    // A refresh returns a new one, without the nonce (OpenID Connect Core 1.0, 12.2). An assertion returns none.
    if tokens.source != Source::Assertion && tokens.scopes.iter().any(|scope| scope == "openid") {
        add("id_token", &id_token(sandbox, tokens)?);
    }
    if let Some(control) = &sandbox.control {
        forgery::twist_response(control, &mut body);
    }
    Ok(body)
}
