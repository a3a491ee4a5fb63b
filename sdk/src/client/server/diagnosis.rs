//! Checks a server's documents.

use super::config::ServerRecord;
use super::configured::Server;
use super::discovery::{Document, bases, described_server};
use super::documents::fetch_document;
use crate::error::{Error, Failure};
use crate::platform::{JsonView, Platform};
use crate::protocol::diagnosis::{
    contradictions, differing_endpoints, foreign_openid_configuration_finding, openid_configuration_findings,
    smart_configuration_findings, trust_community_finding,
};
use crate::protocol::finding::Finding;
use crate::protocol::http::Request;
use crate::protocol::openid::{KnownEndpoints, openid_problem};
use crate::protocol::url::UrlError;

/// Like [`SmartApp::diagnose`](crate::SmartApp::diagnose), for a server at which the app may not be registered: only the bases in its
/// record are used.
///
/// ```no_run
/// # use smartrust::{Failure, ServerRecord, platform::Platform};
/// use smartrust::client::server::diagnose;
///
/// # async fn example<P: Platform>(platform: &P) -> Result<(), Failure> {
/// // The app is not registered there, so it has no client id.
/// let record = ServerRecord::new("https://ehr.example/fhir", "", "https://app.example/", "openid");
/// let findings = diagnose(platform, &record).await?;
/// println!("{} deviations from the standards", findings.len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`crate::Error::Configuration`] for a base that is not a URL.
pub async fn diagnose<P: Platform>(platform: &P, record: &ServerRecord) -> Result<Vec<Finding>, Failure> {
    findings_of(platform, &Server::without_client(record)?).await
}

/// Findings about the documents of a configured server.
pub(crate) async fn findings_of<P: Platform>(platform: &P, server: &Server) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut documents = Vec::new();
    for (document, section) in [
        (Document::SmartConfiguration, "SMART App Launch 2.2, conformance"),
        (Document::OpenidConfiguration, "OpenID Connect Discovery 1.0 section 4"),
    ] {
        let request = document.request(server)?;
        documents.push(match fetch_document(platform, &request).await {
            Ok((body, _)) => Some(body),
            Err(outcome) => {
                let message = [request.url.as_str(), " could not be read: ", &outcome].concat();
                findings.push(Finding::new("missing_document", message, section));
                None
            }
        });
    }
    if let [smart, openid] = documents.as_slice() {
        findings.extend(smart.iter().flat_map(smart_configuration_findings));
        findings.extend(openid.iter().flat_map(openid_configuration_findings));
        findings.extend(smart.iter().zip(openid).flat_map(|(smart, openid)| contradictions(smart, openid)));
        findings.extend(openid.as_ref().and_then(|openid| foreign(server, smart.as_ref(), openid)));
        for (name, document) in [("SMART configuration", smart), ("OpenID configuration", openid)] {
            let differing = |document| differing_endpoints(name, document, &server.fhir_base, &server.named.members());
            findings.extend(document.iter().flat_map(differing));
        }
    }
    // It is no problem that a server has none.
    let udap = Request::get(server.fhir_base.child(".well-known/udap").map_err(unusable)?, "application/json");
    if let Ok((document, _)) = fetch_document(platform, &udap).await {
        findings.extend(trust_community_finding(&document));
    }
    Ok(findings)
}

fn unusable(problem: UrlError) -> Error {
    Error::Url { what: "fhirBase".into(), problem }
}

/// The finding that the OpenID configuration does not belong to the server; `None` if it does, or that is unknown.
fn foreign<V: JsonView>(server: &Server, smart: Option<&V>, openid: &V) -> Option<Finding> {
    let read = |document: Document, body: &V| document.read(body, server).ok();
    let openid = read(Document::OpenidConfiguration, openid)?;
    let smart = smart.and_then(|smart| read(Document::SmartConfiguration, smart));
    let bases = bases(server);
    let described = described_server(server, &bases, smart.as_ref().map(KnownEndpoints::of));
    openid_problem(&openid, &described).map(foreign_openid_configuration_finding)
}
