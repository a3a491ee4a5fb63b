//! Stored launches, which wait for their redirect or for the exchange of their code.

use std::rc::Rc;

use super::own_client::OwnClient;
use super::records::{Endpoints, storage_error};
use crate::error::Failure;
use crate::json::{ObjectWriter, RequiredStrings};
use crate::platform::{JsonView, Platform};
use crate::protocol::jwk::Algorithm;
use crate::protocol::secret::{AuthorizationCode, CodeVerifier};
use crate::protocol::url::Url;

const LAUNCH: &str = "smartrust.launch.";

/// How long a launch may wait for its redirect, in seconds.
const LAUNCH_LIFETIME: f64 = 3600.0;

/// How long a code may be exchanged, in seconds (RFC 6749 section 4.1.2 recommends ten minutes at most).
const CODE_LIFETIME: f64 = 600.0;

/// A launch without a session yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PendingLaunch {
    pub server: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub verifier: Option<CodeVerifier>,
    pub endpoints: Rc<Endpoints>,
    /// `max_age` of the authorization request, in seconds.
    pub max_age: Option<f64>,
    /// The patient that the session must have, if known in advance.
    pub patient: Option<String>,
    /// Whether an EHR opened the app.
    pub is_ehr_launch: bool,
    pub created: f64,
    /// The redirect, if the exchange of its code failed for a transient reason.
    pub redirect: Option<CheckedRedirect>,
    /// How the connection is to be kept, if the app asked for that.
    pub keep: Option<PendingKeep>,
    /// A string of the app, for its session.
    pub app_state: Option<String>,
}

/// How the connection of a launch is to be kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PendingKeep {
    /// The access token will be used to register a client with a new key.
    Register {
        /// The scope that allows it.
        scope: String,
        /// The registration endpoint.
        endpoint: Url,
        /// The algorithm of the key.
        algorithm: Algorithm,
        /// Whether the browser keeps what is stored on the device until the user removes it, if it said so.
        is_persistent: Option<bool>,
    },
    /// The launch is that of a client that was registered with its key. Its connection is on the device already, and is not ready.
    Registered(OwnClient),
}

impl PendingKeep {
    fn to_json(&self) -> String {
        match self {
            Self::Register { scope, endpoint, algorithm, is_persistent } => {
                let writer = ObjectWriter::new()
                    .text("scope", scope)
                    .text("endpoint", endpoint.as_str())
                    .text("algorithm", algorithm.name());
                match is_persistent {
                    Some(is_persistent) => writer.flag("isPersistent", *is_persistent),
                    None => writer,
                }
                .finish()
            }
            Self::Registered(client) => client.to_json(),
        }
    }

    fn read<V: JsonView>(value: &V) -> Option<Self> {
        let Some(scope) = value.member_text("scope") else { return OwnClient::read(value).map(Self::Registered) };
        Some(Self::Register {
            scope,
            endpoint: Url::parse(&value.member_text("endpoint")?).ok()?,
            algorithm: Algorithm::from_name(&value.member_text("algorithm")?)?,
            is_persistent: value.member("isPersistent").and_then(|answer| answer.flag()),
        })
    }
}

/// A redirect whose issuer was checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckedRedirect {
    pub code: AuthorizationCode,
    /// Whether it named an issuer, while the server's documents name none.
    pub issuer_unknown: bool,
    /// In seconds since 1970.
    pub received_at: f64,
}

/// What the store holds under a state.
pub(crate) enum LaunchState {
    Pending(Box<PendingLaunch>),
    /// The launch has ended, and its code is never sent again.
    Used,
    Unknown,
}

impl PendingLaunch {
    fn to_json(&self) -> String {
        let redirect = self.redirect.as_ref();
        let writer = ObjectWriter::new()
            .text("server", &self.server)
            .text("clientId", &self.client_id)
            .text("redirectUri", &self.redirect_uri)
            .text("scope", &self.scope)
            .optional_text("nonce", self.nonce.as_deref())
            .optional_text("verifier", self.verifier.as_ref().map(CodeVerifier::expose))
            .raw("endpoints", &self.endpoints.to_json())
            .optional_seconds("maxAge", self.max_age)
            .optional_text("patient", self.patient.as_deref())
            .optional_text("appState", self.app_state.as_deref())
            .flag("isEhrLaunch", self.is_ehr_launch)
            .optional_seconds("created", Some(self.created))
            .optional_text("code", redirect.map(|redirect| redirect.code.expose()))
            .flag("issuerUnknown", redirect.is_some_and(|redirect| redirect.issuer_unknown))
            .optional_seconds("came", redirect.map(|redirect| redirect.received_at));
        match &self.keep {
            Some(keep) => writer.raw("keep", &keep.to_json()),
            None => writer,
        }
        .finish()
    }

