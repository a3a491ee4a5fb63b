//! Finds a server's endpoints.

use super::config::Server;
use super::transport::{DOCUMENT_TIMEOUT, send};
use crate::abort::AbortSignal;
use crate::error::{DiscoveryAttempt, Error, Failure};
use crate::platform::{Body, Platform};
use crate::protocol::discovery::{SmartConfiguration, read_smart_configuration, smart_configuration_request};
use crate::protocol::encoding::decimal;

/// Asks the server for its SMART configuration.
pub(crate) async fn discover<P: Platform>(platform: &P, server: &Server) -> Result<Box<SmartConfiguration>, Failure> {
    let request = smart_configuration_request(&server.discovery_base)
        .map_err(|problem| Error::Url { what: "the SMART configuration".into(), problem })?;
    let failed = |outcome: String| {
        let url = request.url.as_str().to_owned();
        Failure::from(Error::Discovery { attempts: Box::new([DiscoveryAttempt { url, outcome }]) })
    };
    let answer = send(platform, &request, DOCUMENT_TIMEOUT, &AbortSignal::never())
        .await
        .map_err(|error| failed(error.message()))?;
    if answer.status != 200 {
        return Err(failed(["status ", &decimal(answer.status.into())].concat()));
    }
    let Body::Json(document) = answer.body else {
        return Err(failed("status 200 with something that is not JSON".into()));
    };
    let read = read_smart_configuration(&document, &server.fhir_base, server.record.allow_insecure_http);
    read.map_err(|failure| match &*failure {
        Error::Configuration(wrong) => failed(wrong.problem.clone()),
        _ => failure,
    })
}
