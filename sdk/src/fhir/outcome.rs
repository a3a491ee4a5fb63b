//! OperationOutcome (FHIR R4, OperationOutcome).

use crate::json::JsonView;

/// An OperationOutcome: its issues, and the whole resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationOutcome {
    /// The issues, in the server's order.
    pub issues: Vec<Issue>,
    /// The whole resource as JSON text.
    pub json: String,
}

/// One issue of an OperationOutcome.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// `fatal`, `error`, `warning` or `information`.
    pub severity: String,
    /// The kind of issue, such as `not-found`.
    pub code: String,
    /// `details.text`, else `diagnostics`.
    pub text: Option<String>,
}

impl OperationOutcome {
    /// Reads an OperationOutcome; `None` for any other resource.
    ///
    /// ```
    /// use smartrust::fhir::outcome::OperationOutcome;
    ///
    /// let resource = serde_json::json!({
    ///     "resourceType": "OperationOutcome",
    ///     "issue": [{"severity": "error", "code": "not-found", "diagnostics": "There is no Patient/9."}],
    /// });
    /// let outcome = OperationOutcome::read(&resource).unwrap();
    /// assert!(outcome.has_error());
    /// assert_eq!(outcome.first_text(), Some("There is no Patient/9."));
    /// ```
    pub fn read<V: JsonView>(resource: &V) -> Option<Self> {
        if resource.member_text("resourceType")? != "OperationOutcome" {
            return None;
        }
        let issues = resource.member_items("issue").iter().map(read_issue).collect();
        Some(Self { issues, json: resource.to_json() })
    }

    /// The first issue's text.
    pub fn first_text(&self) -> Option<&str> {
        self.issues.iter().find_map(|issue| issue.text.as_deref())
    }

    /// Whether an issue is an error or worse.
    pub fn has_error(&self) -> bool {
        self.issues.iter().any(|issue| matches!(issue.severity.as_str(), "error" | "fatal"))
    }

    /// Whether the problem may be temporary, so that the same request is worth a retry: every issue has one of the codes
    /// `transient`, `lock-error`, `no-store`, `timeout` and `throttled`. Warnings and information do not count.
    pub fn is_transient(&self) -> bool {
        let counts = |issue: &&Issue| !matches!(issue.severity.as_str(), "warning" | "information" | "success");
        let mut codes = self.issues.iter().filter(counts).map(|issue| issue.code.as_str()).peekable();
        let passes = |code: &str| matches!(code, "transient" | "lock-error" | "no-store" | "timeout" | "throttled");
        codes.peek().is_some() && codes.all(passes)
    }
}

fn read_issue<V: JsonView>(issue: &V) -> Issue {
    let details = issue.member("details").and_then(|details| details.member_text("text"));
    Issue {
        severity: issue.member_text("severity").unwrap_or_default(),
        code: issue.member_text("code").unwrap_or_default(),
        text: details.or_else(|| issue.member_text("diagnostics")),
    }
}
