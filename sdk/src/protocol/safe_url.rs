//! The check of every URL that a request is sent to.

use super::url::{Url, UrlError};
use crate::error::{Error, Failure};

/// The URL, if nobody on the network can read the traffic: https, a loopback host, or `allow_insecure_http`.
///
/// # Errors
/// [`Error::Url`] for a URL that could not be read, [`Error::InsecureUrl`] for http to another machine. `what` names the URL.
pub(crate) fn safe_url(url: Result<Url, UrlError>, what: &str, allow_insecure_http: bool) -> Result<Url, Failure> {
    let url = url.map_err(|problem| Error::Url { what: what.into(), problem })?;
    if url.is_confidential() || allow_insecure_http {
        Ok(url)
    } else {
        Err(Error::InsecureUrl { what: what.into() }.into())
    }
}
