//! Pending authorizations, grants, codes, access tokens and refresh tokens, in memory.

mod kept;

use std::collections::{HashMap, HashSet};

use self::kept::Kept;
use super::launch_token::LaunchContext;
use super::random_secret;
use super::request::AuthorizationRequest;

/// How long the user may take to log in and confirm.
const PENDING_SECONDS: u64 = 600;
const CODE_SECONDS: u64 = 60;
/// How long a used code is stored, so that its reuse is detected.
const USED_CODE_SECONDS: u64 = 3600;
/// The lifetime of a backend's access token (SMART App Launch 2.2, Backend Services).
const BACKEND_SECONDS: u64 = 300;
const REFRESH_SECONDS: u64 = 90 * 24 * 3600;

/// Who logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// A patient at the portal.
    Patient(u32),
    /// The provider.
    Provider,
    /// Nobody: a client without a user.
    Backend,
}

/// What a user allowed an app to do.
#[derive(Clone, Debug)]
pub struct Grant {
    pub client_id: String,
    pub user: User,
    pub scopes: Vec<String>,
    pub patient: Option<u32>,
    /// The context of the chart, if the app was opened from there.
    pub launch: Option<LaunchContext>,
    /// The topic of the log-in in which a provider opened the app (FHIRcast).
    pub topic: Option<String>,
    /// When it was granted, in seconds.
    pub since: u64,
}

/// A valid access or refresh token, for introspection (RFC 7662, 2.2).
#[derive(Debug)]
pub struct Introspected {
    pub grant: Grant,
    pub scopes: Vec<String>,
    pub expires: u64,
    pub is_access_token: bool,
}

/// A valid access token, for the FHIR API.
#[derive(Clone, Debug)]
pub struct Access {
    pub client_id: String,
    pub user: User,
    pub patient: Option<u32>,
    pub scopes: Vec<String>,
    pub topic: Option<String>,
}

/// What the tokens were issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A new grant of a user, or of a client without a user.
    Grant,
    RefreshToken,
    /// An assertion, signed with the client's own key.
    Assertion,
}

/// New tokens for the response of the token endpoint.
#[derive(Debug)]
pub struct Tokens {
    pub grant: Grant,
    pub access_token: String,
    pub refresh_token: Option<String>,
    /// The lifetime of the access token, in seconds.
    pub lifetime: u64,
    /// What they were issued for.
    pub source: Source,
    /// The scopes of the access token, which a refresh may have narrowed.
    pub scopes: Vec<String>,
    /// The nonce of the authorization request, if the grant is new.
    pub nonce: Option<String>,
}

/// An error code of the token endpoint with its description (RFC 6749, 5.2).
pub type TokenError = (&'static str, &'static str);

/// What a client presents to redeem a code.
pub struct Redemption<'a> {
    pub client_id: &'a str,
    pub code: &'a str,
    pub redirect_uri: &'a str,
    /// The S256 challenge of the verifier, if one was sent.
    pub challenge: Option<&'a str>,
    /// Accepts a code that was used before.
    pub is_lenient: bool,
}

#[derive(Default)]
pub struct Grants {
    pending: HashMap<String, Pending>,
    codes: HashMap<String, Code>,
    grants: HashMap<String, Grant>,
    access_tokens: HashMap<String, AccessToken>,
    refresh_tokens: HashMap<String, RefreshToken>,
    /// Launch values for which a code was issued, with the time at which they expire.
    used_launches: HashMap<String, u64>,
    /// The grants of clients with their own key, by client ID.
    kept: HashMap<String, Kept>,
}

struct Pending {
    request: AuthorizationRequest,
    expires: u64,
}

struct Code {
    grant_id: String,
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    expires: u64,
    used: bool,
}

struct AccessToken {
    grant_id: String,
    scopes: Vec<String>,
    expires: u64,
}

struct RefreshToken {
    grant_id: String,
    expires: u64,
    used: bool,
}

impl Grants {
    /// Stores a request while its user logs in and confirms. Returns the name by which pages refer to it.
    pub fn begin(&mut self, request: AuthorizationRequest, now: u64) -> String {
        self.forget_expired(now);
        let transaction = random_secret();
        self.pending.insert(transaction.clone(), Pending { request, expires: now + PENDING_SECONDS });
        transaction
    }

    pub fn pending(&self, transaction: &str, now: u64) -> Option<&AuthorizationRequest> {
        self.pending.get(transaction).filter(|pending| pending.expires > now).map(|pending| &pending.request)
    }

    /// Ends a pending authorization with any result.
    pub fn end(&mut self, transaction: &str, now: u64) -> Option<AuthorizationRequest> {
        self.pending.remove(transaction).filter(|pending| pending.expires > now).map(|pending| pending.request)
    }

