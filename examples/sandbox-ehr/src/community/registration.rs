//! Registration by a software statement (UDAP Security 2.0, 3).

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::ALGORITHMS;
use crate::clients::{Client, ClientKeys};
use crate::oauth::client_assertion::Assertion;
use crate::oauth::random_secret;
use crate::oauth::registration::{Problem, refused};
use crate::{Sandbox, Shared};

/// The members of a statement that are registered. The others are claims of the JWT.
const PARAMETERS: [&str; 9] = [
    "client_name",
    "redirect_uris",
    "contacts",
    "logo_uri",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "scope",
    "jku",
];

/// `POST udap/register`.
pub async fn register(State(sandbox): State<Shared>, body: Result<Json<Value>, JsonRejection>) -> Response {
    match read(&sandbox, body) {
        Ok((uri, metadata)) => keep(&sandbox, uri, metadata),
        Err(problem) => refused(problem),
    }
}

fn keep(sandbox: &Sandbox, uri: String, metadata: Map<String, Value>) -> Response {
    let mut registrations = sandbox.registrations();
    let known = registrations.with_certificate(&uri);
    let is_cancelled = metadata["grant_types"] == json!([]);
    let client_id = match (known.clone(), is_cancelled) {
        (Some(known), _) => known,
        (None, false) => random_secret(),
        (None, true) => {
            return refused(("invalid_client_metadata", "The grant_types are empty, and there is nothing to cancel."));
        }
    };
    let texts = |name: &str| {
        let items = metadata.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let client = Client {
        id: client_id.clone(),
        name: metadata["client_name"].as_str().unwrap_or_default().to_owned(),
        redirect_uris: texts("redirect_uris"),
        secret: None,
        keys: Some(ClientKeys::Certificates(uri)),
    };
    let response = registrations.add_fixed(sandbox, client, metadata);
    if is_cancelled {
        registrations.remove(&client_id);
        drop(registrations);
        sandbox.store().grants.revoke_all_of(&client_id);
    }
    match known {
        Some(_) => (StatusCode::OK, response.into_body()).into_response(),
        None => response,
    }
}

/// The app's URI and what it registers.
fn read(sandbox: &Sandbox, body: Result<Json<Value>, JsonRejection>) -> Result<(String, Map<String, Value>), Problem> {
    let invalid = |description| ("invalid_software_statement", description);
    let Ok(Json(body)) = body else {
        return Err(("invalid_client_metadata", "The body is not JSON."));
    };
    if body["udap"] != "1" {
        return Err(("invalid_client_metadata", "The member udap is not \"1\"."));
    }
    let statement = body["software_statement"].as_str().ok_or(invalid("There is no software_statement."))?;
    let statement = Assertion::parse(statement).map_err(|_| invalid("The software_statement is not a JWT."))?;
    let community = sandbox.community.as_ref().ok_or(invalid("There is no community."))?;
    let signer = community.signer(statement.certificates(), sandbox.now());
    let signer = signer.map_err(|problem| ("unapproved_software_statement", problem))?;
    let uri = statement.client_id().to_owned();
    if !signer.uris.contains(&uri) {
        return Err(invalid("The iss is not a URI of the certificate."));
    }
    if !ALGORITHMS.contains(&statement.algorithm()) {
        return Err(invalid("The algorithm is not one of the metadata."));
    }
    let claims: Map<String, Value> = statement.all_claims().unwrap_or_default();
    let endpoint = sandbox.config.at(super::routes::REGISTER);
    // The registration endpoint, and nothing else, is the audience.
    let proof = statement.verify_by(&signer.key, &[&endpoint], sandbox.now());
    let proof = proof.map_err(|(_, _, description)| invalid(description))?;
    if !sandbox.store().assertions.use_once(&uri, &proof.jti, proof.expires, sandbox.now()) {
        return Err(invalid("The statement was used before: make a new one, with another jti."));
    }
    check(&claims)?;
    let mut metadata = claims;
    metadata.retain(|name, _| PARAMETERS.contains(&name.as_str()));
    Ok((uri, metadata))
}

/// Checks the combination of members (UDAP Security 2.0, 3.1).
fn check(claims: &Map<String, Value>) -> Result<(), Problem> {
    let problem = |description| Err(("invalid_client_metadata", description));
    let texts = |name: &str| -> Vec<&str> {
        let items = claims.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).collect()
    };
    let has_text = |name: &str| claims.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let grants = texts("grant_types");
    let (code, service) = (grants.contains(&"authorization_code"), grants.contains(&"client_credentials"));
    if !claims.get("grant_types").is_some_and(Value::is_array) || (code && service) {
        return problem("The grant_types are not exactly one of authorization_code and client_credentials.");
    }
    if !has_text("client_name") || !has_text("scope") {
        return problem("The client_name or the scope is missing.");
    }
    if !texts("contacts").iter().any(|contact| contact.starts_with("mailto:")) {
        return problem("The contacts have no mailto URI.");
    }
    if claims.get("token_endpoint_auth_method").is_none_or(|method| method != "private_key_jwt") {
        return problem("The token_endpoint_auth_method is not private_key_jwt.");
    }
    let has_redirects = claims.contains_key("redirect_uris") || claims.contains_key("response_types");
    if !code && (has_redirects || grants.contains(&"refresh_token")) {
        return problem("Only authorization_code has redirect_uris, response_types and refresh_token.");
    }
    let is_https = |uri: &&str| uri.starts_with("https://");
    if code && (texts("redirect_uris").is_empty() || !texts("redirect_uris").iter().all(is_https)) {
        return problem("The redirect_uris are missing, or one is not https.");
    }
    if code && (texts("response_types") != ["code"] || !has_text("logo_uri")) {
        return problem("The response_types are not code alone, or the logo_uri is missing.");
    }
    Ok(())
}
