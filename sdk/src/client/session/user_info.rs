//! UserInfo of the session's user.

use super::handle::Session;
use crate::abort::AbortSignal;
use crate::client::server::discovery::openid_configuration;
use crate::client::server::transport::{JsonResponse, REQUEST_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::{Json, Platform};
use crate::protocol::openid::KnownEndpoints;
use crate::protocol::url::Url;
use crate::protocol::user_info::{UserInfo, read_user_info, user_info_request};

impl<P: Platform> Session<P> {
    /// Requests the UserInfo of the user (OpenID Connect Core section 5.3). Its subject must be that of the ID token.
    ///
    /// The endpoint comes from the launch, or else from the OpenID configuration, if it has the token endpoint's origin.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::platform::JsonView;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let user = session.user_info(&AbortSignal::never()).await?;
    /// println!("{:?}, {:?}", user.members.member_text("name"), user.members.member_text("email"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the session has no ID token or the server has no such endpoint;
    /// [`Error::UserInfo`] if the response is about another user or is not JSON; [`Error::SessionExpired`],
    /// [`Error::Network`].
    pub async fn user_info(&self, abort: &AbortSignal) -> Result<UserInfo<<P as Json>::Value>, Failure> {
        let subject = || self.identity().map(|checked| checked.identity.subject.clone());
        if subject().is_none() {
            return Err(Error::NotOffered { what: "an ID token to compare the user info with" }.into());
        }
        let endpoint = self.user_info_endpoint().await.ok_or(Error::NotOffered { what: "user info" })?;
        let mut response = self.request_user_info(&endpoint, abort).await?;
        if response.status == 401 && self.can_refresh() {
            self.replace_token().await?;
            response = self.request_user_info(&endpoint, abort).await?;
        }
        response.read_by(|status, body| read_user_info(status, body, &subject().unwrap_or_default()))
    }

    async fn request_user_info(
        &self,
        endpoint: &Url,
        abort: &AbortSignal,
    ) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
        let token = self.access_token().await?;
        let mut guard = self.inner.guard.clone();
        guard.admit(endpoint.clone());
        let request = user_info_request(endpoint, &token, &guard)?;
        send(&self.inner.platform, &request, REQUEST_TIMEOUT, abort).await
    }

    async fn user_info_endpoint(&self) -> Option<Url> {
        let endpoints = self.inner.record.borrow().endpoints.clone();
        if endpoints.user_info.is_some() {
            return endpoints.user_info.clone();
        }
        let known = KnownEndpoints {
            issuer: endpoints.issuer.as_deref(),
            token_endpoint: &endpoints.token,
            jwks_uri: endpoints.jwks.as_ref(),
        };
        let openid = openid_configuration(&self.inner.platform, &self.inner.connection.server, known).await?;
        openid.userinfo_endpoint
    }
}
