//! An app in trust communities, for JavaScript.

use js_sys::{Array, Date, Function, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::client_key::read_client_key;
use super::error::json_argument;
use super::instance::promise;
use super::value::{changes, findings, object, optional_text, text};
use crate::client::server::config_json::{flag, optional, required};
use crate::client::server::config_names::refuse_unknown;
use crate::client::udap::{
    CommunityConfig, RevocationCheck, RevocationRequest, RevocationStatus, UdapClient, UdapConfig, UdapRegistration,
    UdapServer,
};
use crate::error::{Error, Failure, UdapError};
use crate::platform::{Certificate, CertificateFailure, Certificates, JsonView, LocalFuture};
use crate::protocol::client_assertion::ClientKey;
use crate::protocol::secret::{AuthorizationCode, CodeVerifier, RefreshToken};
use crate::protocol::token::TokenResponse;
use crate::protocol::udap::b2b::B2bExtension;
use crate::protocol::udap::registration::RegistrationChange;
use crate::protocol::udap::signed_metadata::{SignedEndpoint, VerifiedServer};
use crate::protocol::udap::software_statement::SoftwareStatement;
use crate::protocol::url::Url;
use crate::web::{ClientKeyPair, JsonValue, StoreChoice, WebPlatform, settle};

const MEMBERS: [&str; 7] =
    ["certificate", "key", "uri", "communities", "checkRevocation", "requireRevocationCheck", "store"];

/// Creates the client of a configuration.
#[wasm_bindgen(js_name = createUdapClient)]
pub fn create_udap_client(config: JsValue) -> Promise {
    promise(async move {
        let config = json_argument(config, "config")?;
        let platform = WebPlatform::with_store(read_store(&config)?);
        // Before the key is read, which no page should have.
        if platform.read_certificate(&[]) == Err(CertificateFailure::Unavailable) {
            return Err(UdapError::CertificatesUnavailable.into());
        }
        Ok(JsUdapClient { client: UdapClient::new(platform, read_config(&config).await?).await? }.into())
    })
}

/// An app in trust communities.
#[wasm_bindgen(js_name = UdapClient)]
pub struct JsUdapClient {
    client: UdapClient<WebPlatform>,
}

#[wasm_bindgen(js_class = UdapClient)]
impl JsUdapClient {
    /// The app's URI and certificate.
    pub fn describe(&self) -> JsValue {
        let certificate = self.client.certificate();
        object(&[
            ("uri", text(self.client.uri())),
            ("subject", text(&certificate.subject)),
            ("expiresAt", date(certificate.not_after)),
        ])
    }

    /// What is odd about the certificate.
    pub fn findings(&self) -> JsValue {
        findings(&self.client.findings())
    }

    /// Fetches and verifies a server's metadata.
    pub fn discover(&self, fhir_base: String, community: Option<String>, signal: JsValue) -> Promise {
        let client = self.client.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let server = client.discover(&fhir_base, community.as_deref(), &forwarded.signal()).await?;
            Ok(JsUdapServer { server }.into())
        })
    }
}

/// A server whose metadata was verified.
#[wasm_bindgen(js_name = UdapServer)]
pub struct JsUdapServer {
    server: UdapServer<WebPlatform>,
}

#[wasm_bindgen(js_class = UdapServer)]
impl JsUdapServer {
    /// What was verified.
    pub fn describe(&self) -> JsValue {
        describe(&self.server.verified(), self.server.community())
    }

    /// What is odd about the server.
    pub fn findings(&self) -> JsValue {
        findings(&self.server.findings())
    }

    /// The registration that was kept, or `null`.
    pub fn registration(&self) -> Promise {
        let server = self.server.clone();
        promise(async move {
            let registration = server.registration().await?;
            Ok(registration.map_or(JsValue::NULL, |registration| JsUdapRegistration { registration }.into()))
        })
    }

    /// Registers the app, or changes its registration.
    pub fn register(&self, statement: JsValue, signal: JsValue) -> Promise {
        let server = self.server.clone();
        promise(async move {
            let (statement, forwarded) = (read_statement(statement)?, Forwarded::new(signal)?);
            let registration = server.register(&statement, &forwarded.signal()).await?;
            Ok(JsUdapRegistration { registration }.into())
        })
    }

    /// Cancels the registration.
    pub fn cancel(&self, statement: JsValue, signal: JsValue) -> Promise {
        let server = self.server.clone();
        promise(async move {
            let (statement, forwarded) = (read_statement(statement)?, Forwarded::new(signal)?);
            let change = server.cancel(&statement, &forwarded.signal()).await?;
            Ok(text(name_of(change)))
        })
    }
}

