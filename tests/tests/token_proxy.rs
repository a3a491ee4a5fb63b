//! An app whose server requires a client secret, which only the app's token proxy has.

use std::time::Duration;

use sandbox_ehr::{ClientSecret, SECRET_CLIENT_ID};
use smartrust::abort::AbortSignal;
use smartrust_tests::browser::BASE;
use smartrust_tests::{Clinic, standalone_record};
use token_proxy::Settings;

const SECRET: &str = "a secret: with + and % in it";

#[test]
fn k5_a_session_works_through_a_token_proxy_and_the_page_never_gets_the_secret() {
    let mut clinic = Clinic::open_with(|mut config| {
        config.set_client_secret(ClientSecret::new(SECRET));
        config
    });
    clinic.add_token_proxy(Settings {
        app_origin: "http://localhost:8080".into(),
        token_endpoint: format!("{BASE}/oauth/token/"),
        revocation_endpoint: None,
        client_id: SECRET_CLIENT_ID.into(),
        client_secret: Some(SECRET.into()),
        authenticator: None,
        authenticator_token: None,
        upstream_timeout: Duration::from_secs(10),
    });
    let tab = clinic.world.tab("http://localhost:8080/");
    let mut record = standalone_record();
    record.client_id = SECRET_CLIENT_ID.into();
    record.token_proxy = Some("/token-proxy".into());
    let session = clinic.sign_in(&tab, record, &[]);

    clinic.wait(3_601);
    let reading = session.clone();
    let patient = format!("Patient/{}", session.patient().unwrap());
    let resource = clinic.world.run(async move { reading.read(&patient, &AbortSignal::never()).await });
    assert!(resource.unwrap().is_ok(), "the refresh went through the proxy too");

    let sent = clinic.world.requests();
    let posted: Vec<_> =
        sent.iter().filter(|request| request.body.is_some()).map(|request| request.url.as_str()).collect();
    assert_eq!(posted, ["http://localhost:8080/token-proxy"; 2]);
    let seen = sent.iter().map(|request| format!("{:?} {:?}", request.body, request.authorization()));
    assert!(seen.chain(tab.stored().into_values()).all(|text| !text.contains("secret%3A") && !text.contains(SECRET)));
}
