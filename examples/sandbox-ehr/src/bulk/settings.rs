//! What can be set about exports.

use std::time::Duration;

use clap::ValueEnum;

/// The number of files on a page of a manifest if the client allows several pages.
pub const PAGE_FILES: u32 = 4;

/// How exports go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkExport {
    /// How many questions for the status get 202 before the manifest can come. It comes later than that where
    /// counting the resources takes longer.
    pub polls: u32,
    /// The time until the next poll (`Retry-After`), in full seconds.
    pub retry_after: Duration,
    /// Over how many files the patients of each type are spread, one at least.
    pub files_per_type: u32,
    /// How many files of resources stand on a page of a manifest. With 0 there is one page, unless the client allows several
    /// (`allowPartialManifests`): then they have four files each.
    pub files_per_page: u32,
    /// What the manifest says of the token for files, and what the files hold to.
    pub file_access: FileAccess,
    /// Whether every manifest has a file of errors.
    pub has_errors: bool,
    /// Whether the manifest says how many resources each file holds.
    pub has_counts: bool,
    /// How long the files of an export are there.
    pub lifetime: Duration,
}

impl Default for BulkExport {
    /// Two questions, a second apart; four files a type, which need the token, for an hour.
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
    /// Only their URL: `false`. A request with a token is refused, as object stores do.
    Open,
    /// The same, with the text `"false"` in the manifest.
    OpenAsText,
}
