//! Sessions as they are stored between two pages.

use std::rc::Rc;

use super::own_client::{NotKept, OwnClient};
use crate::error::{Error, Failure};
use crate::json::{ObjectWriter, RequiredStrings};
use crate::platform::{JsonView, Platform};
use crate::protocol::context::LaunchContext;
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::fhircast::grant::HubGrant;
use crate::protocol::id_token::Identity;
use crate::protocol::messaging::MessagingGrant;
use crate::protocol::secret::{AccessToken, IdToken, RefreshToken};
use crate::protocol::url::Url;

const SESSION: &str = "smartrust.session.";

/// The endpoints that a launch began with. The code exchange and every refresh use them, even if discovery finds others later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoints {
    pub issuer: Option<String>,
    pub authorization: Url,
    pub token: Url,
    pub jwks: Option<Url>,
    pub user_info: Option<Url>,
    /// A page for the user. The client never fetches it.
    pub management: Option<Url>,
    pub introspection: Option<Url>,
    pub revocation: Option<Url>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// Whether every redirect must name its issuer (RFC 9207).
    pub issuer_in_redirect: bool,
    /// Whether the server's OpenID configuration was ignored, because it does not belong to the server.
    pub left_openid_aside: bool,
}

/// The result of checking the signature of an ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// The check is still running.
    Pending,
    /// The signature is valid.
    Verified,
    /// The signature could not be checked, for this reason.
    Unchecked(String),
}

/// The identity of the user, and how it was checked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CheckedIdentity {
    /// The claims of the ID token and their checks.
    pub identity: Identity,
    /// Whether the signature was checked.
    pub signature: Signature,
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SessionRecord {
    pub server: String,
    pub client_id: String,
    pub fhir_base: String,
    /// The redirect URI of the launch. Sessions of earlier versions have none.
    pub redirect_uri: Option<String>,
    pub endpoints: Rc<Endpoints>,
    pub requested_scope: String,
    pub granted_scope: Option<String>,
    pub access_token: AccessToken,
    pub refresh_token: Option<RefreshToken>,
    /// In seconds since 1970, if known.
    pub expires_at: Option<f64>,
    /// The lifetime of the access token in seconds, if known.
    pub lifetime: Option<f64>,
    /// How often the tokens were refreshed: of two copies of a session, the one with the higher count is newer.
    pub renewals: f64,
    pub context: Rc<LaunchContext>,
    /// The string that the app passed to the launch.
    pub app_state: Option<String>,
    /// The hub with its topic, which is stored only here.
    pub hub: Option<HubGrant>,
    /// The EHR's page with the handle for messages, which is stored only here.
    pub messaging: Option<MessagingGrant>,
    pub identity: Option<Rc<CheckedIdentity>>,
    /// Whether the redirect named an issuer, while the server's documents name none.
    pub issuer_unknown: bool,
    /// Whether a refresh returned an ID token that lacks the claims to replace the one of the launch.
    pub renewal_incomplete: bool,
    /// Whether the user pasted the access token.
    pub is_pasted: bool,
    /// Stored until its signature has been checked.
    pub id_token: Option<IdToken>,
    /// The client of the tokens, if this browser registered it.
    pub own_client: Option<OwnClient>,
    /// Why the session is not kept, although the launch asked for it.
    pub not_kept: Option<NotKept>,
}

