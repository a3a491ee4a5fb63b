//! Checks an ID token's claims (OpenID Connect Core section 3.1.3.7). The signature is checked by [`crate::client`],
//! with the platform's cryptography.

use super::encoding::base64url;
use super::jwt::{Jwt, decode};
use super::secret::{AccessToken, IdToken};
use crate::error::{Error, Failure};
use crate::json::{Json, JsonView, list};

/// How far the clocks of the server and this device may be apart, in seconds.
pub const TOLERANCE_SECONDS: f64 = 60.0;

/// What an ID token is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer that the server's documents name, if they name one.
    pub issuer: Option<&'a str>,
    /// The client.
    pub client_id: &'a str,
    /// Trusted audiences other than the client.
    pub trusted_audiences: &'a [String],
    /// The nonce of the authorization request.
    pub nonce: Option<&'a str>,
    /// Whether a token without a nonce is accepted although one was sent.
    pub allow_missing_nonce: bool,
    /// The access token of the same token response, which `at_hash` must match.
    pub access_token: &'a AccessToken,
    /// The greatest number of seconds since the user signed in, if the authorization request had a `max_age`.
    pub max_age: Option<f64>,
    /// The time, in seconds since 1970.
    pub now: f64,
}

/// The user, from an ID token with valid claims.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Identity {
    /// The issuer.
    pub issuer: String,
    /// The user's name at the issuer.
    pub subject: String,
    /// The user's FHIR resource: absolute or relative, unchanged.
    pub fhir_user: Option<String>,
    /// All claims as JSON text.
    pub claims: String,
    /// Whether the issuer was compared with one that the server's documents name.
    pub issuer_checked: bool,
    /// Whether the token has the nonce of the request.
    pub nonce_checked: bool,
    /// Whether the token is bound to the access token by `at_hash`.
    pub access_token_hash_checked: bool,
}

/// Parses an ID token and checks its claims, nonce and `at_hash`.
///
/// # Errors
/// [`Error::IdToken`] naming the check that failed.
pub fn read<J: Json>(json: &J, token: &IdToken, expected: &Expected<'_>) -> Result<(Identity, Jwt<J::Value>), Failure> {
    let jwt = decode(json, token.expose()).map_err(|problem| Error::id_token("form", problem))?;
    let claims = &jwt.claims;
    let required = |name: &'static str| {
        let value = claims.member_text(name).filter(|text| !text.is_empty());
        value.ok_or_else(|| Error::id_token(name, "it is missing"))
    };
    let issuer = required("iss")?;
    if expected.issuer.is_some_and(|known| known != issuer) {
        return Err(Error::id_token("iss", &format!("it is {issuer}, not the server's issuer")));
    }
    check_audience(claims, expected)?;
    let subject = required("sub")?;
    check_times(claims, expected.now)?;
    check_sign_in_time(claims, expected)?;
    let nonce_checked = check_nonce(claims, expected)?;
    let access_token_hash_checked = check_access_token_hash(&jwt, expected.access_token)?;
    let identity = Identity {
        issuer_checked: expected.issuer.is_some(),
        nonce_checked,
        access_token_hash_checked,
        ..Identity::of(issuer, subject, claims)
    };
    Ok((identity, jwt))
}

/// Parses the ID token of a refresh and compares it with the identity of the launch (OpenID Connect Core section 12.2).
/// `expected` has the issuer of that identity, and no nonce.
///
/// `None` if it has no audience, or lacks the nonce of the launch's token: then it is not complete enough to replace that one.
///
/// # Errors
/// [`Error::IdToken`] if it has another issuer, subject, audience or nonce.
pub fn read_renewed<J: Json>(
    json: &J,
    token: &IdToken,
    expected: &Expected<'_>,
    launched: &Identity,
) -> Result<Option<Identity>, Failure> {
    let jwt = decode(json, token.expose()).map_err(|problem| Error::id_token("form", problem))?;
    let member = |name: &str| jwt.claims.member_text(name);
    for (name, known) in [("iss", &launched.issuer), ("sub", &launched.subject)] {
        if member(name).as_ref() != Some(known) {
            return Err(Error::id_token(name, "it changed with the refresh"));
        }
    }
    let nonce = json.parse(&launched.claims).and_then(|claims| claims.member_text("nonce"));
    if nonce.is_some() && member("nonce").is_some() && nonce != member("nonce") {
        return Err(Error::id_token("nonce", "it changed with the refresh"));
    }
    if jwt.claims.member("aud").is_none() || (nonce.is_some() && member("nonce").is_none()) {
        return Ok(None);
    }
    let (identity, _) = read(json, token, expected)?;
    Ok(Some(Identity { nonce_checked: launched.nonce_checked, ..identity }))
}

