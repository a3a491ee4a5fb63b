//! The client and the sandbox EHR in one process: a world whose network is the sandbox, and a user on its pages.

#[path = "../../examples/sandbox-ehr/tests/support/mod.rs"]
#[allow(missing_docs, clippy::new_without_default)]
pub mod browser;

use std::cell::RefCell;
use std::rc::Rc;

use axum::body::Body;
use browser::{Browser, FHIR, Response};
use sandbox_ehr::Config;
use smartrust::client::launch::LaunchOptions;
use smartrust::memory::{MemoryPlatform, Reply, World};
use smartrust::platform::Navigator as _;
use smartrust::protocol::http::Request;
use smartrust::{Failure, ServerRecord, Session, SmartApp, SmartAppConfig};
use token_proxy::{Caller, Settings};
use tokio::runtime::Runtime;

/// A sandbox, the apps' network, and a user's browser on its pages.
pub struct Clinic {
    /// The world of the apps' tabs.
    pub world: World,
    /// The user's browser, with the cookie of the log-in.
    pub person: Browser,
    runtime: Rc<Runtime>,
}

impl Clinic {
    /// A sandbox with the default settings.
    pub fn open() -> Self {
        Self::open_with(|config| config)
    }

    /// A sandbox with other settings.
    pub fn open_with(change: impl FnOnce(Config) -> Config) -> Self {
        let person = Browser::with(change);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let runtime = Rc::new(runtime);
        let network = RefCell::new(person.elsewhere());
        let (running, now) = (runtime.clone(), person.hands.now());
        let world = World::new(now as f64, move |request| {
            to_reply(running.block_on(network.borrow_mut().send(to_http(request))))
        });
        Self { world, person, runtime }
    }

    /// Adds a token proxy at the app's origin.
    pub fn add_token_proxy(&self, proxy: Settings) {
        let network = RefCell::new(self.person.elsewhere());
        let running = self.runtime.clone();
        self.world.respond_with(move |request| {
            let request =
                if request.url.path() == "/token-proxy" { passed_on(&proxy, request) } else { to_http(request) };
            to_reply(running.block_on(network.borrow_mut().send(request)))
        });
    }

    /// Advances the clock of the apps and of the sandbox.
    pub fn wait(&self, seconds: u64) {
        self.person.hands.turn(seconds);
        self.world.advance(seconds as f64);
    }

    /// Requests a fault of the sandbox, which must have the control API.
    pub fn order(&mut self, fault: &serde_json::Value) {
        self.control("faults", fault);
    }

    /// Requests deviations of the sandbox, which must have the control API.
    pub fn order_deviations(&mut self, order: &serde_json::Value) {
        self.control("protocol", order);
    }

    fn control(&mut self, what: &str, order: &serde_json::Value) {
        let request = axum::http::Request::post(format!("{}/control/{what}", browser::ORIGIN))
            .header("Content-Type", "application/json")
            .body(Body::from(order.to_string()))
            .expect("an order is valid HTTP");
        let answer = self.do_in_browser(async |person| person.send(request).await);
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    }

    /// Runs a function with the user's browser.
    pub fn do_in_browser<T>(&mut self, work: impl AsyncFnOnce(&mut Browser) -> T) -> T {
        let runtime = self.runtime.clone();
        runtime.block_on(work(&mut self.person))
    }

    /// Starts a launch, and returns the URL to which the user is redirected.
    pub fn launch(&self, tab: &MemoryPlatform, app: &Rc<SmartApp<MemoryPlatform>>) -> Result<String, Failure> {
        let app = app.clone();
        self.world.run(async move { app.launch(LaunchOptions::default()).await }).expect("a launch ends")?;
        Ok(tab.location().unwrap_or_default())
    }

    /// The result of `resume()` at the URL of the app's tab.
    pub fn resume(&self, app: &Rc<SmartApp<MemoryPlatform>>) -> Result<Option<Session<MemoryPlatform>>, Failure> {
        let app = app.clone();
        self.world.run(async move { app.resume().await }).expect("a callback is handled")
    }

    /// A session of patient 1, who denied some kinds of data.
    pub fn standalone(&mut self, tab: &MemoryPlatform, denied: &[&str]) -> Session<MemoryPlatform> {
        self.sign_in(tab, standalone_record(), denied)
    }

    /// A session of patient 1 with an app that is registered in this way.
    pub fn sign_in(&mut self, tab: &MemoryPlatform, record: ServerRecord, denied: &[&str]) -> Session<MemoryPlatform> {
        let app = app(tab, record);
        let address = self.launch(tab, &app).expect("the launch begins");
        let answer = self.do_in_browser(async |person| {
            let page = person.get(&address).await;
            let confirmation = person.log_in_as_patient(&page, 1).await;
            person.decide(&confirmation, "allow", denied).await
        });
        tab.visit(answer.location());
        self.resume(&app).expect("the callback is good").expect("there is a session")
    }
}

/// The launcher's registration for patients.
pub fn standalone_record() -> ServerRecord {
    ServerRecord::new(FHIR, "MIE-localhost", browser::CODE_URI, browser::STANDALONE_SCOPE)
}

/// The launcher's registration for launches from the chart.
pub fn ehr_record() -> ServerRecord {
    let scope = "launch openid fhirUser offline_access patient/*.rs";
    ServerRecord::new(FHIR, "MIE-localhost-launch", browser::LAUNCH_URI, scope)
}

/// An app in a tab, with one server.
pub fn app(tab: &MemoryPlatform, record: ServerRecord) -> Rc<SmartApp<MemoryPlatform>> {
    let config = SmartAppConfig::new([record]);
    Rc::new(SmartApp::new(tab.clone(), config).expect("the configuration is right"))
}

fn passed_on(proxy: &Settings, request: &Request) -> axum::http::Request<Body> {
    let form = request.body.as_deref().unwrap_or_default();
    let caller = Caller { origin: Some(request.url.origin()), site: Some("same-origin") };
    let upstream = proxy.pass_on(caller, form.as_bytes()).expect("the proxy takes the app's request");
    let mut request = axum::http::Request::post(upstream.url);
    if let Some(authorization) = upstream.authorization {
        request = request.header("Authorization", authorization);
    }
    request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Body::from(upstream.body))
        .expect("what the proxy sends is valid HTTP")
}

fn to_http(request: &Request) -> axum::http::Request<Body> {
    let mut builder = axum::http::Request::builder().method(request.method.as_str()).uri(request.url.to_string());
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if let Some(value) = request.authorization() {
        builder = builder.header("Authorization", value);
    }
    builder.body(Body::from(request.body.clone().unwrap_or_default())).expect("a request of the client is valid HTTP")
}

fn to_reply(response: Response) -> Reply {
    let headers =
        response.headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    Reply {
        status: response.status.as_u16(),
        headers: headers.collect(),
        body: response.body,
        is_interrupted: response.is_broken,
        ..Reply::default()
    }
}
