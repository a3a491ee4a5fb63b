//! A server in a trust community: its metadata, registration by a certificate, and tokens.

#[path = "support/dialects.rs"]
mod dialects;
mod support;

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dialects::send_json;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use sandbox_ehr::Dialect;
use serde_json::{Value, json};
use support::{BASE, Browser, FHIR, ORIGIN, Response, text};
use x509_parser::prelude::{FromDer as _, GeneralName, Pem, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::revocation_list::CertificateRevocationList;

const APP: &str = "https://app.example/udap";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn tefca() -> Browser {
    Browser::with(|mut config| {
        config.dialect = Dialect::Tefca;
        config.control = true;
        config
    })
}

/// An app with a key and a certificate.
struct App {
    key: KeyPair,
    certificate: Vec<u8>,
}

impl App {
    /// With a certificate of the community's authority.
    async fn of_community(browser: &mut Browser, uri: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = issued(browser, &key, uri).await;
        Self { key, certificate }
    }

    /// A JWT by ES256 with the certificate.
    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "x5c": [STANDARD.encode(&self.certificate)] });
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let key = EncodingKey::from_ec_der(&self.key.serialize_der());
        let signature = crypto::sign(input.as_bytes(), &key, Algorithm::ES256).unwrap();
        format!("{input}.{signature}")
    }
}

async fn request_certificate(browser: &mut Browser, key: &KeyPair, names: Vec<SanType>) -> Response {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "app");
    params.subject_alt_names = names;
    let request = params.serialize_request(key).unwrap().pem().unwrap();
    let request = Request::post(format!("{BASE}/community/certificates")).body(Body::from(request));
    browser.send(request.unwrap()).await
}

async fn issued(browser: &mut Browser, key: &KeyPair, uri: &str) -> Vec<u8> {
    let response = request_certificate(browser, key, vec![SanType::URI(uri.try_into().unwrap())]).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    der(&response.body)
}

fn der(pem: &str) -> Vec<u8> {
    Pem::iter_from_buffer(pem.as_bytes()).next().unwrap().unwrap().contents
}

