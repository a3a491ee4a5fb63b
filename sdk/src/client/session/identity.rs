//! Checks ID tokens: their claims in the exchange, and their signature in the background.

use std::rc::Rc;

use super::state::{Inner, SessionEvent, SignatureCheck};
use crate::client::store::records::{self, CheckedIdentity, SessionRecord, Signature};
use crate::error::{Error, Failure};
use crate::platform::{JsonView, Platform};
use crate::protocol::id_token::{self, Expected, Identity, TOLERANCE_SECONDS};
use crate::protocol::jwk::candidates;
use crate::protocol::jwt::decode;
use crate::protocol::secret::IdToken;
use crate::protocol::token::TokenResponse;

/// How long the check of the signature pauses after two failed attempts, in seconds.
const PAUSE: f64 = 30.0;

/// The result of an attempt to check the signature.
enum CheckResult {
    /// The check has ended, and the token is not needed any more.
    Ended(Signature),
    /// The check could not be made, for this reason, and is tried again later.
    Failed(&'static str),
}

/// Starts the check of the signature, if there is a token to check. A wrong signature ends the session.
pub(super) fn check_signature<P: Platform>(inner: &Rc<Inner<P>>) {
    let id_token = inner.record.borrow().id_token.clone();
    let Some(id_token) = id_token.filter(|token| inner.signature_check.running.borrow().as_ref() != Some(token)) else {
        return;
    };
    *inner.signature_check.running.borrow_mut() = Some(id_token.clone());
    let session = inner.clone();
    inner.platform.spawn(Box::pin(async move {
        // The first requests of the page go first.
        session.platform.sleep(0).await;
        let checked = check(&session, &id_token).await;
        session.signature_check.running.borrow_mut().take_if(|running| *running == id_token);
        match checked {
            Ok(checked) => record_result(&session, &id_token, checked).await,
            Err(error) => session.end_and_forget(error).await,
        }
    }));
}

/// Starts the check again after a failed attempt: the first time at the next use of the session, later after a pause.
pub(super) fn retry_check<P: Platform>(inner: &Rc<Inner<P>>) {
    let SignatureCheck { failed, last_failed, .. } = &inner.signature_check;
    let is_due = failed.get() == 1 || inner.platform.now() - last_failed.get() >= PAUSE;
    if failed.get() > 0 && is_due {
        check_signature(inner);
    }
}

/// The record with the identity after a refresh: that of the new ID token, or that of the launch if there is none or it lacks claims.
pub(crate) fn with_renewed_identity<P: Platform>(
    inner: &Inner<P>,
    old: SessionRecord,
    response: &TokenResponse,
) -> Result<SessionRecord, Failure> {
    let (Some(id_token), Some(launched)) = (&response.id_token, &old.identity) else { return Ok(old) };
    let expected = Expected {
        issuer: Some(&launched.identity.issuer),
        client_id: &old.client_id,
        trusted_audiences: &inner.connection.server.record.trusted_audiences,
        nonce: None,
        allow_missing_nonce: false,
        access_token: &response.access_token,
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

async fn check<P: Platform>(inner: &Rc<Inner<P>>, id_token: &IdToken) -> Result<CheckResult, Failure> {
    let unchecked = |reason: &str| Ok(CheckResult::Ended(Signature::Unchecked(reason.to_owned())));
    let jwks = inner.record.borrow().endpoints.jwks.clone();
    let Some(jwks) = jwks else { return unchecked("the server has no jwks_uri") };
    let jwt = decode(&inner.platform, id_token.expose()).map_err(refused)?;
    let keys = match inner.connection.keys.fetch(&inner.platform, jwks, jwt.kid.as_deref()).await {
        Ok(keys) => keys,
        Err(reason) => return Ok(CheckResult::Failed(reason)),
    };
    let all = candidates(&keys, jwt.kid.as_deref(), jwt.algorithm);
    let mut is_unreadable = false;
    for key in all.iter().filter(|key| key.is_long_enough()) {
        match inner.platform.verify(key, jwt.algorithm, &jwt.signature, &jwt.signed).await {
            Ok(true) => return Ok(CheckResult::Ended(Signature::Verified)),
            Ok(false) => {}
            Err(_) => is_unreadable = true,
        }
    }
    if is_unreadable {
        return unchecked("this browser cannot check it");
    }
    // The server may have replaced its keys since the token was issued.
    let ends = jwt.claims.member("exp").and_then(|exp| exp.number()).unwrap_or(f64::INFINITY);
    if inner.platform.now() >= ends + TOLERANCE_SECONDS {
        return unchecked("the key of this signature is no longer published");
    }
    Err(refused(match all.as_slice() {
        [] => "the server has no key for this signature",
        all if all.iter().all(|key| !key.is_long_enough()) => "the server's key is an RSA key of fewer than 2048 bits",
        _ => "it does not match any of the server's keys",
    }))
}

fn refused(problem: &str) -> Failure {
    Error::id_token("signature", problem)
}

async fn record_result<P: Platform>(inner: &Rc<Inner<P>>, id_token: &IdToken, checked: CheckResult) {
    // A newer token has its own check.
    let is_current = inner.record.borrow().id_token.as_ref() == Some(id_token);
    if inner.check_active().is_err() || !is_current {
        return;
    }
    let (signature, is_expired) = match checked {
        CheckResult::Ended(signature) => (signature, true),
        CheckResult::Failed(reason) => (Signature::Unchecked(reason.to_owned()), false),
    };
    let SignatureCheck { failed, last_failed, .. } = &inner.signature_check;
    failed.set(if is_expired { 0 } else { failed.get() + 1 });
    last_failed.set(inner.platform.now());
    {
        let mut current = inner.record.borrow_mut();
        if current.identity.as_ref().is_some_and(|identity| identity.signature == signature) {
            return;
        }
        let record = Rc::make_mut(&mut *current);
        if is_expired {
            record.id_token = None;
        }
        if let Some(identity) = &mut record.identity {
            Rc::make_mut(identity).signature = signature;
        }
    }
    store_checked(inner).await;
    if inner.check_active().is_ok() {
        inner.emit(&SessionEvent::IdentityChecked);
    }
}

/// Stores the result of the check, if the store still has these tokens. A running refresh stores its tokens first.
async fn store_checked<P: Platform>(inner: &Rc<Inner<P>>) {
    let _lock = inner.lock_refresh().await;
    let stored = records::load_session(&inner.platform, &inner.id).await;
    let record = inner.record.borrow().clone();
    // A session that was removed from the store meanwhile is not stored again.
    if matches!(stored, Ok(Some(stored)) if stored.renewals <= record.renewals) && inner.check_active().is_ok() {
        // If it cannot be stored, the next page checks again.
        let _ = inner.store(&record).await;
    }
}
