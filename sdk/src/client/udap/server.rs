//! A server whose metadata was verified.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::discovery::verified_server;
use super::identity::{Inner, UdapClient};
use super::kept::Place;
use crate::abort::AbortSignal;
use crate::error::Failure;
use crate::platform::{Certificates, Platform};
use crate::protocol::finding::Finding;
use crate::protocol::udap::certificate::Certificate;
use crate::protocol::udap::chain::trusted_path;
use crate::protocol::udap::signed_metadata::{Community, VerifiedServer};
use crate::protocol::url::Url;

/// How long verified metadata is used before it is fetched and verified again, in seconds: a day, so that a revoked certificate is noticed.
const LONGEST_USE: f64 = 86_400.0;

/// A server whose metadata was verified ([`UdapClient::discover`]). When the metadata expires, and after a day, it is fetched and verified again
/// before anything else is sent. A clone is a handle to the same server.
pub struct UdapServer<P: Platform + Certificates> {
    inner: Rc<ServerInner<P>>,
}

impl<P: Platform + Certificates> Clone for UdapServer<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

struct ServerInner<P: Platform + Certificates> {
    client: UdapClient<P>,
    community: Rc<Community>,
    verified: RefCell<Rc<VerifiedServer>>,
    /// When the metadata must be verified again, in seconds since 1970.
    until: Cell<f64>,
}

impl<P: Platform + Certificates> UdapClient<P> {
    /// Fetches the metadata of a FHIR server and verifies it. `fhir_base` must be written exactly as in the server's certificate. `community`
    /// selects a configured one by its URI; with `None`, it is the only one.
    ///
    /// For an example, see [`UdapClient`].
    ///
    /// # Errors
    /// [`UdapError::Unsupported`](crate::error::UdapError::Unsupported) if the server has no metadata, or none for the community;
    /// [`UdapError::Untrusted`](crate::error::UdapError::Untrusted) naming the check that failed; [`Error::Discovery`],
    /// [`Error::Network`]; [`Error::Configuration`] for a community that is not configured.
    pub async fn discover(
        &self,
        fhir_base: &str,
        community: Option<&str>,
        abort: &AbortSignal,
    ) -> Result<UdapServer<P>, Failure> {
        let community = self.community(community)?;
        let verified = Rc::new(verified_server(self, fhir_base, &community, abort).await?);
        let until = Cell::new(end_of_use(&verified, self.inner.platform.now()));
        let (client, verified) = (self.clone(), RefCell::new(verified));
        Ok(UdapServer { inner: Rc::new(ServerInner { client, community, verified, until }) })
    }
}

impl<P: Platform + Certificates> UdapServer<P> {
    /// The verified metadata, with the endpoints and what the server supports.
    pub fn verified(&self) -> Rc<VerifiedServer> {
        self.inner.verified.borrow().clone()
    }

    /// The community's URI, if it has one.
    pub fn community(&self) -> Option<&str> {
        self.inner.community.uri.as_deref()
    }

    /// Deviations of the server from the standard; that a revocation was not checked; and that the app's certificate is not of an
    /// authority of this community.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.verified().metadata.findings.clone();
        if self.own_path().is_empty() {
            let message = "The app's certificate does not lead to an authority of this community, so the server may refuse it: add the \
                           certificates of its issuers, or use another one.";
            findings.push(Finding::new(
                "certificate_of_another_community",
                message,
                "UDAP Security 2.0, JWT validation",
            ));
        }
        findings
    }

    /// The metadata, fetched and verified again if it or a certificate of the server has expired, and after a day.
    pub(super) async fn fresh(&self, abort: &AbortSignal) -> Result<Rc<VerifiedServer>, Failure> {
        let verified = self.verified();
        if self.platform().now() < self.inner.until.get() {
            return Ok(verified);
        }
        let renewed = verified_server(self.client(), &verified.base, &self.inner.community, abort).await?;
        let renewed = Rc::new(renewed);
        self.inner.until.set(end_of_use(&renewed, self.platform().now()));
        *self.inner.verified.borrow_mut() = renewed.clone();
        Ok(renewed)
    }

    /// The host of the FHIR base.
    pub(super) fn host(&self) -> String {
        let base = &self.verified().base;
        Url::parse(base).map_or_else(|_| base.clone(), |url| url.host().to_owned())
    }

    /// The app.
    pub fn client(&self) -> &UdapClient<P> {
        &self.inner.client
    }

    pub(super) fn platform(&self) -> &P {
        &self.inner.client.inner.platform
    }

    /// The certificates from the app's own to an anchor of the community; none if it does not lead to one.
    fn own_path(&self) -> Vec<Certificate> {
        let Inner { platform, identity, .. } = &*self.client().inner;
        let (leaf, anchors) = (identity.certificate(), &self.inner.community.anchors);
        trusted_path(platform, leaf, identity.issuers(), anchors, platform.now()).unwrap_or_default()
    }

    /// The names of the authorities that issued the app's certificate.
    pub(super) fn issuer_names(&self) -> Vec<String> {
        let path = self.own_path();
        let issuers =
            if path.is_empty() { self.client().inner.identity.issuers() } else { path.get(1..).unwrap_or_default() };
        match issuers {
            [] => vec!["an authority that is not among the configured certificates".to_owned()],
            issuers => issuers.iter().map(|issuer| issuer.subject.clone()).collect(),
        }
    }

    /// Where the app's registration is kept. A certificate from another authority needs a registration of its own.
    pub(super) fn place(&self) -> Place {
        Place {
            base: self.verified().base.clone(),
            community: self.inner.community.uri.clone(),
            uri: self.client().uri().to_owned(),
            anchor: self.own_path().last().map(|anchor| anchor.der.clone()),
        }
    }
}

/// The first of the times at which the metadata or a certificate expires, and a day later than now.
fn end_of_use(server: &VerifiedServer, now: f64) -> f64 {
    let ends = server.certificates.iter().map(|certificate| certificate.not_after);
    ends.fold(server.expires_at, f64::min).min(now + LONGEST_USE)
}

impl<P: Platform + Certificates> fmt::Debug for UdapServer<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UdapServer").field("base", &self.verified().base).finish_non_exhaustive()
    }
}
