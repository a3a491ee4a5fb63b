//! The routes. The paths of the authorization server's endpoints depend on the dialect.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, any, get, post};

use crate::Shared;
use crate::config::Config;
use crate::dialect::{Dialect, Paths};
use crate::{bulk, community, directory, fhir, hub, oauth, pages};

const BASE: &str = "/webchart.cgi";

/// Documents for every origin.
pub fn documents(config: &Config) -> Router<Shared> {
    use oauth::{discovery, keys};
    let mut routes = Router::new()
        .route("/webchart.cgi/smart-style.json", get(discovery::smart_style))
        .route("/webchart.cgi/fhir/metadata", get(fhir::metadata))
        .route("/webchart.cgi/brands.json", get(directory::brands))
        .route("/webchart.cgi/endpoints.json", get(directory::endpoints));
    if config.dialect.has_documents() {
        routes = routes
            .route("/webchart.cgi/.well-known/smart-configuration", get(discovery::smart_configuration))
            .route("/webchart.cgi/.well-known/openid-configuration", get(discovery::openid_configuration))
            .route("/webchart.cgi/fhir/.well-known/smart-configuration", get(discovery::smart_configuration))
            .route("/webchart.cgi/fhir/.well-known/openid-configuration", get(discovery::openid_configuration));
    }
    if config.dialect == Dialect::Tefca {
        routes = routes.merge(community::routes::routes());
    }
    if config.dialect == Dialect::Epic {
        let at_the_issuer = "/webchart.cgi/oauth2/.well-known/openid-configuration";
        routes = routes.route(at_the_issuer, get(discovery::openid_configuration));
    }
    with(routes, config.dialect.paths().jwks, get(keys::jwks))
}

/// The registration endpoint.
pub fn registration(dialect: Dialect) -> Router<Shared> {
    use oauth::protected_registration;
    use oauth::registration::{delete, register, show, update};
    let Some(path) = dialect.paths().register else {
        return Router::new();
    };
    if dialect.protects_registration() {
        return with(Router::new(), Some(path), post(protected_registration::register));
    }
    with(Router::new(), Some(path), post(register))
        .route(&format!("{BASE}{path}/{{client_id}}"), get(show).put(update).delete(delete))
}

/// The endpoints that apps call.
pub fn api(paths: &Paths) -> Router<Shared> {
    use oauth::{introspect, revoke, token, userinfo};
    let routes = Router::new()
        .route("/webchart.cgi/fhir", any(fhir::api))
        .route("/webchart.cgi/fhir/", any(fhir::api))
        .route("/webchart.cgi/fhir/Basic", any(fhir::api).layer(app_state_limit()))
        .route("/webchart.cgi/fhir/Basic/{id}", any(fhir::api).layer(app_state_limit()))
        .route("/webchart.cgi/fhir/{*path}", any(fhir::api))
        .route("/webchart.cgi/hub", post(hub::receive))
        .route("/webchart.cgi/hub/{topic}", get(hub::current))
        .route("/webchart.cgi/hub/socket/{id}", get(hub::connect))
        .merge(bulk::routes());
    let routes = with(routes, Some(paths.token), post(token::token));
    let routes = with(routes, paths.introspect, post(introspect::introspect));
    let routes = with(routes, paths.revoke, post(revoke::revoke));
    with(routes, paths.userinfo, get(userinfo::userinfo).post(userinfo::userinfo))
}

/// Pages, without cross-origin access.
pub fn pages(paths: &Paths) -> Router<Shared> {
    use oauth::{authorize, confirm};
    use pages::{chart, confirmation, log_in, portal, token_administration};
    let routes = Router::new()
        .route("/", get(pages::to_home))
        .route("/webchart.cgi", get(pages::home).post(token_administration::revoke))
        .route("/webchart.cgi/", get(pages::home))
        .route("/webchart.cgi/chart.js", get(chart::script))
        .route("/webchart.cgi/confirm.js", get(confirmation::script))
        .route("/webchart.cgi/log-in", post(log_in::provider))
        .route("/webchart.cgi/log-out", post(log_in::provider_out))
        .route("/webchart.cgi/portal", get(portal::page))
        .route("/webchart.cgi/portal/disconnect", post(portal::disconnect))
        .route("/webchart.cgi/portal/log-in", post(log_in::patient))
        .route("/webchart.cgi/portal/log-out", post(log_in::patient_out))
        .route("/webchart.cgi/oauth/continue", get(authorize::resume))
        .route("/webchart.cgi/oauth/confirm", post(confirm::confirm));
    // WebChart's older dialect does not have authorize-post.
    let authorization = match paths.authenticate {
        Some(_) => get(authorize::authorize),
        None => get(authorize::authorize).post(authorize::authorize_by_post),
    };
    let routes = with(routes, Some(paths.authorize), authorization.clone());
    with(routes, paths.authenticate, authorization)
}

/// An app state may be larger than any form.
fn app_state_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(fhir::workflow::BODY_LIMIT_BYTES)
}

/// An endpoint with and without a trailing slash, which are separate routes.
fn with(routes: Router<Shared>, path: Option<&str>, endpoint: MethodRouter<Shared>) -> Router<Shared> {
    let Some(path) = path else {
        return routes;
    };
    let plain = format!("{BASE}{}", path.trim_end_matches('/'));
    routes.route(&plain, endpoint.clone()).route(&format!("{plain}/"), endpoint)
}
