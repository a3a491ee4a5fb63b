//! What was odd about a server's answer and yet no reason to stop.

/// Something that a standard does not allow and that this client lives with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable name, such as `string_for_array`.
    pub code: &'static str,
    /// What was found, in plain language.
    pub message: String,
    /// The section of the standard that says otherwise.
    pub section: &'static str,
}

impl Finding {
    /// Notes a finding.
    pub fn new(code: &'static str, message: impl Into<String>, section: &'static str) -> Self {
        Self { code, message: message.into(), section }
    }
}
