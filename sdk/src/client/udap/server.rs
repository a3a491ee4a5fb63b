//! A server whose metadata was verified, and the app's registration there.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::discovery::verified_server;
use super::identity::{Inner, UdapClient};
use super::kept::{Kept, Place};
use super::registration::UdapRegistration;
use crate::abort::AbortSignal;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::error::{Error, Failure, UdapError};
use crate::platform::{Certificates, Platform};
use crate::protocol::finding::Finding;
use crate::protocol::redaction::Secrets;
use crate::protocol::udap::certificate::Certificate;
use crate::protocol::udap::chain::trusted_path;
use crate::protocol::udap::registration::{
    RegistrationChange, UdapRegistrationResponse, read_udap_registration, udap_registration_request,
};
use crate::protocol::udap::signed_metadata::{Community, VerifiedServer};
use crate::protocol::udap::software_statement::SoftwareStatement;
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

impl<P: Platform + Certificates> UdapServer<P> {
    pub(super) async fn discover(
        client: UdapClient<P>,
        fhir_base: &str,
        community: Rc<Community>,
        abort: &AbortSignal,
    ) -> Result<Self, Failure> {
        let verified = Rc::new(verified_server(&client, fhir_base, &community, abort).await?);
        let until = Cell::new(end_of_use(&verified, client.inner.platform.now()));
        Ok(Self { inner: Rc::new(ServerInner { client, community, verified: RefCell::new(verified), until }) })
    }

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

    /// The app's registration that was kept here, if there is one. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn registration(&self) -> Result<Option<UdapRegistration<P>>, Failure> {
        let kept = Kept::read(self.platform(), &self.place()).await?;
        Ok(kept.map(|kept| UdapRegistration::new(self.clone(), kept, None, Vec::new())))
    }

    /// Registers the app, or changes its registration if it is registered with another statement. If it is registered with an equal
    /// statement, nothing is sent, also with a renewed certificate.
    ///
    /// For an example, see [`UdapClient`].
    ///
    /// # Errors
    /// As [`SoftwareStatement::check`] before anything is sent; as [`read_udap_registration`]; [`UdapError::Unsupported`] if the server
    /// registers no apps; [`Error::Storage`] if the registration is in effect and could not be kept.
    pub async fn register(
        &self,
        statement: &SoftwareStatement,
        abort: &AbortSignal,
    ) -> Result<UdapRegistration<P>, Failure> {
        if statement.is_cancellation() {
            return Err(Error::configuration("grant_types", "there is none; cancel the registration instead"));
        }
        let place = self.place();
        let _guard = self.platform().lock(&place.key()).await;
        let known = Kept::read(self.platform(), &place).await?;
        if let Some(kept) = known.as_ref().filter(|kept| kept.is_for(statement)) {
            return Ok(UdapRegistration::new(self.clone(), kept.clone(), None, Vec::new()));
        }
        let response = self.post(statement, known.is_some(), abort).await?;
        if response.change == RegistrationChange::Cancelled {
            // The server has no registration any more, so the app does not have one either.
            Kept::remove(self.platform(), &place).await?;
            let problem = "its grant_types are empty, so the registration was cancelled";
            return Err(Error::RegistrationResponse { status: 200, problem }.into());
        }
        let changes = response.changes(statement);
        let kept = Kept::new(statement, response.client_id, &response.metadata);
        kept.write(self.platform(), &place).await?;
        Ok(UdapRegistration::new(self.clone(), kept, Some(response.change), changes))
    }

    /// Cancels the app's registration. `statement` is the one that it was registered with. The registration counts as cancelled only if the result is
    /// [`RegistrationChange::Cancelled`].
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::udap::UdapServer};
    /// # use smartrust::platform::{Certificates, Platform};
    /// # use smartrust::protocol::udap::{registration::RegistrationChange, software_statement::SoftwareStatement};
    /// # async fn example<P: Platform + Certificates>(
    /// #     server: UdapServer<P>,
    /// #     statement: SoftwareStatement,
    /// # ) -> Result<(), Failure> {
    /// let change = server.cancel(&statement, &AbortSignal::never()).await?;
    /// assert_eq!(change, RegistrationChange::Cancelled);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn cancel(
        &self,
        statement: &SoftwareStatement,
        abort: &AbortSignal,
    ) -> Result<RegistrationChange, Failure> {
        let place = self.place();
        let _guard = self.platform().lock(&place.key()).await;
        let response = self.post(&statement.cancellation(), true, abort).await?;
        match response.change {
            RegistrationChange::Cancelled => Kept::remove(self.platform(), &place).await?,
            _ => {
                let kept = Kept::new(&statement.cancellation(), response.client_id, &response.metadata);
                kept.write(self.platform(), &place).await?;
            }
        }
        Ok(response.change)
    }

    async fn post(
        &self,
        statement: &SoftwareStatement,
        was_registered: bool,
        abort: &AbortSignal,
    ) -> Result<UdapRegistrationResponse, Failure> {
        let server = self.fresh(abort).await?;
        let endpoint = &server.registration_endpoint;
        let host = endpoint.url.host();
        if !server.metadata.supports_registration() {
            let problem = "it does not register apps (udap_dcr of UDAP version 1)";
            return Err(UdapError::Unsupported { host: host.into(), problem: problem.into() }.into());
        }
        let (client, platform) = (self.client(), self.platform());
        statement.check(platform, host, &server.metadata)?;
        let claims = statement.claims(client.uri(), &endpoint.text, &client.jti()?, platform.now());
        let signed = client.sign(server.metadata.registration_algorithms.as_deref(), &claims).await?;
        let request = udap_registration_request(&endpoint.url, &signed, &statement.certifications);
        let mut response = send(platform, &request, REQUEST_TIMEOUT, abort).await?;
        response.secrets = Secrets::of_assertion(&signed);
        let issuers = self.issuer_names();
        response.read_by(|status, body| read_udap_registration(&endpoint.url, status, body, was_registered, &issuers))
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

    fn issuer_names(&self) -> Vec<String> {
        let path = self.own_path();
        let issuers =
            if path.is_empty() { self.client().inner.identity.issuers() } else { path.get(1..).unwrap_or_default() };
        match issuers {
            [] => vec!["an authority that is not among the configured certificates".to_owned()],
            issuers => issuers.iter().map(|issuer| issuer.subject.clone()).collect(),
        }
    }

    /// Where the app's registration is kept. A certificate from another authority needs a registration of its own.
    fn place(&self) -> Place {
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
