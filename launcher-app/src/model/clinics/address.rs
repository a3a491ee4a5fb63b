//! The web address of a clinic that a patient typed or pasted, and the result of looking it up.

use smartrust::protocol::finding::Finding;
use smartrust::protocol::url::Url;

use super::Clinic;

/// The result of looking up an address.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is not a web address.
    NotAnAddress,
    /// It is a clinic at which the app is registered.
    Clinic(Clinic),
    /// It is a clinic or a FHIR server at which the app is not registered.
    NotSetUp {
        /// Its name, or its host.
        name: String,
        /// What was found there.
        findings: Vec<Finding>,
    },
    /// It is not in the list, and this deployment does not connect to other servers.
    NotInList {
        /// The host.
        host: String,
    },
    /// There is no FHIR server.
    NoServer {
        /// The host.
        host: String,
        /// What was found there.
        findings: Vec<Finding>,
    },
}

/// The URL that a patient means: `https://` may be left out, and a query and a fragment do not count. `None` if it is not a web address.
pub fn read(text: &str) -> Option<Url> {
    let text = text.trim();
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    let url = url.ok().filter(Url::is_confidential)?;
    (url.host().contains('.') || url.host() == "localhost").then_some(url)
}

impl Outcome {
    /// What the findings about an address without an entry in the list mean. A server with a SMART configuration is one that apps
    /// can connect to. `registered` is the clinic if the app is registered there.
    pub fn of_findings(url: &Url, findings: Vec<Finding>, registered: Option<Clinic>) -> Self {
        let has_no_smart_configuration = findings
            .iter()
            .any(|finding| finding.code == "missing_document" && finding.message.contains("smart-configuration"));
        let host = url.host().to_owned();
        match (has_no_smart_configuration, registered) {
            (true, _) => Self::NoServer { host, findings },
            (false, Some(clinic)) => Self::Clinic(clinic),
            (false, None) => Self::NotSetUp { name: host, findings },
        }
    }

    /// The outcome in plain words. For a clinic that was chosen there is nothing more to say.
    pub fn in_words(&self) -> String {
        match self {
            Self::Clinic(_) => String::new(),
            Self::NotAnAddress => {
                "This is not a web address. It looks like portal.clinic.com, and often begins with https://.".to_owned()
            }
            Self::NotSetUp { name, findings } if findings.iter().any(|finding| finding.code == "trust_community") => {
                format!(
                    "{name} takes apps of its trust network, but this app has not been admitted there yet. Nothing was sent about you. Ask whoever runs this app to have it admitted."
                )
            }
            Self::NotSetUp { name, .. } => format!(
                "{name} has a system that apps can connect to, but this app is not set up there yet. Nothing was sent about you. Ask whoever runs this app to add it."
            ),
            Self::NotInList { host } => format!(
                "This app has no clinic at {host} in its list, and does not look up others. Check the address for typing errors, or ask whoever runs this app to add the clinic."
            ),
            Self::NoServer { host, .. } => format!(
                "This app found no system at {host} that it can connect to. Check the address for typing errors. It may also be a page for people only: then ask your clinic for its “FHIR address”."
            ),
        }
    }

    /// The findings, for support.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::NotSetUp { findings, .. } | Self::NoServer { findings, .. } => findings,
            Self::NotAnAddress | Self::Clinic(_) | Self::NotInList { .. } => &[],
        }
    }
}