impl Identity {
    /// The identity in claims of which nothing has been checked.
    pub(crate) fn from_claims<V: JsonView>(claims: &V) -> Option<Self> {
        Some(Self::of(claims.member_text("iss")?, claims.member_text("sub")?, claims))
    }

    fn of<V: JsonView>(issuer: String, subject: String, claims: &V) -> Self {
        Self {
            issuer,
            subject,
            fhir_user: claims.member_text("fhirUser").or_else(|| claims.member_text("profile")),
            claims: claims.to_json(),
            issuer_checked: false,
            nonce_checked: false,
            access_token_hash_checked: false,
        }
    }
}

fn check_audience<V: JsonView>(claims: &V, expected: &Expected<'_>) -> Result<(), Failure> {
    let value = claims.member("aud").ok_or_else(|| Error::id_token("aud", "it is missing"))?;
    let audiences = list(claims, "aud");
    if value.text().is_none() && value.items().is_none_or(|items| items.len() != audiences.len()) {
        return Err(Error::id_token("aud", "it is neither a string nor an array of strings"));
    }
    if !audiences.iter().any(|audience| audience == expected.client_id) {
        return Err(Error::id_token("aud", "it is for another client"));
    }
    let trusted = |audience: &String| audience == expected.client_id || expected.trusted_audiences.contains(audience);
    if !audiences.iter().all(trusted) {
        return Err(Error::id_token("aud", "it is also for an audience that is not trusted"));
    }
    match claims.member("azp") {
        Some(azp) if azp.text().as_deref() != Some(expected.client_id) => {
            Err(Error::id_token("azp", "it was issued to another client"))
        }
        None if audiences.len() > 1 => {
            Err(Error::id_token("azp", "it is missing although there are several audiences"))
        }
        _ => Ok(()),
    }
}

fn check_times<V: JsonView>(claims: &V, now: f64) -> Result<(), Failure> {
    let time = |name: &'static str| {
        let value = claims.member(name).and_then(|value| value.number());
        value.ok_or_else(|| Error::id_token(name, "it is missing or not a number"))
    };
    time("iat")?;
    if claims.member("nbf").is_some() && time("nbf")? > now + TOLERANCE_SECONDS {
        return Err(Error::id_token("nbf", "it is not valid yet: check this device's clock"));
    }
    if now >= time("exp")? + TOLERANCE_SECONDS {
        return Err(Error::id_token("exp", "it has expired: check this device's clock"));
    }
    Ok(())
}

fn check_sign_in_time<V: JsonView>(claims: &V, expected: &Expected<'_>) -> Result<(), Failure> {
    let Some(max_age) = expected.max_age else { return Ok(()) };
    let auth_time = claims.member("auth_time").and_then(|time| time.number());
    match auth_time {
        None => Err(Error::id_token("auth_time", "it is missing, and max_age was requested")),
        Some(auth_time) if expected.now > auth_time + max_age + TOLERANCE_SECONDS => {
            Err(Error::id_token("auth_time", "the user signed in longer ago than max_age allows"))
        }
        Some(_) => Ok(()),
    }
}

fn check_nonce<V: JsonView>(claims: &V, expected: &Expected<'_>) -> Result<bool, Failure> {
    let Some(sent) = expected.nonce else { return Ok(false) };
    match claims.member_text("nonce") {
        Some(nonce) if nonce == sent => Ok(true),
        Some(_) => Err(Error::id_token("nonce", "it is not the nonce of the request")),
        None if expected.allow_missing_nonce => Ok(false),
        None => Err(Error::id_token("nonce", "it is missing")),
    }
}

fn check_access_token_hash<V: JsonView>(jwt: &Jwt<V>, access_token: &AccessToken) -> Result<bool, Failure> {
    let Some(at_hash) = jwt.claims.member("at_hash") else { return Ok(false) };
    let digest = jwt.algorithm.digest(access_token.expose().as_bytes());
    let left_half = digest.get(..digest.len() / 2).unwrap_or_default();
    if at_hash.text().is_some_and(|at_hash| at_hash == base64url(left_half)) {
        Ok(true)
    } else {
        Err(Error::id_token("at_hash", "it is for another access token"))
    }
}

#[cfg(test)]
#[path = "id_token_tests.rs"]
mod tests;
