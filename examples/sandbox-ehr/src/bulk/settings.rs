//! The settings of exports.

use std::time::Duration;

use clap::ValueEnum;

/// The number of files on a page of a manifest if the client allows several pages.
pub const PAGE_FILES: u32 = 4;

/// How exports behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkExport {
    /// The number of status requests that get 202 before the manifest. It can be more if
    /// the count of the resources takes longer.
    pub polls: u32,
    /// The time until the next poll (`Retry-After`), in full seconds.
    pub retry_after: Duration,
    /// The number of files of each type among which the patients are divided, at least one.
    pub files_per_type: u32,
    /// The number of files of resources on a page of a manifest. With 0 there is one page, unless the client allows several
    /// (`allowPartialManifests`): then they have four files each.
    pub files_per_page: u32,
    /// What the manifest says about the token for files, and what the files require.
    pub file_access: FileAccess,
    /// Whether every manifest has a file of errors.
    pub has_errors: bool,
    /// Whether the manifest has the number of resources in each file.
    pub has_counts: bool,
    /// How long the files of an export are available.
    pub lifetime: Duration,
}

impl Default for BulkExport {
    /// Two status requests, a second apart; four files for each type, which require the token, for an hour.
    fn default() -> Self {
        Self {
            polls: 2,
            retry_after: Duration::from_secs(1),
            files_per_type: 4,
            files_per_page: 0,
            file_access: FileAccess::Token,
            has_errors: false,
            has_counts: true,
            lifetime: Duration::from_secs(3600),
        }
    }
}

/// What the files of an export require (`requiresAccessToken`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FileAccess {
    /// The access token: `true`.
    #[default]
    Token,
    /// Only their URL: `false`. As in object stores, a request with a token is refused.
    Open,
    /// The same, with the string `"false"` in the manifest.
    OpenAsText,
}
