//! The server's metadata (UDAP Security 2.0, 2).

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::authority::Flaw;
use super::{ALGORITHMS, URI};
use crate::control::Deviation;
use crate::oauth::random_secret;
use crate::{Sandbox, Shared};

/// The lifetime of signed metadata, in seconds: a day.
const LIFETIME: u64 = 24 * 3600;

#[derive(Deserialize)]
pub struct Selection {
    community: Option<String>,
}

/// `GET fhir/.well-known/udap`.
pub async fn udap(State(sandbox): State<Shared>, Query(Selection { community }): Query<Selection>) -> Response {
    if community.is_some_and(|community| community != URI) || sandbox.meets(Deviation::CommunityUnknown) {
        return StatusCode::NO_CONTENT.into_response();
    }
    match document(&sandbox) {
        Some(document) => Json(document).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn document(sandbox: &Sandbox) -> Option<Value> {
    let (config, community) = (&sandbox.config, sandbox.community.as_ref()?);
    let chain = community.server_chain(config, flaw(sandbox));
    let (base, now) = (config.fhir_base(), sandbox.now());
    let endpoints = [
        ("authorization_endpoint", config.at(config.dialect.paths().authorize)),
        ("token_endpoint", config.token_endpoint()),
        ("registration_endpoint", config.at(super::routes::REGISTER)),
    ];
    let mut claims = json!({ "iss": base, "sub": base, "iat": now, "exp": now + LIFETIME, "jti": random_secret() });
    let mut document = json!({
        "udap_versions_supported": ["1"],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
        "udap_authorization_extensions_supported": ["hl7-b2b"],
        "udap_authorization_extensions_required": ["hl7-b2b"],
        "udap_certifications_supported": [],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "scopes_supported": [
            "openid", "fhirUser", "launch/patient", "offline_access", "patient/*.rs", "user/*.rs", "system/*.rs"
        ],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "registration_endpoint_jwt_signing_alg_values_supported": ALGORITHMS,
    });
    for (name, url) in endpoints {
        claims[name] = url.clone().into();
        document[name] = url.into();
    }
    if !sandbox.meets(Deviation::MetadataUnsigned) {
        document["signed_metadata"] = config.key.sign_with_chain(&chain, &claims)?.into();
    }
    Some(document)
}

/// The flaw of the server's certificate that a test requested.
fn flaw(sandbox: &Sandbox) -> Flaw {
    let flaws = [
        (Deviation::CertificateExpired, Flaw::Expired),
        (Deviation::CertificateWrongUri, Flaw::WrongUri),
        (Deviation::CertificateUnknownCa, Flaw::UnknownCa),
        (Deviation::CertificateOtherCommunity, Flaw::OtherCommunity),
        (Deviation::CertificateRevoked, Flaw::Revoked),
    ];
    flaws.into_iter().find(|(deviation, _)| sandbox.meets(*deviation)).map_or(Flaw::None, |(_, flaw)| flaw)
}
