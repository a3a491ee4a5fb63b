//! A scripted server, and launches at it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::client::app::SmartApp;
use crate::client::launch::LaunchOptions;
use crate::client::server::{ServerRecord, SmartAppConfig};
use crate::client::session::Session;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::encoding::{base64url, form_pairs};
use crate::protocol::http::{Method, Request};

pub const NOW: f64 = 1_700_000_000.0;
pub const BASE: &str = "https://ehr.example/fhir";
pub const REDIRECT: &str = "https://app.example/code";
pub const SCOPE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";

/// What the server does next; everything has a sensible default.
pub struct Server {
    pub configuration: RefCell<Value>,
    /// Responses of the token endpoint, in order; afterwards, the default ones.
    pub token_replies: RefCell<VecDeque<Reply>>,
    /// Members that replace those of the ID token's claims.
    pub claims: RefCell<Value>,
    pub nonce: RefCell<Option<String>>,
    /// The `kid` of each of its keys, and of the one in the header of ID tokens.
    pub keys: RefCell<Vec<String>>,
    pub kid: RefCell<Option<String>>,
    pub dead_tokens: RefCell<Vec<String>>,
    pub fhir_replies: RefCell<VecDeque<Reply>>,
    pub fhir_delay: Cell<u32>,
    pub revocation_reply: RefCell<Reply>,
    /// Members that replace those of token responses.
    pub members: RefCell<Value>,
    issued: Cell<u32>,
}

impl Server {
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            configuration: RefCell::new(json!({
                "issuer": "https://ehr.example",
                "authorization_endpoint": "https://ehr.example/authorize",
                "token_endpoint": "https://ehr.example/token",
                "jwks_uri": "https://ehr.example/jwks",
                "capabilities": ["launch-ehr", "launch-standalone"],
                "code_challenge_methods_supported": ["S256"],
            })),
            token_replies: RefCell::default(),
            claims: RefCell::new(json!({})),
            nonce: RefCell::default(),
            keys: RefCell::new(vec!["k".into()]),
            kid: RefCell::new(Some("k".into())),
            dead_tokens: RefCell::default(),
            fhir_replies: RefCell::default(),
            fhir_delay: Cell::new(0),
            revocation_reply: RefCell::new(Reply { status: 200, ..Reply::default() }),
            members: RefCell::new(json!({})),
            issued: Cell::new(0),
        })
    }

    pub fn world(self: &Rc<Self>) -> World {
        let server = self.clone();
        World::new(NOW, move |request| server.respond(request))
    }

    pub fn respond(&self, request: &Request) -> Reply {
        match request.url.path() {
            "/fhir/.well-known/smart-configuration" => Reply::json(200, &self.configuration.borrow()),
            "/token" => self.token_replies.borrow_mut().pop_front().unwrap_or_else(|| self.tokens(request)),
            "/jwks" => key_set(&self.keys.borrow()),
            "/revoke" => self.revocation_reply.borrow().clone(),
            "/introspect" => self.introspect(request),
            path if path.starts_with("/fhir/") => self.resource(request),
            _ => Reply::text(404, "nothing here"),
        }
    }

    fn tokens(&self, request: &Request) -> Reply {
        let number = self.issued.get() + 1;
        self.issued.set(number);
        let mut response = token_response(number);
        for (name, value) in self.members.borrow().as_object().unwrap() {
            response[name] = value.clone();
        }
        if field(request, "grant_type").as_deref() == Some("authorization_code") {
            response["id_token"] = json!(self.id_token());
        }
        Reply::json(200, &response)
    }

    pub fn id_token(&self) -> String {
        let mut claims = json!({
            "iss": "https://ehr.example", "aud": "app", "sub": "u1", "iat": NOW, "exp": NOW + 300.0,
            "nonce": *self.nonce.borrow(), "fhirUser": "https://ehr.example/fhir/Practitioner/7",
        });
        for (name, value) in self.claims.borrow().as_object().unwrap() {
            claims[name] = value.clone();
        }
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        format!("{}.{}.c2ln", part(&json!({"alg": "RS256", "kid": *self.kid.borrow()})), part(&claims))
    }

    fn introspect(&self, request: &Request) -> Reply {
        let token = field(request, "token").unwrap_or_default();
        let is_dead = self.dead_tokens.borrow().contains(&token);
        Reply::json(200, &json!({"active": !is_dead, "sub": "u1"}))
    }

    fn resource(&self, request: &Request) -> Reply {
        let token = request.authorization().unwrap_or_default().trim_start_matches("Bearer ");
        if token.is_empty() || self.dead_tokens.borrow().iter().any(|dead| dead == token) {
            return Reply::json(401, &json!({"resourceType": "OperationOutcome", "issue": []}));
        }
        let scripted = self.fhir_replies.borrow_mut().pop_front();
        let (_, id) = request.url.path().rsplit_once('/').unwrap_or_default();
        let resource = json!({"resourceType": "Patient", "id": id});
        scripted.unwrap_or_else(|| Reply::json(200, &resource)).after(self.fhir_delay.get())
    }
}

