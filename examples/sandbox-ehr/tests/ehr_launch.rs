//! The chart, its FHIR Launch portlet, and the launch that follows.

mod support;

use axum::http::StatusCode;
use sandbox_ehr::{AppAddress, LaunchApp, SystemKey};
use support::{BASE, Browser, FHIR, claims, from_chart, scopes, text};

const SCOPE: &str = "launch openid fhirUser offline_access patient/*.read";

#[tokio::test]
async fn the_chart_is_for_the_provider_only() {
    let mut browser = Browser::new();
    for query in ["", "?f=chart&pat_id=1", "?f=launch&pat_id=1&app=0"] {
        let response = browser.get(&format!("{BASE}{query}")).await;
        assert!(response.body.contains("Log in to WebChart"), "{query}");
        assert_eq!(response.location(), "");
    }
    browser.log_in_as_provider().await;
    assert!(browser.get(BASE).await.body.contains("<h1>Patients</h1>"));
    browser.post(&format!("{BASE}/log-out"), &[]).await;
    assert!(browser.get(BASE).await.body.contains("Log in to WebChart"));
}

#[tokio::test]
async fn every_tab_of_every_chart_can_be_shown() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    for number in 1..=50 {
        for tab in ["Quickview", "Problems", "Results", "Encounters"] {
            let page = browser.get(&format!("{BASE}?f=chart&pat_id={number}&t={tab}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.body.contains("aria-label=\"Patient\""));
        }
    }
    for odd in ["0", "51", "x", "", "-1", "99999999999999999999"] {
        let page = browser.get(&format!("{BASE}?f=chart&pat_id={odd}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{odd}");
    }
}

#[tokio::test]
async fn the_patient_list_is_paged_and_can_be_searched() {
    let mut browser = Browser::with(|mut config| {
        config.patients = 10_000;
        config
    });
    browser.log_in_as_provider().await;
    let first = browser.get(BASE).await;
    assert_eq!(first.body.matches("f=chart").count(), 25);
    let last = browser.get(&format!("{BASE}?f=patients&page=399")).await;
    assert_eq!(last.body.matches("f=chart").count(), 25);
    assert_eq!(browser.get(&format!("{BASE}?f=patients&page=400")).await.body.matches("f=chart").count(), 0);
    let found = browser.get(&format!("{BASE}?f=patients&q=edith+diallo")).await;
    assert!(found.body.contains(">Edith Diallo</a>"));
}

