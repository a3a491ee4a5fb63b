//! Apps register themselves at the sandbox.

use sandbox_ehr::Dialect;
use smartrust::abort::AbortSignal;
use smartrust::client::server::RegistrationEndpoint;
use smartrust::memory::MemoryPlatform;
use smartrust::protocol::client_metadata::ClientMetadata;
use smartrust::{Error, Failure, ServerRecord};
use smartrust_tests::browser::{BASE, CODE_URI, FHIR};
use smartrust_tests::{Clinic, app};

const SCOPE: &str = "launch/patient openid fhirUser patient/*.rs";

fn speaking(dialect: Dialect) -> Clinic {
    Clinic::open_with(|mut config| {
        config.dialect = dialect;
        config
    })
}

fn free() -> ServerRecord {
    ServerRecord::new(FHIR, "", CODE_URI, SCOPE)
}

fn endpoint(clinic: &Clinic) -> Result<RegistrationEndpoint<MemoryPlatform>, Failure> {
    let tab = clinic.world.tab("http://localhost:8080/");
    clinic.world.run(async move { RegistrationEndpoint::discover(tab, &free()).await }).unwrap()
}

#[test]
fn g1_an_app_registers_reads_changes_and_removes_its_registration() {
    let clinic = speaking(Dialect::Webchart2026);
    let endpoint = endpoint(&clinic).unwrap();
    let (tab, world) = (clinic.world.tab("http://localhost:8080/"), clinic.world.clone());
    let client_id = clinic
        .world
        .run(async move {
            let never = AbortSignal::never();
            let metadata = ClientMetadata::public("A new app", CODE_URI, SCOPE);
            let registered = endpoint.register(&metadata, None, &never).await.unwrap();
            assert_eq!(registered.metadata.client_name.as_deref(), Some("A new app"));
            let read = endpoint.read(&registered, &never).await.unwrap();
            assert_eq!((&read.client_id, &read.metadata), (&registered.client_id, &registered.metadata));

            let renamed = metadata.client_name("Our app");
            let changed = endpoint.update(&read, &renamed, &never).await.unwrap();
            assert_eq!(changed.client_id, registered.client_id);
            let read = endpoint.read(&changed, &never).await.unwrap();
            assert_eq!(read.metadata.client_name.as_deref(), Some("Our app"));

            endpoint.delete(&read, &never).await.unwrap();
            let gone = endpoint.read(&read, &never).await.err().unwrap();
            assert!(matches!(&*gone, Error::RegistrationResponse { status: 401, .. }), "{gone:?}");
            read.client_id
        })
        .unwrap();
    assert!(world.requests().iter().all(|request| !request.url.as_str().contains("token=")));

    let mut record = free();
    record.client_id = client_id;
    let address = clinic.launch(&tab, &app(&tab, record)).unwrap();
    let mut clinic = clinic;
    let answer = clinic.do_in_browser(async |person| person.get(&address).await);
    assert!(!answer.body.contains("Password") && answer.location().is_empty(), "a removed client launches nothing");
}

#[test]
fn d9_g1_a_client_that_registered_itself_can_sign_in_immediately() {
    let mut clinic = speaking(Dialect::Webchart2026);
    let endpoint = endpoint(&clinic).unwrap();
    let registered = clinic
        .world
        .run(async move {
            let metadata = ClientMetadata::public("A new app", CODE_URI, SCOPE);
            endpoint.register(&metadata, None, &AbortSignal::never()).await
        })
        .unwrap()
        .unwrap();
    let tab = clinic.world.tab("http://localhost:8080/");
    let session = clinic.sign_in(&tab, free().registered(&registered), &[]);
    assert_eq!(session.patient().as_deref(), Some("1"));
}

#[test]
fn g2_a_page_instead_of_a_registration_means_that_registration_is_off() {
    let clinic = speaking(Dialect::Webchart);
    assert_eq!(endpoint(&clinic).err().unwrap().code(), "registration_off");
    // At an unknown URL, the server returns 200 with a page.
    let tab = clinic.world.tab("http://localhost:8080/");
    let guessed = RegistrationEndpoint::at(tab, &format!("{BASE}/register")).unwrap();
    let metadata = ClientMetadata::public("A new app", CODE_URI, SCOPE);
    let refused =
        clinic.world.run(async move { guessed.register(&metadata, None, &AbortSignal::never()).await }).unwrap();
    assert_eq!(refused.err().unwrap().code(), "registration_off");
}
