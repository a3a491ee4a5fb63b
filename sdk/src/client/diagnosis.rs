//! Looks a server's documents over.

use super::app::SmartApp;
use super::config::{Server, ServerRecord};
use super::discovery::{Document, asked_server, bases};
use super::transport::fetch_document;
use crate::error::Failure;
use crate::platform::{JsonView, Platform};
use crate::protocol::diagnosis::{
    contradictions, differing_endpoints, foreign_openid_configuration_finding, openid_configuration_findings,
    refused_client_finding, smart_configuration_findings,
};
use crate::protocol::finding::Finding;
use crate::protocol::openid::{KnownEndpoints, openid_problem};

impl<P: Platform> SmartApp<P> {
    /// Fetches a server's documents and lists what is odd about them, in plain language and with the section of the
    /// standard. `name` is the server's configured name, needed where there are several.
    ///
    /// After a token request that failed with `invalid_client` it also says what to try. A document that cannot be had is a finding too. None of this is needed for a launch.
    ///
    /// # Errors
    /// [`crate::Error::UnknownServer`].
    pub async fn diagnose(&self, name: Option<&str>) -> Result<Vec<Finding>, Failure> {
        let server = self.server_by_name(name)?;
        let mut findings = findings_of(self.platform(), &server).await?;
        if server.refused_client.get() {
            findings.push(refused_client_finding(&server.record.authentication));
        }
        Ok(findings)
    }
}

/// As [`SmartApp::diagnose`], for a server that the app may not be registered at: of its record only the bases are needed.
///
/// # Errors
/// [`crate::Error::Configuration`] for a base that is no address.
pub async fn diagnose<P: Platform>(platform: &P, record: &ServerRecord) -> Result<Vec<Finding>, Failure> {
    findings_of(platform, &Server::without_client(record)?).await
}

async fn findings_of<P: Platform>(platform: &P, server: &Server) -> Result<Vec<Finding>, Failure> {
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
    Ok(findings)
}

/// That the OpenID configuration does not speak for the server; `None` where it does, or neither can be told.
fn foreign<V: JsonView>(server: &Server, smart: Option<&V>, openid: &V) -> Option<Finding> {
    let read = |document: Document, body: &V| document.read(body, server).ok();
    let openid = read(Document::OpenidConfiguration, openid)?;
    let smart = smart.and_then(|smart| read(Document::SmartConfiguration, smart));
    let bases = bases(server);
    let asked = asked_server(server, &bases, smart.as_ref().map(KnownEndpoints::of));
    openid_problem(&openid, &asked).map(foreign_openid_configuration_finding)
}
