//! The dependencies: cargo-deny with `deny.toml`, and npm's list of vulnerabilities.

use super::Outcome;
use super::cargo_tools::DENY;
use crate::tools;
use anyhow::{Context, Result};

/// Checks licenses, banned crates and sources.
pub fn check_policy() -> Result<()> {
    tools::run(
        &mut DENY.command(["check", "bans", "licenses", "sources"])?,
        "A dependency is against deny.toml: see above. Use another crate, or argue for a change of deny.toml.",
    )
}

/// Checks the crates against the database of RustSec, which is fetched first.
pub fn check_crate_advisories(offline: bool) -> Result<Outcome> {
    if offline {
        return Ok(Outcome::NotChecked(
            "the database is at https://github.com/rustsec/advisory-db; run without --offline".into(),
        ));
    }
    tools::run(
        &mut DENY.command(["fetch", "db"])?,
        "The database https://github.com/rustsec/advisory-db could not be fetched: connect to it, or leave this check out with --offline.",
    )?;
    tools::run(
        &mut DENY.command(["check", "advisories"])?,
        "A crate has a known vulnerability: see above. Update it, or explain in deny.toml why it does no harm here.",
    )?;
    Ok(Outcome::Passed)
}

/// Checks the npm packages that build and test. What ships has no npm dependencies.
pub fn check_npm_advisories(offline: bool) -> Result<Outcome> {
    if offline {
        return Ok(Outcome::NotChecked("npm's registry has the list; run without --offline".into()));
    }
    let mut audit = tools::npm(["audit", "--audit-level=high"]);
    let output = audit.output().map_err(|error| tools::not_started(&audit, &error)).context("npm audit")?;
    print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // npm ends with the same code for a vulnerability and for a registry without a list.
    let remedy = match String::from_utf8_lossy(&output.stderr).contains("audit endpoint") {
        true => {
            "The registry has no list of vulnerabilities: use registry.npmjs.org, or leave this check out with --offline."
        }
        false => "An npm package has a serious known vulnerability: see above, and update it.",
    };
    anyhow::ensure!(output.status.success(), remedy);
    Ok(Outcome::Passed)
}