/// The app's registration at a server.
#[wasm_bindgen(js_name = UdapRegistration)]
pub struct JsUdapRegistration {
    registration: UdapRegistration<WebPlatform>,
}

#[wasm_bindgen(js_class = UdapRegistration)]
impl JsUdapRegistration {
    /// The client id, and what the server did.
    pub fn describe(&self) -> JsValue {
        let registration = &self.registration;
        let metadata = registration.metadata();
        let scope = metadata.as_ref().and_then(|metadata| metadata.scope.as_deref());
        object(&[
            ("clientId", text(registration.client_id())),
            ("scope", optional_text(scope)),
            ("change", optional_text(registration.change().map(name_of))),
            ("changes", changes(registration.changes())),
        ])
    }

    /// Gets a token for the app itself.
    #[wasm_bindgen(js_name = clientCredentials)]
    pub fn client_credentials(&self, scope: String, purpose: JsValue, signal: JsValue) -> Promise {
        let registration = self.registration.clone();
        promise(async move {
            let (purpose, forwarded) = (read_purpose(purpose)?, Forwarded::new(signal)?);
            let signal = forwarded.signal();
            registration.client_credentials(&scope, purpose.as_ref(), &signal).await.map(|token| token_object(&token))
        })
    }

    /// Exchanges a code.
    pub fn exchange(&self, code: String, redirect_uri: String, code_verifier: String, signal: JsValue) -> Promise {
        let registration = self.registration.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let (code, verifier) = (AuthorizationCode::new(code), CodeVerifier::new(code_verifier));
            let exchanged = registration.exchange(&code, &redirect_uri, &verifier, &forwarded.signal()).await;
            exchanged.map(|token| token_object(&token))
        })
    }

    /// Gets a new access token for a user.
    pub fn refresh(&self, refresh_token: String, scope: Option<String>, signal: JsValue) -> Promise {
        let registration = self.registration.clone();
        promise(async move {
            let (token, forwarded) = (RefreshToken::new(refresh_token), Forwarded::new(signal)?);
            let refreshed = registration.refresh(&token, scope.as_deref(), &forwarded.signal()).await;
            refreshed.map(|token| token_object(&token))
        })
    }

    /// The members of a service's configuration that are known here. Checks the purpose.
    pub fn service(&self, scope: String, purpose: JsValue) -> Promise {
        let registration = self.registration.clone();
        promise(async move {
            let config = registration.backend(&scope, read_purpose(purpose)?).await?;
            Ok(object(&[
                ("fhirBase", text(&config.fhir_base)),
                ("clientId", text(&config.client_id)),
                ("tokenEndpoint", optional_text(config.token_endpoint.as_deref())),
                ("scope", text(&config.scope)),
            ]))
        })
    }

    /// The parameters by which one request to an endpoint is authenticated.
    pub fn authenticate(&self, endpoint: String, purpose: JsValue) -> Promise {
        let registration = self.registration.clone();
        promise(async move {
            let endpoint = Url::parse(&endpoint).map_err(|problem| Error::Url { what: "endpoint".into(), problem })?;
            let credential = registration.credential_for(&endpoint, read_purpose(purpose)?.as_ref()).await?;
            let parameters = credential.parameters.iter();
            let parameters: Vec<_> = parameters.map(|(name, value)| (name.as_str(), text(value))).collect();
            Ok(object(&[("parameters", object(&parameters))]))
        })
    }
}

async fn read_config(config: &JsonValue) -> Result<UdapConfig, Failure> {
    refuse_unknown(config, &MEMBERS)?;
    let certificate = required(config, "certificate")?;
    let communities = config.member("communities").and_then(|communities| communities.items());
    let communities = communities.ok_or_else(|| Error::configuration("communities", "it is not an array"))?;
    let communities = communities.iter().map(CommunityConfig::read_with).collect::<Result<Vec<_>, _>>()?;
    let mut read = UdapConfig::new(&certificate, read_key(config).await?, communities)?;
    read.uri = optional(config, "uri")?;
    read.revocation = read_revocation(config)?;
    read.require_revocation_check = flag(config, "requireRevocationCheck")?;
    Ok(read)
}

/// A private key in PEM, or an object with a `CryptoKey`.
async fn read_key(config: &JsonValue) -> Result<ClientKey, Failure> {
    let key = config.member("key").ok_or_else(|| Error::configuration("key", "it is missing"))?;
    match key.text() {
        Some(pem) => Ok(ClientKeyPair::import_pem(&pem).await?.private_key_jwt().key),
        None => read_client_key(&key),
    }
}

