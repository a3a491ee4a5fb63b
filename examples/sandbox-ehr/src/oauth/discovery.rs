//! The discovery documents, worded as WebChart words them: the departures from SMART App Launch 2.2 (7.1) and OpenID
//! Connect Discovery 1.0 (3) are on purpose, since clients meet them in the field.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::Shared;

/// `.well-known/smart-configuration`: an empty issuer, a string for an array, grants and client authentications that
/// leave out what works.
pub async fn smart_configuration(State(sandbox): State<Shared>) -> Json<Value> {
    let base = sandbox.config.base();
    Json(json!({
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
    }))
}

/// `.well-known/openid-configuration`: strings for arrays, another authorization endpoint, and a revocation endpoint
/// that is a page.
pub async fn openid_configuration(State(sandbox): State<Shared>) -> Json<Value> {
    let base = sandbox.config.base();
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorization/"),
        "jwks_uri": format!("{base}/jwks/"),
        "response_types_supported": "code",
        "subject_types_supported": "public",
        "id_token_signing_alg_values_supported": "RS256",
        "token_endpoint": format!("{base}/oauth/token/"),
        "introspection_endpoint": format!("{base}/oauth/introspect/"),
        "revocation_endpoint": format!("{base}?f=jwt&opp=manage")
    }))
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
