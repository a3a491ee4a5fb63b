//! Feeds damaged input to every parser: the targets of fuzz/, each for a while.

use crate::{tools, workspace};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the targets one after the other. What makes one fail lies in fuzz/artifacts afterwards.
pub fn run(seconds: u32, only: Option<&str>) -> Result<()> {
    let targets: Vec<String> =
        targets()?.into_iter().filter(|name| only.is_none_or(|part| name.contains(part))).collect();
    if targets.is_empty() {
        bail!("No fuzz target has {:?} in its name: see fuzz/targets.", only.unwrap_or_default());
    }
    ensure_nightly()?;
    let program = ensure_cargo_fuzz()?;
    tools::step("building the fuzz targets", || {
        tools::run(
            cargo_fuzz(&program, "build").args(["--target-dir"]).arg(target_folder()),
            "The fuzz targets do not build: mend what the compiler names above.",
        )
    })?;
    for target in &targets {
        tools::step(&format!("{target}, {seconds} s"), || fuzz(&program, target, seconds))?;
    }
    println!("\n{} fuzz targets, {seconds} s each: no fault found", targets.len());
    Ok(())
}

/// The names of the targets: the files of fuzz/targets.
fn targets() -> Result<Vec<String>> {
    let folder = workspace::root().join("fuzz/targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("{} could not be read", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn fuzz(program: &Path, target: &str, seconds: u32) -> Result<()> {
    let root = workspace::root();
    let (corpus, seeds) = (root.join("fuzz/corpus").join(target), root.join("fuzz/seeds").join(target));
    std::fs::create_dir_all(&corpus).with_context(|| format!("{} could not be made", corpus.display()))?;
    let mut command = cargo_fuzz(program, "run");
    command.arg("--target-dir").arg(target_folder()).arg(target).arg(corpus);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
    let failed = format!("Fuzzing {target} found a fault: mend it, with the input that is named above.");
    let output = tools::run_quietly(&mut command, &failed)?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if let Some(count) = messages.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")) {
        println!("   {} inputs", count.trim());
    }
    Ok(())
}

/// A command of cargo-fuzz on the targets. The SDK has no unsafe code, so there is nothing for a sanitizer to see.
fn cargo_fuzz(program: &Path, command: &str) -> Command {
    let mut fuzz = on_nightly(program);
    fuzz.args([command, "--sanitizer", "none", "--fuzz-dir", "fuzz"]);
    fuzz
}

fn target_folder() -> PathBuf {
    workspace::target_folder().join("fuzz")
}

/// A program that runs with the nightly toolchain, which fuzzing needs, in the repository's root.
fn on_nightly(program: &Path) -> Command {
    let mut command = Command::new(program);
    // What cargo set for xtask names the pinned toolchain.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_MANIFEST_DIR"] {
        command.env_remove(variable);
    }
    command.env("RUSTUP_TOOLCHAIN", "nightly").current_dir(workspace::root());
    command
}

fn ensure_nightly() -> Result<()> {
    let installed =
        on_nightly(Path::new("rustc")).arg("--version").output().is_ok_and(|output| output.status.success());
    if !installed {
        bail!("Fuzzing needs the nightly toolchain: run `rustup toolchain install nightly --profile minimal`.");
    }
    Ok(())
}

/// The program cargo-fuzz: one that is installed, else one of this repository's own.
fn ensure_cargo_fuzz() -> Result<PathBuf> {
    if let Some(program) = tools::on_path(&["cargo-fuzz"]) {
        return Ok(program);
    }
    let folder = workspace::target_folder().join("tools");
    let program = folder.join("bin/cargo-fuzz");
    if !program.is_file() {
        tools::step("installing cargo-fuzz", || {
            let mut install = tools::cargo(["install", "cargo-fuzz", "--locked", "--root"]);
            tools::run(
                install.arg(&folder),
                "cargo-fuzz could not be installed: see above, or run `cargo install cargo-fuzz --locked`.",
            )
        })?;
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_target_is_one_in_the_manifest() {
        let manifest = std::fs::read_to_string(workspace::root().join("fuzz/Cargo.toml")).unwrap();
        let targets = targets().unwrap();
        assert!(!targets.is_empty());
        for target in &targets {
            assert!(manifest.contains(&format!("path = \"targets/{target}.rs\"")), "{target}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
    }
}
