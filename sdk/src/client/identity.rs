//! Checks an ID token: against its access token as it comes, its signature beside the session's first requests.

use std::rc::Rc;

use super::keys;
use super::records::{self, CheckedIdentity, SessionRecord, Signature};
use super::session::{Inner, SessionEvent};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::id_token::{self, Expected, Identity};
use crate::protocol::jwk::candidates;
use crate::protocol::jwt::decode;
use crate::protocol::secret::IdToken;
use crate::protocol::token::TokenResponse;

/// Starts the check of the signature, where it is still to be made. A signature that does not hold ends the session.
pub(super) fn check_signature<P: Platform>(inner: &Rc<Inner<P>>) {
    let id_token = inner.record.borrow().id_token.clone();
    let Some(id_token) = id_token else { return };
    let session = inner.clone();
    inner.platform.spawn(Box::pin(async move {
        // What the page asks for at once goes first.
        session.platform.sleep(0).await;
        match check(&session, &id_token).await {
            Ok(signature) => note(&session, signature).await,
            Err(error) => session.end_and_forget(error).await,
        }
    }));
}

/// The digest that an ID token's `at_hash` is held against; `None` where it has none, or the host cannot make it.
pub(super) async fn access_token_digest<P: Platform>(platform: &P, response: &TokenResponse) -> Option<Vec<u8>> {
    let hash = id_token::access_token_hash(platform, response.id_token.as_ref()?)?;
    platform.digest(hash, response.access_token.expose().as_bytes()).await.ok()
}

/// The record after a refresh, as far as it says who the user is: the identity that came with it, or the launch's where
/// none came or it says too little.
pub(super) fn renewed<P: Platform>(
    inner: &Inner<P>,
    old: SessionRecord,
    response: &TokenResponse,
    access_token_digest: Option<&[u8]>,
) -> Result<SessionRecord, Failure> {
    let (Some(id_token), Some(launched)) = (&response.id_token, &old.identity) else { return Ok(old) };
    let expected = Expected {
        issuer: Some(&launched.identity.issuer),
        client_id: &old.client_id,
        trusted_audiences: &inner.server.record.trusted_audiences,
        nonce: None,
        allow_missing_nonce: false,
        access_token_digest,
        max_age: None,
        now: inner.platform.now(),
    };
    match id_token::read_renewed(&inner.platform, id_token, &expected, &launched.identity)? {
        Some(identity) => {
            let issuer_checked = launched.identity.issuer_checked;
            let identity = Identity { issuer_checked, ..identity };
            let identity = Some(Rc::new(CheckedIdentity { identity, signature: Signature::Pending }));
            Ok(SessionRecord { identity, id_token: Some(id_token.clone()), ..old })
        }
        None => Ok(SessionRecord { renewal_incomplete: true, ..old }),
    }
}

async fn check<P: Platform>(inner: &Rc<Inner<P>>, id_token: &IdToken) -> Result<Signature, Failure> {
    let unchecked = |reason: &str| Ok(Signature::Unchecked(reason.to_owned()));
    let jwks = inner.record.borrow().endpoints.jwks.clone();
    let Some(jwks) = jwks else { return unchecked("the server names no keys") };
    let refused = |problem: &str| Error::id_token("signature", problem);
    let jwt = decode(&inner.platform, id_token.expose()).map_err(refused)?;
    let keys = match keys::fetch(&inner.platform, &inner.server, jwks, jwt.kid.as_deref()).await {
        Ok(keys) => keys,
        Err(reason) => return unchecked(reason),
    };
    let keys = candidates(&keys, jwt.kid.as_deref(), jwt.algorithm);
    if keys.is_empty() {
        return Err(refused("the server has no key that can have made it"));
    }
    for key in keys {
        match inner.platform.verify(key, jwt.algorithm, &jwt.signature, &jwt.signed).await {
            Ok(true) => return Ok(Signature::Verified),
            Ok(false) => {}
            Err(_) => return unchecked("this browser cannot check it"),
        }
    }
    Err(refused("none of the server's keys made it"))
}

async fn note<P: Platform>(inner: &Rc<Inner<P>>, signature: Signature) {
    // A session that the app took out of the store meanwhile is not put back.
    let is_stored = matches!(records::load_session(&inner.platform, &inner.id).await, Ok(Some(_)));
    if inner.check_active().is_err() {
        return;
    }
    let record = {
        let mut current = inner.record.borrow_mut();
        let record = Rc::make_mut(&mut *current);
        record.id_token = None;
        if let Some(identity) = &mut record.identity {
            Rc::make_mut(identity).signature = signature;
        }
        current.clone()
    };
    if is_stored {
        // Where it cannot be stored, the next page checks again.
        let _ = inner.store(&record).await;
    }
    if inner.check_active().is_ok() {
        inner.tell(&SessionEvent::IdentityChecked);
    }
}