    fn read<V: JsonView>(value: &V) -> Option<Self> {
        let number = |name: &str| value.member(name)?.number();
        let flag = |name: &str| value.member(name).and_then(|member| member.flag()).unwrap_or(false);
        let created = number("created")?;
        let endpoints = Rc::new(Endpoints::read(&value.member("endpoints")?)?);
        let redirect = value.member_text("code").zip(number("came")).map(|(code, received_at)| CheckedRedirect {
            code: AuthorizationCode::new(code),
            issuer_unknown: flag("issuerUnknown"),
            received_at,
        });
        let strings = RequiredStrings::of(value);
        let launch = Self {
            server: strings.get("server"),
            client_id: strings.get("clientId"),
            redirect_uri: strings.get("redirectUri"),
            scope: strings.get("scope"),
            nonce: value.member_text("nonce"),
            verifier: value.member_text("verifier").map(CodeVerifier::new),
            endpoints,
            max_age: number("maxAge"),
            patient: value.member_text("patient"),
            is_ehr_launch: flag("isEhrLaunch"),
            created,
            redirect,
            keep: value.member("keep").and_then(|keep| PendingKeep::read(&keep)),
            app_state: value.member_text("appState"),
        };
        strings.are_present.get().then_some(launch)
    }
}

/// Whether a launch has waited too long for its redirect or its exchange.
fn is_expired<V: JsonView>(launch: &V, now: f64) -> bool {
    let is_older = |name: &str, lifetime: f64| {
        let time = launch.member(name).and_then(|time| time.number());
        time.map(|time| now - time > lifetime)
    };
    is_older("created", LAUNCH_LIFETIME).unwrap_or(true) || is_older("came", CODE_LIFETIME).unwrap_or(false)
}

/// Stores a launch.
pub(crate) async fn save_launch<P: Platform>(platform: &P, state: &str, launch: &PendingLaunch) -> Result<(), Failure> {
    platform.set(&format!("{LAUNCH}{state}"), &launch.to_json()).await.map_err(storage_error)
}

/// Finds the launch with a state. An expired one is removed.
pub(crate) async fn find_launch<P: Platform>(platform: &P, state: &str) -> Result<LaunchState, Failure> {
    let key = format!("{LAUNCH}{state}");
    let Some(text) = platform.get(&key).await.map_err(storage_error)? else { return Ok(LaunchState::Unknown) };
    let value = platform.parse(&text).filter(|value| !is_expired(value, platform.now()));
    if value.as_ref().and_then(|value| value.member("used")?.flag()) == Some(true) {
        return Ok(LaunchState::Used);
    }
    match value.and_then(|value| PendingLaunch::read(&value)) {
        Some(launch) => Ok(LaunchState::Pending(Box::new(launch))),
        None => {
            platform.remove(&key).await.map_err(storage_error)?;
            Ok(LaunchState::Unknown)
        }
    }
}

/// Ends a launch that failed: its state counts as used from now on, and its verifier and code are removed.
pub(crate) async fn end_launch<P: Platform>(platform: &P, state: &str, created: f64) {
    let used = ObjectWriter::new().flag("used", true).optional_seconds("created", Some(created)).finish();
    let key = format!("{LAUNCH}{state}");
    if platform.set(&key, &used).await.is_err() {
        // A launch that is removed cannot be used again either.
        let _ = platform.remove(&key).await;
    }
}

/// Removes a launch.
pub(crate) async fn remove_launch<P: Platform>(platform: &P, state: &str) -> Result<(), Failure> {
    platform.remove(&format!("{LAUNCH}{state}")).await.map_err(storage_error)
}

/// Removes expired launches, and values that cannot be read.
pub(crate) async fn remove_expired_launches<P: Platform>(platform: &P) -> Result<(), Failure> {
    let now = platform.now();
    remove_launches(platform, &|stored| stored.is_none_or(|launch| is_expired(&launch, now))).await
}

/// Removes the launches at a server that require a patient.
pub(crate) async fn remove_launches_for_patient<P: Platform>(
    platform: &P,
    server: &str,
    patient: Option<&str>,
) -> Result<(), Failure> {
    let Some(patient) = patient else { return Ok(()) };
    let matches = |stored: Option<P::Value>| {
        let has = |name: &str, text: &str| stored.as_ref()?.member_text(name).filter(|known| known == text);
        has("server", server).and(has("patient", patient)).is_some()
    };
    remove_launches(platform, &matches).await
}

/// Removes the launches that meet a condition, which gets `None` for a value that is not JSON.
async fn remove_launches<P: Platform>(
    platform: &P,
    condition: &dyn Fn(Option<P::Value>) -> bool,
) -> Result<(), Failure> {
    for key in platform.keys(LAUNCH).await.map_err(storage_error)? {
        let stored = platform.get(&key).await.map_err(storage_error)?.and_then(|text| platform.parse(&text));
        if condition(stored) {
            platform.remove(&key).await.map_err(storage_error)?;
        }
    }
    Ok(())
}