impl Endpoints {
    /// The endpoints of a server's configuration.
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
            left_openid_aside: configuration.ignored_openid_configuration,
        })
    }

    pub fn to_json(&self) -> String {
        ObjectWriter::new()
            .optional_text("issuer", self.issuer.as_deref())
            .text("authorization", self.authorization.as_str())
            .text("token", self.token.as_str())
            .optional_text("jwks", self.jwks.as_ref().map(Url::as_str))
            .optional_text("userInfo", self.user_info.as_ref().map(Url::as_str))
            .optional_text("management", self.management.as_ref().map(Url::as_str))
            .optional_text("introspection", self.introspection.as_ref().map(Url::as_str))
            .optional_text("revocation", self.revocation.as_ref().map(Url::as_str))
            .text("signingAlgorithms", &self.token_endpoint_auth_signing_alg_values_supported.join(" "))
            .flag("issuerInRedirect", self.issuer_in_redirect)
            .flag("leftOpenidAside", self.left_openid_aside)
            .finish()
    }

    pub fn read<V: JsonView>(value: &V) -> Option<Self> {
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
    /// Whether the session has a connection on this device, whose key gets new tokens.
    pub fn is_kept(&self) -> bool {
        self.own_client.is_some() && self.not_kept.is_none()
    }

    /// Whether there is a refresh token or a key for new tokens.
    pub fn can_refresh(&self) -> bool {
        self.refresh_token.is_some() || self.is_kept()
    }

    /// Whether the access token has expired and cannot be refreshed.
    pub fn is_expired(&self, now: f64) -> bool {
        !self.can_refresh() && self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }

    /// Whether another record belongs to the same launch. A refresh may be the first to name the patient.
    pub fn is_of_same_launch(&self, other: &Self) -> bool {
        let patients = (&self.context.patient, &other.context.patient);
        self.server == other.server
            && self.client_id == other.client_id
            && (patients.0.is_none() || patients.0 == patients.1)
    }

    pub fn to_json(&self) -> String {
        let writer = ObjectWriter::new()
            .text("server", &self.server)
            .text("clientId", &self.client_id)
            .text("fhirBase", &self.fhir_base)
            .optional_text("redirectUri", self.redirect_uri.as_deref())
            .raw("endpoints", &self.endpoints.to_json())
            .text("requestedScope", &self.requested_scope)
            .optional_text("grantedScope", self.granted_scope.as_deref())
            .text("accessToken", self.access_token.expose())
            .optional_text("refreshToken", self.refresh_token.as_ref().map(RefreshToken::expose))
            .optional_seconds("expiresAt", self.expires_at)
            .optional_seconds("lifetime", self.lifetime)
            .optional_seconds("renewals", Some(self.renewals))
            .raw("context", &self.context.to_json())
            .flag("issuerUnknown", self.issuer_unknown)
            .flag("renewalIncomplete", self.renewal_incomplete)
            .flag("pasted", self.is_pasted)
            .optional_text("appState", self.app_state.as_deref())
            .optional_text("idToken", self.id_token.as_ref().map(IdToken::expose))
            .optional_text("notKept", self.not_kept.as_ref().map(|reason| reason.code.as_str()))
            .optional_text("notKeptMessage", self.not_kept.as_ref().map(|reason| reason.message.as_str()));
        let optional_raw = |writer: ObjectWriter, name: &str, json: Option<String>| match json {
            Some(json) => writer.raw(name, &json),
            None => writer,
        };
        let writer = optional_raw(writer, "hub", self.hub.as_ref().map(HubGrant::to_json));
        let writer = optional_raw(writer, "messaging", self.messaging.as_ref().map(MessagingGrant::to_json));
        let writer = optional_raw(writer, "identity", self.identity.as_ref().map(|identity| identity.to_json()));
        optional_raw(writer, "ownClient", self.own_client.as_ref().map(OwnClient::to_json)).finish()
    }

    pub fn read<V: JsonView>(value: &V) -> Option<Rc<Self>> {
        let endpoints = Rc::new(Endpoints::read(&value.member("endpoints")?)?);
        let context = Rc::new(LaunchContext::read(&value.member("context")?));
        let strings = RequiredStrings::of(value);
        let record = Rc::new(Self {
            server: strings.get("server"),
            client_id: strings.get("clientId"),
            fhir_base: strings.get("fhirBase"),
            redirect_uri: value.member_text("redirectUri"),
            endpoints,
            requested_scope: strings.get("requestedScope"),
            granted_scope: value.member_text("grantedScope"),
            access_token: AccessToken::new(strings.get("accessToken")),
            refresh_token: value.member_text("refreshToken").map(RefreshToken::new),
            expires_at: value.member("expiresAt").and_then(|time| time.number()),
            lifetime: value.member("lifetime").and_then(|seconds| seconds.number()),
            renewals: value.member("renewals").and_then(|count| count.number()).unwrap_or_default(),
            context,
            app_state: value.member_text("appState"),
            hub: value.member("hub").and_then(|hub| HubGrant::read(&hub)),
            messaging: value.member("messaging").and_then(|messaging| MessagingGrant::read(&messaging)),
            identity: value.member("identity").and_then(|identity| CheckedIdentity::read(&identity)).map(Rc::new),
            issuer_unknown: flag(value, "issuerUnknown"),
            renewal_incomplete: flag(value, "renewalIncomplete"),
            is_pasted: flag(value, "pasted"),
            id_token: value.member_text("idToken").map(IdToken::new),
            own_client: value.member("ownClient").and_then(|client| OwnClient::read(&client)),
            not_kept: value
                .member_text("notKept")
                .map(|code| NotKept { code, message: value.member_text("notKeptMessage").unwrap_or_default() }),
        });
        strings.are_present.get().then_some(record)
    }
}

fn flag<V: JsonView>(value: &V, name: &str) -> bool {
    value.member(name).and_then(|member| member.flag()).unwrap_or(false)
}

pub(crate) fn storage_error<T>(_: T) -> Failure {
    Error::Storage.into()
}

/// Stores a session.
pub(crate) async fn save_session<P: Platform>(platform: &P, id: &str, record: &SessionRecord) -> Result<(), Failure> {
    platform.set(&[SESSION, id].concat(), &record.to_json()).await.map_err(storage_error)
}

/// The stored session with an id; `None` if there is none or it cannot be read.
pub(crate) async fn load_session<P: Platform>(platform: &P, id: &str) -> Result<Option<Rc<SessionRecord>>, Failure> {
    let text = platform.get(&[SESSION, id].concat()).await.map_err(storage_error)?;
    Ok(text.and_then(|text| platform.parse(&text)).and_then(|value| SessionRecord::read(&value)))
}

/// The ids of all stored sessions.
pub(crate) async fn session_ids<P: Platform>(platform: &P) -> Result<Vec<String>, Failure> {
    let keys = platform.keys(SESSION).await.map_err(storage_error)?;
    Ok(keys.iter().filter_map(|key| key.strip_prefix(SESSION)).map(str::to_owned).collect())
}

/// Removes a session.
pub(crate) async fn remove_session<P: Platform>(platform: &P, id: &str) -> Result<(), Failure> {
    platform.remove(&[SESSION, id].concat()).await.map_err(storage_error)
}

/// Removes the sessions of an app that cannot be used any more: they hold the id of a patient. Also those with an expired token whose connection
/// is on the device, except the current one.
pub(crate) async fn remove_expired_sessions<P: Platform>(
    platform: &P,
    current: Option<&str>,
    is_own: impl Fn(&SessionRecord) -> bool,
) -> Result<(), Failure> {
    for id in session_ids(platform).await? {
        let record = load_session(platform, &id).await?;
        let is_resting = |record: &SessionRecord| record.is_kept() && current != Some(&id);
        let is_over = |record: &SessionRecord| {
            let is_old = record.expires_at.is_some_and(|expires_at| platform.now() >= expires_at);
            record.is_expired(platform.now()) || (is_old && is_resting(record))
        };
        if record.is_some_and(|record| is_over(&record) && is_own(&record)) {
            remove_session(platform, &id).await?;
        }
    }
    Ok(())
}
