//! The look of the EHR that a session was opened from.

use super::handle::Session;
use crate::abort::AbortSignal;
use crate::client::server::transport::{DOCUMENT_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::{Body, Platform};
use crate::protocol::http::{Method, Request};
use crate::protocol::safe_url::safe_url;
use crate::protocol::smart_style::SmartStyle;
use crate::protocol::url::Url;

impl<P: Platform> Session<P> {
    /// Requests the colors and sizes of the EHR's pages, from the `smart_style_url` of the launch (SMART App Launch 2.2). The document is
    /// public: neither token nor cookie is sent.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let style = session.style(&AbortSignal::never()).await?;
    /// if let Some(color) = style.color_highlight {
    ///     println!("--accent: {color}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the launch has no style; [`Error::Url`] or [`Error::InsecureUrl`] for a URL that cannot be used;
    /// [`Error::NotJson`] for another document; [`Error::Network`], [`Error::Timeout`].
    pub async fn style(&self, abort: &AbortSignal) -> Result<SmartStyle, Failure> {
        let url = self.context().smart_style_url.clone().ok_or(Error::NotOffered { what: "a style" })?;
        let allow_insecure_http = self.inner.connection.server.record.allow_insecure_http;
        let url = safe_url(Url::parse(&url), "smart_style_url", allow_insecure_http)?;
        let request = Request::json(Method::Get, url, None);
        let response = send(&self.inner.platform, &request, DOCUMENT_TIMEOUT, abort).await?;
        match &response.body {
            Body::Json(document) if (200..300).contains(&response.status) => Ok(SmartStyle::read(document)),
            _ => Err(Error::NotJson { status: response.status, host: request.url.host().into() }.into()),
        }
    }
}