    /// A code for a grant, valid once and for a minute (RFC 6749, 4.1.2).
    pub fn issue_code(&mut self, request: &AuthorizationRequest, grant: Grant, now: u64) -> String {
        self.forget_expired(now);
        let (code, grant_id) = (random_secret(), random_secret());
        self.grants.insert(grant_id.clone(), grant);
        self.codes.insert(
            code.clone(),
            Code {
                grant_id,
                redirect_uri: request.redirect_uri.clone(),
                challenge: request.code_challenge.clone(),
                nonce: request.nonce.clone(),
                expires: now + CODE_SECONDS,
                used: false,
            },
        );
        code
    }

    /// Tokens for a code, which is valid once. A second attempt revokes the tokens of the first.
    pub fn redeem(&mut self, redemption: &Redemption<'_>, now: u64, ttl: u64) -> Result<Tokens, TokenError> {
        let code = self.codes.get_mut(redemption.code).ok_or(("invalid_grant", "The code is not known."))?;
        if code.used && !redemption.is_lenient {
            let grant_id = code.grant_id.clone();
            self.revoke(&grant_id);
            return Err(("invalid_grant", "The code was used before; its tokens are revoked."));
        }
        code.used = true;
        let is_expired = code.expires <= now && !redemption.is_lenient;
        code.expires = now + USED_CODE_SECONDS;
        let (grant_id, nonce) = (code.grant_id.clone(), code.nonce.clone());
        let is_same_redirect = code.redirect_uri == redemption.redirect_uri;
        let is_same_verifier = code.challenge.as_deref() == redemption.challenge;
        let grant = self.grants.get(&grant_id).ok_or(("invalid_grant", "The code was revoked."))?.clone();
        if is_expired {
            return Err(("invalid_grant", "The code has expired."));
        }
        if grant.client_id != redemption.client_id {
            return Err(("invalid_grant", "The code was made for another client."));
        }
        if !is_same_redirect {
            return Err(("invalid_grant", "The redirect_uri is not the one of the authorization request."));
        }
        if !is_same_verifier {
            return Err(("invalid_grant", "The code_verifier does not fit the code_challenge."));
        }
        let tokens = self.issue_tokens(grant_id, grant, None, now, ttl);
        Ok(Tokens { nonce, ..tokens })
    }

    /// Tokens for a refresh token, which is replaced (RFC 9700, 4.14.2). Reuse of a replaced one revokes the grant.
    pub fn refresh(
        &mut self,
        client_id: &str,
        refresh_token: &str,
        narrowed: Option<Vec<String>>,
        now: u64,
        ttl: u64,
    ) -> Result<Tokens, TokenError> {
        let token =
            self.refresh_tokens.get(refresh_token).ok_or(("invalid_grant", "The refresh token is not known."))?;
        let grant_id = token.grant_id.clone();
        let grant = self.grants.get(&grant_id).ok_or(("invalid_grant", "The refresh token was revoked."))?.clone();
        if grant.client_id != client_id {
            return Err(("invalid_grant", "The refresh token was made for another client."));
        }
        if token.used {
            self.revoke(&grant_id);
            return Err(("invalid_grant", "The refresh token was used before; its whole family is revoked."));
        }
        if token.expires <= now {
            return Err(("invalid_grant", "The refresh token has expired."));
        }
        check_narrowed(&grant, narrowed.as_deref())?;
        if let Some(token) = self.refresh_tokens.get_mut(refresh_token) {
            token.used = true;
        }
        Ok(Tokens { source: Source::RefreshToken, ..self.issue_tokens(grant_id, grant, narrowed, now, ttl) })
    }

    /// An access token for a client without a user, without a refresh token.
    pub fn issue_for_backend(&mut self, grant: Grant, now: u64) -> Tokens {
        let grant_id = random_secret();
        let tokens = self.issue_tokens(grant_id.clone(), grant.clone(), None, now, BACKEND_SECONDS);
        self.grants.insert(grant_id, grant);
        tokens
    }

    /// What an access token allows, if it is valid.
    pub fn access(&self, access_token: &str, now: u64) -> Option<Access> {
        let token = self.access_tokens.get(access_token).filter(|token| token.expires > now)?;
        let grant = self.grants.get(&token.grant_id)?;
        Some(Access {
            client_id: grant.client_id.clone(),
            user: grant.user,
            patient: grant.patient,
            scopes: token.scopes.clone(),
            topic: grant.topic.clone(),
        })
    }

    /// Marks a launch value as used; returns false if it already was.
    pub fn use_launch(&mut self, id: &str, expires: u64, now: u64) -> bool {
        self.used_launches.retain(|_, expires| *expires > now);
        self.used_launches.insert(id.to_owned(), expires).is_none()
    }

    /// The data of a token, if it is valid.
    pub fn introspect(&self, token: &str, now: u64) -> Option<Introspected> {
        let access = self.access_tokens.get(token).filter(|token| token.expires > now);
        if let Some(access) = access {
            let (grant, scopes) = (self.grants.get(&access.grant_id)?.clone(), access.scopes.clone());
            return Some(Introspected { grant, scopes, expires: access.expires, is_access_token: true });
        }
        let refresh = self.refresh_tokens.get(token).filter(|token| token.expires > now && !token.used)?;
        let grant = self.grants.get(&refresh.grant_id)?.clone();
        Some(Introspected { scopes: grant.scopes.clone(), grant, expires: refresh.expires, is_access_token: false })
    }