/// A public RSA key of 2048 bits with a `kid`.
pub fn public_key(kid: &str) -> Value {
    json!({"kty": "RSA", "kid": kid, "n": base64url(&[255; 256]), "e": "AQAB"})
}

/// A key set with these `kid`s.
pub fn key_set(kids: &[impl AsRef<str>]) -> Reply {
    Reply::json(200, &json!({"keys": kids.iter().map(|kid| public_key(kid.as_ref())).collect::<Vec<_>>()}))
}

/// A session whose FHIR requests get the responses of a function.
pub fn signed_in_to(fhir: impl Fn(&Request) -> Reply + 'static) -> (World, Session<MemoryPlatform>) {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    world.respond_with(fhir);
    (world, session)
}

/// The requests to the FHIR server, as method and URL relative to its base.
pub fn fhir_lines(world: &World) -> Vec<String> {
    let line = |request: Request| {
        let below = request.url.as_str().strip_prefix(BASE)?.to_owned();
        (!below.contains(".well-known")).then(|| [request.method.as_str(), " ", &below].concat())
    };
    world.requests().into_iter().filter_map(line).collect()
}

/// A server, its world, and a tab of the app.
pub fn stage() -> (Rc<Server>, World, MemoryPlatform) {
    let server = Server::new();
    let world = server.world();
    let tab = world.tab("https://app.example/");
    (server, world, tab)
}

/// The token response with a number, for patient p1 and an hour.
pub fn token_response(number: u32) -> Value {
    json!({
        "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer", "expires_in": 3600, "scope": SCOPE, "patient": "p1",
    })
}

pub fn record() -> ServerRecord {
    ServerRecord::new(BASE, "app", REDIRECT, SCOPE)
}

pub fn app_with(platform: &MemoryPlatform, record: ServerRecord) -> Rc<SmartApp<MemoryPlatform>> {
    Rc::new(SmartApp::new(platform.clone(), SmartAppConfig::new([record])).unwrap())
}

pub fn app(platform: &MemoryPlatform) -> Rc<SmartApp<MemoryPlatform>> {
    app_with(platform, record())
}

/// Starts a launch; the tab is then at the authorization endpoint.
pub fn launch(world: &World, app: &Rc<SmartApp<MemoryPlatform>>) -> Result<(), Error> {
    let app = app.clone();
    world.run(async move { app.launch(LaunchOptions::default()).await }).unwrap().map_err(Error::from)
}

/// The redirect for the authorization request at which the tab is.
pub fn redirect(server: &Server, tab: &MemoryPlatform) -> String {
    let request = parameters(&location(tab));
    *server.nonce.borrow_mut() = value(&request, "nonce");
    let state = value(&request, "state").unwrap();
    format!("{REDIRECT}?code=the-code&state={state}")
}

pub fn resume(world: &World, app: &Rc<SmartApp<MemoryPlatform>>) -> Result<Option<Session<MemoryPlatform>>, Error> {
    let app = app.clone();
    world.run(async move { app.resume().await }).unwrap().map_err(Error::from)
}

/// A session that was launched in a tab.
pub fn sign_in(server: &Server, world: &World, tab: &MemoryPlatform) -> Session<MemoryPlatform> {
    let app = app(tab);
    launch(world, &app).unwrap();
    tab.visit(&redirect(server, tab));
    resume(world, &app).unwrap().unwrap()
}

pub fn location(tab: &MemoryPlatform) -> String {
    crate::platform::Navigator::location(tab).unwrap()
}

pub fn parameters(location: &str) -> Vec<(String, String)> {
    form_pairs(location.split_once('?').unwrap().1)
}

pub fn value(parameters: &[(String, String)], name: &str) -> Option<String> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

/// A field of a posted form.
pub fn field(request: &Request, name: &str) -> Option<String> {
    value(&form_pairs(request.body.as_deref()?), name)
}

/// The forms that reached the token endpoint.
pub fn token_requests(world: &World) -> Vec<Request> {
    world.requests().into_iter().filter(|request| request.method == Method::Post).collect()
}
