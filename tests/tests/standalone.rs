//! A patient launches the app.

use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::memory::MemoryPlatform;
use smartrust::platform::Navigator as _;
use smartrust_tests::browser::{BASE, CODE_URI, STANDALONE_SCOPE};
use smartrust_tests::{Clinic, app, standalone_record};

const HOME: &str = "http://localhost:8080/";

fn search(
    clinic: &Clinic,
    session: &smartrust::Session<MemoryPlatform>,
    resource_type: &str,
) -> Result<Vec<serde_json::Value>, Error> {
    let parameters = [("patient".to_owned(), session.patient().unwrap()), ("_count".to_owned(), "5".to_owned())];
    let search = session.search(resource_type, &parameters, &AbortSignal::never()).unwrap();
    clinic
        .world
        .run(async move {
            let mut found = Vec::new();
            while let Some(page) = search.next_page().await? {
                found.extend(page.resources);
            }
            Ok(found)
        })
        .unwrap()
}

#[test]
fn t3_a_denied_type_of_data_is_distinct_from_the_granted_ones() {
    let mut clinic = Clinic::open();
    let tab = clinic.world.tab(HOME);
    let session = clinic.standalone(&tab, &["Condition"]);
    let scopes = session.scopes();
    assert_eq!(scopes.requested.to_string(), STANDALONE_SCOPE);
    assert!(scopes.granted.contains("patient/Observation.rs") && !scopes.granted.contains("patient/*.rs"));
    let narrowed: Vec<_> = scopes.narrowed().iter().map(|scope| scope.as_str()).collect();
    assert_eq!(narrowed, ["patient/*.rs"]);
    assert!(scopes.missing().is_empty() && scopes.extra().is_empty());
    assert!(session.may_read("Observation") && !session.may_read("Condition"));

    assert!(!search(&clinic, &session, "Observation").unwrap().is_empty());
    let refused = search(&clinic, &session, "Condition").unwrap_err();
    assert_eq!((refused.code(), refused.status()), ("forbidden", Some(403)));
    let Error::Fhir(refused) = refused else { panic!("the refusal is not FHIR's") };
    assert!(refused.operation_outcome.is_some());
}

#[test]
fn the_record_is_read_page_by_page_and_is_the_patients_own() {
    let mut clinic = Clinic::open();
    let tab = clinic.world.tab(HOME);
    let session = clinic.standalone(&tab, &[]);
    let patient = session.patient().unwrap();
    let read = session.clone();
    let reference = format!("Patient/{patient}");
    let resource =
        clinic.world.run(async move { read.read(&reference, &AbortSignal::never()).await }).unwrap().unwrap();
    assert_eq!(resource["id"], patient.as_str());

    let observations = search(&clinic, &session, "Observation").unwrap();
    assert!(observations.len() > 5, "more than one page");
    let mut ids: Vec<_> = observations.iter().map(|observation| observation["id"].to_string()).collect();
    assert!(observations.iter().all(|observation| observation["subject"]["reference"] == format!("Patient/{patient}")));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), observations.len());
}

#[test]
fn a3_aud_is_the_configured_base_or_the_records_aud() {
    let clinic = Clinic::open();
    let launched = |aud: Option<&str>, base_ends: &str| {
        let mut record = standalone_record();
        record.aud = aud.map(str::to_owned);
        record.fhir_base.push_str(base_ends);
        let tab = clinic.world.tab(HOME);
        clinic.launch(&tab, &app(&tab, record)).unwrap()
    };
    let mut person = clinic.person.elsewhere();
    let mut is_accepted = |address: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(person.get(address)).location().split("error=").nth(1).is_none()
    };
    assert!(is_accepted(&launched(None, "")));
    assert!(is_accepted(&launched(Some(BASE), "")));
    assert!(!is_accepted(&launched(None, "/")), "the sandbox refuses an added slash");
}

#[test]
fn c8_a_patient_who_cancels_gets_a_typed_error_and_a_clean_url() {
    let mut clinic = Clinic::open();
    let tab = clinic.world.tab(HOME);
    let app = app(&tab, standalone_record());
    let address = clinic.launch(&tab, &app).unwrap();
    let answer = clinic.do_in_browser(async |person| {
        let page = person.get(&address).await;
        let confirmation = person.log_in_as_patient(&page, 1).await;
        person.decide(&confirmation, "cancel", &[]).await
    });
    tab.visit(answer.location());
    assert_eq!(clinic.resume(&app).err().map(|error| error.code()), Some("access_denied"));
    assert_eq!(tab.location().as_deref(), Some(CODE_URI));
}

#[test]
fn d8_webcharts_empty_issuer_is_completed_and_the_id_token_compared_with_it() {
    let mut clinic = Clinic::open();
    let tab = clinic.world.tab(HOME);
    let session = clinic.standalone(&tab, &[]);
    let checked = session.identity().unwrap();
    assert_eq!(checked.identity.issuer, BASE);
    assert!(checked.identity.issuer_checked && checked.identity.nonce_checked);
    assert!(checked.identity.access_token_hash_checked);
    assert_eq!(session.fhir_user().map(|user| user.id), session.patient());
}

#[test]
fn r3_r4_a_session_continues_after_its_token_expires_and_after_an_outage() {
    let mut clinic = Clinic::open();
    let tab = clinic.world.tab(HOME);
    let session = clinic.standalone(&tab, &[]);
    for _ in 0..3 {
        clinic.wait(3601);
        assert!(!search(&clinic, &session, "Observation").unwrap().is_empty());
    }
    let reloaded = clinic.resume(&app(&tab, standalone_record())).unwrap().unwrap();
    assert_eq!(reloaded.id(), session.id());
    clinic.wait(3601);
    assert!(!search(&clinic, &reloaded, "Observation").unwrap().is_empty());
}
