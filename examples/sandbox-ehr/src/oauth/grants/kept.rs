//! Grants of a client with its own key. It requests access tokens with assertions, without a refresh token.

use super::{Grant, Grants, REFRESH_SECONDS, Source, TokenError, Tokens, check_narrowed, random_secret};
use crate::oauth::consent::REGISTER_SCOPE;

/// How long a client may use its key after its registration.
const KEPT_SECONDS: u64 = REFRESH_SECONDS;

const OVER: TokenError = ("invalid_grant", "The connection has expired, or it was ended.");

pub(super) struct Kept {
    pub(super) grant_id: String,
    /// In seconds.
    pub(super) expires: u64,
    is_new: bool,
}

impl Grants {
    /// Transfers the grant of an access token to a client that has just registered its key. This revokes all tokens of the
    /// grant. `None` if the access token is invalid.
    pub fn transfer(&mut self, access_token: &str, client_id: &str, now: u64) -> Option<()> {
        let token = self.access_tokens.remove(access_token).filter(|token| token.expires > now)?;
        let grant = self.grants.remove(&token.grant_id)?;
        let is_kept = |scope: &String| scope != REGISTER_SCOPE && scope != "offline_access";
        let scopes = grant.scopes.into_iter().filter(is_kept).collect();
        let grant_id = random_secret();
        self.grants.insert(grant_id.clone(), Grant { client_id: client_id.to_owned(), scopes, ..grant });
        self.kept.insert(client_id.to_owned(), Kept { grant_id, expires: now + KEPT_SECONDS, is_new: true });
        Some(())
    }

    /// Whether this client has got no token since its registration.
    pub fn is_new_client(&self, client_id: &str) -> bool {
        self.kept.get(client_id).is_some_and(|kept| kept.is_new)
    }

    /// An access token for a client that authenticated with its key. It expires with the grant at the latest.
    pub fn issue_by_key(
        &mut self,
        client_id: &str,
        narrowed: Option<Vec<String>>,
        now: u64,
        ttl: u64,
    ) -> Result<Tokens, TokenError> {
        let kept = self.kept.get_mut(client_id).filter(|kept| kept.expires > now).ok_or(OVER)?;
        let (grant_id, ttl) = (kept.grant_id.clone(), ttl.min(kept.expires - now));
        let grant = self.grants.get(&grant_id).ok_or(OVER)?.clone();
        check_narrowed(&grant, narrowed.as_deref())?;
        kept.is_new = false;
        Ok(Tokens { source: Source::Assertion, ..self.issue_tokens(grant_id, grant, narrowed, now, ttl) })
    }
}
