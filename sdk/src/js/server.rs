//! What can be asked of a server without a client: its endpoints, what is odd about its documents, a registration.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::error::json_argument;
use super::value::{findings, object, optional_text, promise, text};
use crate::client::server::diagnosis;
use crate::client::server::smart_configuration;
use crate::client::server::{NamedEndpoints, RegistrationEndpoint, ServerRecord};
use crate::error::{Error, Failure};
use crate::platform::{Body, Json, JsonView};
use crate::protocol::client_metadata::{ClientKeys, ClientMetadata, MetadataChange};
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::registration::{RegisteredClient, read_registration};
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;
use crate::web::{JsonValue, WebPlatform};

/// A server's endpoints and capabilities.
#[wasm_bindgen]
pub fn discover(server: JsValue) -> Promise {
    promise(
        async move { Ok(configuration_object(&*smart_configuration(&WebPlatform::default(), &record(server)?).await?)) },
    )
}

/// What is odd about a server's documents.
#[wasm_bindgen]
pub fn diagnose(server: JsValue) -> Promise {
    promise(async move { Ok(findings(&diagnosis::diagnose(&WebPlatform::default(), &record(server)?).await?)) })
}

/// Registers a client.
#[wasm_bindgen]
pub fn register(server: JsValue, metadata: JsValue, initial_access_token: Option<String>, signal: JsValue) -> Promise {
    promise(async move {
        let (metadata, followed) = (read_metadata(metadata)?, Followed::new(signal)?);
        let endpoint = RegistrationEndpoint::discover(WebPlatform::default(), &record(server)?).await?;
        let token = initial_access_token.map(AccessToken::new);
        let client = endpoint.register(&metadata, token.as_ref(), &followed.signal()).await?;
        Ok(registration_object(endpoint.url(), &client, &metadata))
    })
}

/// Reads a registration again; with metadata, changes it.
#[wasm_bindgen(js_name = updateRegistration)]
pub fn update_registration(endpoint: String, client: JsValue, metadata: JsValue, signal: JsValue) -> Promise {
    promise(async move {
        let followed = Followed::new(signal)?;
        let (endpoint, client) = manage(&endpoint, client)?;
        if metadata.is_undefined() {
            let read = endpoint.read(&client, &followed.signal()).await?;
            return Ok(registration_object(endpoint.url(), &read, &client.metadata));
        }
        let metadata = read_metadata(metadata)?;
        let changed = endpoint.update(&client, &metadata, &followed.signal()).await?;
        Ok(registration_object(endpoint.url(), &changed, &metadata))
    })
}

/// Removes a registration.
#[wasm_bindgen(js_name = deleteRegistration)]
pub fn delete_registration(endpoint: String, client: JsValue, signal: JsValue) -> Promise {
    promise(async move {
        let followed = Followed::new(signal)?;
        let (endpoint, client) = manage(&endpoint, client)?;
        endpoint.delete(&client, &followed.signal()).await?;
        Ok(JsValue::UNDEFINED)
    })
}

/// A server by its FHIR base, or by an object with its bases. No client is needed for what is asked of it here.
fn record(server: JsValue) -> Result<ServerRecord, Failure> {
    if let Some(fhir_base) = server.as_string() {
        return Ok(ServerRecord::new(fhir_base, "", "", ""));
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

/// Reads metadata. Its `jwks` may be `Keys`, whose public half is then sent.
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
    let texts = |texts: &[String]| JsValue::from(texts.iter().map(|item| text(item)).collect::<Array>());
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
        ("capabilities", texts(&configuration.capabilities)),
        ("code_challenge_methods_supported", texts(&configuration.code_challenge_methods_supported)),
        ("document", parse(&configuration.json)),
    ])
}

/// The registration in the words of RFC 7591, its endpoint, and what of it is other than it was asked for.
fn registration_object(endpoint: &Url, client: &RegisteredClient, asked: &ClientMetadata) -> JsValue {
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
        // A plain object takes every member.
        let _ = Reflect::set(&document, &text(name), &value);
    }
    let changes = asked.changes(&client.metadata);
    object(&[
        ("endpoint", text(endpoint.as_str())),
        ("document", document),
        ("changes", changes.iter().map(change_object).collect::<Array>().into()),
    ])
}

fn change_object(change: &MetadataChange) -> JsValue {
    object(&[
        ("member", text(change.member)),
        ("sent", optional_text(change.sent.as_deref())),
        ("registered", optional_text(change.registered.as_deref())),
    ])
}

fn parse(json: &str) -> JsValue {
    WebPlatform::default().parse(json).map_or(JsValue::UNDEFINED, JsonValue::into_js)
}
