//! What is kept between two pages: launches that wait for their redirect, and sessions.

use std::rc::Rc;

use crate::error::{Error, Failure};
use crate::platform::{JsonView, Platform};
use crate::protocol::context::LaunchContext;
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::encoding::join;
use crate::protocol::id_token::Identity;
use crate::protocol::json::{NeededTexts, ObjectWriter};
use crate::protocol::secret::{AccessToken, CodeVerifier, IdToken, RefreshToken};
use crate::protocol::url::Url;

const LAUNCH: &str = "smartrust.launch.";
const SESSION: &str = "smartrust.session.";
const CURRENT: &str = "smartrust.current";

/// How long a launch may wait for its redirect, in seconds.
const LAUNCH_LIFETIME: f64 = 3600.0;

/// Endpoints that a launch began with. The exchange and every refresh use these, whatever is discovered later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoints {
    pub issuer: Option<String>,
    pub authorization: Url,
    pub token: Url,
    pub jwks: Option<Url>,
    pub user_info: Option<Url>,
    /// A page for people, which is never fetched.
    pub management: Option<Url>,
    pub introspection: Option<Url>,
    pub revocation: Option<Url>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// Whether every redirect must name its issuer (RFC 9207).
    pub issuer_in_redirect: bool,
    /// Whether the server's OpenID configuration was left aside, because it does not speak for the server.
    pub left_openid_aside: bool,
}

/// A launch whose redirect has not come back.
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
    /// The patient that the session must be about, where that is known before.
    pub patient: Option<String>,
    pub created: f64,
}

/// What is known of a launch by its state.
pub(crate) enum LaunchState {
    Pending(Box<PendingLaunch>),
    /// Its code was sent once and is never sent again.
    Used,
    Unknown,
}

/// How far the signature of an ID token has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// The check has not ended yet.
    Pending,
    /// One of the server's keys made it.
    Verified,
    /// It could not be checked, for this reason.
    Unchecked(String),
}

/// Who the user is, and what was checked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedIdentity {
    /// The ID token's claims and their checks.
    pub identity: Identity,
    /// The signature's check.
    pub signature: Signature,
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SessionRecord {
    pub server: String,
    pub client_id: String,
    pub fhir_base: String,
    pub endpoints: Rc<Endpoints>,
    pub requested_scope: String,
    pub granted_scope: Option<String>,
    pub access_token: AccessToken,
    pub refresh_token: Option<RefreshToken>,
    /// Seconds since 1970, where the server says.
    pub expires_at: Option<f64>,
    /// How many seconds the access token lives, where the server says.
    pub lifetime: Option<f64>,
    pub context: Rc<LaunchContext>,
    pub identity: Option<Rc<CheckedIdentity>>,
    /// Whether the redirect named an issuer, and the server's documents none to hold it against.
    pub issuer_unknown: bool,
    /// Whether a refresh brought an ID token that said too little to take the place of the launch's.
    pub renewal_incomplete: bool,
    /// Whether the access token was pasted, and not issued to this app.
    pub is_pasted: bool,
    /// Kept until its signature has been checked.
    pub id_token: Option<IdToken>,
}

impl Endpoints {
    /// What a launch needs of a server's configuration.
    pub fn of(configuration: &SmartConfiguration) -> Result<Self, Failure> {
        let authorization = configuration.authorization_endpoint.clone().ok_or_else(|| {
            Error::configuration("smart-configuration", "the server's document has no authorization_endpoint")
        })?;
        Ok(Self {
            issuer: configuration.issuer.clone(),
            authorization,
            token: configuration.token_endpoint.clone(),
            jwks: configuration.jwks_uri.clone(),
            user_info: configuration.userinfo_endpoint.clone(),
            management: configuration.management_endpoint.clone(),
            introspection: configuration.introspection_endpoint.clone(),
            revocation: configuration.revocation_endpoint.clone(),
            token_endpoint_auth_signing_alg_values_supported: configuration
                .token_endpoint_auth_signing_alg_values_supported
                .clone(),
            issuer_in_redirect: configuration.authorization_response_iss_parameter_supported,
            left_openid_aside: configuration.left_openid_configuration_aside,
        })
    }

