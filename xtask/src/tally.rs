//! Counts the test results in the output of the test runners, while it is shown.

use crate::tools;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The number of tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
}

impl Tally {
    /// Runs `command`, shows its output, and adds its results; `remedy` is the error message if it fails.
    pub fn run(&mut self, command: &mut Command, remedy: &str) -> Result<()> {
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| tools::not_started(command, &error))?;
        let output = child.stdout.take().context("a test runner has no output")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            self.read(&line);
        }
        if !child.wait()?.success() {
            bail!("{remedy}");
        }
        Ok(())
    }

    /// Adds the counts of a closing line: `test result: ok. 3 passed; 0 failed; …` or `3 passed, 0 failed`.
    fn read(&mut self, line: &str) {
        let counts = match line.strip_prefix("test result: ") {
            Some(result) => result.split_once(". ").map_or(result, |(_, counts)| counts),
            None => line,
        };
        let mut parts = counts.split([';', ',']);
        let count = |part: Option<&str>, word: &str| part?.trim().strip_suffix(word)?.trim_end().parse::<usize>().ok();
        if let (Some(passed), Some(failed)) = (count(parts.next(), "passed"), count(parts.next(), "failed")) {
            self.passed += passed;
            self.failed += failed;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted_and_others_are_not() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "ok 4 passed, he said",
            "7 passed, 1 failed",
        ] {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed: 11, failed: 3 });
        assert_eq!(tally.to_string(), "11 passed, 3 failed");
    }
}
