//! The error type of calls.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Error;
use super::details::{ConfigurationError, IdTokenError};

/// The error of a call: an [`Error`], to which it dereferences. It is one word in size, and shared by all callers who
/// wait for the same outcome.
///
/// ```
/// use smartrust::Error;
/// use smartrust::protocol::launch::LaunchLink;
///
/// let failure = LaunchLink::read("https://app.example/launch?iss=https://ehr.example/fhir").unwrap_err();
/// assert!(matches!(*failure, Error::LaunchLink { parameter: "launch" }));
/// assert_eq!(failure.code(), "invalid_launch_link");
/// ```
#[derive(Clone, PartialEq)]
pub struct Failure(Arc<Error>);

impl Error {
    #[cold]
    pub(crate) fn configuration(member: &str, problem: &str) -> Failure {
        let wrong = ConfigurationError { member: member.to_owned(), problem: problem.to_owned() };
        Self::Configuration(Box::new(wrong)).into()
    }

    #[cold]
    pub(crate) fn id_token(check: &'static str, problem: &str) -> Failure {
        Self::IdToken(Box::new(IdTokenError { check, problem: problem.to_owned() })).into()
    }
}

impl From<Error> for Failure {
    // Not inlined, because every function that can fail would repeat it.
    #[inline(never)]
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Arc::unwrap_or_clone(failure.0)
    }
}

impl Deref for Failure {
    type Target = Error;

    fn deref(&self) -> &Error {
        &self.0
    }
}

impl PartialEq<Error> for Failure {
    fn eq(&self, other: &Error) -> bool {
        *self.0 == *other
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
