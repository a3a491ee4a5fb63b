//! Dynamic registration (RFC 7591) of a public, confidential, asymmetric or backend client, and its
//! management (RFC 7592).

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{bearer, random_secret};
use crate::clients::{Client, ClientKeys, ClientSecret};
use crate::cors::origin_of;
use crate::{Sandbox, Shared};

/// The clients that were registered while the sandbox runs.
#[derive(Default)]
pub struct Registrations(HashMap<String, Registration>);

struct Registration {
    client: Client,
    /// As it was registered, for the responses.
    metadata: Map<String, Value>,
    /// The registration access token. `None` if the registration cannot be changed.
    access_token: Option<ClientSecret>,
    since: u64,
}

/// An error code of RFC 7591 (3.2.2) and a description.
pub type Problem = (&'static str, &'static str);

impl Registrations {
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.0.get(id).map(|registration| &registration.client)
    }

    /// Whether a client may use this grant. A client that was configured may use every grant.
    pub fn allow(&self, client_id: &str, grant_type: &str) -> bool {
        let registered = self.0.get(client_id).and_then(|registration| registration.metadata["grant_types"].as_array());
        registered.is_none_or(|grants| grants.iter().any(|grant| grant == grant_type))
    }

    /// Adds a client that cannot be changed. Returns the response.
    pub fn add_fixed(&mut self, sandbox: &Sandbox, client: Client, metadata: Map<String, Value>) -> Response {
        let registration = Registration { client, metadata, access_token: None, since: sandbox.now() };
        let response = respond(sandbox, StatusCode::CREATED, &registration);
        self.0.insert(registration.client.id.clone(), registration);
        response
    }

    /// The id of the client that registered with a certificate for this URI.
    pub fn with_certificate(&self, uri: &str) -> Option<String> {
        let is_own = |registration: &&Registration| match &registration.client.keys {
            Some(ClientKeys::Certificates(own)) => own == uri,
            _ => false,
        };
        self.0.values().find(is_own).map(|registration| registration.client.id.clone())
    }

    /// Removes a client.
    pub fn remove(&mut self, client_id: &str) {
        self.0.remove(client_id);
    }

    /// Whether a client may be called from a page of this origin.
    pub fn has_origin(&self, origin: &str) -> bool {
        let mut uris = self.0.values().flat_map(|registration| &registration.client.redirect_uris);
        uris.any(|uri| origin_of(uri).as_deref() == Some(origin))
    }
}

/// `POST register`.
pub async fn register(State(sandbox): State<Shared>, body: Result<Json<Value>, JsonRejection>) -> Response {
    let client_id = random_secret();
    let (metadata, client) = match read(&client_id, body, None) {
        Ok(read) => read,
        Err(problem) => return refused(problem),
    };
    let access_token = Some(ClientSecret::generate());
    let registration = Registration { client, metadata, access_token, since: sandbox.now() };
    let response = respond(&sandbox, StatusCode::CREATED, &registration);
    sandbox.registrations().0.insert(client_id, registration);
    response
}