    fn to_json(&self) -> String {
        ObjectWriter::new()
            .optional_text("issuer", self.issuer.as_deref())
            .text("authorization", self.authorization.as_str())
            .text("token", self.token.as_str())
            .optional_text("jwks", self.jwks.as_ref().map(Url::as_str))
            .optional_text("userInfo", self.user_info.as_ref().map(Url::as_str))
            .optional_text("management", self.management.as_ref().map(Url::as_str))
            .optional_text("introspection", self.introspection.as_ref().map(Url::as_str))
            .optional_text("revocation", self.revocation.as_ref().map(Url::as_str))
            .text("signingAlgorithms", &join(&self.token_endpoint_auth_signing_alg_values_supported, " "))
            .flag("issuerInRedirect", self.issuer_in_redirect)
            .flag("leftOpenidAside", self.left_openid_aside)
            .finish()
    }

    fn read<V: JsonView>(value: &V) -> Option<Self> {
        let url = |name: &str| Url::parse(&value.member_text(name)?).ok();
        let (authorization, token) = (url("authorization")?, url("token")?);
        Some(Self {
            issuer: value.member_text("issuer"),
            authorization,
            token,
            jwks: url("jwks"),
            user_info: url("userInfo"),
            management: url("management"),
            introspection: url("introspection"),
            revocation: url("revocation"),
            token_endpoint_auth_signing_alg_values_supported: value
                .member_text("signingAlgorithms")
                .map(|names| names.split_ascii_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            issuer_in_redirect: flag(value, "issuerInRedirect"),
            left_openid_aside: flag(value, "leftOpenidAside"),
        })
    }
}

impl PendingLaunch {
    fn to_json(&self) -> String {
        ObjectWriter::new()
            .text("server", &self.server)
            .text("clientId", &self.client_id)
            .text("redirectUri", &self.redirect_uri)
            .text("scope", &self.scope)
            .optional_text("nonce", self.nonce.as_deref())
            .optional_text("verifier", self.verifier.as_ref().map(CodeVerifier::expose))
            .raw("endpoints", &self.endpoints.to_json())
            .optional_seconds("maxAge", self.max_age)
            .optional_text("patient", self.patient.as_deref())
            .optional_seconds("created", Some(self.created))
            .finish()
    }

    fn read<V: JsonView>(value: &V) -> Option<Self> {
        let created = value.member("created")?.number()?;
        let endpoints = Rc::new(Endpoints::read(&value.member("endpoints")?)?);
        let texts = NeededTexts::of(value);
        let launch = Self {
            server: texts.needed("server"),
            client_id: texts.needed("clientId"),
            redirect_uri: texts.needed("redirectUri"),
            scope: texts.needed("scope"),
            nonce: value.member_text("nonce"),
            verifier: value.member_text("verifier").map(CodeVerifier::new),
            endpoints,
            max_age: value.member("maxAge").and_then(|seconds| seconds.number()),
            patient: value.member_text("patient"),
            created,
        };
        texts.are_whole.get().then_some(launch)
    }
}

impl CheckedIdentity {
    fn to_json(&self) -> String {
        let signature = match &self.signature {
            Signature::Pending => "pending",
            Signature::Verified => "verified",
            Signature::Unchecked(reason) => reason,
        };
        ObjectWriter::new()
            .raw("claims", &self.identity.claims)
            .flag("issuerChecked", self.identity.issuer_checked)
            .flag("nonceChecked", self.identity.nonce_checked)
            .flag("accessTokenHashChecked", self.identity.access_token_hash_checked)
            .text("signature", signature)
            .finish()
    }

