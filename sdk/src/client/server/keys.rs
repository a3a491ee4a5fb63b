//! The keys that a server signs ID tokens with: fetched once, and once more for a key that is not among them.

use std::cell::RefCell;
use std::rc::Rc;

use super::documents::fetch_document;
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
struct KeySet {
    url: Url,
    keys: Rc<[PublicKey]>,
    fetched: f64,
    /// When they were last fetched for a key that was not among them.
    refetched: f64,
}

/// The keys of one server, as far as they were fetched.
#[derive(Default)]
pub(crate) struct Keys {
    known: RefCell<Option<KeySet>>,
}

impl Keys {
    /// The server's keys, for a signature by the key `kid`. Where it is not among them they are fetched once more, also right
    /// after a fetch: what came first may be an old copy.
    ///
    /// # Errors
    /// Says why the keys could not be had. Another try may succeed.
    pub async fn fetch<P: Platform>(
        &self,
        platform: &P,
        url: Url,
        kid: Option<&str>,
    ) -> Result<Rc<[PublicKey]>, &'static str> {
        let now = platform.now();
        let known = self.known.borrow().clone().filter(|set| set.url == url && now - set.fetched < LIFETIME);
        let mut set = match known {
            Some(set) => set,
            None => self.load(platform, &url, f64::NEG_INFINITY).await?,
        };
        let has_kid = |set: &KeySet| kid.is_none_or(|kid| set.keys.iter().any(|key| key.kid.as_deref() == Some(kid)));
        if !has_kid(&set) && now - set.refetched >= PAUSE {
            set = self.load(platform, &url, now).await?;
        }
        Ok(set.keys)
    }

    async fn load<P: Platform>(&self, platform: &P, url: &Url, refetched: f64) -> Result<KeySet, &'static str> {
        let mut request = Request::get(url.clone(), "application/json");
        request.no_store = true;
        let (document, _) =
            fetch_document(platform, &request).await.map_err(|_| "the server's keys could not be fetched")?;
        if document.member("keys").is_none() {
            return Err("the server's keys could not be read");
        }
        let keys = PublicKey::read_set(&document).into();
        let set = KeySet { url: url.clone(), keys, fetched: platform.now(), refetched };
        *self.known.borrow_mut() = Some(set.clone());
        Ok(set)
    }
}
