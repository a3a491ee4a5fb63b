//! The keys that a server signs ID tokens with: fetched once, and once more for a key that is not among them.

use std::rc::Rc;

use super::config::Server;
use super::transport::fetch_document;
use crate::platform::{JsonView, Platform};
use crate::protocol::http::Request;
use crate::protocol::jwk::PublicKey;
use crate::protocol::url::Url;

/// How long a set of keys is good for, in seconds.
const LIFETIME: f64 = 3600.0;
/// How long after a fetch for an unknown key another unknown one brings about none, in seconds.
const PAUSE: f64 = 60.0;

/// A set of keys, and when it came.
#[derive(Clone)]
pub(crate) struct KeySet {
    address: Url,
    keys: Rc<[PublicKey]>,
    fetched: f64,
    /// When they were last fetched for a key that was not among them.
    searched: f64,
}

/// The server's keys, for a signature by the key `kid`.
pub(super) async fn fetch<P: Platform>(
    platform: &P,
    server: &Server,
    address: Url,
    kid: Option<&str>,
) -> Result<Rc<[PublicKey]>, &'static str> {
    let known = server.keys.borrow().clone().filter(|set| set.address == address);
    let now = platform.now();
    if let Some(set) = known.as_ref().filter(|set| set.serves(kid, now)) {
        return Ok(set.keys.clone());
    }
    let searched = if known.is_some_and(|set| set.is_fresh(now)) { now } else { f64::NEG_INFINITY };
    let mut request = Request::get(address.clone(), "application/json");
    request.no_store = true;
    let (set, _) = fetch_document(platform, &request).await.map_err(|_| "the server's keys could not be fetched")?;
    if set.member("keys").is_none() {
        return Err("the server's keys could not be read");
    }
    let keys: Rc<[PublicKey]> = PublicKey::read_set(&set).into();
    *server.keys.borrow_mut() = Some(KeySet { address, keys: keys.clone(), fetched: platform.now(), searched });
    Ok(keys)
}

impl KeySet {
    fn serves(&self, kid: Option<&str>, now: f64) -> bool {
        let is_known = kid.is_none_or(|kid| self.keys.iter().any(|key| key.kid.as_deref() == Some(kid)));
        self.is_fresh(now) && (is_known || now - self.searched < PAUSE)
    }

    fn is_fresh(&self, now: f64) -> bool {
        now - self.fetched < LIFETIME
    }
}