    fn read<V: JsonView>(value: &V) -> Option<Self> {
        let claims = value.member("claims")?;
        Some(Self {
            identity: Identity {
                issuer_checked: flag(value, "issuerChecked"),
                nonce_checked: flag(value, "nonceChecked"),
                access_token_hash_checked: flag(value, "accessTokenHashChecked"),
                ..Identity::from_claims(&claims)?
            },
            signature: match value.member_text("signature")?.as_str() {
                "pending" => Signature::Pending,
                "verified" => Signature::Verified,
                reason => Signature::Unchecked(reason.to_owned()),
            },
        })
    }
}

impl SessionRecord {
    pub fn to_json(&self) -> String {
        let writer = ObjectWriter::new()
            .text("server", &self.server)
            .text("clientId", &self.client_id)
            .text("fhirBase", &self.fhir_base)
            .raw("endpoints", &self.endpoints.to_json())
            .text("requestedScope", &self.requested_scope)
            .optional_text("grantedScope", self.granted_scope.as_deref())
            .text("accessToken", self.access_token.expose())
            .optional_text("refreshToken", self.refresh_token.as_ref().map(RefreshToken::expose))
            .optional_seconds("expiresAt", self.expires_at)
            .optional_seconds("lifetime", self.lifetime)
            .raw("context", &self.context.to_json())
            .flag("issuerUnknown", self.issuer_unknown)
            .flag("renewalIncomplete", self.renewal_incomplete)
            .flag("pasted", self.is_pasted)
            .optional_text("idToken", self.id_token.as_ref().map(IdToken::expose));
        match &self.identity {
            Some(identity) => writer.raw("identity", &identity.to_json()),
            None => writer,
        }
        .finish()
    }

