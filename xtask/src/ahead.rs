//! The release build beside the first tests: the one keeps a core busy for minutes, the others leave one idle as often.

use crate::{tools, workspace};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A release build that is under way. Where nobody waits for it any more, it begins no further step.
pub struct Ahead {
    build: Child,
    log: PathBuf,
}

impl Ahead {
    /// Starts the build, whose output is kept for later.
    pub fn start() -> Result<Self> {
        println!("── the release is built beside the tests");
        let log = workspace::target_folder().join("release-build.log");
        let output = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("build").stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let build = command.spawn().map_err(|error| tools::not_started(&command, &error))?;
        Ok(Self { build, log })
    }

    /// Waits for the build, and shows what it said.
    pub fn finish(mut self) -> Result<()> {
        tools::step("waiting for the release, of which this was told", || {
            let status = self.build.wait()?;
            print!("{}", fs::read_to_string(&self.log)?);
            if !status.success() {
                bail!("The release does not build: mend what is reported above.");
            }
            Ok(())
        })
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // A build that has ended cannot be stopped, and need not be.
        let _ = self.build.kill();
    }
}
