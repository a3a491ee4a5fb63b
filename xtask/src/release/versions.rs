//! One version everywhere, and its entry in the changelog.

use super::Outcome;
use crate::{tools, workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// Runs git in the repository and returns its output without the line's end.
pub fn git<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(workspace::root());
    let output = tools::run_quietly(&mut command, "git failed: see above.")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// What is released is what is committed, so nothing else is checked.
pub fn require_committed_tree() -> Result<()> {
    let changes = git(["status", "--porcelain"])?;
    ensure!(changes.is_empty(), "There are changes that are not committed: commit or remove them.\n{changes}");
    Ok(())
}

/// The tag of the last release before this version, if there is one.
pub fn last_release() -> Result<Option<String>> {
    let this = format!("v{}", version()?);
    let tags = git(["tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname"])?;
    Ok(tags.lines().find(|tag| **tag != this).map(str::to_owned))
}

/// Compares the versions, and looks for the changelog's entry. On a release's tag, the entry must be the one of the version.
pub fn check() -> Result<Outcome> {
    let tags = git(["tag", "--points-at", "HEAD", "--list", "v[0-9]*"])?;
    compare(&version()?, &named_versions()?)?;
    let changelog = read("CHANGELOG.md")?;
    if tags.is_empty() {
        ensure!(
            has_next_entry(&changelog, &version()?),
            "CHANGELOG.md lists no changes under [Unreleased]: add what a user notices."
        );
        return Ok(Outcome::NotChecked(format!(
            "the last commit has no tag v{0}, so CHANGELOG.md need not have the heading [{0}] with a date yet; the versions are equal",
            version()?
        )));
    }
    for tag in tags.lines() {
        compare(tag.trim_start_matches('v'), &[("Cargo.toml".into(), version()?)])?;
        ensure!(
            has_dated_entry(&changelog, &version()?),
            "CHANGELOG.md has no list of changes under `## [{}] - YEAR-MONTH-DAY`, but the last commit has the tag {tag}: add the entry and tag again.",
            version()?
        );
    }
    Ok(Outcome::Passed)
}

/// The version of the crate.
fn version() -> Result<String> {
    let mut metadata = tools::cargo(["metadata", "--format-version", "1", "--no-deps"]);
    let output = tools::run_quietly(&mut metadata, "cargo could not read Cargo.toml: see above.")?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo describes no packages")?;
    let sdk = packages.iter().find(|package| package["name"] == "smartrust").context("there is no crate smartrust")?;
    Ok(sdk["version"].as_str().context("the crate has no version")?.to_owned())
}

/// The files that name the version, too, with what they say.
fn named_versions() -> Result<Vec<(String, String)>> {
    let json = |file: &str| -> Result<Value> { Ok(serde_json::from_str(&read(file)?)?) };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut named = vec![("pkg/package.json".to_owned(), text(&json("pkg/package.json")?["version"]))];
    for example in fs::read_dir(workspace::root().join("examples"))? {
        let lock = format!("examples/{}/package-lock.json", example?.file_name().display());
        if workspace::root().join(&lock).is_file() {
            let package = &json(&lock)?["packages"]["../../pkg"];
            named.extend((!package.is_null()).then(|| (lock, text(&package["version"]))));
        }
    }
    Ok(named)
}

fn compare(version: &str, named: &[(String, String)]) -> Result<()> {
    for (file, other) in named {
        ensure!(other == version, "{file} has the version {other:?} and not {version:?}: make them equal.");
    }
    Ok(())
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(workspace::root().join(file)).with_context(|| format!("{file} cannot be read"))
}

/// Whether the changelog lists changes of the version, or of the next one.
fn has_next_entry(changelog: &str, version: &str) -> bool {
    has_dated_entry(changelog, version) || lists_changes(changelog, |heading| heading == "[Unreleased]")
}

fn has_dated_entry(changelog: &str, version: &str) -> bool {
    let is_date = |date: &str| {
        let digits: Vec<usize> = date.split('-').map(str::len).collect();
        digits == [4, 2, 2] && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    lists_changes(changelog, |heading| heading.strip_prefix(&format!("[{version}] - ")).is_some_and(is_date))
}

fn lists_changes(changelog: &str, is_wanted: impl Fn(&str) -> bool) -> bool {
    let mut sections = changelog.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
    sections.any(|(heading, text)| is_wanted(heading.trim()) && text.lines().any(|line| line.starts_with("- ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_equal_and_the_changelog_lists_changes() {
        let named = named_versions().unwrap();
        assert!(named.len() > 1, "{named:?}");
        compare(&version().unwrap(), &named).unwrap();
        assert!(has_next_entry(&read("CHANGELOG.md").unwrap(), &version().unwrap()));
    }

    #[test]
    fn another_version_is_named_with_its_file() {
        let error = compare("1.2.0", &[("a".into(), "1.2.0".into()), ("b".into(), "1.2.1".into())]).unwrap_err();
        assert_eq!(error.to_string(), "b has the version \"1.2.1\" and not \"1.2.0\": make them equal.");
    }

    #[test]
    fn a_release_needs_a_heading_with_its_version_and_a_date() {
        let changelog = |heading: &str, change: &str| {
            format!("# Changelog\n\n## {heading}\n\n### Added\n\n{change}\n\n## [0.9.0] - 2025-01-01\n\n- Old.\n")
        };
        let dated = changelog("[1.2.0] - 2026-11-29", "- New.");
        assert!(has_dated_entry(&dated, "1.2.0") && has_next_entry(&dated, "1.2.0"));
        assert!(!has_dated_entry(&dated, "1.2.1") && !has_next_entry(&dated, "1.2.1"));
        assert!(!has_dated_entry(&changelog("[1.2.0] - 2026-11-29", ""), "1.2.0"), "it lists nothing");
        for heading in ["[1.2.0]", "[1.2.0] - soon", "1.2.0 - 2026-11-29", "[Unreleased]"] {
            assert!(!has_dated_entry(&changelog(heading, "- New."), "1.2.0"), "{heading}");
        }
        assert!(has_next_entry(&changelog("[Unreleased]", "- New."), "1.2.0"));
        assert!(!has_next_entry(&changelog("[Unreleased]", ""), "1.2.0"));
    }
}