    pub fn read<V: JsonView>(value: &V) -> Option<Rc<Self>> {
        let endpoints = Rc::new(Endpoints::read(&value.member("endpoints")?)?);
        let context = Rc::new(LaunchContext::read(&value.member("context")?));
        let texts = NeededTexts::of(value);
        let record = Rc::new(Self {
            server: texts.needed("server"),
            client_id: texts.needed("clientId"),
            fhir_base: texts.needed("fhirBase"),
            endpoints,
            requested_scope: texts.needed("requestedScope"),
            granted_scope: value.member_text("grantedScope"),
            access_token: AccessToken::new(texts.needed("accessToken")),
            refresh_token: value.member_text("refreshToken").map(RefreshToken::new),
            expires_at: value.member("expiresAt").and_then(|time| time.number()),
            lifetime: value.member("lifetime").and_then(|seconds| seconds.number()),
            context,
            identity: value.member("identity").and_then(|identity| CheckedIdentity::read(&identity)).map(Rc::new),
            issuer_unknown: flag(value, "issuerUnknown"),
            renewal_incomplete: flag(value, "renewalIncomplete"),
            is_pasted: flag(value, "pasted"),
            id_token: value.member_text("idToken").map(IdToken::new),
        });
        texts.are_whole.get().then_some(record)
    }
}

fn flag<V: JsonView>(value: &V, name: &str) -> bool {
    value.member(name).and_then(|member| member.flag()).unwrap_or(false)
}

fn unavailable<T>(_: T) -> Failure {
    Error::Storage.into()
}

/// Keeps a launch until its redirect comes back, and forgets those that never came back.
pub(crate) async fn save_launch<P: Platform>(platform: &P, state: &str, launch: &PendingLaunch) -> Result<(), Failure> {
    let is_over = |stored: Option<P::Value>| {
        let created = stored.and_then(|launch| launch.member("created")?.number());
        created.is_none_or(|created| platform.now() - created > LAUNCH_LIFETIME)
    };
    remove_launches(platform, &is_over).await?;
    platform.set(&[LAUNCH, state].concat(), &launch.to_json()).await.map_err(unavailable)
}

/// Takes a launch out for its one exchange: from then on its state counts as used, and its verifier is gone.
pub(crate) async fn take_launch<P: Platform>(platform: &P, state: &str) -> Result<LaunchState, Failure> {
    let key = [LAUNCH, state].concat();
    let Some(text) = platform.get(&key).await.map_err(unavailable)? else { return Ok(LaunchState::Unknown) };
    let value = platform.parse(&text);
    if value.as_ref().and_then(|value| value.member("used")?.flag()) == Some(true) {
        return Ok(LaunchState::Used);
    }
    let launch = value.and_then(|value| PendingLaunch::read(&value));
    let Some(launch) = launch.filter(|launch| platform.now() - launch.created <= LAUNCH_LIFETIME) else {
        platform.remove(&key).await.map_err(unavailable)?;
        return Ok(LaunchState::Unknown);
    };
    let used = ObjectWriter::new().flag("used", true).optional_seconds("created", Some(launch.created)).finish();
    platform.set(&key, &used).await.map_err(unavailable)?;
    Ok(LaunchState::Pending(Box::new(launch)))
}

/// Forgets a launch.
pub(crate) async fn remove_launch<P: Platform>(platform: &P, state: &str) -> Result<(), Failure> {
    platform.remove(&[LAUNCH, state].concat()).await.map_err(unavailable)
}

/// Forgets the launches at a server that must be about a patient.
pub(crate) async fn remove_launches_about<P: Platform>(
    platform: &P,
    server: &str,
    patient: Option<&str>,
) -> Result<(), Failure> {
    let Some(patient) = patient else { return Ok(()) };
    let is_about = |stored: Option<P::Value>| {
        let has = |name: &str, text: &str| stored.as_ref()?.member_text(name).filter(|known| known == text);
        has("server", server).and(has("patient", patient)).is_some()
    };
    remove_launches(platform, &is_about).await
}

/// Forgets the launches of which something is true; what is stored of one may be damaged.
async fn remove_launches<P: Platform>(platform: &P, is_over: &dyn Fn(Option<P::Value>) -> bool) -> Result<(), Failure> {
    for key in platform.keys(LAUNCH).await.map_err(unavailable)? {
        let stored = platform.get(&key).await.map_err(unavailable)?.and_then(|text| platform.parse(&text));
        if is_over(stored) {
            platform.remove(&key).await.map_err(unavailable)?;
        }
    }
    Ok(())
}

/// Stores a session.
pub(crate) async fn save_session<P: Platform>(platform: &P, id: &str, record: &SessionRecord) -> Result<(), Failure> {
    platform.set(&[SESSION, id].concat(), &record.to_json()).await.map_err(unavailable)
}

/// The stored session of an id; `None` where there is none or it cannot be read.
pub(crate) async fn load_session<P: Platform>(platform: &P, id: &str) -> Result<Option<Rc<SessionRecord>>, Failure> {
    let text = platform.get(&[SESSION, id].concat()).await.map_err(unavailable)?;
    Ok(text.and_then(|text| platform.parse(&text)).and_then(|value| SessionRecord::read(&value)))
}

/// The ids of all stored sessions.
pub(crate) async fn session_ids<P: Platform>(platform: &P) -> Result<Vec<String>, Failure> {
    let keys = platform.keys(SESSION).await.map_err(unavailable)?;
    Ok(keys.iter().filter_map(|key| key.strip_prefix(SESSION)).map(str::to_owned).collect())
}

/// Removes a session; where it was the current one, none is.
pub(crate) async fn remove_session<P: Platform>(platform: &P, id: &str) -> Result<(), Failure> {
    platform.remove(&[SESSION, id].concat()).await.map_err(unavailable)?;
    if current_session(platform).await?.as_deref() == Some(id) {
        platform.remove(CURRENT).await.map_err(unavailable)?;
    }
    Ok(())
}

/// The id of the session that this tab shows.
pub(crate) async fn current_session<P: Platform>(platform: &P) -> Result<Option<String>, Failure> {
    platform.get(CURRENT).await.map_err(unavailable)
}

/// Makes a session the one that this tab shows.
pub(crate) async fn set_current_session<P: Platform>(platform: &P, id: &str) -> Result<(), Failure> {
    platform.set(CURRENT, id).await.map_err(unavailable)
}
