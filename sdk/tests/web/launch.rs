//! A whole launch in one page: the test follows the redirects, the network is scripted, and everything else is the browser's.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use smartrust::abort::AbortSignal;
use smartrust::client::session::{Session, SessionEvent, Signature};
use smartrust::platform::{Clock, JsonView, Navigator, Store};
use smartrust::protocol::encoding::{base64url, form_pairs};
use smartrust::web::WebPlatform;
use smartrust::{Error, ServerRecord, SmartApp, SmartAppConfig};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{ReferrerPolicy, Request, RequestCache, RequestCredentials, RequestRedirect};

use crate::browser::{self, Network, ok};

const KEY: &str = r#"{"name": "ECDSA", "namedCurve": "P-256"}"#;
const SIGNING: &str = r#"{"name": "ECDSA", "hash": "SHA-256"}"#;

/// The page during a launch. Afterwards, its URL and its storage are restored.
struct Page {
    platform: WebPlatform,
    address: String,
    app: SmartApp<WebPlatform>,
    network: Network,
    id_token: Rc<RefCell<String>>,
}

impl Page {
    /// A page whose authorization server publishes the public key of `keys`.
    async fn new(keys: &JsValue) -> Self {
        let platform = WebPlatform::default();
        let address = browser::page_address();
        let scope = "launch/patient openid offline_access patient/*.rs";
        let server = ServerRecord::new("https://ehr.example/fhir", "app", &*address, scope);
        let app = SmartApp::new(platform.clone(), SmartAppConfig::new([server])).unwrap();
        let jwk: Value = serde_json::from_str(&browser::public_jwk(keys).await).unwrap();
        let id_token = Rc::new(RefCell::new(String::new()));
        let issued = id_token.clone();
        let network = Network::answering(move |request| answer(request, &jwk, &issued.borrow()));
        Self { platform, address, app, network, id_token }
    }

    /// Launches, and waits until the signature of the ID token was checked.
    async fn launch(&self, signer: &JsValue) -> Session<WebPlatform> {
        let session = self.come_back(signer).await;
        end_of_check(&session).await;
        session
    }

    /// Navigates to the authorization server and back, with a code and an ID token that `signer` signed.
    async fn come_back(&self, signer: &JsValue) -> Session<WebPlatform> {
        let url = self.app.authorization_url(Default::default()).await.unwrap();
        let parameters = form_pairs(url.query().unwrap());
        let parameter = |name: &str| parameters.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let now = self.platform.now();
        let claims = json!({
            "iss": "https://ehr.example", "aud": "app", "sub": "u", "iat": now, "exp": now + 300.0,
            "nonce": parameter("nonce"),
        });
        let part = |value: Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(json!({"alg": "ES256"})), part(claims));
        let signature = base64url(&browser::sign(SIGNING, signer, signed.as_bytes()).await);
        self.id_token.replace(format!("{signed}.{signature}"));
        self.platform.replace(&format!("{}?tab=3&code=the-code&state={}", self.address, parameter("state"))).unwrap();
        self.app.resume().await.unwrap().unwrap()
    }

    async fn leave(&self) {
        self.platform.replace(&self.address).unwrap();
        for key in self.platform.keys("smartrust.").await.unwrap() {
            self.platform.remove(&key).await.unwrap();
        }
    }
}

fn answer(request: &Request, jwk: &Value, id_token: &str) -> JsValue {
    match request.url().trim_start_matches("https://ehr.example") {
        "/fhir/.well-known/smart-configuration" => ok(&json!({
            "issuer": "https://ehr.example", "jwks_uri": "https://ehr.example/jwks",
            "authorization_endpoint": "https://ehr.example/authorize", "token_endpoint": "https://ehr.example/token",
            "code_challenge_methods_supported": ["S256"],
        })),
        "/token" => ok(&json!({
            "access_token": "the-access-token", "refresh_token": "the-refresh-token", "token_type": "Bearer",
            "expires_in": 3600, "patient": "p1", "id_token": id_token,
        })),
        "/jwks" => ok(&json!({"keys": [jwk]})),
        "/fhir/Patient/p1" => ok(&json!({"resourceType": "Patient", "id": "p1"})),
        _ => browser::response(404, "", &JsValue::UNDEFINED).into(),
    }
}

/// Waits for the end of the check of the ID token's signature.
async fn end_of_check(session: &Session<WebPlatform>) -> String {
    let (tell, told) = browser::expected::<String>();
    let _subscription = session.on_event(move |event| {
        tell(match event {
            SessionEvent::SignedOut(reason) if matches!(**reason, Error::IdToken(_)) => {
                format!("signed out: {}", reason.code())
            }
            other => format!("{other:?}"),
        })
    });
    told.await.unwrap().as_string().unwrap()
}

