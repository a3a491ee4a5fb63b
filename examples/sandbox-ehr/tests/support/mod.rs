//! A browser without a screen and an app without a face, both in process.

#![allow(dead_code, reason = "each test file uses its own part of this support")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use sandbox_ehr::{Clock, Config, router, sample_logins};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

pub const ORIGIN: &str = "http://localhost:9080";
pub const BASE: &str = "http://localhost:9080/webchart.cgi";
pub const FHIR: &str = "http://localhost:9080/webchart.cgi/fhir";
pub const CODE_URI: &str = "http://localhost:8080/code";
pub const LAUNCH_URI: &str = "http://localhost:8080/launch";
pub const VERIFIER: &str = "a-verifier-of-the-tests-that-is-long-enough-for-rfc-7636";
pub const STANDALONE_SCOPE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";

/// A clock whose hands the test turns.
#[derive(Clone)]
pub struct Hands(Arc<AtomicU64>);

impl Hands {
    pub fn turn(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// Whether the connection broke before the body's end.
    pub is_broken: bool,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The value of a field of the page's form.
    pub fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&start).unwrap_or_else(|| panic!("no field {name}: {}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }

    /// A parameter of the address that the response redirects to.
    pub fn redirected(&self, name: &str) -> Option<String> {
        let (_, query) = self.location().split_once('?')?;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// One sandbox and one browser with its cookies.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: HashMap<String, String>,
    pub hands: Hands,
}

impl Browser {
    pub fn new() -> Self {
        Self::with(|config| config)
    }

    pub fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let hands = Hands(Arc::new(AtomicU64::new(1_790_000_000)));
        let mut config = Config::new(ORIGIN);
        let turned = hands.clone();
        config.clock = Clock::new(move || UNIX_EPOCH + Duration::from_secs(turned.now()));
        Self { router: router(change(config)), cookies: HashMap::new(), hands }
    }

    /// The sandbox, to serve it.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The same sandbox in another browser.
    pub fn elsewhere(&self) -> Self {
        Self { cookies: HashMap::new(), ..self.clone() }
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (bytes, is_broken) = received(body).await;
        let body = String::from_utf8(bytes).unwrap();
        Response { status: parts.status, headers: parts.headers, body, is_broken }
    }

    pub async fn get(&mut self, address: &str) -> Response {
        self.send(Request::get(address).body(Body::empty()).unwrap()).await
    }

    /// The bytes of a file.
    pub async fn bytes(&self, address: &str) -> Vec<u8> {
        let response = self.router.clone().oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap();
        received(response.into_body()).await.0
    }

    pub async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Response {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(address).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn fhir(&mut self, access_token: &str, path: &str) -> Response {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{FHIR}/{path}") };
        let request = Request::get(address).header(AUTHORIZATION, format!("Bearer {access_token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// The resources of all pages of a search.
    pub async fn search(&mut self, access_token: &str, query: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut address = Some(query.to_owned());
        while let Some(page_address) = address {
            let response = self.fhir(access_token, &page_address).await;
            assert_eq!(response.status, StatusCode::OK, "{query}: {}", response.body);
            let page = response.json();
            found.extend(page["entry"].as_array().into_iter().flatten().map(|entry| entry["resource"].clone()));
            let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next");
            address = next.map(|link| text(link, "url").to_owned());
        }
        found
    }

    pub async fn authorize(&mut self, parameters: &[(&str, &str)]) -> Response {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.get(&format!("{BASE}/oauth/authenticate/?{query}")).await
    }

    /// Logs in at the portal from the log-in page that is shown, and returns the confirmation page.
    pub async fn log_in_as_patient(&mut self, page: &Response, number: usize) -> Response {
        let login = &sample_logins().patients[number - 1];
        let transaction = page.field("transaction");
        let address = format!("{BASE}/portal/log-in");
        let second = self.post(&address, &[("transaction", &transaction), ("user_name", &login.user_name)]).await;
        assert_eq!(second.field("transaction"), transaction);
        let user_name = second.field("user_name");
        let form = [("transaction", &*transaction), ("user_name", &user_name), ("password", &login.password)];
        let redirect = self.post(&address, &form).await;
        assert_eq!(redirect.status, StatusCode::SEE_OTHER);
        self.get(&format!("{ORIGIN}{}", redirect.location())).await
    }

    pub async fn log_in_as_provider(&mut self) {
        let login = sample_logins().provider;
        let form = [("user_name", &*login.user_name), ("password", &login.password)];
        assert_eq!(self.post(&format!("{BASE}/log-in"), &form).await.status, StatusCode::SEE_OTHER);
    }

    /// Answers the confirmation page.
    pub async fn decide(&mut self, page: &Response, decision: &str, denied: &[&str]) -> Response {
        let (transaction, form_token) = (page.field("transaction"), page.field("form_token"));
        let mut form = vec![("transaction", &*transaction), ("form_token", &form_token), ("decision", decision)];
        form.extend(denied.iter().map(|name| ("denied", *name)));
        self.post(&format!("{BASE}/oauth/confirm"), &form).await
    }

    /// The code of a standalone launch of patient 1.
    pub async fn standalone_code(&mut self, scope: &str, denied: &[&str]) -> String {
        let page = self.authorize(&standalone(scope)).await;
        let confirmation = self.log_in_as_patient(&page, 1).await;
        let response = self.decide(&confirmation, "allow", denied).await;
        response.redirected("code").unwrap_or_else(|| panic!("no code: {}", response.location()))
    }

    /// The token response of a standalone launch of patient 1.
    pub async fn standalone_tokens(&mut self, scope: &str, denied: &[&str]) -> Value {
        let code = self.standalone_code(scope, denied).await;
        let response = self.exchange(&exchange(&code)).await;
        assert_eq!(response.status, StatusCode::OK, "{}", response.body);
        response.json()
    }

    /// The launch value that the portlet's link for this app makes.
    pub async fn launch_value(&mut self, patient: u32, app: u32) -> String {
        let response = self.get(&format!("{BASE}?f=launch&pat_id={patient}&app={app}")).await;
        response.redirected("launch").unwrap_or_else(|| panic!("no launch: {}", response.body))
    }

    /// The token response of an EHR launch of this patient.
    pub async fn ehr_tokens(&mut self, patient: u32, scope: &str) -> Value {
        self.log_in_as_provider().await;
        let launch = self.launch_value(patient, 0).await;
        self.tokens_from(&launch, scope).await
    }

    /// The token response for a launch value.
    pub async fn tokens_from(&mut self, launch: &str, scope: &str) -> Value {
        let response = self.authorize(&from_chart(scope, launch)).await;
        let code = response.redirected("code").unwrap_or_else(|| panic!("no code: {}", response.location()));
        let form = changed(&changed(&exchange(&code), "client_id", "MIE-localhost-launch"), "redirect_uri", LAUNCH_URI);
        let response = self.exchange(&form).await;
        assert_eq!(response.status, StatusCode::OK, "{}", response.body);
        response.json()
    }

    pub async fn exchange(&mut self, form: &[(String, String)]) -> Response {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&format!("{BASE}/oauth/token/"), &form).await
    }

    pub async fn refresh(&mut self, refresh_token: &str, scope: Option<&str>) -> Response {
        let mut form =
            vec![("grant_type", "refresh_token"), ("client_id", "MIE-localhost"), ("refresh_token", refresh_token)];
        form.extend(scope.map(|scope| ("scope", scope)));
        self.post(&format!("{BASE}/oauth/token/"), &form).await
    }
}

impl Browser {
    /// A refresh by another client than `MIE-localhost`.
    pub async fn refresh_as(&mut self, client_id: &str, refresh_token: &str) -> Response {
        let form = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
        self.post(&format!("{BASE}/oauth/token/"), &form).await
    }
}

/// What came of a body, and whether it broke off.
async fn received(mut body: Body) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend(frame.into_data().unwrap_or_default()),
            Err(_) => return (bytes, true),
        }
    }
    (bytes, false)
}

pub fn challenge() -> &'static str {
    static CHALLENGE: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)));
    &CHALLENGE
}

