//! The keys of a server for the signatures of ID tokens: cached, and fetched again for an unknown key.

use std::cell::RefCell;
use std::rc::Rc;

use super::documents::fetch_document;
use crate::platform::{JsonView, Platform};
use crate::protocol::http::Request;
use crate::protocol::jwk::PublicKey;
use crate::protocol::url::Url;

/// How long a key set is cached, in seconds.
const LIFETIME: f64 = 3600.0;
/// After a fetch for an unknown key, how long none is made for another unknown key, in seconds.
const PAUSE: f64 = 60.0;

/// A fetched key set.
#[derive(Clone)]
struct KeySet {
    url: Url,
    keys: Rc<[PublicKey]>,
    fetched: f64,
    /// When it was last fetched for an unknown key.
    refetched: f64,
}

/// The cached keys of one server.
#[derive(Default)]
pub(crate) struct Keys {
    known: RefCell<Option<KeySet>>,
}

impl Keys {
    /// The server's keys, for a signature with the key `kid`. If it is unknown, the keys are fetched again, even immediately after a
    /// fetch, because the first response may come from a cache.
    ///
    /// # Errors
    /// Why the keys could not be fetched. A retry may succeed.
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
