//! What ships, built twice: in two clones of the last commit, in folders with different names.

use super::folder;
use crate::{tools, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use walkdir::WalkDir;

/// The folders of what ships.
const SHIPPED: [&str; 2] = ["pkg", "launcher-app/dist"];

/// Builds the clones, and returns their folders.
pub fn build() -> Result<[PathBuf; 2]> {
    workspace::empty_folder(&folder())?;
    // This program, which the last commit contains, too. Now, because it may be compiled again meanwhile, and then this file is another one.
    let xtask = std::env::current_exe()?;
    // Names of different lengths, so that a folder's name in a file also changes the file's size.
    let clones = ["first", "another-one"].map(|name| folder().join(name));
    for clone in &clones {
        let mut git = Command::new("git");
        git.args(["clone", "--quiet"]).arg(workspace::root()).arg(clone);
        tools::run(&mut git, "git could not clone the repository: see above.")?;
    }
    for clone in &clones {
        tools::step(&format!("building in {}", clone.display()), || build_in(clone, &xtask))?;
    }
    Ok(clones)
}

fn build_in(clone: &Path, xtask: &Path) -> Result<()> {
    let mut xtask = Command::new(xtask);
    xtask.arg("build").current_dir(clone);
    xtask.env("CARGO_MANIFEST_DIR", clone.join("xtask")).env("CARGO_TARGET_DIR", clone.join("target"));
    tools::run(&mut xtask, "What ships could not be built from the last commit: see above.")?;
    tools::run(
        tools::npm(["pack", "--silent"]).arg("--pack-destination").arg(clone).current_dir(clone.join("pkg")),
        "npm could not pack the package: see above.",
    )
}

/// Compares all files that ship and the packed npm package, and keeps one tarball.
pub fn compare(first: &Path, second: &Path) -> Result<()> {
    let mut different = Vec::new();
    for shipped in SHIPPED {
        different.extend(differences(&first.join(shipped), &second.join(shipped))?);
    }
    let tarball = tarball(first)?;
    let name = tarball.file_name().context("a tarball has a name")?;
    if fs::read(&tarball)? != fs::read(second.join(name))? {
        different.push(name.to_string_lossy().into_owned());
    }
    ensure!(
        different.is_empty(),
        "Two builds of one commit differ in {}: find out what in them depends on the folder or the time.",
        different.join(", ")
    );
    fs::copy(&tarball, folder().join(name))?;
    Ok(())
}

/// The files that differ in two folders or are in one only.
fn differences(first: &Path, second: &Path) -> Result<Vec<String>> {
    let names: BTreeSet<PathBuf> = files(first)?.into_iter().chain(files(second)?).collect();
    let differ = |name: &PathBuf| match (fs::read(first.join(name)), fs::read(second.join(name))) {
        (Ok(one), Ok(other)) => one != other,
        _ => true,
    };
    Ok(names.iter().filter(|name| differ(name)).map(|name| name.display().to_string()).collect())
}

/// Looks for the folders of this machine in all files that ship.
pub fn find_machine_paths(clone: &Path) -> Result<()> {
    let mut folders = vec![clone.to_path_buf(), workspace::root(), workspace::cargo_home()?];
    folders.extend(std::env::home_dir());
    for shipped in SHIPPED {
        for name in files(&clone.join(shipped))? {
            let contents = fs::read(clone.join(shipped).join(&name))?;
            if let Some(found) = folders.iter().find(|folder| contains(&contents, &folder.to_string_lossy())) {
                bail!(
                    "{} contains the folder {} of this machine: see without_machine_paths in xtask.",
                    name.display(),
                    found.display()
                );
            }
        }
    }
    Ok(())
}

/// Whether `contents` have the folder with a slash behind it, so that the home folder `/root` is not found in a URL's path.
fn contains(contents: &[u8], folder: &str) -> bool {
    let wanted = format!("{folder}/");
    contents.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

/// The files in a folder, as paths in it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.path().strip_prefix(folder)?.to_path_buf());
        }
    }
    Ok(files)
}

fn tarball(clone: &Path) -> Result<PathBuf> {
    let is_tarball = |path: &PathBuf| path.extension() == Some("tgz".as_ref());
    let mut entries = fs::read_dir(clone)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    entries.find(is_tarball).with_context(|| format!("npm packed nothing into {}", clone.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_or_are_in_one_folder_only_are_named() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for (folder, name, contents) in [
            (&one, "same", "x"),
            (&other, "same", "x"),
            (&one, "changed", "x"),
            (&other, "changed", "y"),
            (&other, "new", ""),
        ] {
            fs::write(folder.path().join(name), contents).unwrap();
        }
        assert_eq!(differences(one.path(), other.path()).unwrap(), ["changed", "new"]);
        assert!(differences(one.path(), one.path()).unwrap().is_empty());
    }

    #[test]
    fn a_machine_path_in_what_ships_is_an_error() {
        let clone = tempfile::tempdir().unwrap();
        for shipped in SHIPPED {
            fs::create_dir_all(clone.path().join(shipped)).unwrap();
        }
        let file = clone.path().join("pkg/x.wasm");
        fs::write(&file, b"\0crates/base64-0.22.1/src/lib.rs\0").unwrap();
        find_machine_paths(clone.path()).unwrap();
        let home = workspace::cargo_home().unwrap();
        fs::write(&file, format!("\0{}/registry/src/base64/src/lib.rs\0", home.display())).unwrap();
        let error = find_machine_paths(clone.path()).unwrap_err().to_string();
        assert!(error.starts_with("x.wasm contains the folder "), "{error}");
    }
}
