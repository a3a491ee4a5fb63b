//! A provider opens the app from a chart.

use smartrust::platform::Navigator as _;
use smartrust_tests::browser::{BASE, FHIR, LAUNCH_URI};
use smartrust_tests::{Clinic, app, ehr_record};

/// The URL that the portlet's link of a patient opens.
fn launch_link(clinic: &mut Clinic, patient: u32) -> String {
    let answer = clinic.do_in_browser(async |person| {
        person.log_in_as_provider().await;
        person.get(&format!("{BASE}?f=launch&pat_id={patient}&app=0")).await
    });
    answer.location().to_owned()
}

#[test]
fn a3_the_chart_opens_the_app_with_its_patient_without_a_second_log_in() {
    let mut clinic = Clinic::open();
    let mut patients = Vec::new();
    for number in [2, 7] {
        let link = launch_link(&mut clinic, number);
        assert!(link.starts_with(LAUNCH_URI));
        let tab = clinic.world.tab(&link);
        let app = app(&tab, ehr_record());
        assert!(clinic.resume(&app).unwrap().is_none());
        let address = clinic.launch(&tab, &app).unwrap();
        let answer = clinic.do_in_browser(async |person| person.get(&address).await);
        assert!(answer.location().starts_with(LAUNCH_URI), "no page stands between: {}", answer.location());
        tab.visit(answer.location());
        let session = clinic.resume(&app).unwrap().unwrap();
        assert_eq!(tab.location().as_deref(), Some(LAUNCH_URI));
        assert_eq!(session.fhir_user().unwrap().resource_type, "Practitioner");
        patients.push(session.patient().unwrap());
    }
    assert_ne!(patients[0], patients[1]);
}

#[test]
fn s5_the_chart_of_another_patient_never_shows_the_previous_patient() {
    let mut clinic = Clinic::open();
    let tab = clinic.world.tab("http://localhost:8080/");
    let mut shown = Vec::new();
    for number in [3, 4] {
        tab.visit(&launch_link(&mut clinic, number));
        let app = app(&tab, ehr_record());
        assert!(clinic.resume(&app).unwrap().is_none(), "the session before does not come back");
        let address = clinic.launch(&tab, &app).unwrap();
        let answer = clinic.do_in_browser(async |person| person.get(&address).await);
        tab.visit(answer.location());
        shown.push(clinic.resume(&app).unwrap().unwrap().patient().unwrap());
        tab.visit("http://localhost:8080/record");
        assert_eq!(clinic.resume(&app).unwrap().unwrap().patient().as_ref(), shown.last());
    }
    assert_ne!(shown[0], shown[1]);
}

#[test]
fn a7_the_portlets_link_is_refused_by_an_app_that_does_not_trust_this_ehr() {
    let mut clinic = Clinic::open();
    let link = launch_link(&mut clinic, 2);
    let tab = clinic.world.tab(&link);
    let mut record = ehr_record();
    record.issuers = Some(vec!["https://another.example/fhir".into()]);
    let refused = clinic.launch(&tab, &app(&tab, record)).unwrap_err();
    assert_eq!(refused.code(), "untrusted_issuer");
    assert!(refused.to_string().contains(FHIR));
    assert!(clinic.world.requests().is_empty());
}