    /// The active grants, the newest first, each with the name by which it is revoked.
    pub fn live(&self, now: u64) -> Vec<(&str, &Grant)> {
        let access = self.access_tokens.values().filter(|token| token.expires > now).map(|token| &token.grant_id);
        let refresh = self.refresh_tokens.values().filter(|token| token.expires > now && !token.used);
        let kept = self.kept.values().filter(|kept| kept.expires > now).map(|kept| &kept.grant_id);
        let live: HashSet<&String> = access.chain(refresh.map(|token| &token.grant_id)).chain(kept).collect();
        let mut grants: Vec<(&str, &Grant)> = self
            .grants
            .iter()
            .filter(|(grant_id, _)| live.contains(grant_id))
            .map(|(grant_id, grant)| (grant_id.as_str(), grant))
            .collect();
        grants.sort_by_key(|(grant_id, grant)| (std::cmp::Reverse(grant.since), *grant_id));
        grants
    }

    fn issue_tokens(
        &mut self,
        grant_id: String,
        grant: Grant,
        narrowed: Option<Vec<String>>,
        now: u64,
        ttl: u64,
    ) -> Tokens {
        self.forget_expired(now);
        let scopes = narrowed.unwrap_or_else(|| grant.scopes.clone());
        let access_token = random_secret();
        self.access_tokens.insert(
            access_token.clone(),
            AccessToken { grant_id: grant_id.clone(), scopes: scopes.clone(), expires: now + ttl },
        );
        let refresh_token = grant.scopes.iter().any(|scope| scope == "offline_access").then(random_secret);
        if let Some(refresh_token) = &refresh_token {
            self.refresh_tokens
                .insert(refresh_token.clone(), RefreshToken { grant_id, expires: now + REFRESH_SECONDS, used: false });
        }
        Tokens { grant, access_token, refresh_token, lifetime: ttl, source: Source::Grant, scopes, nonce: None }
    }

    /// A token that exists from the start, with the lifetime of a refresh token.
    pub fn keep_ready_made(&mut self, access_token: &str, grant: Grant, now: u64) {
        let (grant_id, scopes) = (random_secret(), grant.scopes.clone());
        self.grants.insert(grant_id.clone(), grant);
        self.access_tokens
            .insert(access_token.to_owned(), AccessToken { grant_id, scopes, expires: now + REFRESH_SECONDS });
    }

    /// Revokes a token of this client: only the access token, or a refresh token with all tokens of its grant (RFC 7009, 2.1).
    /// Returns false if the token is another client's.
    pub fn revoke_token(&mut self, client_id: &str, token: &str) -> bool {
        let access = self.access_tokens.get(token).map(|token| token.grant_id.clone());
        let refresh = self.refresh_tokens.get(token).map(|token| token.grant_id.clone());
        let Some(grant_id) = access.as_ref().or(refresh.as_ref()) else {
            return true;
        };
        if self.grants.get(grant_id).is_some_and(|grant| grant.client_id != client_id) {
            return false;
        }
        self.access_tokens.remove(token);
        if let Some(grant_id) = refresh {
            self.revoke(&grant_id);
        }
        true
    }

    /// Ends all grants of a client.
    pub fn revoke_all_of(&mut self, client_id: &str) {
        self.grants.retain(|_, grant| grant.client_id != client_id);
    }

    /// Revokes all tokens of a grant.
    pub fn revoke(&mut self, grant_id: &str) {
        self.grants.remove(grant_id);
    }

    fn forget_expired(&mut self, now: u64) {
        self.pending.retain(|_, pending| pending.expires > now);
        self.codes.retain(|_, code| code.expires + USED_CODE_SECONDS > now);
        self.access_tokens.retain(|_, token| token.expires > now);
        self.refresh_tokens.retain(|_, token| token.expires > now);
        self.kept.retain(|_, kept| kept.expires > now);
        let (codes, access, refresh) = (&self.codes, &self.access_tokens, &self.refresh_tokens);
        let live: HashSet<&String> = codes
            .values()
            .map(|code| &code.grant_id)
            .chain(access.values().map(|token| &token.grant_id))
            .chain(refresh.values().map(|token| &token.grant_id))
            .chain(self.kept.values().map(|kept| &kept.grant_id))
            .collect();
        self.grants.retain(|grant_id, _| live.contains(grant_id));
    }
}

fn check_narrowed(grant: &Grant, narrowed: Option<&[String]>) -> Result<(), TokenError> {
    if narrowed.into_iter().flatten().all(|scope| grant.scopes.contains(scope)) {
        Ok(())
    } else {
        Err(("invalid_scope", "A client cannot request more than was granted."))
    }
}