fn read_store(config: &JsonValue) -> Result<StoreChoice, Failure> {
    match config.member("store").map(JsonValue::into_js) {
        None => Ok(StoreChoice::memory()),
        Some(store) if store.is_instance_of::<Object>() => Ok(StoreChoice::Own(store)),
        Some(_) => Err(Error::configuration("store", "it is not an object with get, set, remove and keys")),
    }
}

fn read_revocation(config: &JsonValue) -> Result<Option<RevocationCheck>, Failure> {
    let Some(callback) = config.member("checkRevocation") else { return Ok(None) };
    let wrong = |_| Error::configuration("checkRevocation", "it is not a function");
    let callback: Function = callback.into_js().dyn_into().map_err(wrong)?;
    Ok(Some(RevocationCheck::new(move |request| -> LocalFuture<RevocationStatus> {
        let callback = callback.clone();
        Box::pin(async move { call(&callback, &request).await.unwrap_or(RevocationStatus::Unknown) })
    })))
}

/// What the callback returns; `None` if it throws or returns something else.
async fn call(callback: &Function, request: &RevocationRequest) -> Option<RevocationStatus> {
    let argument = object(&[
        ("certificate", Uint8Array::from(request.certificate.as_slice()).into()),
        ("issuer", Uint8Array::from(request.issuer.as_slice()).into()),
        ("subject", text(&request.subject)),
    ]);
    let returned = callback.call1(&JsValue::UNDEFINED, &argument).ok()?;
    match settle(&returned).await.ok()?.as_string()?.as_str() {
        "good" => Some(RevocationStatus::Good),
        "revoked" => Some(RevocationStatus::Revoked),
        _ => None,
    }
}

fn read_statement(statement: JsValue) -> Result<SoftwareStatement, Failure> {
    SoftwareStatement::read_with(&json_argument(statement, "statement")?)
}

fn read_purpose(purpose: JsValue) -> Result<Option<B2bExtension>, Failure> {
    if purpose.is_null_or_undefined() {
        return Ok(None);
    }
    B2bExtension::read_with(&json_argument(purpose, "purpose")?).map(Some)
}

fn name_of(change: RegistrationChange) -> &'static str {
    match change {
        RegistrationChange::Registered => "registered",
        RegistrationChange::Modified => "modified",
        RegistrationChange::Cancelled => "cancelled",
    }
}

fn describe(server: &VerifiedServer, community: Option<&str>) -> JsValue {
    let endpoint = |endpoint: &SignedEndpoint| text(&endpoint.text);
    let strings = |list: &Option<Vec<String>>| match list {
        Some(list) => list.iter().map(|item| text(item)).collect::<Array>().into(),
        None => JsValue::UNDEFINED,
    };
    let metadata = &server.metadata;
    let certificate = |certificate: &Certificate| {
        object(&[("subject", text(&certificate.subject)), ("expiresAt", date(certificate.not_after))])
    };
    object(&[
        ("fhirBase", text(&server.base)),
        ("community", optional_text(community)),
        ("authorizationEndpoint", server.authorization_endpoint.as_ref().map_or(JsValue::UNDEFINED, endpoint)),
        ("tokenEndpoint", endpoint(&server.token_endpoint)),
        ("registrationEndpoint", endpoint(&server.registration_endpoint)),
        ("profiles", strings(&metadata.profiles)),
        ("grantTypes", strings(&metadata.grant_types)),
        ("scopes", strings(&metadata.scopes)),
        ("requiredExtensions", strings(&metadata.extensions_required)),
        ("requiredCertifications", strings(&metadata.certifications_required)),
        ("certificates", server.certificates.iter().map(certificate).collect::<Array>().into()),
        ("expiresAt", date(server.expires_at)),
    ])
}

fn token_object(token: &TokenResponse) -> JsValue {
    let context = &token.context;
    object(&[
        ("accessToken", text(token.access_token.expose())),
        ("expiresIn", token.expires_in.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("scope", optional_text(token.scope.as_deref())),
        ("refreshToken", optional_text(token.refresh_token.as_ref().map(RefreshToken::expose))),
        ("idToken", optional_text(token.id_token.as_ref().map(|token| token.expose()))),
        ("patient", optional_text(context.patient.as_deref())),
        ("encounter", optional_text(context.encounter.as_deref())),
    ])
}

fn date(seconds: f64) -> JsValue {
    Date::new(&(seconds * 1000.0).into()).into()
}