/// `GET register/{client_id}` (RFC 7592, 2.1).
pub async fn show(State(sandbox): State<Shared>, Path(client_id): Path<String>, headers: HeaderMap) -> Response {
    match sandbox.registrations().0.get(&client_id).filter(|registration| is_owner(registration, &headers)) {
        Some(registration) => respond(&sandbox, StatusCode::OK, registration),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// `PUT register/{client_id}` (RFC 7592, 2.2). The whole registration is replaced; the secret stays.
pub async fn update(
    State(sandbox): State<Shared>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Value>, JsonRejection>,
) -> Response {
    let mut registrations = sandbox.registrations();
    let Some(registration) = registrations.0.get_mut(&client_id).filter(|own| is_owner(own, &headers)) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    match read(&client_id, body, registration.client.secret.as_ref()) {
        Ok((metadata, client)) => {
            (registration.metadata, registration.client) = (metadata, client);
            respond(&sandbox, StatusCode::OK, registration)
        }
        Err(problem) => refused(problem),
    }
}

/// `DELETE register/{client_id}` (RFC 7592, 2.3). This ends the client's grants.
pub async fn delete(State(sandbox): State<Shared>, Path(client_id): Path<String>, headers: HeaderMap) -> Response {
    let mut registrations = sandbox.registrations();
    if !registrations.0.get(&client_id).is_some_and(|registration| is_owner(registration, &headers)) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    registrations.0.remove(&client_id);
    drop(registrations);
    sandbox.store().grants.revoke_all_of(&client_id);
    StatusCode::NO_CONTENT.into_response()
}

fn is_owner(registration: &Registration, headers: &HeaderMap) -> bool {
    let own = registration.access_token.as_ref();
    bearer(headers).is_some_and(|token| own == Some(&ClientSecret::new(token)))
}

fn respond(sandbox: &Sandbox, status: StatusCode, registration: &Registration) -> Response {
    let Registration { client, metadata, access_token, since } = registration;
    let mut body = metadata.clone();
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    let place = sandbox.config.at(sandbox.config.dialect.paths().register.unwrap_or_default());
    add("client_id", client.id.clone().into());
    add("client_id_issued_at", (*since).into());
    if let Some(secret) = &client.secret {
        add("client_secret", secret.reveal().into());
        add("client_secret_expires_at", 0.into());
    }
    if let Some(access_token) = access_token {
        add("registration_access_token", access_token.reveal().into());
        add("registration_client_uri", format!("{place}/{}", client.id).into());
    }
    (status, [(CACHE_CONTROL, "no-store")], Json(Value::Object(body))).into_response()
}

pub fn refused((error, description): Problem) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": description }))).into_response()
}

/// The metadata with the defaults of RFC 7591 (2), and their client.
fn read(
    client_id: &str,
    body: Result<Json<Value>, JsonRejection>,
    secret: Option<&ClientSecret>,
) -> Result<(Map<String, Value>, Client), Problem> {
    let Ok(Json(Value::Object(mut metadata))) = body else {
        return Err(("invalid_client_metadata", "The body is not a JSON object."));
    };
    for of_the_server in ["client_id", "client_secret", "registration_access_token", "registration_client_uri"] {
        metadata.remove(of_the_server);
    }
    metadata.entry("token_endpoint_auth_method").or_insert("client_secret_basic".into());
    metadata.entry("grant_types").or_insert(json!(["authorization_code"]));
    let grant_types = texts(&metadata, "grant_types")?;
    let redirect_uris = texts(&metadata, "redirect_uris")?;
    check_grants(&grant_types)?;
    check_redirects(&redirect_uris, &grant_types)?;
    let method = metadata["token_endpoint_auth_method"].as_str().unwrap_or_default();
    let (needs_secret, keys) = match method {
        "none" => (false, None),
        "client_secret_basic" | "client_secret_post" => (true, None),
        "private_key_jwt" => (false, Some(keys(&metadata)?)),
        _ => return Err(("invalid_client_metadata", "The token_endpoint_auth_method is not one of this server.")),
    };
    if keys.is_none() && grant_types.iter().any(|grant| grant == "client_credentials") {
        return Err(("invalid_client_metadata", "client_credentials needs private_key_jwt."));
    }
    let name = metadata.get("client_name").and_then(Value::as_str).unwrap_or("An app without a name").to_owned();
    let secret = needs_secret.then(|| secret.cloned().unwrap_or_else(ClientSecret::generate));
    let client = Client { id: client_id.to_owned(), name, redirect_uris, secret, keys };
    Ok((metadata, client))
}

fn texts(metadata: &Map<String, Value>, name: &str) -> Result<Vec<String>, Problem> {
    let problem = ("invalid_client_metadata", "A member that must be a list of texts is none.");
    let Some(value) = metadata.get(name) else {
        return Ok(Vec::new());
    };
    let items = value.as_array().ok_or(problem)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or(problem)).collect()
}

fn check_grants(grant_types: &[String]) -> Result<(), Problem> {
    let known = HashSet::from(["authorization_code", "refresh_token", "client_credentials"]);
    if grant_types.iter().all(|grant| known.contains(grant.as_str())) {
        Ok(())
    } else {
        Err(("invalid_client_metadata", "A grant type is not one of this server."))
    }
}

/// Redirect URIs are absolute, without a fragment, and use https except on this machine.
fn check_redirects(redirect_uris: &[String], grant_types: &[String]) -> Result<(), Problem> {
    let is_good = |uri: &String| {
        let host = origin_of(uri).unwrap_or_default();
        let is_loopback = ["http://localhost", "http://127.0.0.1", "http://[::1]"]
            .iter()
            .any(|own| host.strip_prefix(own).is_some_and(|port| port.is_empty() || port.starts_with(':')));
        !uri.contains('#') && (is_loopback || host.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()))
    };
    if !redirect_uris.iter().all(is_good) {
        return Err((
            "invalid_redirect_uri",
            "A redirect URI must be https, or http on this machine, without fragment.",
        ));
    }
    if redirect_uris.is_empty() && grant_types.iter().any(|grant| grant == "authorization_code") {
        return Err(("invalid_redirect_uri", "The redirect_uris are missing."));
    }
    Ok(())
}

fn keys(metadata: &Map<String, Value>) -> Result<ClientKeys, Problem> {
    match (metadata.get("jwks"), metadata.get("jwks_uri").and_then(Value::as_str)) {
        (Some(set), None) => key_set(set),
        (None, Some(address)) if address.starts_with("http://") => Ok(ClientKeys::Url(address.to_owned())),
        (None, Some(_)) => Err(("invalid_client_metadata", "The sandbox fetches a jwks_uri by plain http only.")),
        _ => Err(("invalid_client_metadata", "private_key_jwt needs either jwks or jwks_uri.")),
    }
}

/// A set of public keys, each with a `kid` and a type for signatures.
pub fn key_set(set: &Value) -> Result<ClientKeys, Problem> {
    let problem = |description| Err(("invalid_client_metadata", description));
    let keys = set["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has =
        |key: &Value, names: &[&str]| names.iter().all(|name| key[*name].as_str().is_some_and(|text| !text.is_empty()));
    let is_usable = |key: &Value| match key["kty"].as_str() {
        Some("RSA") => has(key, &["kid", "n", "e"]),
        Some("EC") => has(key, &["kid", "crv", "x", "y"]),
        _ => false,
    };
    if keys.iter().any(|key| !key["d"].is_null()) {
        return problem("A key of the jwks is private. Register the public part alone.");
    }
    if keys.is_empty() || !keys.iter().all(is_usable) {
        return problem("The jwks has no key, or one that is not an RSA or EC key with a kid.");
    }
    Ok(ClientKeys::Set(set.clone()))
}
