//! The discovery documents of each dialect: the deviations from SMART App Launch 2.2 (7.1) and OpenID
//! Connect Discovery 1.0 (3) are intentional, because real servers have them.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::consent::REGISTER_SCOPE;
use crate::Shared;
use crate::config::Config;
use crate::control::Deviation;
use crate::dialect::Dialect;
use crate::directory;
use crate::fhir::workflow;

const ASYMMETRIC: [&str; 6] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
const GRANTS: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

/// `GET .well-known/smart-configuration`.
pub async fn smart_configuration(State(sandbox): State<Shared>) -> Json<Value> {
    let config = &sandbox.config;
    let mut document = match config.dialect {
        Dialect::Webchart | Dialect::Hiebus => webchart_smart(config),
        Dialect::Webchart2026 => webchart_2026_smart(config),
        Dialect::Epic => epic_smart(config),
        Dialect::Tefca => without_registration(webchart_2026_smart(config)),
    };
    announce_issuer(config, &mut document);
    directory::announce(config, &mut document);
    workflow::announce(&mut document);
    Json(document)
}

/// `GET .well-known/openid-configuration`.
pub async fn openid_configuration(State(sandbox): State<Shared>) -> Json<Value> {
    let config = &sandbox.config;
    let mut document = match config.dialect {
        Dialect::Webchart | Dialect::Hiebus => webchart_openid(config),
        Dialect::Webchart2026 => webchart_2026_openid(config),
        Dialect::Epic => epic_openid(config),
        Dialect::Tefca => without_registration(webchart_2026_openid(config)),
    };
    if sandbox.meets(Deviation::OpenidOtherIssuer) {
        document["issuer"] = "https://another.example".into();
    }
    announce_issuer(config, &mut document);
    Json(document)
}

/// A server of a trust community registers apps by their certificates alone.
fn without_registration(mut document: Value) -> Value {
    if let Some(document) = document.as_object_mut() {
        document.remove("registration_endpoint");
    }
    document
}

/// RFC 9207, 3.
fn announce_issuer(config: &Config, document: &mut Value) {
    if config.issuer_on_redirect {
        document["authorization_response_iss_parameter_supported"] = true.into();
    }
}

/// An empty issuer, a string instead of an array, incomplete lists of grants and client authentication methods.
fn webchart_smart(config: &Config) -> Value {
    let base = config.base();
    json!({
        "issuer": "",
        "jwks_uri": format!("{base}/jwks/"),
        "authorization_endpoint": format!("{base}/oauth/authenticate/"),
        "grant_types_supported": ["authorization_code"],
        "token_endpoint": format!("{base}/oauth/token/"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384"],
        "scopes_supported": ["patient/*.rs", "system/*.read"],
        "response_types_supported": "token",
        "management_endpoint": format!("{base}?f=admin&s=jwt"),
        "introspection_endpoint": format!("{base}/oauth/introspect/"),
        "revocation_endpoint": format!("{base}?f=admin&s=jwt&opp=revoke"),
        "capabilities": [
            "sso-openid-connect", "launch-ehr", "client-confidential-symmetric", "context-banner", "context-style",
            "context-ehr-patient", "permission-offline", "permission-user", "launch-standalone", "client-public",
            "context-standalone-patient", "permission-patient"
        ],
        "code_challenge_methods_supported": ["S256"]
    })
}

/// Strings instead of arrays, another authorization endpoint, and a revocation endpoint that is a page.
fn webchart_openid(config: &Config) -> Value {
    let base = config.base();
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorization/"),
        "jwks_uri": format!("{base}/jwks/"),
        "response_types_supported": "code",
        "subject_types_supported": "public",
        "id_token_signing_alg_values_supported": "RS256",
        "token_endpoint": format!("{base}/oauth/token/"),
        "introspection_endpoint": format!("{base}/oauth/introspect/"),
        "revocation_endpoint": format!("{base}?f=jwt&opp=manage")
    })
}

/// Still a string instead of an array, and a misspelled capability.
fn webchart_2026_smart(config: &Config) -> Value {
    let base = config.base();
    json!({
        "issuer": base,
        "jwks_uri": format!("{base}/jwks"),
        "authorization_endpoint": format!("{base}/authorize"),
        "grant_types_supported": GRANTS,
        "token_endpoint": format!("{base}/token"),
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ASYMMETRIC,
        "registration_endpoint": format!("{base}/register"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "scopes_supported": [
            "openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "offline_access", "patient/*.rs",
            "user/*.rs", "system/*.rs", "system/*.read"
        ],
        "response_types_supported": "code",
        "management_endpoint": format!("{base}?f=layout&module=Login&name=OAuthCodes"),
        "introspection_endpoint": format!("{base}/introspect"),
        "revocation_endpoint": format!("{base}/revoke"),
        "capabilities": [
            "sso-openid-connect", "launch-ehr", "lsunch-standalone", "authorize-post", "client-public",
            "client-confidential-symmetric", "client-confidential-asymmetric", "context-banner", "context-style",
            "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "permission-offline",
            "permission-patient", "permission-user", "permission-v1", "permission-v2"
        ],
        "code_challenge_methods_supported": ["S256"]
    })
}

fn webchart_2026_openid(config: &Config) -> Value {
    let base = config.base();
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "jwks_uri": format!("{base}/jwks"),
        "response_types_supported": "code",
        "subject_types_supported": "public",
        "id_token_signing_alg_values_supported": "RS256",
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "registration_endpoint": format!("{base}/register"),
        "introspection_endpoint": format!("{base}/introspect"),
        "revocation_endpoint": format!("{base}/revoke")
    })
}

fn epic_smart(config: &Config) -> Value {
    let issuer = config.issuer();
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks"),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "grant_types_supported": [GRANTS[0], GRANTS[1], GRANTS[2], super::jwt_grant::GRANT_TYPE],
        "token_endpoint": format!("{issuer}/token"),
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ASYMMETRIC,
        "registration_endpoint": format!("{issuer}/register"),
        "scopes_supported": ["openid", "fhirUser", "launch", "launch/patient", "offline_access", REGISTER_SCOPE],
        "response_types_supported": ["code"],
        "introspection_endpoint": format!("{issuer}/introspect"),
        "capabilities": [
            "sso-openid-connect", "launch-ehr", "launch-standalone", "client-public", "client-confidential-symmetric",
            "client-confidential-asymmetric", "context-banner", "context-style", "context-ehr-patient",
            "context-ehr-encounter", "context-standalone-patient", "permission-offline", "permission-patient",
            "permission-user", "permission-v1", "permission-v2"
        ],
        "code_challenge_methods_supported": ["S256"]
    })
}

fn epic_openid(config: &Config) -> Value {
    let issuer = config.issuer();
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "introspection_endpoint": format!("{issuer}/introspect")
    })
}

/// `GET smart-style.json`: how the chart looks, for apps that are opened from it (SMART App Launch 2.2, 2.1.4).
pub async fn smart_style() -> Json<Value> {
    Json(json!({
        "color_background": "#eef2f5",
        "color_error": "#a3231b",
        "color_highlight": "#0d4f7c",
        "color_modal_backdrop": "#1d2b36",
        "color_success": "#20794a",
        "color_text": "#1d2b36",
        "dim_border_radius": "6px",
        "dim_font_size": "16px",
        "dim_spacing_size": "16px",
        "font_family_body": "system-ui, sans-serif",
        "font_family_heading": "system-ui, sans-serif"
    }))
}
