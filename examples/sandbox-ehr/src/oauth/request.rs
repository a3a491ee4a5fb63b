//! Reading an authorization request (RFC 6749, 4.1.1; SMART App Launch 2.2, 2.0.8), strictly.

use super::consent::REGISTER_SCOPE;
use super::launch_token::{self, Launch};
use crate::Sandbox;
use crate::clients::Client;
use crate::config::Config;
use crate::control::Deviation;
use crate::dialect::Dialect;
use crate::fhir::ResourceScope;
use crate::parameters::Parameters;

/// A valid authorization request.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub client_id: String,
    pub redirect_uri: String,
    pub state: String,
    pub scopes: Vec<String>,
    /// Always present for a public client.
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    /// Present in an EHR launch.
    pub launch: Option<Launch>,
}

/// Why a request is refused, and where the error is shown.
#[derive(Debug)]
pub enum Refusal {
    /// The redirect URI cannot be trusted, so the error is only shown to the user.
    Person(&'static str),
    /// The error goes to the client's redirect URI (RFC 6749, 4.1.2.1).
    Client { redirect_uri: String, state: Option<String>, error: &'static str, description: &'static str },
}

impl AuthorizationRequest {
    pub fn read(parameters: &Parameters, sandbox: &Sandbox) -> Result<Self, Refusal> {
        let (client, redirect_uri) = client_and_redirect(parameters, sandbox)?;
        let state = parameters.get("state").map(str::to_owned);
        Self::read_rest(parameters, sandbox, &client, redirect_uri).map_err(|(error, description)| Refusal::Client {
            redirect_uri: redirect_uri.to_owned(),
            state,
            error,
            description,
        })
    }

    fn read_rest(
        parameters: &Parameters,
        sandbox: &Sandbox,
        client: &Client,
        redirect_uri: &str,
    ) -> Result<Self, (&'static str, &'static str)> {
        if parameters.repeated().is_some() {
            return Err(("invalid_request", "A parameter stands there more than once."));
        }
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(("unsupported_response_type", "The response_type must be code.")),
            None => return Err(("invalid_request", "The response_type is missing.")),
        }
        let state = parameters.get("state").ok_or(("invalid_request", "The state is missing."))?;
        check_audience(parameters, &sandbox.config)?;
        let code_challenge = read_challenge(parameters, client.is_public())?;
        let mut scopes = read_scopes(parameters, sandbox.config.dialect)?;
        scopes.retain(|scope| may_ask(sandbox, client, scope));
        let launch = match (parameters.get("launch"), scopes.iter().any(|scope| scope == "launch")) {
            (Some(token), true) => Some(
                launch_token::read(&sandbox.config, &sandbox.people, &client.id, token)
                    .map_err(|description| ("invalid_request", description))?,
            ),
            (Some(_), false) => return Err(("invalid_scope", "A launch value needs the scope launch.")),
            (None, true) => return Err(("invalid_request", "The scope launch needs a launch value from the chart.")),
            (None, false) => None,
        };
        Ok(Self {
            client_id: client.id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: state.to_owned(),
            scopes,
            code_challenge,
            nonce: parameters.get("nonce").map(str::to_owned),
            launch,
        })
    }
}

/// The client and its redirect URI. Without them, the user is not redirected.
fn client_and_redirect<'a>(parameters: &'a Parameters, sandbox: &Sandbox) -> Result<(Client, &'a str), Refusal> {
    for name in ["client_id", "redirect_uri"] {
        if parameters.all(name).count() > 1 {
            return Err(Refusal::Person("The app sent its client id or its return address more than once."));
        }
    }
    let client_id = parameters.get("client_id").ok_or(Refusal::Person("The app did not say who it is."))?;
    let client =
        sandbox.client(client_id).ok_or(Refusal::Person("This app is not registered here. Nothing was shared."))?;
    let redirect_uri =
        parameters.get("redirect_uri").ok_or(Refusal::Person("The app did not say where to return to."))?;
    if client.redirect_uris.iter().any(|registered| registered == redirect_uri) {
        Ok((client, redirect_uri))
    } else {
        Err(Refusal::Person("The app's redirect URI is not registered. Nothing was shared."))
    }
}

/// `aud` names this server: the FHIR base or its alias, the base itself, compared character by character.
fn check_audience(parameters: &Parameters, config: &Config) -> Result<(), (&'static str, &'static str)> {
    match parameters.get("aud") {
        None => Err(("invalid_request", "The aud is missing.")),
        Some(aud) if aud == config.fhir_base() || aud == config.base() => Ok(()),
        Some(_) => Err(("invalid_request", "The aud is not the FHIR base of this server.")),
    }
}

/// Every request of a public client has an S256 challenge (RFC 7636, 4.3); a client with a secret may leave it out.
fn read_challenge(parameters: &Parameters, is_public: bool) -> Result<Option<String>, (&'static str, &'static str)> {
    let Some(challenge) = parameters.get("code_challenge") else {
        let refusal = ("invalid_request", "A public client must send a code_challenge.");
        return if is_public { Err(refusal) } else { Ok(None) };
    };
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "The code_challenge_method must be S256."));
    }
    let is_sha256 = challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_sha256 {
        Ok(Some(challenge.to_owned()))
    } else {
        Err(("invalid_request", "The code_challenge is not the base64url form of a SHA-256 hash."))
    }
}

/// Scopes that some clients do not get: an own key is only for a public client, and a refresh token only for a client that may use it.
fn may_ask(sandbox: &Sandbox, client: &Client, scope: &str) -> bool {
    match scope {
        REGISTER_SCOPE => sandbox.config.dialect.protects_registration() && client.is_public(),
        "offline_access" => {
            sandbox.registrations().allow(&client.id, "refresh_token")
                && (!client.is_public()
                    || sandbox.config.dialect.has_refresh_tokens_for_public_clients()
                    || sandbox.meets(Deviation::PublicRefreshToken))
        }
        _ => true,
    }
}

fn read_scopes(parameters: &Parameters, dialect: Dialect) -> Result<Vec<String>, (&'static str, &'static str)> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in parameters.get("scope").unwrap_or_default().split_ascii_whitespace() {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.is_empty() {
        return Err(("invalid_scope", "The scope is missing."));
    }
    let is_v2 = |scope: &String| ResourceScope::parse(scope).is_some_and(|scope| !scope.is_v1());
    if dialect == Dialect::Hiebus && scopes.iter().any(is_v2) {
        return Err((
            "invalid_scope",
            "This server knows the scopes of SMART App Launch 1 only, such as patient/*.read.",
        ));
    }
    Ok(scopes)
}
