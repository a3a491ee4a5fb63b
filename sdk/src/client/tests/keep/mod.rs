//! Connections that last, against a server that protects registration as Epic does, or registers every client.

mod at_rest;
mod disconnect;
mod launch;
mod open_registration;
mod refused;
mod register;
mod tabs;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};

use super::server::{self, SCOPE, Server, app_with, field, record, redirect, resume};
use crate::client::app::SmartApp;
use crate::client::keep::{Connection, Keep};
use crate::client::launch::LaunchOptions;
use crate::client::server::ServerRecord;
use crate::client::session::Session;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::{Method, Request};
use crate::protocol::jwt_bearer::JWT_BEARER;

const REGISTRATION_SCOPE: &str = "system/DynamicClient.register";

type App = Rc<SmartApp<MemoryPlatform>>;

/// A server with registration. Everything else is as at the [`Server`].
struct Keeper {
    server: Rc<Server>,
    /// Answers of the registration endpoint, first to last; afterwards it makes its own.
    registrations: RefCell<VecDeque<Reply>>,
    /// Answers to a key, first to last; afterwards it gives tokens.
    key_replies: RefCell<VecDeque<Reply>>,
    deletion: RefCell<Reply>,
    /// Members of its answer to a registration.
    registered: RefCell<Value>,
    /// The patient of tokens for a key.
    patient: RefCell<Value>,
    is_open: bool,
    clients: Cell<u32>,
    issued: Cell<u32>,
}

impl Keeper {
    fn new(is_open: bool) -> Rc<Self> {
        let server = Server::new();
        for (name, value) in [("registration_endpoint", "register"), ("revocation_endpoint", "revoke")] {
            server.configuration.borrow_mut()[name] = json!(format!("https://ehr.example/{value}"));
        }
        Rc::new(Self {
            server,
            registrations: RefCell::default(),
            key_replies: RefCell::default(),
            deletion: RefCell::new(Reply { status: 204, ..Reply::default() }),
            registered: RefCell::new(json!({})),
            patient: RefCell::new(json!("p1")),
            is_open,
            clients: Cell::new(0),
            issued: Cell::new(0),
        })
    }

    fn world(self: &Rc<Self>) -> World {
        let keeper = self.clone();
        World::new(server::NOW, move |request| keeper.respond(request))
    }

    fn respond(&self, request: &Request) -> Reply {
        let grant = field(request, "grant_type");
        let proves_a_key = field(request, "assertion").is_some() || field(request, "client_assertion").is_some();
        match request.url.path() {
            "/register" => self.registrations.borrow_mut().pop_front().unwrap_or_else(|| self.register(request)),
            path if path.starts_with("/register/") => self.deletion.borrow().clone(),
            "/token" if proves_a_key && grant.as_deref() != Some("authorization_code") => {
                self.key_replies.borrow_mut().pop_front().unwrap_or_else(|| self.tokens_for_key())
            }
            _ => self.server.respond(request),
        }
    }

    fn register(&self, request: &Request) -> Reply {
        if !self.is_open {
            let token = request.authorization().unwrap_or_default().trim_start_matches("Bearer ").to_owned();
            if token.is_empty() || self.server.dead_tokens.borrow().contains(&token) {
                return Reply::json(401, &json!({"error": "invalid_token"}));
            }
            // The server revokes the initial access token.
            self.server.dead_tokens.borrow_mut().push(token);
        }
        self.clients.set(self.clients.get() + 1);
        let id = format!("own-{}", self.clients.get());
        let mut response = if self.is_open {
            serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
        } else {
            json!({"grant_types": [JWT_BEARER], "token_endpoint_auth_method": "none"})
        };
        response["client_id"] = json!(id);
        for (name, value) in self.registered.borrow().as_object().unwrap() {
            response[name] = value.clone();
        }
        Reply::json(201, &response)
    }

    fn tokens_for_key(&self) -> Reply {
        self.issued.set(self.issued.get() + 1);
        let mut response = json!({
            "access_token": format!("own-access-{}", self.issued.get()), "token_type": "Bearer", "expires_in": 3600,
            "scope": SCOPE, "patient": *self.patient.borrow(),
        });
        if self.is_open {
            response["refresh_token"] = json!(format!("own-refresh-{}", self.issued.get()));
        }
        Reply::json(200, &response)
    }

