//! Errors of trust communities (UDAP).

use super::message::{after_colon, listed};
use crate::protocol::redaction::Secrets;

/// Why the client cannot use a trust community.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UdapError {
    /// The server does not support this part of UDAP, or not in this community.
    #[error("{host} cannot be used by UDAP: {problem}. Register the app at this server in another way.")]
    Unsupported {
        /// The host of the server.
        host: Box<str>,
        /// What is missing.
        problem: Box<str>,
    },
    /// The server's metadata is not trusted. Nothing further was sent.
    #[error(
        "The UDAP metadata of {host} failed the check of {check}: {problem}. Nothing further was sent there. Contact the server's operator, or check the configured community."
    )]
    Untrusted {
        /// The host of the server.
        host: Box<str>,
        /// The check that failed, such as `iss`.
        check: &'static str,
        /// The problem.
        problem: Box<str>,
    },
    /// This host cannot read certificates, as no browser can.
    #[error(
        "Certificates cannot be read here, and a page cannot keep the key of one: use smartrust/udap in Node, Deno or Bun, as the guide \"Join a trust community\" describes."
    )]
    CertificatesUnavailable,
    /// The server requires certifications that are not configured. Nothing was sent to its registration endpoint.
    #[error(
        "{host} requires certifications that are not configured: {}. Get them from the community, and add them to the certifications.", listed(.uris)
    )]
    CertificationRequired {
        /// The host of the server.
        host: Box<str>,
        /// The URIs of the missing certifications.
        uris: Box<[String]>,
    },
    /// The registration endpoint refused the client with a status of 401 or 403: it does not know the issuer of the client's certificate.
    #[error(
        "{host} does not accept the client's certificate (status {status}){}. The certificate was issued by {}: use one from a community of this server.", after_colon(.description.as_deref()), listed(.anchors)
    )]
    CommunityRefused {
        /// The host of the server.
        host: Box<str>,
        /// The HTTP status.
        status: u16,
        /// The server's description. Show it as text, never as HTML.
        description: Option<Box<str>>,
        /// The subjects of the certificates that issued the client's, the nearest first.
        anchors: Box<[String]>,
    },
}

impl UdapError {
    /// A stable code for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "udap_unsupported",
            Self::Untrusted { .. } => "udap_untrusted",
            Self::CertificatesUnavailable => "certificates_unavailable",
            Self::CertificationRequired { .. } => "certification_required",
            Self::CommunityRefused { .. } => "community_refused",
        }
    }

    /// The section of the standard.
    pub(super) fn section(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "UDAP Security 2.0, required UDAP metadata",
            Self::Untrusted { .. } => "UDAP Security 2.0, signed metadata elements",
            Self::CertificatesUnavailable => "UDAP Security 2.0, registration",
            Self::CertificationRequired { .. } => "UDAP Security 2.0, inclusion of certifications and endorsements",
            Self::CommunityRefused { .. } => "UDAP Security 2.0, JWT validation",
        }
    }

    /// The status of the response, if it has one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::CommunityRefused { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) fn without(self, secrets: &Secrets) -> Self {
        match self {
            Self::CommunityRefused { host, status, description, anchors } => {
                let description = description.map(|text| secrets.redact(&text).into_boxed_str());
                Self::CommunityRefused { host, status, description, anchors }
            }
            other => other,
        }
    }
}

impl From<UdapError> for super::Failure {
    fn from(error: UdapError) -> Self {
        super::Error::Udap(error).into()
    }
}