#[wasm_bindgen_test]
async fn s8_a_launch_and_its_requests_send_no_cookie_and_no_referrer_and_the_token_request_is_not_cached() {
    let keys = browser::new_key(KEY).await.unwrap();
    let page = Page::new(&keys).await;
    let session = page.launch(&keys).await;
    session.read("Patient/p1", &AbortSignal::never()).await.unwrap();
    session.refresh().await.unwrap();
    // The ID token of the refresh is still being checked; a session that ended is not stored afterwards.
    session.sign_out().await.unwrap();
    page.leave().await;

    let requests = page.network.requests();
    let paths: Vec<String> = requests.iter().map(|request| request.url()).collect();
    for path in ["/fhir/.well-known/smart-configuration", "/jwks", "/fhir/Patient/p1"] {
        assert!(paths.contains(&format!("https://ehr.example{path}")), "{paths:?}");
    }
    for request in &requests {
        assert_eq!(request.credentials(), RequestCredentials::Omit);
        assert_eq!(request.referrer_policy(), ReferrerPolicy::NoReferrer);
    }
    let token_calls: Vec<&Request> = requests.iter().filter(|request| request.url().ends_with("/token")).collect();
    assert_eq!(token_calls.len(), 2);
    for call in token_calls {
        assert_eq!((call.cache(), call.redirect()), (RequestCache::NoStore, RequestRedirect::Manual));
    }
}

#[wasm_bindgen_test]
async fn a1_a_page_that_is_not_a_secure_context_sends_a_challenge() {
    let keys = browser::new_key(KEY).await.unwrap();
    let page = Page::new(&keys).await;
    let crypto = js_sys::Reflect::get(&js_sys::global(), &"crypto".into()).unwrap();
    let insecure = browser::with(&crypto, "subtle", &JsValue::UNDEFINED);
    let url = page.app.authorization_url(Default::default()).await.unwrap();
    drop(insecure);
    let parameters = form_pairs(url.query().unwrap());
    let challenge = parameters.iter().find(|(name, _)| name == "code_challenge").map(|(_, value)| value.len());
    assert_eq!(challenge, Some(43));
    assert!(parameters.contains(&("code_challenge_method".into(), "S256".into())));
    page.leave().await;
}

#[wasm_bindgen_test]
async fn s1_after_a_launch_the_tokens_are_in_the_tabs_storage_and_nowhere_else() {
    browser::remove_databases().await;
    let keys = browser::new_key(KEY).await.unwrap();
    let page = Page::new(&keys).await;
    let session = page.launch(&keys).await;
    assert!(browser::contents("sessionStorage").contains("the-access-token"));
    assert_eq!(browser::contents("localStorage"), "[]");
    assert_eq!(browser::cookies(), "");
    assert_eq!(browser::count_databases().await.as_f64(), Some(0.0));

    session.sign_out().await.unwrap();
    let left = browser::contents("sessionStorage");
    assert!(!left.contains("the-"), "{left}");
    page.leave().await;
}

#[wasm_bindgen_test]
async fn c8_after_a_launch_the_url_has_no_code_and_s6_storage_has_no_verifier() {
    let keys = browser::new_key(KEY).await.unwrap();
    let page = Page::new(&keys).await;
    let _session = page.launch(&keys).await;
    assert_eq!(page.platform.location().unwrap(), format!("{}?tab=3", page.address));

    let call = page.network.requests().into_iter().find(|request| request.url().ends_with("/token")).unwrap();
    let form = wasm_bindgen_futures::JsFuture::from(call.text().unwrap()).await.unwrap().as_string().unwrap();
    let verifier = form_pairs(&form).into_iter().find(|(name, _)| name == "code_verifier").unwrap().1;
    let kept = browser::contents("sessionStorage");
    assert!(!kept.contains(&verifier) && !kept.contains("the-code"), "{kept}");
    page.leave().await;
}

#[wasm_bindgen_test]
async fn i4_a_valid_signature_is_verified_in_parallel_with_the_first_call() {
    let keys = browser::new_key(KEY).await.unwrap();
    let page = Page::new(&keys).await;
    let session = page.come_back(&keys).await;
    assert_eq!(session.identity().unwrap().signature, Signature::Pending);
    assert_eq!(end_of_check(&session).await, "IdentityChecked");
    assert_eq!(session.identity().unwrap().signature, Signature::Verified);
    let patient = session.read("Patient/p1", &AbortSignal::never()).await.unwrap();
    assert_eq!(patient.member_text("id").as_deref(), Some("p1"));
    page.leave().await;
}

#[wasm_bindgen_test]
async fn i4_a_signature_by_another_key_ends_the_session() {
    let (published, other) = (browser::new_key(KEY).await.unwrap(), browser::new_key(KEY).await.unwrap());
    let page = Page::new(&published).await;
    let session = page.come_back(&other).await;
    assert_eq!(end_of_check(&session).await, "signed out: invalid_id_token");
    assert!(!session.is_active());
    let refused = session.read("Patient/p1", &AbortSignal::never()).await.unwrap_err();
    assert!(matches!(*refused, Error::IdToken(_)));
    page.leave().await;
}

#[wasm_bindgen_test]
async fn a_session_is_resumed_after_a_reload() {
    let keys = browser::new_key(KEY).await.unwrap();
    let page = Page::new(&keys).await;
    let session = page.launch(&keys).await;
    page.platform.replace(&page.address).unwrap();

    let reloaded = Page::new(&keys).await;
    let restored = reloaded.app.resume().await.unwrap().unwrap();
    assert_eq!((restored.id(), restored.patient().as_deref()), (session.id(), Some("p1")));
    reloaded.leave().await;
}