    /// Answers the next code, with the scope that lets the app register.
    fn grant_code(&self, scope: &str) {
        // A code may be granted on a later day, and each gives another token.
        self.server.claims.borrow_mut()["exp"] = json!(server::NOW + 1_000_000.0);
        let number = self.server.dead_tokens.borrow().len() + 1;
        let mut response = server::token_response(u32::try_from(number).unwrap());
        response["scope"] = json!(scope);
        response["id_token"] = json!(self.server.id_token());
        if !self.is_open {
            response.as_object_mut().unwrap().remove("refresh_token");
        }
        self.server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
    }
}

/// A server that protects registration, a world, and a tab on the app.
fn stage() -> (Rc<Keeper>, World, MemoryPlatform) {
    let keeper = Keeper::new(false);
    let world = keeper.world();
    let tab = world.tab("https://app.example/");
    (keeper, world, tab)
}

/// A record by which the connection can be kept.
fn keepable() -> ServerRecord {
    record().software_id("software")
}

fn keep() -> LaunchOptions {
    LaunchOptions::default().keep(Keep::default())
}

fn launch(world: &World, app: &App, options: LaunchOptions) -> Result<(), Error> {
    let app = app.clone();
    world.run(async move { app.launch(options).await }).unwrap().map_err(Error::from)
}

/// Launches with `keep` and comes back, with a grant.
fn come_back(keeper: &Keeper, world: &World, tab: &MemoryPlatform, app: &App, scope: &str) -> Session<MemoryPlatform> {
    launch(world, app, keep()).unwrap();
    tab.visit(&redirect(&keeper.server, tab));
    keeper.grant_code(scope);
    resume(world, app).unwrap().unwrap()
}

/// A kept session, whose first token has come.
fn kept(keeper: &Keeper, world: &World, tab: &MemoryPlatform) -> (App, Session<MemoryPlatform>) {
    let record = if keeper.is_open { record().open_registration(true) } else { keepable() };
    let app = app_with(tab, record);
    let session = come_back(keeper, world, tab, &app, &format!("{SCOPE} {REGISTRATION_SCOPE}"));
    assert!(session.is_kept(), "{:?}", session.not_kept());
    read(world, &session).unwrap();
    (app, session)
}

fn read(world: &World, session: &Session<MemoryPlatform>) -> Result<Value, Error> {
    let session = session.clone();
    let reading = async move { session.read("Patient/p1", &crate::abort::AbortSignal::never()).await };
    world.run(reading).unwrap().map_err(Error::from)
}

/// The app in a new tab, a day later.
fn next_day(world: &World, keeper: &Keeper) -> (MemoryPlatform, App) {
    world.advance(86_400.0);
    let tab = world.tab("https://app.example/");
    let record = if keeper.is_open { record().open_registration(true) } else { keepable() };
    let app = app_with(&tab, record);
    (tab, app)
}

fn connections(world: &World, app: &App) -> Vec<Connection> {
    let app = app.clone();
    world.run(async move { app.connections().await }).unwrap().unwrap()
}

fn open(world: &World, app: &App, connection: &Connection) -> Result<Session<MemoryPlatform>, Error> {
    let (app, connection) = (app.clone(), connection.clone());
    world.run(async move { app.open_connection(&connection).await }).unwrap().map_err(Error::from)
}

/// The requests to a path.
fn sent_to(world: &World, path: &str) -> Vec<Request> {
    world.requests().into_iter().filter(|request| request.url.path() == path).collect()
}

/// The token requests with a key.
fn key_requests(world: &World) -> Vec<Request> {
    let grant = |request: &Request| field(request, "grant_type");
    let requests = sent_to(world, "/token").into_iter();
    requests.filter(|request| grant(request).as_deref() != Some("authorization_code")).collect()
}

/// Everything that is stored: in the session stores of these tabs, and on the device.
fn dump(world: &World, tabs: &[&MemoryPlatform]) -> String {
    let stored = tabs.iter().map(|tab| format!("{:?}", tab.stored())).collect::<String>();
    format!("{stored}{:?}", world.stored_on_device())
}

fn is_post(request: &Request) -> bool {
    request.method == Method::Post
}