/// A right authorization request of a standalone launch.
pub fn standalone(scope: &str) -> Vec<(&str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "MIE-localhost"),
        ("redirect_uri", CODE_URI),
        ("scope", scope),
        ("state", "a state & more"),
        ("aud", FHIR),
        ("nonce", "a nonce"),
        ("code_challenge", challenge()),
        ("code_challenge_method", "S256"),
    ]
}

/// A right authorization request of an EHR launch.
pub fn from_chart<'a>(scope: &'a str, launch: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut parameters = standalone(scope);
    for (name, value) in &mut parameters {
        match *name {
            "client_id" => *value = "MIE-localhost-launch",
            "redirect_uri" => *value = LAUNCH_URI,
            _ => {}
        }
    }
    parameters.push(("launch", launch));
    parameters
}

/// A right token request for the code of a standalone launch.
pub fn exchange(code: &str) -> Vec<(String, String)> {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CODE_URI),
        ("client_id", "MIE-localhost"),
        ("code_verifier", VERIFIER),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The same parameters with one of them changed.
pub fn changed<N: AsRef<str> + Clone, V: Clone + From<&'static str>>(
    parameters: &[(N, V)],
    name: &str,
    value: &'static str,
) -> Vec<(N, V)> {
    let change = |(key, old): &(N, V)| (key.clone(), if key.as_ref() == name { value.into() } else { old.clone() });
    parameters.iter().map(change).collect()
}

/// The same parameters without one of them.
pub fn without<N: AsRef<str> + Clone, V: Clone>(parameters: &[(N, V)], name: &str) -> Vec<(N, V)> {
    parameters.iter().filter(|(key, _)| key.as_ref() != name).cloned().collect()
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The scopes of a token response.
pub fn scopes(tokens: &Value) -> Vec<&str> {
    tokens["scope"].as_str().unwrap().split(' ').collect()
}

/// A text member.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
