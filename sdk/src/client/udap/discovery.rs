//! Fetches a server's metadata and verifies it.

use super::config::{RevocationRequest, RevocationStatus};
use super::identity::{Inner, UdapClient};
use crate::abort::AbortSignal;
use crate::client::server::transport::{DOCUMENT_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::{Certificates, Platform};
use crate::protocol::finding::Finding;
use crate::protocol::safe_url::safe_url;
use crate::protocol::udap::chain::Refusal;
use crate::protocol::udap::metadata::{read_udap_response, udap_metadata_request};
use crate::protocol::udap::signed_metadata::{Community, VerifiedServer, read_signed_metadata, untrusted};
use crate::protocol::url::Url;

/// The verified metadata of a FHIR base.
pub(super) async fn verified_server<P: Platform + Certificates>(
    client: &UdapClient<P>,
    fhir_base: &str,
    community: &Community,
    abort: &AbortSignal,
) -> Result<VerifiedServer, Failure> {
    let Inner { platform, .. } = &*client.inner;
    let what = "the FHIR base";
    let base = safe_url(Url::parse(fhir_base), what, false)?;
    let request = udap_metadata_request(&base, community.uri.as_deref())
        .map_err(|problem| Error::Url { what: what.into(), problem })?;
    let response = send(platform, &request, DOCUMENT_TIMEOUT, abort).await?;
    let document = read_udap_response(&request.url, community.uri.as_deref(), response.status, &response.body)?;
    let server = read_signed_metadata(platform, document, fhir_base, community, platform.now())?;
    let verified = platform.verify(server.key(), server.algorithm(), server.signature(), server.signed()).await;
    let mut server = server.verified(verified == Ok(true))?;
    let unchecked = check_revocation(client, &server).await.map_err(|refusal| untrusted(base.host(), refusal))?;
    server.metadata.findings.extend(unchecked);
    Ok(server)
}

/// Calls the app's revocation check for each of the server's certificates. Returns a finding if the result is not known.
async fn check_revocation<P: Platform + Certificates>(
    client: &UdapClient<P>,
    server: &VerifiedServer,
) -> Result<Option<Finding>, Refusal> {
    let check = "the revocation of certificates";
    let mut unknown = None;
    // The anchor is the last one, and is trusted as it is.
    for (certificate, issuer) in server.certificates.iter().zip(server.certificates.iter().skip(1)) {
        let status = match &client.inner.revocation {
            Some(revocation) => {
                let (subject, issuer) = (certificate.subject.clone(), issuer.der.clone());
                revocation.call(RevocationRequest { certificate: certificate.der.clone(), issuer, subject }).await
            }
            None => RevocationStatus::Unknown,
        };
        match status {
            RevocationStatus::Good => {}
            RevocationStatus::Revoked => {
                let problem = format!("the certificate of {} was revoked", certificate.subject);
                return Err(Refusal::new(check, problem));
            }
            RevocationStatus::Unknown => unknown = unknown.or(Some(&certificate.subject)),
        }
    }
    let Some(subject) = unknown else { return Ok(None) };
    let problem = format!("it is not known whether the certificate of {subject} was revoked");
    if client.inner.require_revocation_check {
        return Err(Refusal::new(check, problem));
    }
    let message = ["For the server's certificates, ", &problem, "."].concat();
    Ok(Some(Finding::new("revocation_not_checked", message, "UDAP Security 2.0, JWT validation")))
}
