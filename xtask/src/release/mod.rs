//! Everything that must hold before a release, as one command: each check runs, and the closing lines name those that failed and
//! those that did not run.
//!
//! [`versions`] compares the versions and looks for the changelog's entry, [`dependencies`] checks licenses and known vulnerabilities,
//! [`api`] compares the crate's API with the last release's, [`twice`] builds what ships in two folders and compares the bytes,
//! [`publishing`] packs it and rehearses the publication, and [`bill`] lists what it is made of. [`cargo_tools`] installs what these call.

mod api;
mod bill;
mod cargo_tools;
mod dependencies;
pub mod publishing;
mod twice;
mod versions;

use crate::{checks, size, tools, workspace};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::time::Instant;

/// The result of a check that found no problem.
enum Outcome {
    Passed,
    /// The check did not run, or only in part, for this reason.
    NotChecked(String),
}

/// The checks that have run.
#[derive(Default)]
struct Checks {
    /// Only the checks whose names contain this run.
    only: Option<String>,
    passed: Vec<String>,
    not_checked: Vec<(String, String)>,
    failed: Vec<(String, String)>,
}

impl Checks {
    fn includes(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }

    /// Runs one check. A problem does not end the command, so that one run shows all problems.
    fn run(&mut self, name: &str, check: impl FnOnce() -> Result<Outcome>) {
        if !self.includes(name) {
            return;
        }
        match tools::step(name, check) {
            Ok(Outcome::Passed) => self.passed.push(name.to_owned()),
            Ok(Outcome::NotChecked(reason)) => {
                println!("   not checked: {reason}");
                self.not_checked.push((name.to_owned(), reason));
            }
            Err(error) => {
                println!("   failed: {error:#}");
                self.failed.push((name.to_owned(), format!("{error:#}")));
            }
        }
    }

    /// Like [`Checks::run`], for a check that passes if nothing is wrong.
    fn pass(&mut self, name: &str, check: impl FnOnce() -> Result<()>) {
        self.run(name, || check().map(|()| Outcome::Passed));
    }

    fn closing_lines(&self) -> String {
        let mut lines = Vec::new();
        if !self.passed.is_empty() {
            lines.push(format!("Passed: {}.", self.passed.join("; ")));
        }
        if let Some(only) = &self.only {
            lines.push(format!("Not checked: everything whose name does not contain {only:?}."));
        }
        for (heading, checks) in [("Not checked", &self.not_checked), ("Failed", &self.failed)] {
            if !checks.is_empty() {
                lines.push(format!("{heading}:"));
                lines.extend(checks.iter().map(|(name, reason)| format!("  {name}: {reason}")));
            }
        }
        lines.join("\n")
    }
}

/// The folder of the two builds, the tarball and the bills of materials.
fn folder() -> PathBuf {
    workspace::target_folder().join("release-check")
}

/// A check of what was built in two clones.
type BuiltCheck = (&'static str, fn(&[PathBuf; 2]) -> Result<()>);

const OF_BUILDS: [BuiltCheck; 7] = [
    ("two builds have the same bytes", |[first, second]| twice::compare(first, second)),
    ("no folders of this machine in what ships", |[first, _]| twice::find_machine_paths(first)),
    ("sizes", |[first, _]| size::measure_in(&first.join("pkg"), &first.join("launcher-app/dist"), true)),
    ("contents, types and API reports of the npm package", |[first, _]| {
        tools::run(&mut checks::package_tests(first), "The packed npm package has problems: see above.")
    }),
    ("npm publish --dry-run", |[first, _]| publishing::rehearse_npm(first)),
    ("cargo publish --dry-run", |[first, _]| publishing::rehearse_cargo(first)),
    ("bills of materials", |[first, _]| bill::write(first, &folder())),
];

/// Checks what is committed. `offline` leaves out the lists of known vulnerabilities, which are on other servers than the registries;
/// `only` leaves out the checks whose names do not contain it.
pub fn check(offline: bool, only: Option<String>) -> Result<()> {
    let start = Instant::now();
    versions::require_committed_tree()?;
    let mut checks = Checks { only, ..Checks::default() };
    checks.run("versions and changelog", versions::check);
    checks.pass("licenses, bans and sources of crates", dependencies::check_policy);
    checks.run("known vulnerabilities in crates", || dependencies::check_crate_advisories(offline));
    checks.run("known vulnerabilities in npm packages", || dependencies::check_npm_advisories(offline));
    checks.run("changes of the crate's API", api::check);
    if OF_BUILDS.iter().any(|(name, _)| checks.includes(name)) {
        match twice::build() {
            Ok(clones) => {
                OF_BUILDS.iter().for_each(|(name, check)| checks.pass(name, || check(&clones)));
                println!("\nWhat would be published is in {}.", folder().display());
            }
            Err(error) => checks.failed.push(("two builds".into(), format!("{error:#}"))),
        }
    }
    println!("\n{}", checks.closing_lines());
    println!("The checks took {:.0} s.", start.elapsed().as_secs_f64());
    if !checks.failed.is_empty() {
        bail!("{} of the release's checks failed: see the lines above.", checks.failed.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn the_closing_lines_name_what_failed_and_what_was_not_checked() {
        let mut checks = Checks::default();
        checks.pass("a", || Ok(()));
        checks.run("b", || Ok(Outcome::NotChecked("no network".into())));
        checks.pass("c", || Err(anyhow!("inner").context("outer")));
        checks.pass("d", || Ok(()));
        assert_eq!(checks.closing_lines(), "Passed: a; d.\nNot checked:\n  b: no network\nFailed:\n  c: outer: inner");
    }

    #[test]
    fn a_partial_check_is_not_reported_as_complete() {
        let mut checks = Checks { only: Some("b".into()), ..Checks::default() };
        checks.pass("a", || Err(anyhow!("it runs")));
        checks.pass("ab", || Ok(()));
        assert_eq!(checks.closing_lines(), "Passed: ab.\nNot checked: everything whose name does not contain \"b\".");
    }
}
