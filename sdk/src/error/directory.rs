//! Errors of directories of FHIR servers.

/// Why a directory of FHIR servers cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// It could not be fetched.
    #[error(
        "The directory at {url} could not be fetched: {problem}. Check the URL and the connection, and that its server allows this page's origin (CORS)."
    )]
    Unreachable {
        /// The URL without its query.
        url: Box<str>,
        /// What happened.
        problem: Box<str>,
    },
    /// It cannot be read.
    #[error(
        "The directory at {url} cannot be read: {problem}. It must be a Bundle of Organization and Endpoint, or a list made by `cargo xtask directory`."
    )]
    Invalid {
        /// The URL without its query.
        url: Box<str>,
        /// What is wrong.
        problem: Box<str>,
    },
    /// It is too large for a page.
    #[error(
        "The directory at {url} is larger than {megabytes} MB: make a list of it with `cargo xtask directory`, and open that."
    )]
    TooLarge {
        /// The URL without its query.
        url: Box<str>,
        /// The limit.
        megabytes: usize,
    },
}

impl DirectoryError {
    /// A stable code for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "directory_unreachable",
            Self::Invalid { .. } => "directory_invalid",
            Self::TooLarge { .. } => "directory_too_large",
        }
    }
}

impl From<DirectoryError> for super::Failure {
    fn from(error: DirectoryError) -> Self {
        super::Error::Directory(error).into()
    }
}
