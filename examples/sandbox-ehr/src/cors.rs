//! Cross-origin access, as SMART App Launch 2.2 requires for browser-based apps ("Considerations for Cross-Origin
//! Resource Sharing"): the discovery documents for every origin, the token endpoint and the FHIR API for the origins
//! of registered clients. Pages have none.

use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LOCATION, CONTENT_TYPE, ETAG, EXPIRES, IF_MATCH, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER,
};
use axum::http::{HeaderName, Method};
use std::collections::HashSet;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::Shared;

/// For documents without a secret.
pub fn for_everyone() -> CorsLayer {
    rules([Method::GET]).allow_origin(Any)
}

/// For registration, before the client is known.
pub fn for_registration() -> CorsLayer {
    rules([Method::GET, Method::POST, Method::PUT, Method::DELETE]).allow_origin(Any)
}

/// For endpoints that need a client: the origins of the redirect URIs are allowed.
pub fn for_clients(sandbox: Shared) -> CorsLayer {
    let clients = &sandbox.config.clients;
    let origins: HashSet<String> =
        clients.iter().flat_map(|client| &client.redirect_uris).filter_map(|uri| origin_of(uri)).collect();
    rules([Method::GET, Method::POST, Method::PUT, Method::DELETE]).allow_origin(AllowOrigin::predicate(
        move |origin, _| {
            origin.to_str().is_ok_and(|origin| origins.contains(origin) || sandbox.registrations().has_origin(origin))
        },
    ))
}

fn rules<const N: usize>(methods: [Method; N]) -> CorsLayer {
    CorsLayer::new()
        .allow_methods(methods)
        .allow_headers([
            ACCEPT,
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            HeaderName::from_static("if-none-exist"),
            HeaderName::from_static("prefer"),
        ])
        .expose_headers([ETAG, LOCATION, CONTENT_LOCATION, RETRY_AFTER, EXPIRES, HeaderName::from_static("x-progress")])
        .max_age(Duration::from_secs(600))
}

/// Scheme, host and port of a URL.
pub fn origin_of(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{authority}"))
}
