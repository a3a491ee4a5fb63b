//! Deviations from a standard that do not stop the client.

/// Something that a standard does not allow and that this client lives with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// A stable name, such as `string_for_array`.
    pub code: &'static str,
    /// A description in plain language.
    pub message: String,
    /// The section of the standard that it deviates from.
    pub section: &'static str,
}

impl Finding {
    /// Notes a finding.
    pub fn new(code: &'static str, message: impl Into<String>, section: &'static str) -> Self {
        Self { code, message: message.into(), section }
    }
}
