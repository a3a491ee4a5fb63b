//! A sentence about how much of the record is loaded.

/// The number of parts of the record with each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All parts.
    pub parts: usize,
    /// Parts that are still loading.
    pub loading: usize,
    /// Parts that were not shared, or not completely.
    pub not_shared: usize,
    /// Parts that failed.
    pub failed: usize,
    /// Parts that are incomplete.
    pub incomplete: usize,
}

impl Summary {
    /// Whether all parts have ended.
    pub fn is_done(&self) -> bool {
        self.loading == 0
    }

    /// Whether everything that was requested is loaded.
    pub fn is_complete(&self) -> bool {
        self.is_done() && self.not_shared + self.failed + self.incomplete == 0
    }

    /// The sentence.
    pub fn sentence(&self) -> String {
        if !self.is_done() {
            return format!("{} of {} parts of the record are here.", self.parts - self.loading, self.parts);
        }
        if self.is_complete() {
            return "All parts of the record that this app asks for are here.".to_owned();
        }
        let was = |count: usize| if count == 1 { "was" } else { "were" };
        let reasons = [
            (self.not_shared, format!("{} {} not fully shared", self.not_shared, was(self.not_shared))),
            (self.failed, format!("{} could not be loaded", self.failed)),
            (
                self.incomplete,
                format!("{} {} not complete", self.incomplete, if self.incomplete == 1 { "is" } else { "are" }),
            ),
        ];
        let reasons: Vec<String> =
            reasons.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
        format!("Not all parts of the record are here: {}.", reasons.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l1_a_record_is_called_complete_only_if_it_is() {
        let all = Summary { parts: 16, ..Summary::default() };
        assert_eq!(all.sentence(), "All parts of the record that this app asks for are here.");
        for (summary, sentence) in [
            (Summary { loading: 3, ..all }, "13 of 16 parts of the record are here."),
            (Summary { not_shared: 1, ..all }, "Not all parts of the record are here: 1 was not fully shared."),
            (Summary { failed: 2, ..all }, "Not all parts of the record are here: 2 could not be loaded."),
            (
                Summary { not_shared: 2, failed: 1, incomplete: 1, ..all },
                "Not all parts of the record are here: 2 were not fully shared, 1 could not be loaded, 1 is not complete.",
            ),
        ] {
            assert_eq!(summary.sentence(), sentence);
            assert!(!summary.is_complete());
        }
    }
}
