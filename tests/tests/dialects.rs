//! The client against each dialect of the sandbox.

use sandbox_ehr::{Dialect, SECRET_CLIENT_ID};
use smartrust::Session;
use smartrust::abort::AbortSignal;
use smartrust::client::record::{PartState, RecordQuery};
use smartrust::memory::MemoryPlatform;
use smartrust::protocol::client_auth::ClientAuthentication;
use smartrust::protocol::secret::ClientSecret;
use smartrust_tests::browser::STANDALONE_SCOPE;
use smartrust_tests::{Clinic, standalone_record};

const SECRET: &str = "kept by the app";

/// A session of patient 1 at a sandbox with a dialect, with these scopes.
fn signed_in(dialect: Dialect, scope: &str) -> (Clinic, Session<MemoryPlatform>) {
    let mut clinic = Clinic::open_with(|mut config| {
        config.dialect = dialect;
        config
    });
    let tab = clinic.world.tab("http://localhost:8080/");
    let mut record = standalone_record();
    record.scope = scope.to_owned();
    let session = clinic.sign_in(&tab, record, &[]);
    (clinic, session)
}

fn refresh(clinic: &Clinic, session: &Session<MemoryPlatform>) {
    let session = session.clone();
    clinic
        .world
        .run(async move { session.refresh().await })
        .expect("a refresh ends")
        .expect("the session is refreshed");
}

#[test]
fn d2_a_launch_works_with_endpoints_only_in_the_capability_statement() {
    let (_, session) = signed_in(Dialect::Hiebus, "launch/patient openid fhirUser patient/*.read");
    assert_eq!(session.patient().as_deref(), Some("1"));
    let granted = session.scopes().granted.to_text();
    assert!(granted.contains("patient/Observation.read") && !granted.contains(".rs"), "{granted}");
}

#[test]
fn r11_a_refresh_token_without_offline_access_is_used() {
    // At Epic, only a client that authenticates gets a refresh token.
    let mut clinic = Clinic::open_with(|mut config| {
        config.dialect = Dialect::Epic;
        config.set_client_secret(sandbox_ehr::ClientSecret::new(SECRET));
        config
    });
    let tab = clinic.world.tab("http://localhost:8080/");
    let mut record = standalone_record();
    record.client_id = SECRET_CLIENT_ID.into();
    record.authentication = ClientAuthentication::ClientSecretPost(ClientSecret::new(SECRET));
    let session = clinic.sign_in(&tab, record, &[]);
    assert!(!session.scopes().granted.contains("offline_access"));
    refresh(&clinic, &session);
    assert_eq!(session.patient().as_deref(), Some("1"));
}

#[test]
fn r10_a_public_client_of_epic_has_no_refresh_token_so_its_session_expires() {
    let (clinic, session) = signed_in(Dialect::Epic, STANDALONE_SCOPE);
    assert!(!session.can_refresh());
    clinic.wait(3_601);
    let reading = async move { session.read("Patient/1", &AbortSignal::never()).await };
    let failure = clinic.world.run(reading).expect("the request ends").expect_err("the session has expired");
    assert_eq!(failure.code(), "session_expired");
}

#[test]
fn i1_the_issuer_of_an_id_token_is_the_oauth_base_if_the_document_says_so() {
    let (_, session) = signed_in(Dialect::Epic, STANDALONE_SCOPE);
    let identity = session.identity().expect("an ID token came");
    assert!(identity.identity.issuer_checked);
}

#[test]
fn d4_a_string_instead_of_an_array_and_a_misspelled_capability_are_accepted() {
    let (clinic, session) = signed_in(Dialect::Webchart2026, STANDALONE_SCOPE);
    refresh(&clinic, &session);
    assert_eq!(session.patient().as_deref(), Some("1"));
}

#[test]
fn f11_a_server_that_requires_categories_is_searched_by_category_and_the_part_says_so() {
    let (clinic, session) = signed_in(Dialect::Epic, STANDALONE_SCOPE);
    let queries = [RecordQuery::new("Observation"), RecordQuery::new("Condition")];
    let load = async move { session.load_record(&queries, &AbortSignal::never(), &|_, _| {}).await };
    let parts = clinic.world.run(load).unwrap().unwrap();
    let PartState::ByCategory(categories) = &parts[0].state else { panic!("{:?}", parts[0].state) };
    assert!(categories.contains(&"laboratory"));
    assert!(parts[0].resources.len() > 20 && parts[0].bytes > 10_000);
    assert_eq!(parts[1].state, PartState::Complete);
}
