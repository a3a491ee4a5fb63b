//! Options of reading the files of an export.

use derive_setters::Setters;

use crate::abort::AbortSignal;
use crate::fhir::ndjson::MAX_LINE_BYTES;

/// Options of reading export files.
///
/// ```
/// use smartrust::client::bulk::ReadOptions;
///
/// let options = ReadOptions::default().parallel(2).skips_bad_lines(true);
/// assert_eq!(options.parallel, 2);
/// ```
#[derive(Clone, Debug, Setters)]
#[non_exhaustive]
pub struct ReadOptions {
    /// How many files are read concurrently, at least one.
    pub parallel: usize,
    /// Whether lines without a resource are left out and counted. By default, such a line is an error.
    pub skips_bad_lines: bool,
    /// Whether a file of resources or deletions must have the number of lines in the manifest, as by default. Turn it off for servers
    /// that count incorrectly. Files of errors are never checked, because some servers count failed resources there.
    pub check_counts: bool,
    /// The maximum length of a line in bytes, by default [`MAX_LINE_BYTES`].
    pub max_line_bytes: usize,
    /// Aborts reading.
    #[setters(skip)]
    pub abort: AbortSignal,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            parallel: 4,
            skips_bad_lines: false,
            check_counts: true,
            max_line_bytes: MAX_LINE_BYTES,
            abort: AbortSignal::never(),
        }
    }
}

impl ReadOptions {
    /// Sets [`Self::abort`].
    #[must_use]
    pub fn abort(mut self, abort: &AbortSignal) -> Self {
        self.abort = abort.clone();
        self
    }
}
