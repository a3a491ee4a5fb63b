//! A small EHR that behaves as WebChart's older dialect does, quirks included, to try SMART launches against.
//!
//! It has a patient portal with a scope confirmation page, a chart for a provider with a FHIR Launch portlet, a strict
//! authorization server (SMART App Launch 2.2), a page where grants are revoked, and a FHIR R4 API over generated people.
//! Everything is in memory. A test may order faults of it ([`Config::control`]).
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("localhost:9080").await?;
//! let config = sandbox_ehr::Config::new("http://localhost:9080").app_origin("http://localhost:8080");
//! sandbox_ehr::serve(config, listener, std::future::pending()).await
//! # }
//! ```

mod clients;
mod clock;
mod config;
mod control;
mod cors;
mod fhir;
mod oauth;
mod pages;
mod parameters;
mod people;
mod sessions;

pub use clients::{Client, ClientKeys, ClientSecret, KEY_CLIENT_ID, SECRET_CLIENT_ID};
pub use clock::Clock;
pub use config::{Config, DEFAULT_PATIENTS, DEFAULT_SEED, LaunchApp, Login, SampleLogins, sample_logins};
pub use oauth::SystemKey;

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

use self::control::Control;
use self::oauth::client_auth::Assertions;
use self::oauth::grants::Grants;
use self::people::Population;
use self::sessions::Sessions;

/// No form of the sandbox comes near this size.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// One EHR: its settings, its people, and what it has to remember.
struct Sandbox {
    config: Config,
    people: Population,
    records: fhir::Cache,
    store: Mutex<Store>,
}

/// What the EHR remembers between requests.
#[derive(Default)]
struct Store {
    grants: Grants,
    sessions: Sessions,
    assertions: Assertions,
}

type Shared = Arc<Sandbox>;

impl Sandbox {
    fn client(&self, id: &str) -> Option<Client> {
        self.config.client(id).cloned()
    }

    fn now(&self) -> u64 {
        self.config.clock.seconds()
    }

    /// A panic in one request must not lock out the next: every change to the store is complete by itself.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole EHR as a router, to be served or to be called in process.
pub fn router(config: Config) -> Router {
    let for_clients = cors::for_clients(&config.clients);
    let people = Population::new(config.seed, config.patients);
    let (latency, control) = (config.latency, config.control.then(Control::default));
    let sandbox = Arc::new(Sandbox { config, people, records: fhir::Cache::default(), store: Mutex::default() });
    // Faults lie within cross-origin access, so that a page can read the answer that was ordered.
    let faulty = |routes: Router<Shared>| match &control {
        Some(control) => routes.layer(from_fn_with_state(control.clone(), control::apply_faults)),
        None => routes,
    };
    let mut ehr = faulty(discovery_routes())
        .layer(cors::for_everyone())
        .merge(faulty(api_routes()).layer(for_clients))
        .merge(faulty(page_routes().fallback(pages::unknown_address)))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(sandbox);
    if let Some(control) = control {
        ehr = ehr.layer(from_fn_with_state(control.clone(), control::record)).merge(control::routes(control));
    }
    if latency.is_zero() { ehr } else { ehr.layer(from_fn_with_state(latency, control::slow_down)) }
}

/// Serves the EHR until `shutdown` ends.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(config)).with_graceful_shutdown(shutdown).await
}

/// Documents for everyone, from every origin.
fn discovery_routes() -> Router<Shared> {
    use oauth::{discovery, keys};
    Router::new()
        .route("/webchart.cgi/.well-known/smart-configuration", get(discovery::smart_configuration))
        .route("/webchart.cgi/.well-known/openid-configuration", get(discovery::openid_configuration))
        .route("/webchart.cgi/fhir/.well-known/smart-configuration", get(discovery::smart_configuration))
        .route("/webchart.cgi/fhir/.well-known/openid-configuration", get(discovery::openid_configuration))
        .route("/webchart.cgi/jwks", get(keys::jwks))
        .route("/webchart.cgi/jwks/", get(keys::jwks))
        .route("/webchart.cgi/smart-style.json", get(discovery::smart_style))
        .route("/webchart.cgi/fhir/metadata", get(fhir::metadata))
}

/// What apps call. Both spellings of an address with and without a trailing slash are routes of their own.
fn api_routes() -> Router<Shared> {
    Router::new()
        .route("/webchart.cgi/oauth/token", post(oauth::token::token))
        .route("/webchart.cgi/oauth/token/", post(oauth::token::token))
        .route("/webchart.cgi/oauth/introspect", post(oauth::introspect::introspect))
        .route("/webchart.cgi/oauth/introspect/", post(oauth::introspect::introspect))
        .route("/webchart.cgi/fhir", any(fhir::api))
        .route("/webchart.cgi/fhir/", any(fhir::api))
        .route("/webchart.cgi/fhir/{*path}", any(fhir::api))
}

/// Pages for people, without cross-origin access.
fn page_routes() -> Router<Shared> {
    use oauth::{authorize, confirm};
    Router::new()
        .route("/", get(pages::to_home))
        .route("/webchart.cgi", get(pages::home).post(pages::token_administration::revoke))
        .route("/webchart.cgi/", get(pages::home))
        .route("/webchart.cgi/chart.js", get(pages::chart::script))
        .route("/webchart.cgi/confirm.js", get(pages::confirmation::script))
        .route("/webchart.cgi/log-in", post(pages::log_in::provider))
        .route("/webchart.cgi/log-out", post(pages::log_in::provider_out))
        .route("/webchart.cgi/portal", get(pages::portal))
        .route("/webchart.cgi/portal/log-in", post(pages::log_in::patient))
        .route("/webchart.cgi/portal/log-out", post(pages::log_in::patient_out))
        .route("/webchart.cgi/oauth/authenticate", get(authorize::authorize))
        .route("/webchart.cgi/oauth/authenticate/", get(authorize::authorize))
        .route("/webchart.cgi/oauth/authorization", get(authorize::authorize))
        .route("/webchart.cgi/oauth/authorization/", get(authorize::authorize))
        .route("/webchart.cgi/oauth/continue", get(authorize::resume))
        .route("/webchart.cgi/oauth/confirm", post(confirm::confirm))
}
