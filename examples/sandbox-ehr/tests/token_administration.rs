//! Token Administration: grants listed, and revoked by a click.

mod support;

use axum::http::StatusCode;
use support::{BASE, Browser, ORIGIN, Response, STANDALONE_SCOPE, text};

const ADDRESS: &str = "http://localhost:9080/webchart.cgi?f=layout&module=Login&name=OAuthCodes";

/// The form values of each row, the newest first.
fn grants(page: &Response) -> Vec<String> {
    page.body.split("name=\"grant\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn revoke(browser: &mut Browser, page: &Response, grant: &str) -> Response {
    let form_token = page.field("form_token");
    browser.post(BASE, &[("form_token", &form_token), ("grant", grant)]).await
}

#[tokio::test]
async fn the_page_is_for_the_provider_only() {
    let mut browser = Browser::new();
    browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let page = browser.get(ADDRESS).await;
    assert!(page.body.contains("Log in to WebChart") && grants(&page).is_empty());
    let response = browser.post(BASE, &[("form_token", "x"), ("grant", "x")]).await;
    assert!(response.body.contains("Log in to WebChart"));
}

#[tokio::test]
async fn grants_are_listed_with_patient_app_scopes_and_time() {
    let mut browser = Browser::new();
    let scope = "launch/patient openid offline_access patient/Observation.rs?category=laboratory";
    browser.standalone_tokens(scope, &[]).await;
    browser.hands.turn(60);
    browser.ehr_tokens(3, "launch patient/*.rs").await;
    let page = browser.get(ADDRESS).await;
    assert_eq!(grants(&page).len(), 2);
    let newest = page.body.split("<tr>").nth(2).unwrap();
    assert!(newest.contains("Ernesto Haddad") && newest.contains("MIE-localhost-launch"), "{newest}");
    assert!(newest.contains("Miriam Okafor, MD") && newest.contains("patient/*.rs"));
    assert!(newest.contains("Sep 21, 2026 14:14"), "{newest}");
    let oldest = page.body.split("<tr>").nth(3).unwrap();
    assert!(oldest.contains("Edith Diallo") && oldest.contains("patient/Observation.rs?category=laboratory"));
    assert!(oldest.contains("Sep 21, 2026 14:13"), "{oldest}");
}

#[tokio::test]
async fn a_click_revokes_one_grant_at_once_and_nothing_else() {
    let mut browser = Browser::new();
    let kept = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    browser.hands.turn(1);
    let revoked = browser.elsewhere().standalone_tokens(STANDALONE_SCOPE, &[]).await;
    browser.log_in_as_provider().await;
    let page = browser.get(ADDRESS).await;
    let response = revoke(&mut browser, &page, &grants(&page)[0]).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    let after = browser.get(&format!("{ORIGIN}{}", response.location())).await;
    assert_eq!(grants(&after), grants(&page)[1..]);
    let dead = browser.fhir(text(&revoked, "access_token"), "Patient/1").await;
    assert_eq!(dead.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.refresh(text(&revoked, "refresh_token"), None).await.json()["error"], "invalid_grant");
    assert_eq!(browser.fhir(text(&kept, "access_token"), "Patient/1").await.status, StatusCode::OK);
    assert_eq!(browser.refresh(text(&kept, "refresh_token"), None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_the_form_of_the_session_revokes() {
    let mut browser = Browser::new();
    let tokens = browser.ehr_tokens(1, "launch patient/*.rs").await;
    let page = browser.get(ADDRESS).await;
    for form_token in ["", "guessed"] {
        let form = [("form_token", form_token), ("grant", &*grants(&page)[0])];
        assert_eq!(browser.post(BASE, &form).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(browser.fhir(text(&tokens, "access_token"), "Patient/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_inactive_grant_is_not_listed() {
    let mut browser = Browser::new();
    browser.ehr_tokens(1, "launch patient/*.rs").await;
    browser.hands.turn(3601);
    assert!(grants(&browser.get(ADDRESS).await).is_empty());
    browser.ehr_tokens(1, "launch offline_access patient/*.rs").await;
    browser.hands.turn(3601);
    assert_eq!(grants(&browser.get(ADDRESS).await).len(), 1);
}

#[tokio::test]
async fn the_advertised_urls_show_the_page() {
    let mut browser = Browser::new();
    browser.log_in_as_provider().await;
    for query in ["f=admin&s=jwt", "f=admin&s=jwt&opp=revoke", "f=jwt&opp=manage"] {
        let page = browser.get(&format!("{BASE}?{query}")).await;
        assert!(page.body.contains("<h1>Token Administration</h1>"), "{query}");
    }
}
