//! The settings of a sandbox, and its log-ins.

use std::time::Duration;

use crate::bulk::BulkExport;
use crate::clients::{AppAddress, Client, ClientKeys, ClientSecret, KEY_CLIENT_ID, MY_APP_CLIENT_ID, SECRET_CLIENT_ID};
use crate::clock::Clock;
use crate::dialect::Dialect;
use crate::oauth::SystemKey;

/// A population whose first patients differ: an adult with several chronic illnesses, a small child, an old man.
pub const DEFAULT_SEED: u64 = 81_995;

/// The number of patients by default.
pub const DEFAULT_PATIENTS: u32 = 50;

/// The settings of a sandbox. Start with [`Config::new`] and change its members.
#[derive(Clone, Debug)]
pub struct Config {
    /// Scheme, host and port of the sandbox, without a trailing slash: `http://localhost:9080`.
    pub origin: String,
    /// Which server the sandbox behaves as.
    pub dialect: Dialect,
    /// Whether the redirect to the app has an `iss`, which the discovery documents announce (RFC 9207).
    pub issuer_on_redirect: bool,
    /// The seed of the population. The same seed always generates the same people.
    pub seed: u64,
    /// The number of patients, who are numbered from 1.
    pub patients: u32,
    /// The registered clients.
    pub clients: Vec<Client>,
    /// The links in the FHIR Launch portlet of a chart.
    pub apps: Vec<LaunchApp>,
    /// The lifetime of access tokens.
    pub token_ttl: Duration,
    /// How exports behave (Bulk Data Access 2.0).
    pub bulk: BulkExport,
    /// The delay of every response, including preflights.
    pub latency: Duration,
    /// Whether the control API exists, which tests use to cause faults. Everyone who reaches the sandbox can use it.
    pub control: bool,
    /// The clock by which codes, tokens and log-ins expire.
    pub clock: Clock,
    /// The key that signs ID tokens and launch tokens.
    pub key: SystemKey,
    ready_made_token: ClientSecret,
}

/// An app that a provider can open from a chart (SMART App Launch 2.2, EHR launch).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchApp {
    /// The text of the link in the portlet.
    pub name: String,
    /// The URL that is opened with `iss` and `launch`.
    pub launch_url: String,
    /// The client that the launch token is made for; no other client may use it.
    pub client_id: String,
}

impl Config {
    /// A sandbox at `origin` with 50 patients, access tokens that are valid for an hour, and the clients
    /// `MIE-localhost`, `MIE-localhost-launch`, `plain-html` and, with a new secret, [`SECRET_CLIENT_ID`] of an
    /// app at `http://localhost:8080`, and `vite-example` at `http://localhost:5173`.
    pub fn new(origin: impl Into<String>) -> Self {
        let origin = origin.into();
        Self {
            origin: origin.trim_end_matches('/').to_owned(),
            dialect: Dialect::default(),
            issuer_on_redirect: false,
            seed: DEFAULT_SEED,
            patients: DEFAULT_PATIENTS,
            clients: Vec::new(),
            apps: Vec::new(),
            token_ttl: Duration::from_secs(3600),
            bulk: BulkExport::default(),
            latency: Duration::ZERO,
            control: false,
            clock: Clock::system(),
            key: SystemKey::of_this_process(),
            ready_made_token: ClientSecret::generate(),
        }
        .app_origin("http://localhost:8080")
    }

    /// The same clients, and the same link in the portlet, for an app at another origin, such as `http://localhost:8081`.
    pub fn app_origin(mut self, origin: &str) -> Self {
        let origin = origin.trim_end_matches('/');
        let at = |path: &str| format!("{origin}{path}");
        let client = |id: &str, name: &str, redirect_uris: Vec<String>| Client {
            id: id.to_owned(),
            name: name.to_owned(),
            redirect_uris,
            secret: None,
            keys: None,
        };
        let keys = self.client(KEY_CLIENT_ID).and_then(|client| client.keys.clone());
        let secret = self.client_secret().cloned().unwrap_or_else(ClientSecret::generate);
        self.clients = vec![
            client("MIE-localhost", "smartrust launcher", vec![at("/code")]),
            client("MIE-localhost-launch", "smartrust launcher", vec![at("/code"), at("/launch")]),
            client("plain-html", "Plain HTML example", vec![at("/plain-html/")]),
            client("vite-example", "Vite example", vec!["http://localhost:5173/".to_owned()]),
            Client {
                secret: Some(secret),
                ..client(SECRET_CLIENT_ID, "App with a secret", vec![at("/code"), at("/launch")])
            },
        ];
        self.apps = vec![LaunchApp {
            name: "smartrust launcher".to_owned(),
            launch_url: at("/launch"),
            client_id: "MIE-localhost-launch".to_owned(),
        }];
        if let Some(keys) = keys {
            self.set_client_keys(keys);
        }
        self
    }

