//! The folders of the repository.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    // Cargo does not rebuild xtask when the repository is moved, but sets the variable at every run.
    let at_this_run =
        std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).filter(|folder| folder.ends_with("xtask"));
    let folder = at_this_run.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    folder.parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Cargo's target folder.
pub fn target_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The folder in which cargo keeps the sources of other crates.
pub fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(folder) => Ok(folder.into()),
        None => Ok(std::env::home_dir().context("there is no home folder: set CARGO_HOME")?.join(".cargo")),
    }
}

/// The npm package's folder.
pub fn package_folder() -> PathBuf {
    root().join("pkg")
}

/// The folder of the launcher's built site.
pub fn launcher_site() -> PathBuf {
    root().join("launcher-app/dist")
}

/// Creates `folder`, or empties it.
pub fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("{} could not be emptied", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))
}
