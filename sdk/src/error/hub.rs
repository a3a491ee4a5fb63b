//! Errors of following other apps (FHIRcast).

use super::message::in_brackets;

/// Why the app cannot follow other apps, or open something for them.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The session has no hub, or cannot use it now. Nothing was sent there.
    #[error("The app cannot follow other apps: {problem}.")]
    Unavailable {
        /// What is missing.
        problem: &'static str,
    },
    /// The hub, or another app, refused.
    #[error("{0}.")]
    Refused(Box<HubRefusal>),
    /// The hub did not do something in time.
    #[error("The hub did not {what} within ten seconds: try again.")]
    Timeout {
        /// What it should have done.
        what: &'static str,
    },
    /// A response or a message of the hub cannot be used.
    #[error("The hub cannot be used: {problem}. Contact its operator.")]
    Message {
        /// What is wrong.
        problem: &'static str,
    },
}

/// Why a request to the hub failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HubRefusal {
    /// The hub returned an error status.
    #[error("The hub refused the request (status {status}): launch again, or contact its operator")]
    Status {
        /// The status.
        status: u16,
        /// The hub's text for developers, on one line. It is in no message.
        text: Option<String>,
    },
    /// The hub denied the subscription.
    #[error("The hub denied the subscription{}: launch again", in_brackets(.reason.as_deref()))]
    Denied {
        /// The hub's reason. Show it as text, never as HTML.
        reason: Option<String>,
    },
    /// Another app did not follow.
    #[error("{} did not follow: try again, or change to the same patient there", .subscriber.as_deref().map_or_else(|| "Another app".to_owned(), |name| format!("The app “{name}”")))]
    NotFollowed {
        /// The name of that app. Show it as text, never as HTML.
        subscriber: Option<String>,
    },
}

impl HubError {
    /// A stable code for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "hub_unavailable",
            Self::Refused(_) => "hub_refused",
            Self::Timeout { .. } => "hub_timeout",
            Self::Message { .. } => "invalid_hub_message",
        }
    }

    /// The section of the standard.
    pub(super) fn section(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "FHIRcast 3, session discovery",
            _ => "FHIRcast 3, subscribing and unsubscribing",
        }
    }

    /// The status of the hub's response, if it has one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => match **refusal {
                HubRefusal::Status { status, .. } => Some(status),
                _ => None,
            },
            _ => None,
        }
    }
}

impl From<HubError> for super::Failure {
    fn from(error: HubError) -> Self {
        super::Error::Hub(error).into()
    }
}
