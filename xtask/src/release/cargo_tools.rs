//! The cargo tools of the checks, in `target/tools/`, so that no global tool is used or changed.

use crate::{tools, workspace};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// A tool that cargo installs from crates.io.
#[derive(Clone, Copy)]
pub struct CargoTool {
    name: &'static str,
    version: &'static str,
}

/// Checks licenses, sources and known vulnerabilities.
pub const DENY: CargoTool = CargoTool { name: "cargo-deny", version: "0.20.2" };
/// Compares the crate's API with that of a release.
pub const SEMVER_CHECKS: CargoTool = CargoTool { name: "cargo-semver-checks", version: "0.51.0" };
/// Writes bills of materials.
pub const CYCLONEDX: CargoTool = CargoTool { name: "cargo-cyclonedx", version: "0.5.9" };

impl CargoTool {
    /// The tool with its arguments, in the repository's root. It is installed first, if this version is missing.
    pub fn command<'a>(self, arguments: impl IntoIterator<Item = &'a str>) -> Result<Command> {
        if !self.program().is_file() {
            self.install()?;
        }
        let mut command = Command::new(self.program());
        command.args(arguments).current_dir(workspace::root());
        Ok(command)
    }

    /// A folder for each version: a new version in this file is installed, too.
    fn folder(self) -> PathBuf {
        workspace::target_folder().join("tools").join(format!("{}-{}", self.name, self.version))
    }

    fn program(self) -> PathBuf {
        self.folder().join("bin").join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX))
    }

    /// Without optimization, because a tool runs for seconds and compiles for minutes.
    fn install(self) -> Result<()> {
        let Self { name, version } = self;
        tools::step(&format!("installing {name} {version}"), || {
            let mut command = tools::cargo(["install", name, "--version", version, "--locked", "--debug", "--root"]);
            tools::run(
                command.arg(self.folder()),
                &format!("{name} could not be installed: see cargo's message above, then run this again."),
            )
        })
    }
}
