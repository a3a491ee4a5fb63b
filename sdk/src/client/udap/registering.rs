//! Registers the app at a server, and changes and cancels its registration.

use super::kept::Kept;
use super::registration::UdapRegistration;
use super::server::UdapServer;
use crate::abort::AbortSignal;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::error::{Error, Failure, UdapError};
use crate::platform::{Certificates, Platform};
use crate::protocol::redaction::Secrets;
use crate::protocol::udap::registration::{
    RegistrationChange, UdapRegistrationResponse, read_udap_registration, udap_registration_request,
};
use crate::protocol::udap::software_statement::SoftwareStatement;

impl<P: Platform + Certificates> UdapServer<P> {
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
}