    /// Registers the public client [`MY_APP_CLIENT_ID`], an app at this URL, which the portlet opens, too.
    pub fn add_my_app(&mut self, address: &AppAddress) {
        let (id, name) = (MY_APP_CLIENT_ID.to_owned(), "My app".to_owned());
        let page = address.as_str().to_owned();
        self.apps.push(LaunchApp { name: name.clone(), launch_url: page.clone(), client_id: id.clone() });
        self.clients.push(Client { id, name, redirect_uris: vec![page], secret: None, keys: None });
    }

    /// The secret of [`SECRET_CLIENT_ID`], while that client is registered.
    pub fn client_secret(&self) -> Option<&ClientSecret> {
        self.client(SECRET_CLIENT_ID)?.secret.as_ref()
    }

    /// Gives [`SECRET_CLIENT_ID`] this secret.
    pub fn set_client_secret(&mut self, secret: ClientSecret) {
        for client in self.clients.iter_mut().filter(|client| client.id == SECRET_CLIENT_ID) {
            client.secret = Some(secret.clone());
        }
    }

    /// Registers [`KEY_CLIENT_ID`], which authenticates with one of these keys, with the redirect URIs of [`SECRET_CLIENT_ID`].
    pub fn set_client_keys(&mut self, keys: ClientKeys) {
        let redirect_uris =
            self.client(SECRET_CLIENT_ID).map(|client| client.redirect_uris.clone()).unwrap_or_default();
        self.clients.retain(|client| client.id != KEY_CLIENT_ID);
        self.clients.push(Client {
            id: KEY_CLIENT_ID.to_owned(),
            name: "App with a key".to_owned(),
            redirect_uris,
            secret: None,
            keys: Some(keys),
        });
    }

    /// An access token for patient 1's record that a person can paste into a client. Only [`Dialect::Hiebus`] has one.
    pub fn ready_made_token(&self) -> Option<&str> {
        (self.dialect == Dialect::Hiebus).then(|| self.ready_made_token.reveal())
    }

    /// The URL of the EHR itself, `{origin}/webchart.cgi`.
    pub fn base(&self) -> String {
        format!("{}/webchart.cgi", self.origin)
    }

    /// The FHIR base, `{origin}/webchart.cgi/fhir`: the `iss` of a launch and the `aud` of an authorization.
    pub fn fhir_base(&self) -> String {
        format!("{}/fhir", self.base())
    }

    /// The `iss` of ID tokens: the base, or the OAuth base if the dialect has both.
    pub fn issuer(&self) -> String {
        match self.dialect {
            Dialect::Epic => format!("{}/oauth2", self.base()),
            Dialect::Webchart | Dialect::Webchart2026 | Dialect::Hiebus | Dialect::Tefca => self.base(),
        }
    }

    /// The URL of a path below the base.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// The URL of the token endpoint.
    pub(crate) fn token_endpoint(&self) -> String {
        self.at(self.dialect.paths().token)
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }
}

/// A user name and a password of the sandbox. They only protect synthetic data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user_name: String,
    /// The password.
    pub password: String,
}

/// The log-ins that every sandbox has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLogins {
    /// Log-ins of the patient portal: the first is patient 1's, the second patient 2's, and so on.
    pub patients: Vec<Login>,
    /// The log-in of the provider.
    pub provider: Login,
}

/// The log-ins that every sandbox has, for a demonstration to print. A sandbox with fewer patients has fewer of them.
pub fn sample_logins() -> SampleLogins {
    let login = |user_name: String, password: String| Login { user_name, password };
    SampleLogins {
        patients: (1..=5).map(|number| login(format!("patient{number}"), format!("portal-{number}"))).collect(),
        provider: login("provider".to_owned(), "chart-1".to_owned()),
    }
}

impl Config {
    /// The patient of this log-in.
    pub(crate) fn patient_login(&self, user_name: &str, password: &str) -> Option<u32> {
        (1..=self.patients).zip(sample_logins().patients).find_map(|(number, login)| {
            (login.user_name == user_name.trim() && login.password == password).then_some(number)
        })
    }

    /// Whether this is the provider's log-in.
    pub(crate) fn is_provider_login(&self, user_name: &str, password: &str) -> bool {
        let login = sample_logins().provider;
        login.user_name == user_name.trim() && login.password == password
    }
}
