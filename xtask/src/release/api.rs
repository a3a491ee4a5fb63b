//! The crate's API, compared with the last release: a breaking change needs a version that says so.

use super::cargo_tools::SEMVER_CHECKS;
use super::{Outcome, versions};
use crate::tools;
use anyhow::{Result, ensure};

/// Compares with the last tag of another version.
pub fn check() -> Result<Outcome> {
    // A shallow clone has no tags, so that every release would be the first.
    ensure!(
        versions::git(["rev-parse", "--is-shallow-repository"])? != "true",
        "This clone is shallow and has no earlier releases: fetch all (`git fetch --unshallow --tags`, or fetch-depth: 0 in a workflow)."
    );
    let Some(tag) = versions::last_release()? else {
        return Ok(Outcome::NotChecked("no earlier release has a tag, so there is nothing to compare with".into()));
    };
    println!("   compared with {tag}");
    tools::run(
        &mut SEMVER_CHECKS.command(["semver-checks", "--package", "smartrust", "--baseline-rev", &tag])?,
        &format!(
            "The crate's API is incompatible with {tag}: see above. Undo the change or raise the version in Cargo.toml."
        ),
    )?;
    Ok(Outcome::Passed)
}
