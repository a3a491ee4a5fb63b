//! What sessions and services have in common: FHIR requests with an access token.

use super::options::RequestOptions;
use super::response::Value;
use crate::client::tasks::join::LocalWork;
use crate::error::Failure;
use crate::fhir::request::FhirRequest;
use crate::fhir::response::FhirResponse;
use crate::platform::Platform;
use crate::protocol::http::Request;
use crate::protocol::scope::ScopeSet;
use crate::protocol::url::Url;

/// A session or a service, which sends FHIR requests with its access token.
pub(crate) trait FhirClient<P: Platform> {
    fn platform(&self) -> &P;

    /// The FHIR base.
    fn base(&self) -> &Url;

    /// The scopes that [`RequestOptions::check_scopes`] compares with.
    fn granted_scopes(&self) -> ScopeSet;

    /// Sends a request, again with a new token after a 401, and again after transient errors. `is_expected` says whether a successful
    /// response may have this resource.
    fn exchange<'a>(
        &'a self,
        request: Request,
        options: &'a RequestOptions,
        is_expected: &'a dyn Fn(Option<&Value<P>>) -> bool,
    ) -> LocalWork<'a, Result<FhirResponse<Value<P>>, Failure>>;

    /// Called if the server links to its own pages by http in place of https.
    fn on_insecure_link(&self) {}
}

/// Sends a FHIR request. The response must have a resource that the request allows.
pub(crate) async fn send_request<P: Platform>(
    client: &dyn FhirClient<P>,
    request: &FhirRequest,
    options: &RequestOptions,
) -> Result<FhirResponse<Value<P>>, Failure> {
    let prepared = options.prepare(request, client.base(), || client.granted_scopes())?;
    client.exchange(prepared, options, &|resource| request.is_expected_response(resource)).await
}
