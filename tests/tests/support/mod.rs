//! Services at the sandbox, which authenticate with a real key.

use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;

use sandbox_ehr::{Config, KEY_CLIENT_ID};
use serde_json::{Value, json};
use smartrust::Failure;
use smartrust::abort::AbortSignal;
use smartrust::client::bulk::{BackendClient, BackendConfig, Export, ExportProgress, ReadOptions, ReadProgress};
use smartrust::fhir::export::{ExportFile, ExportManifest, ExportRequest};
use smartrust::memory::MemoryPlatform;
use smartrust::protocol::client_auth::{AuthenticationCallback, ClientAuthentication, ClientCredential};
use smartrust::protocol::secret::ClientAssertion;
use smartrust_tests::Clinic;
use smartrust_tests::browser::FHIR;

use crate::keys::{KEYS, with_keys};

pub type Service = BackendClient<MemoryPlatform>;
pub type Job = Export<MemoryPlatform>;

/// A sandbox with the control API and few patients, where the service's key is registered.
pub fn clinic(change: impl FnOnce(&mut Config)) -> Clinic {
    Clinic::open_with(|config| {
        let mut config = with_keys(config);
        config.patients = 6;
        config.control = true;
        change(&mut config);
        config
    })
}

/// A service that signs its assertions with RS384 (`private_key_jwt`).
pub fn service(clinic: &Clinic, scope: &str) -> Service {
    let (hands, made) = (clinic.person.hands.clone(), Cell::new(0));
    let authenticate = AuthenticationCallback::new(move |request| {
        made.set(made.get() + 1);
        let now = hands.now();
        let claims = json!({
            "iss": request.client_id, "sub": request.client_id, "aud": request.endpoint.as_str(),
            "exp": now + 120, "jti": format!("{now} {} {scope}", made.get(), scope = request.endpoint.as_str())
        });
        let assertion = KEYS.sign("RS384", "rsa", &claims);
        Box::pin(async move { Ok(ClientCredential::assertion(&ClientAssertion::new(assertion))) })
    });
    let config = BackendConfig::new(FHIR, KEY_CLIENT_ID, ClientAuthentication::Callback(authenticate), scope);
    BackendClient::new(clinic.world.tab("http://localhost:8080/"), config).unwrap()
}

pub fn begin(clinic: &Clinic, service: &Service, request: ExportRequest) -> Result<Job, Failure> {
    let service = service.clone();
    clinic.world.run(async move { service.start_export(&request, &AbortSignal::never()).await }).unwrap()
}

/// The manifest, and the progress reports before it.
pub fn wait(clinic: &Clinic, job: &Job) -> Result<(ExportManifest, Vec<ExportProgress>), Failure> {
    let job = job.clone();
    let reports = Rc::new(RefCell::new(Vec::new()));
    let log = reports.clone();
    let tell = move |progress: &ExportProgress| log.borrow_mut().push(progress.clone());
    let manifest = clinic.world.run(async move { job.wait(&AbortSignal::never(), &tell).await }).unwrap()?;
    Ok((manifest, reports.take()))
}

/// The result of reading files: the resources, the error, and the progress.
pub struct Reading {
    pub resources: Vec<Value>,
    pub outcome: Result<(), Failure>,
    pub progress: ReadProgress,
}

pub fn read(
    clinic: &Clinic,
    job: &Job,
    manifest: &ExportManifest,
    files: &[ExportFile],
    options: ReadOptions,
) -> Reading {
    let mut reader = job.read_files(manifest, files, options).unwrap();
    clinic
        .world
        .run(async move {
            let mut resources = Vec::new();
            let outcome = loop {
                match reader.next().await {
                    Ok(Some(batch)) => resources.extend(batch.resources),
                    Ok(None) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            };
            Reading { resources, outcome, progress: reader.progress() }
        })
        .unwrap()
}

/// All resources of an export, from kick-off to the last line.
pub fn exported(clinic: &Clinic, service: &Service, request: ExportRequest) -> Vec<Value> {
    let job = begin(clinic, service, request).unwrap();
    let (manifest, _) = wait(clinic, &job).unwrap();
    let reading = read(clinic, &job, &manifest, &manifest.output, ReadOptions::default());
    reading.outcome.unwrap();
    assert_eq!(reading.progress.total_resources, Some(reading.resources.len() as f64));
    reading.resources
}

/// `Patient/1` and the like, sorted.
pub fn references(resources: &[Value]) -> Vec<String> {
    let text = |resource: &Value, name: &str| resource[name].as_str().unwrap().to_owned();
    let mut references: Vec<String> =
        resources.iter().map(|one| format!("{}/{}", text(one, "resourceType"), text(one, "id"))).collect();
    references.sort();
    references
}
