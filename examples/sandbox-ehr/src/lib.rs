//! A small EHR that imitates WebChart or another server ([`Dialect`]) with its peculiarities, to test SMART launches.
//!
//! It has a patient portal with a scope confirmation page, a chart for a provider with a FHIR Launch portlet, a strict
//! authorization server (SMART App Launch 2.2), a page where grants are revoked, and a FHIR R4 API over generated people.
//! Everything is in memory. A test can cause faults ([`Config::control`]).
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("localhost:9080").await?;
//! let config = sandbox_ehr::Config::new("http://localhost:9080").app_origin("http://localhost:8080");
//! sandbox_ehr::serve(config, listener, std::future::pending()).await
//! # }
//! ```

mod bulk;
mod clients;
mod clock;
mod community;
mod config;
mod control;
mod cors;
mod dialect;
mod directory;
mod fhir;
mod hub;
mod oauth;
mod options;
mod pages;
mod parameters;
mod people;
mod routes;
mod sessions;

pub use bulk::{BulkExport, FileAccess};
pub use clients::{AppAddress, Client, ClientKeys, ClientSecret, KEY_CLIENT_ID, MY_APP_CLIENT_ID, SECRET_CLIENT_ID};
pub use clock::Clock;
pub use config::{Config, DEFAULT_PATIENTS, DEFAULT_SEED, LaunchApp, Login, SampleLogins, sample_logins};
pub use dialect::Dialect;
pub use oauth::SystemKey;
pub use options::Options;

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::net::TcpListener;

use self::bulk::Jobs;
use self::control::{Control, Deviation};
use self::oauth::client_auth::Assertions;
use self::oauth::grants::{Grant, Grants, User};
use self::oauth::registration::Registrations;
use self::people::Population;
use self::sessions::Sessions;

/// Much more than any form of the sandbox needs.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// One EHR: its settings, its people, and its state.
struct Sandbox {
    config: Config,
    people: Population,
    records: fhir::Cache,
    states: fhir::workflow::States,
    store: Mutex<Store>,
    registrations: Mutex<Registrations>,
    jobs: Mutex<Jobs>,
    hub: hub::Hub,
    /// The handle by which the chart's page recognizes messages of the provider's apps (SMART Web Messaging).
    messaging_handle: String,
    control: Option<Control>,
    /// The trust community, if the dialect has one.
    community: Option<community::Community>,
    /// The key that replaced the configured one.
    rotated: Mutex<Option<SystemKey>>,
}

/// The state of the EHR between requests.
#[derive(Default)]
struct Store {
    grants: Grants,
    sessions: Sessions,
    assertions: Assertions,
}

type Shared = Arc<Sandbox>;

impl Sandbox {
    fn client(&self, id: &str) -> Option<Client> {
        self.config.client(id).cloned().or_else(|| self.registrations().client(id).cloned())
    }

    /// May be locked while the store is locked, but not the other way round.
    fn registrations(&self) -> MutexGuard<'_, Registrations> {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The resources of a type in a patient's record, the newest first, with the changes of a test.
    fn records(&self, number: u32, resource: fhir::ResourceType) -> Option<Arc<[Value]>> {
        let records = self.records.records(&self.people, number, resource)?;
        let Some(control) = self.control.as_ref().filter(|control| control.has_changes()) else {
            return Some(records);
        };
        let mut changed = records.to_vec();
        changed.iter_mut().for_each(|record| control.apply_changes(record));
        Some(changed.into())
    }

    /// Whether a test requested this deviation; if so, it is consumed.
    fn meets(&self, deviation: Deviation) -> bool {
        self.control.as_ref().is_some_and(|control| control.meets(deviation))
    }

    /// The origin for a deviation, if a test requested it.
    fn detour(&self, deviation: Deviation) -> Option<String> {
        self.control.as_ref()?.detour(deviation)
    }

    /// The key that signs ID tokens now.
    fn signing_key(&self) -> SystemKey {
        let mut rotated = self.rotated.lock().unwrap_or_else(PoisonError::into_inner);
        if self.meets(Deviation::KeysRotated) {
            *rotated = Some(SystemKey::generate());
        }
        rotated.as_ref().unwrap_or(&self.config.key).clone()
    }

    fn now(&self) -> u64 {
        self.config.clock.seconds()
    }

    /// A panic in one request must not block the next: every change of the store is complete.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole EHR as a router, to serve it or to call it in process.
pub fn router(mut config: Config) -> Router {
    let people = Population::new(config.seed, config.patients);
    let (latency, control) = (config.latency, config.control.then(Control::default));
    let (dialect, paths) = (config.dialect, config.dialect.paths());
    if let Some(control) = &control {
        config.clock = control.clock(config.clock);
    }
    let community = (dialect == Dialect::Tefca).then(|| community::Community::new(&config));
    let sandbox = Arc::new(Sandbox {
        config,
        people,
        records: fhir::Cache::default(),
        states: fhir::workflow::States::default(),
        store: Mutex::default(),
        registrations: Mutex::default(),
        jobs: Mutex::default(),
        hub: hub::Hub::default(),
        messaging_handle: oauth::random_secret(),
        control: control.clone(),
        community,
        rotated: Mutex::default(),
    });
    hand_out_ready_made_token(&sandbox);
    // Faults have CORS headers, so that a page can read the requested response.
    let faulty = |routes: Router<Shared>| match &control {
        Some(control) => routes.layer(from_fn_with_state(control.clone(), control::apply_faults)),
        None => routes,
    };
    let mut ehr = faulty(routes::documents(&sandbox.config))
        .layer(cors::for_everyone())
        .merge(faulty(routes::registration(dialect)).layer(cors::for_registration()))
        .merge(faulty(routes::api(paths)).layer(cors::for_clients(sandbox.clone())))
        .merge(faulty(routes::pages(paths).fallback(pages::unknown_address)))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(sandbox);
    if let Some(control) = control {
        ehr = ehr.layer(from_fn_with_state(control.clone(), control::record)).merge(control::routes(control));
    }
    if latency.is_zero() { ehr } else { ehr.layer(from_fn_with_state(latency, control::slow_down)) }
}

/// If the dialect has a test user with a token to paste, the token is for the record of patient 1.
fn hand_out_ready_made_token(sandbox: &Sandbox) {
    if let Some(token) = sandbox.config.ready_made_token() {
        let now = sandbox.now();
        let grant = Grant {
            client_id: "test-user".to_owned(),
            user: User::Patient(1),
            scopes: vec!["patient/*.read".to_owned()],
            patient: Some(1),
            launch: None,
            topic: None,
            since: now,
        };
        sandbox.store().grants.keep_ready_made(token, grant, now);
    }
}

/// Serves the EHR until `shutdown` ends.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // The body of a response is sent without delay after its head.
    let listener = listener.tap_io(|connection| {
        let _slower_without = connection.set_nodelay(true);
    });
    axum::serve(listener, router(config)).with_graceful_shutdown(shutdown).await
}
