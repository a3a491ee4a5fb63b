//! Rehearsals of the publication: they do everything but upload.

use crate::tools;
use anyhow::Result;
use std::path::Path;

/// Packs the built npm package of the repository in `root` as `npm publish` does.
pub fn rehearse_npm(root: &Path) -> Result<()> {
    tools::run(
        tools::npm(["publish", "--dry-run", "--loglevel=warn"]).current_dir(root.join("pkg")),
        "The npm package cannot be published: fix what npm reports above.",
    )
}

/// Packs the crate of the repository in `root`, and compiles it as its users do.
pub fn rehearse_cargo(root: &Path) -> Result<()> {
    tools::run(
        tools::cargo(["publish", "--dry-run", "--package", "smartrust", "--allow-dirty", "--locked"]).current_dir(root),
        "The crate cannot be published: fix what cargo reports above.",
    )
}