#[tokio::test]
async fn the_portlet_opens_the_app_with_iss_and_launch() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let page = browser.get(&format!("{BASE}?f=chart&pat_id=3")).await;
    assert!(page.body.contains("FHIR Launch"));
    let response = browser.get(&format!("{BASE}?f=launch&pat_id=3&app=0")).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    assert!(response.location().starts_with("http://localhost:8080/launch?iss=http%3A%2F%2Flocalhost%3A9080%2F"));
    assert_eq!(response.redirected("iss").as_deref(), Some(FHIR));
    let launch = claims(&response.redirected("launch").unwrap());
    assert_eq!(launch["patient"], 3);
    assert_eq!(launch["sub"], "Practitioner/1");
    assert_eq!(launch["aud"], "MIE-localhost-launch");
    assert_eq!(browser.get(&format!("{BASE}?f=launch&pat_id=3&app=9")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_launch_by_a_logged_in_provider_redirects_with_a_code_immediately() {
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(7, SCOPE).await;
    assert_eq!(tokens["patient"], "7");
    assert_eq!(scopes(&tokens), ["launch", "openid", "fhirUser", "offline_access", "patient/*.read"]);
    assert_eq!(claims(text(&tokens, "id_token"))["fhirUser"], format!("{FHIR}/Practitioner/1"));
    let access_token = text(&tokens, "access_token");
    assert_eq!(browser.fhir(access_token, "Patient/7").await.status, StatusCode::OK);
    assert_eq!(browser.fhir(access_token, "Patient/8").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.fhir(access_token, "Practitioner/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_encounter_is_in_context_if_the_patient_has_one() {
    let mut browser = Browser::new();
    let mut seen = [false; 2];
    for patient in 1..=10 {
        let tokens = browser.ehr_tokens(patient, SCOPE).await;
        let query = format!("Encounter?patient={patient}&status=in-progress");
        let found = browser.fhir(text(&tokens, "access_token"), &query).await;
        let current = found.json()["entry"][0]["resource"]["id"].clone();
        assert_eq!(tokens.get("encounter").cloned().unwrap_or_default(), current, "patient {patient}");
        seen[usize::from(current.is_null())] = true;
    }
    assert_eq!(seen, [true, true]);
}

#[tokio::test]
async fn a_launch_without_a_log_in_shows_the_log_in_page_and_continues() {
    let mut provider = Browser::new();
    provider.log_in_as_provider().await;
    let launch = provider.launch_value(2, 0).await;
    let mut browser = provider.elsewhere();
    let page = browser.authorize(&from_chart(SCOPE, &launch)).await;
    assert!(page.body.contains("Log in to WebChart"));
    let transaction = page.field("transaction");
    let form = [("transaction", &*transaction), ("user_name", "provider"), ("password", "chart-1")];
    let logged_in = browser.post(&format!("{BASE}/log-in"), &form).await;
    let response = browser.get(&format!("http://localhost:9080{}", logged_in.location())).await;
    assert!(response.redirected("code").is_some());
}

async fn error_of(browser: &mut Browser, scope: &str, launch: &str) -> Option<String> {
    let response = browser.authorize(&from_chart(scope, launch)).await;
    assert_eq!(response.redirected("code"), None);
    response.redirected("error")
}

#[tokio::test]
async fn a_launch_value_is_refused_if_it_is_forged_expired_or_another_clients() {
    let mut browser = Browser::with(|mut config| {
        config.apps.push(LaunchApp {
            name: "Another app".to_owned(),
            launch_url: "http://localhost:8080/plain-html/".to_owned(),
            client_id: "plain-html".to_owned(),
        });
        config
    });
    browser.log_in_as_provider().await;
    let good = browser.launch_value(1, 0).await;
    let mut other_ehr = Browser::with(|mut config| {
        config.key = SystemKey::generate();
        config
    });
    other_ehr.log_in_as_provider().await;
    let forged = other_ehr.launch_value(1, 0).await;
    let for_another_client = browser.launch_value(1, 1).await;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let unsigned = format!("{head}.");
    let cut = format!("{head}.{}", &signature[..20]);
    let id_token = text(&browser.ehr_tokens(1, SCOPE).await, "id_token").to_owned();
    for bad in [&*forged, &for_another_client, &unsigned, &cut, &id_token, "nonsense", "a.b.c"] {
        assert_eq!(error_of(&mut browser, SCOPE, bad).await.as_deref(), Some("invalid_request"), "{bad}");
    }
    browser.hands.turn(300);
    assert_eq!(error_of(&mut browser, SCOPE, &good).await.as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn launch_value_and_launch_scope_belong_together() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let launch = browser.launch_value(1, 0).await;
    assert_eq!(error_of(&mut browser, "openid patient/*.rs", &launch).await.as_deref(), Some("invalid_scope"));
    assert_eq!(error_of(&mut browser, SCOPE, "").await.as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_launch_value_is_valid_once() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let launch = browser.launch_value(1, 0).await;
    assert!(browser.authorize(&from_chart(SCOPE, &launch)).await.redirected("code").is_some());
    assert_eq!(error_of(&mut browser, SCOPE, &launch).await.as_deref(), Some("invalid_request"));
    let another = browser.launch_value(1, 0).await;
    assert!(browser.authorize(&from_chart(SCOPE, &another)).await.redirected("code").is_some());
}

#[tokio::test]
async fn a_chart_that_was_opened_from_a_visit_launches_with_that_encounter() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let visits = browser.get(&format!("{BASE}?f=chart&pat_id=1&t=Encounters")).await;
    assert!(visits.body.contains("enc=1-e4\""), "{}", visits.body);
    let chart = browser.get(&format!("{BASE}?f=chart&pat_id=1&t=Quickview&enc=1-e4")).await;
    assert!(chart.body.contains("<dt>Visit</dt>"));
    let (_, rest) = chart.body.split_once("href=\"/webchart.cgi?f=launch").unwrap();
    let link = rest.split('"').next().unwrap().replace("&amp;", "&");
    let response = browser.get(&format!("{BASE}?f=launch{link}")).await;
    let tokens = browser.tokens_from(&response.redirected("launch").unwrap(), SCOPE).await;
    assert_eq!(tokens["encounter"], "1-e4");
    let other = browser.get(&format!("{BASE}?f=chart&pat_id=2&enc=1-e4")).await;
    assert!(!other.body.contains("<dt>Visit</dt>"));
}

#[tokio::test]
async fn an_app_in_a_frame_of_the_chart_needs_no_patient_banner() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let chart = browser.get(&format!("{BASE}?f=chart&pat_id=1&t=Quickview&app=0")).await;
    assert!(chart.body.contains("<iframe") && chart.body.contains("aria-label=\"Patient\""));
    assert!(chart.header("content-security-policy").ends_with("frame-src 'self' http://localhost:8080"));
    let (_, rest) = chart.body.split_once("src=\"/webchart.cgi?").unwrap();
    let address = rest.split('"').next().unwrap().replace("&amp;", "&");
    let framed = browser.get(&format!("{BASE}?{address}")).await;
    let tokens = browser.tokens_from(&framed.redirected("launch").unwrap(), SCOPE).await;
    assert_eq!(tokens["need_patient_banner"], false);
    let again = browser.refresh_as("MIE-localhost-launch", text(&tokens, "refresh_token")).await.json();
    assert_eq!(again["need_patient_banner"], false);
    assert_eq!(browser.ehr_tokens(1, SCOPE).await["need_patient_banner"], true);
}

#[tokio::test]
async fn no_other_page_of_the_chart_has_a_frame() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    for query in ["", "?f=chart&pat_id=1", "?f=chart&pat_id=1&app=9"] {
        let page = browser.get(&format!("{BASE}{query}")).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("frame-src"), "{query}");
    }
}

#[tokio::test]
async fn a_launch_from_the_chart_names_the_style_of_the_chart() {
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(1, SCOPE).await;
    let style = browser.get(text(&tokens, "smart_style_url")).await;
    assert_eq!(style.header("content-type"), "application/json");
    assert!(text(&style.json(), "color_background").starts_with('#'));
    let standalone = browser.standalone_tokens("launch/patient patient/*.rs", &[]).await;
    assert!(standalone.get("smart_style_url").is_none());
}

#[tokio::test]
async fn the_portlet_offers_each_app_in_three_ways() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    let page = browser.get(&format!("{BASE}?f=chart&pat_id=1")).await.body;
    assert!(page.contains(">smartrust launcher</a>"));
    assert!(page.contains("aria-label=\"Open smartrust launcher in a popup\""));
    assert!(page.contains("aria-label=\"Open smartrust launcher in the chart\""));
    let script = browser.get(&format!("{BASE}/chart.js")).await;
    assert_eq!(script.header("content-type"), "text/javascript");
}

#[tokio::test]
async fn the_users_own_app_is_opened_at_its_url_and_redirected_to_it() {
    const HOME: &str = "http://localhost:5173/";
    let mut browser = Browser::with(|mut config| {
        config.add_my_app(&"http://localhost:5173".parse().unwrap());
        config
    });
    browser.log_in_as_provider().await;
    let launch = browser.launch_value(1, 1).await;
    let mut request = from_chart(SCOPE, &launch);
    request.retain(|(name, _)| !["client_id", "redirect_uri"].contains(name));
    request.extend([("client_id", "my-app"), ("redirect_uri", HOME)]);
    let response = browser.authorize(&request).await;
    assert!(response.location().starts_with(HOME), "{}", response.location());
    assert!(response.redirected("code").is_some());
}

#[test]
fn the_url_of_an_app_is_an_http_page() {
    let read = |address: &str| address.parse::<AppAddress>().map(|read| read.as_str().to_owned());
    assert_eq!(read("https://app.example/launch").as_deref(), Ok("https://app.example/launch"));
    assert_eq!(read("http://localhost:5173").as_deref(), Ok("http://localhost:5173/"));
    for bad in
        ["localhost:5173", "http://", "http:///x", "http://localhost/?a=b", "http://localhost/#a", "ftp://localhost/"]
    {
        assert!(read(bad).is_err(), "{bad}");
    }
}
