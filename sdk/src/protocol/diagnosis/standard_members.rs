//! The members of a server's documents that the standards define.

/// The members that are URLs of endpoints.
pub const ENDPOINTS: [&str; 7] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
    "user_access_brand_bundle",
];

/// The members of a SMART configuration that are arrays.
pub const SMART_LISTS: [&str; 7] = [
    "capabilities",
    "code_challenge_methods_supported",
    "grant_types_supported",
    "response_types_supported",
    "scopes_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
];

/// All members of a SMART configuration.
pub const SMART_MEMBERS: [&str; 20] = [
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "grant_types_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "registration_endpoint",
    "user_access_brand_bundle",
    "user_access_brand_identifier",
    "associated_endpoints",
    "scopes_supported",
    "response_types_supported",
    "management_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
    "capabilities",
    "code_challenge_methods_supported",
    "smart_app_state_endpoint",
];

/// All capabilities of a SMART configuration.
pub const CAPABILITIES: [&str; 21] = [
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-standalone-encounter",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "smart-app-state",
    "user-access-brands",
];

/// The members of an OpenID configuration that are arrays.
pub const OPENID_LISTS: [&str; 7] = [
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "grant_types_supported",
    "scopes_supported",
    "token_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
];
