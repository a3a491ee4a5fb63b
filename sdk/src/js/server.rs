//! Functions that need no client: discovery, diagnosis, registration.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::error::json_argument;
use super::instance::promise;
use super::value::{changes, findings, object, optional_text, text};
use crate::client::server::diagnosis;
use crate::client::server::smart_configuration;
use crate::client::server::{NamedEndpoints, RegistrationEndpoint, ServerRecord, read_fhir_base};
use crate::error::{Error, Failure};
use crate::platform::{Body, Json, JsonView};
use crate::protocol::client_metadata::{ClientKeys, ClientMetadata};
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::registration::{RegisteredClient, read_registration};
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;
use crate::web::{JsonValue, WebPlatform};

/// Returns the endpoints and capabilities of a server.
#[wasm_bindgen]
pub fn discover(server: JsValue) -> Promise {
    promise(
        async move { Ok(configuration_object(&*smart_configuration(&WebPlatform::default(), &record(server)?).await?)) },
    )
}

/// Returns the problems of a server's documents.
#[wasm_bindgen]
pub fn diagnose(server: JsValue) -> Promise {
    promise(async move { Ok(findings(&diagnosis::diagnose(&WebPlatform::default(), &record(server)?).await?)) })
}

/// Registers a client.
#[wasm_bindgen]
pub fn register(server: JsValue, metadata: JsValue, initial_access_token: Option<String>, signal: JsValue) -> Promise {
    promise(async move {
        let (metadata, forwarded) = (read_metadata(metadata)?, Forwarded::new(signal)?);
        let endpoint = RegistrationEndpoint::discover(WebPlatform::default(), &record(server)?).await?;
        let token = initial_access_token.map(AccessToken::new);
        let client = endpoint.register(&metadata, token.as_ref(), &forwarded.signal()).await?;
        Ok(registration_object(endpoint.url(), &client, &metadata))
    })
}

/// Reads a registration or, with metadata, changes it.
#[wasm_bindgen(js_name = updateRegistration)]
pub fn update_registration(endpoint: String, client: JsValue, metadata: JsValue, signal: JsValue) -> Promise {
    promise(async move {
        let forwarded = Forwarded::new(signal)?;
        let (endpoint, client) = manage(&endpoint, client)?;
        if metadata.is_undefined() {
            let read = endpoint.read(&client, &forwarded.signal()).await?;
            return Ok(registration_object(endpoint.url(), &read, &client.metadata));
        }
        let metadata = read_metadata(metadata)?;
        let changed = endpoint.update(&client, &metadata, &forwarded.signal()).await?;
        Ok(registration_object(endpoint.url(), &changed, &metadata))
    })
}

/// Deletes a registration.
#[wasm_bindgen(js_name = deleteRegistration)]
pub fn delete_registration(endpoint: String, client: JsValue, signal: JsValue) -> Promise {
    promise(async move {
        let forwarded = Forwarded::new(signal)?;
        let (endpoint, client) = manage(&endpoint, client)?;
        endpoint.delete(&client, &forwarded.signal()).await?;
        Ok(JsValue::UNDEFINED)
    })
}

/// Reads a server: its FHIR base, or an object with its bases and endpoints.
fn record(server: JsValue) -> Result<ServerRecord, Failure> {
    if let Some(fhir_base) = server.as_string() {
        let record = ServerRecord::new(fhir_base, "", "", "");
        return read_fhir_base(&record, "server").map(|_| record);
    }
    let server = json_argument(server, "server")?;
    let fhir_base = server.member_text("fhirBase").ok_or_else(|| Error::configuration("fhirBase", "it is missing"))?;
    Ok(ServerRecord {
        discovery_base: server.member_text("discoveryBase"),
        allow_insecure_http: server.member("allowInsecureHttp").and_then(|flag| flag.flag()).unwrap_or_default(),
        endpoints: NamedEndpoints::read(&server)?,
        ..ServerRecord::new(fhir_base, "", "", "")
    })
}

/// Reads metadata. Its `jwks` may be a `Keys`, whose public key is sent.
fn read_metadata(metadata: JsValue) -> Result<ClientMetadata, Failure> {
    let metadata = json_argument(metadata, "metadata")?;
    let mut client = ClientMetadata::read(&metadata);
    let pair = metadata.member("jwks").filter(|set| set.member("keys").is_none());
    if let Some(set) = pair.and_then(|pair| pair.inherited("jwks")) {
        client.keys = Some(ClientKeys::Set(set.to_json()));
    }
    Ok(client)
}

fn manage(endpoint: &str, client: JsValue) -> Result<(RegistrationEndpoint<WebPlatform>, RegisteredClient), Failure> {
    let client = json_argument(client, "registration")?;
    let endpoint = RegistrationEndpoint::at(WebPlatform::default(), endpoint)?;
    let client = read_registration(endpoint.url(), 200, &Body::Json(client))?;
    Ok((endpoint, client))
}

fn configuration_object(configuration: &SmartConfiguration) -> JsValue {
    let url = |url: &Option<Url>| optional_text(url.as_ref().map(Url::as_str));
    let strings = |items: &[String]| JsValue::from(items.iter().map(|item| text(item)).collect::<Array>());
    object(&[
        ("issuer", optional_text(configuration.issuer.as_deref())),
        ("authorization_endpoint", url(&configuration.authorization_endpoint)),
        ("token_endpoint", text(configuration.token_endpoint.as_str())),
        ("jwks_uri", url(&configuration.jwks_uri)),
        ("registration_endpoint", url(&configuration.registration_endpoint)),
        ("userinfo_endpoint", url(&configuration.userinfo_endpoint)),
        ("introspection_endpoint", url(&configuration.introspection_endpoint)),
        ("revocation_endpoint", url(&configuration.revocation_endpoint)),
        ("management_endpoint", url(&configuration.management_endpoint)),
        ("capabilities", strings(&configuration.capabilities)),
        ("code_challenge_methods_supported", strings(&configuration.code_challenge_methods_supported)),
        ("document", parse(&configuration.json)),
    ])
}

/// The registration with its endpoint, its document (RFC 7591), and the members that the server changed.
fn registration_object(endpoint: &Url, client: &RegisteredClient, requested: &ClientMetadata) -> JsValue {
    let document = parse(&client.metadata.to_json());
    let seconds = |time: Option<f64>| time.map_or(JsValue::UNDEFINED, JsValue::from);
    let token = client.registration_access_token.as_ref().map(|token| token.expose());
    let members = [
        ("client_id", text(&client.client_id)),
        ("client_secret", optional_text(client.client_secret.as_ref().map(|secret| secret.expose()))),
        ("client_id_issued_at", seconds(client.client_id_issued_at)),
        ("client_secret_expires_at", seconds(client.client_secret_expires_at)),
        ("registration_access_token", optional_text(token)),
        ("registration_client_uri", optional_text(client.registration_client_uri.as_deref())),
    ];
    for (name, value) in members.into_iter().filter(|(_, value)| !value.is_undefined()) {
        // Setting a member of a plain object does not fail.
        let _ = Reflect::set(&document, &text(name), &value);
    }
    object(&[
        ("endpoint", text(endpoint.as_str())),
        ("document", document),
        ("changes", changes(&requested.changes(&client.metadata))),
    ])
}

fn parse(json: &str) -> JsValue {
    WebPlatform::default().parse(json).map_or(JsValue::UNDEFINED, JsonValue::into_js)
}
