//! Exports and record loads under random faults: each ends complete and correct, or with a typed error that names
//! what is missing. The faults are the same in every run. `SMARTRUST_CAMPAIGN_ROUNDS` is the number of rounds.

mod server;

use std::rc::Rc;

use serde_json::Value;
use server::{BASE, Server, TYPES, truth, truth_of_file};
use smartrust::abort::AbortSignal;
use smartrust::client::bulk::{BackendClient, BackendConfig, ReadOptions};
use smartrust::client::launch::LaunchOptions;
use smartrust::client::record::{PartState, RecordQuery};
use smartrust::fhir::export::ExportRequest;
use smartrust::memory::MemoryPlatform;
use smartrust::platform::Navigator as _;
use smartrust::protocol::client_auth::ClientAuthentication;
use smartrust::protocol::secret::ClientSecret;
use smartrust::{Failure, ServerRecord, Session, SmartApp, SmartAppConfig};

const REDIRECT: &str = "https://app.example/code";
/// From a reliable network to one where hardly anything works.
const HARM: [f64; 4] = [0.05, 0.15, 0.25, 0.5];
/// What must be true for a network like this one.
const CODES: [&str; 13] = [
    "network",
    "timeout",
    "unauthorized",
    "not_json",
    "discovery_failed",
    "token_request_failed",
    "invalid_token_response",
    "session_expired",
    "export_failed",
    "bad_line",
    "count_mismatch",
    "too_many_requests",
    "fhir_error",
];

fn rounds() -> u64 {
    std::env::var("SMARTRUST_CAMPAIGN_ROUNDS").map_or(100, |text| text.parse().expect("a number of rounds"))
}

/// How the rounds of a campaign ended.
#[derive(Debug, Default)]
struct Tally {
    complete: u64,
    failed: u64,
    harm: u64,
}

impl Tally {
    /// A campaign proves little if nothing failed, or if everything did.
    fn assert_both_ends_were_met(&self) {
        assert!(self.complete * 10 > rounds() && self.failed * 10 > rounds() && self.harm > rounds(), "{self:?}");
    }

    fn add(&mut self, server: &Server, is_complete: bool) {
        *(if is_complete { &mut self.complete } else { &mut self.failed }) += 1;
        self.harm += u64::from(server.done.get());
    }
}

fn assert_typed(failure: &Failure, round: u64) {
    let code = failure.code();
    assert!(CODES.contains(&code), "round {round}: {code}: {failure:?}");
}

/// The result of an export: the resources of each file, the missing files, and the error.
struct Exported {
    files: Vec<Vec<Value>>,
    missing: Vec<usize>,
    outcome: Result<(), Failure>,
}

async fn export(platform: MemoryPlatform, parallel: usize) -> Exported {
    let nothing = |failure: Failure| Exported { files: Vec::new(), missing: Vec::new(), outcome: Err(failure) };
    let secret = ClientAuthentication::ClientSecretPost(ClientSecret::new("s"));
    let service = BackendClient::new(platform, BackendConfig::new(BASE, "service", secret, "system/*.rs")).unwrap();
    let never = AbortSignal::never();
    let job = match service.start_export(&ExportRequest::default(), &never).await {
        Ok(job) => job,
        Err(failure) => return nothing(failure),
    };
    let manifest = match job.wait(&never, &|_| {}).await {
        Ok(manifest) => manifest,
        Err(failure) => return nothing(failure),
    };
    let options = ReadOptions::default().parallel(parallel);
    let mut reader = job.read_files(&manifest, &manifest.output, options).unwrap();
    let mut files = vec![Vec::new(); manifest.output.len()];
    let outcome = loop {
        match reader.next().await {
            Ok(Some(batch)) => files[batch.file].extend(batch.resources),
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    Exported { files, missing: reader.unread().to_vec(), outcome }
}

#[test]
fn b3_b5_b6_no_export_is_silently_short_whatever_the_network_does() {
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let server = Server::new(round);
        server.harm.set(HARM[(round % 4) as usize]);
        let world = server.world();
        let parallel = 1 + (round % 5) as usize;
        let done = world.run(export(world.tab("https://app.example/"), parallel));
        let Exported { files, missing, outcome } = done.unwrap_or_else(|| panic!("round {round} never ends"));
        tally.add(&server, outcome.is_ok());
        for (file, resources) in files.iter().enumerate() {
            let expected = truth_of_file(file);
            if missing.contains(&file) {
                assert!(expected.starts_with(resources), "round {round}: file {file} holds something else");
            } else {
                assert_eq!(*resources, expected, "round {round}: file {file}");
            }
        }
        match outcome {
            Ok(()) => assert!(missing.is_empty() && !files.is_empty(), "round {round}: {missing:?}"),
            Err(failure) => {
                assert_typed(&failure, round);
                assert!(files.is_empty() || !missing.is_empty(), "round {round}: nothing is missing, yet {failure:?}");
            }
        }
    }
    tally.assert_both_ends_were_met();
}

fn signed_in(server: &Rc<Server>, world: &smartrust::memory::World) -> Session<MemoryPlatform> {
    server.harm.set(0.0);
    let tab = world.tab("https://app.example/");
    let record = ServerRecord::new(BASE, "app", REDIRECT, "launch/patient offline_access patient/*.rs");
    let app = Rc::new(SmartApp::new(tab.clone(), SmartAppConfig::new([record])).unwrap());
    let launching = app.clone();
    world.run(async move { launching.launch(LaunchOptions::default()).await }).unwrap().unwrap();
    let address = tab.location().unwrap();
    let (_, rest) = address.split_once("&state=").unwrap();
    let state = rest.split('&').next().unwrap();
    tab.visit(&format!("{REDIRECT}?code=c&state={state}"));
    world.run(async move { app.resume().await }).unwrap().unwrap().unwrap()
}

#[test]
fn f5_f6_no_record_is_silently_short_whatever_the_network_does() {
    let queries: Vec<RecordQuery> = TYPES.iter().map(|(kind, _)| RecordQuery::new(*kind)).collect();
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let server = Server::new(round + 1_000_000);
        let world = server.world();
        let session = signed_in(&server, &world);
        server.harm.set(HARM[(round % 4) as usize]);
        let loaded = queries.clone();
        let parts = world.run(async move { session.load_record(&loaded, &AbortSignal::never(), &|_, _| {}).await });
        let parts = parts.unwrap_or_else(|| panic!("round {round} never ends")).unwrap();
        tally.add(&server, parts.iter().all(|part| part.state == PartState::Complete));
        assert_eq!(parts.len(), queries.len());
        for part in parts {
            let kind = &part.query.resource_type;
            assert!(part.others.is_empty());
            match &part.state {
                PartState::Complete => assert_eq!(part.resources, truth(kind), "round {round}: {kind}"),
                PartState::Failed(failure) => {
                    assert_typed(failure, round);
                    assert!(truth(kind).starts_with(&part.resources), "round {round}: {kind} holds something else");
                }
                state => panic!("round {round}: {kind} is {state:?}"),
            }
        }
    }
    tally.assert_both_ends_were_met();
}