/// A string that no other statement or assertion of these tests has.
fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("unique-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn statement(browser: &Browser) -> Value {
    let now = browser.hands.now();
    json!({
        "iss": APP, "sub": APP, "aud": format!("{BASE}/udap/register"), "iat": now, "exp": now + 300,
        "jti": unique(),
        "client_name": "Acme", "contacts": ["mailto:ops@acme.example"], "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "scope": "system/*.rs",
    })
}

async fn register(browser: &mut Browser, app: &App, claims: &Value) -> Response {
    let body = json!({ "software_statement": app.sign(claims), "udap": "1" });
    send_json(browser, Method::POST, &format!("{BASE}/udap/register"), "", &body).await
}

fn assertion(browser: &Browser, client_id: &str) -> Value {
    let now = browser.hands.now();
    let purpose = json!({
        "version": "1", "organization_id": "https://acme.example/org",
        "purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#TREAT"],
    });
    json!({
        "iss": client_id, "sub": client_id, "aud": format!("{BASE}/token"), "iat": now, "exp": now + 300,
        "jti": unique(), "extensions": { "hl7-b2b": purpose },
    })
}

async fn token(browser: &mut Browser, assertion: &str, udap: &str) -> Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.rs"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
        ("udap", udap),
    ];
    browser.post(&format!("{BASE}/token"), &form).await
}

#[track_caller]
fn assert_refused(response: &Response, status: StatusCode, error: &str, about: &str) {
    assert_eq!(response.status, status, "{}", response.body);
    let body = response.json();
    assert_eq!(body["error"], error, "{body}");
    assert!(text(&body, "error_description").contains(about), "{body}");
}

async fn order(browser: &mut Browser, deviation: &str) {
    let request = Request::post(format!("{ORIGIN}/control/protocol")).header(CONTENT_TYPE, "application/json");
    let body = json!({ "deviations": [deviation] }).to_string();
    let response = browser.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
}

async fn metadata(browser: &mut Browser) -> Value {
    let response = browser.get(&format!("{FHIR}/.well-known/udap")).await;
    assert_eq!(response.status, StatusCode::OK);
    response.json()
}

async fn anchor(browser: &mut Browser) -> Vec<u8> {
    der(&browser.get(&format!("{BASE}/community/anchors.pem")).await.body)
}

/// What the signed metadata of a document says, and whether it holds.
struct Signed {
    claims: Value,
    /// Whether the key of the first certificate signed it.
    is_signed: bool,
    /// Whether the community's authority issued that certificate.
    is_of_community: bool,
    uris: Vec<String>,
    not_after: i64,
    serial: String,
}

fn signed(document: &Value, anchor: &[u8]) -> Signed {
    let token = text(document, "signed_metadata");
    let part = |index: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
    };
    let leaf = STANDARD.decode(part(0)["x5c"][0].as_str().unwrap()).unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf).unwrap();
    let (_, anchor) = X509Certificate::from_der(anchor).unwrap();
    let PublicKey::RSA(key) = leaf.public_key().parsed().unwrap() else { panic!("no RSA key") };
    let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
    let key = DecodingKey::from_rsa_raw_components(&key.modulus[zeros..], key.exponent);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let names = leaf.subject_alternative_name().unwrap().unwrap().value.general_names.clone();
    let uris = names.into_iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(uri.to_owned()),
        _ => None,
    });
    Signed {
        claims: part(1),
        is_signed: crypto::verify(signature, input.as_bytes(), &key, Algorithm::RS256).unwrap(),
        is_of_community: leaf.verify_signature(Some(anchor.public_key())).is_ok(),
        uris: uris.collect(),
        not_after: leaf.validity().not_after.timestamp(),
        serial: leaf.raw_serial_as_string(),
    }
}

#[tokio::test]
async fn the_metadata_is_signed_with_a_certificate_of_the_community_for_the_fhir_base() {
    let mut browser = tefca();
    let (document, anchor) = (metadata(&mut browser).await, anchor(&mut browser).await);
    let signed = signed(&document, &anchor);
    assert!(signed.is_signed && signed.is_of_community);
    assert_eq!((signed.uris, &signed.claims["iss"]), (vec![FHIR.to_owned()], &json!(FHIR)));
    assert!(signed.not_after > browser.hands.now() as i64);
    for name in ["authorization_endpoint", "token_endpoint", "registration_endpoint"] {
        assert_eq!(document[name], signed.claims[name], "{name}");
        assert!(text(&document, name).starts_with(BASE));
    }
    assert_eq!(document["udap_authorization_extensions_required"], json!(["hl7-b2b"]));
    let smart = browser.get(&format!("{FHIR}/.well-known/smart-configuration")).await.json();
    assert!(smart.get("registration_endpoint").is_none(), "there is no registration without a certificate");
}

#[tokio::test]
async fn only_its_own_community_is_known() {
    let mut browser = tefca();
    let query = |uri: &str| {
        format!(
            "{FHIR}/.well-known/udap?{}",
            form_urlencoded::Serializer::new(String::new()).append_pair("community", uri).finish()
        )
    };
    assert_eq!(browser.get(&query("https://community.example/tefca")).await.status, StatusCode::OK);
    assert_eq!(browser.get(&query("https://other.example")).await.status, StatusCode::NO_CONTENT);
    let mut webchart = Browser::new();
    assert_ne!(webchart.get(&format!("{FHIR}/.well-known/udap")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_flaw_of_the_server_happens_once() {
    let mut browser = tefca();
    let (anchor, now) = (anchor(&mut browser).await, browser.hands.now() as i64);
    order(&mut browser, "metadata-unsigned").await;
    assert!(metadata(&mut browser).await.get("signed_metadata").is_none());
    order(&mut browser, "community-unknown").await;
    assert_eq!(browser.get(&format!("{FHIR}/.well-known/udap")).await.status, StatusCode::NO_CONTENT);
    for flaw in
        ["certificate-expired", "certificate-wrong-uri", "certificate-unknown-ca", "certificate-other-community"]
    {
        order(&mut browser, flaw).await;
        let signed = signed(&metadata(&mut browser).await, &anchor);
        let found = (signed.not_after > now, signed.uris == [FHIR], signed.is_of_community);
        let expected = match flaw {
            "certificate-expired" => (false, true, true),
            "certificate-wrong-uri" => (true, false, true),
            _ => (true, true, false),
        };
        assert_eq!(found, expected, "{flaw}");
        assert!(signed.is_signed, "{flaw}");
    }
    let good = signed(&metadata(&mut browser).await, &anchor);
    assert!(good.not_after > now && good.uris == [FHIR] && good.is_of_community);
}

#[tokio::test]
async fn a_revoked_certificate_is_on_the_authoritys_list() {
    let mut browser = tefca();
    let anchor = anchor(&mut browser).await;
    let good = signed(&metadata(&mut browser).await, &anchor).serial;
    order(&mut browser, "certificate-revoked").await;
    let bad = signed(&metadata(&mut browser).await, &anchor).serial;
    let list = browser.bytes(&format!("{BASE}/community/revoked.crl")).await;
    let (_, list) = CertificateRevocationList::from_der(&list).unwrap();
    let (_, anchor) = X509Certificate::from_der(&anchor).unwrap();
    list.verify_signature(anchor.public_key()).unwrap();
    let revoked: Vec<String> = list.iter_revoked_certificates().map(|entry| entry.raw_serial_as_string()).collect();
    assert!(revoked.contains(&bad) && !revoked.contains(&good), "{revoked:?}");
}

#[tokio::test]
async fn the_authority_only_issues_certificates_with_a_uri_to_who_has_the_key() {
    let mut browser = tefca();
    let key = KeyPair::generate().unwrap();
    let response = request_certificate(&mut browser, &key, Vec::new()).await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    assert!(response.body.contains("no URI"), "{}", response.body);
    let request = Request::post(format!("{BASE}/community/certificates")).body(Body::from("no request"));
    assert_eq!(browser.send(request.unwrap()).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_app_registers_changes_and_cancels_its_registration_with_its_certificate() {
    let mut browser = tefca();
    let app = App::of_community(&mut browser, APP).await;
    let first = statement(&browser);
    let registered = register(&mut browser, &app, &first).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.body);
    let registered = registered.json();
    assert_eq!(registered["grant_types"], json!(["client_credentials"]));
    assert!(registered.get("iss").is_none() && registered.get("jti").is_none(), "{registered}");
    let mut changed = statement(&browser);
    changed["client_name"] = json!("Acme 2");
    // With a renewed certificate and another key.
    let renewed = App::of_community(&mut browser, APP).await;
    let changed = register(&mut browser, &renewed, &changed).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(
        (&changed.json()["client_id"], &changed.json()["client_name"]),
        (&registered["client_id"], &json!("Acme 2"))
    );
    let other = App::of_community(&mut browser, "https://app.example/other").await;
    let mut others = statement(&browser);
    (others["iss"], others["sub"]) = (json!("https://app.example/other"), json!("https://app.example/other"));
    let others = register(&mut browser, &other, &others).await;
    assert_eq!(others.status, StatusCode::CREATED);
    assert_ne!(others.json()["client_id"], registered["client_id"]);

    let mut cancelled = statement(&browser);
    cancelled["grant_types"] = json!([]);
    let response = register(&mut browser, &app, &cancelled).await;
    assert_eq!((response.status, &response.json()["grant_types"]), (StatusCode::OK, &json!([])));
    let form = assertion(&browser, text(&registered, "client_id"));
    let refused = token(&mut browser, &app.sign(&form), "1").await;
    assert_refused(&refused, StatusCode::UNAUTHORIZED, "invalid_client", "not registered");
}

#[tokio::test]
async fn a_statement_that_is_not_the_apps_is_refused() {
    let mut browser = tefca();
    let app = App::of_community(&mut browser, APP).await;
    let right = statement(&browser);
    for (claim, value, about) in [
        ("iss", json!("https://app.example/other"), "iss"),
        ("sub", json!("https://app.example/other"), "sub"),
        ("aud", json!(format!("{BASE}/token")), "aud"),
        ("exp", json!(browser.hands.now() - 1), "expired"),
        ("exp", json!(browser.hands.now() + 301), "five minutes"),
        ("jti", json!(""), "jti"),
    ] {
        let mut wrong = right.clone();
        wrong[claim] = value;
        let response = register(&mut browser, &app, &wrong).await;
        assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_software_statement", about);
    }
    // Of a key that is not the certificate's.
    let thief = App { key: KeyPair::generate().unwrap(), certificate: app.certificate.clone() };
    let response = register(&mut browser, &thief, &right).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_software_statement", "signature");
    // Of another authority.
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(APP.try_into().unwrap())];
    let certificate = params.self_signed(&key).unwrap().der().to_vec();
    let response = register(&mut browser, &App { key, certificate }, &right).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "unapproved_software_statement", "authority");
    // Twice.
    assert_eq!(register(&mut browser, &app, &right).await.status, StatusCode::CREATED);
    let response = register(&mut browser, &app, &right).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_software_statement", "used before");
    let body = json!({ "software_statement": app.sign(&statement(&browser)) });
    let response = send_json(&mut browser, Method::POST, &format!("{BASE}/udap/register"), "", &body).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_client_metadata", "udap");
}

#[tokio::test]
async fn a_combination_that_the_standard_does_not_allow_is_refused() {
    let mut browser = tefca();
    let app = App::of_community(&mut browser, APP).await;
    let code = json!(["authorization_code"]);
    for members in [
        json!({ "grant_types": ["client_credentials", "authorization_code"] }),
        json!({ "grant_types": ["client_credentials", "refresh_token"] }),
        json!({ "grant_types": null }),
        json!({ "grant_types": [] }),
        json!({ "contacts": ["https://acme.example"] }),
        json!({ "scope": "" }),
        json!({ "token_endpoint_auth_method": "none" }),
        json!({ "redirect_uris": ["https://app.example/code"] }),
        json!({ "grant_types": code, "response_types": ["code"], "logo_uri": "https://app.example/l.png" }),
        json!({ "grant_types": code, "redirect_uris": ["http://app.example/"], "response_types": ["code"], "logo_uri": "x" }),
        json!({ "grant_types": code, "redirect_uris": ["https://app.example/"], "response_types": ["code"] }),
    ] {
        let mut wrong = statement(&browser);
        for (name, value) in members.as_object().unwrap() {
            wrong[name] = value.clone();
        }
        let response = register(&mut browser, &app, &wrong).await;
        assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_client_metadata", "");
    }
    let mut right = statement(&browser);
    for (name, value) in [
        ("grant_types", json!(["authorization_code", "refresh_token"])),
        ("redirect_uris", json!(["https://app.example/code"])),
        ("response_types", json!(["code"])),
        ("logo_uri", json!("https://app.example/logo.png")),
    ] {
        right[name] = value;
    }
    assert_eq!(register(&mut browser, &app, &right).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_registered_app_gets_tokens_with_its_certificate_and_a_purpose() {
    let mut browser = tefca();
    let app = App::of_community(&mut browser, APP).await;
    let claims = statement(&browser);
    let registered = register(&mut browser, &app, &claims).await.json();
    let client_id = text(&registered, "client_id").to_owned();
    let right = assertion(&browser, &client_id);
    let granted = token(&mut browser, &app.sign(&right), "1").await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.body);
    let patient = browser.fhir(text(&granted.json(), "access_token"), "Patient/1").await;
    assert_eq!(patient.json()["resourceType"], "Patient");

    let again = token(&mut browser, &app.sign(&right), "1").await;
    assert_refused(&again, StatusCode::UNAUTHORIZED, "invalid_client", "used before");
    let mut purposeless = assertion(&browser, &client_id);
    purposeless["extensions"] = Value::Null;
    let response = token(&mut browser, &app.sign(&purposeless), "1").await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_grant", "hl7-b2b");
    let fresh = assertion(&browser, &client_id);
    let response = token(&mut browser, &app.sign(&fresh), "").await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_request", "udap");
    // A certificate of the community, but of another app.
    let other = App::of_community(&mut browser, "https://app.example/other").await;
    let claims = assertion(&browser, &client_id);
    let response = token(&mut browser, &other.sign(&claims), "1").await;
    assert_refused(&response, StatusCode::UNAUTHORIZED, "invalid_client", "not the client's");
    // A renewed one, with another key.
    let renewed = App::of_community(&mut browser, APP).await;
    let claims = assertion(&browser, &client_id);
    assert_eq!(token(&mut browser, &renewed.sign(&claims), "1").await.status, StatusCode::OK);
    // It expires.
    browser.hands.turn(366 * 24 * 3600);
    let claims = assertion(&browser, &client_id);
    let response = token(&mut browser, &renewed.sign(&claims), "1").await;
    assert_refused(&response, StatusCode::UNAUTHORIZED, "invalid_client", "expired");
}
