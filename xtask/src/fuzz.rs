//! Feeds damaged input to every parser: the targets of fuzz/, each for a while.

use crate::{tools, workspace};
use anyhow::{Result, bail};
use std::process::Command;

/// Runs the targets one after the other. The input that makes one fail is then in fuzz/artifacts.
pub fn run(seconds: u32, only: Option<&str>) -> Result<()> {
    let list = tools::run_quietly(
        cargo_fuzz("list").args(["--fuzz-dir", "fuzz"]),
        "Fuzzing needs the nightly toolchain and cargo-fuzz: run `rustup toolchain install nightly --profile minimal` \
         and `cargo install cargo-fuzz --locked`.",
    )?;
    let list = String::from_utf8_lossy(&list.stdout);
    let targets: Vec<&str> = list.lines().filter(|name| only.is_none_or(|part| name.contains(part))).collect();
    if targets.is_empty() {
        bail!("No fuzz target has {:?} in its name: see fuzz/targets.", only.unwrap_or_default());
    }
    tools::step("building the fuzz targets", || {
        tools::run(&mut on_targets("build"), "The fuzz targets do not build: fix what the compiler reports above.")
    })?;
    for target in &targets {
        tools::step(&format!("{target}, {seconds} s"), || fuzz(target, seconds))?;
    }
    println!("\n{} fuzz targets, {seconds} s each: no fault found", targets.len());
    Ok(())
}

fn fuzz(target: &str, seconds: u32) -> Result<()> {
    let root = workspace::root();
    let (corpus, seeds) = (root.join("fuzz/corpus").join(target), root.join("fuzz/seeds").join(target));
    std::fs::create_dir_all(&corpus)?;
    let mut command = on_targets("run");
    command.arg(target).arg(corpus);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
    let failed = format!("Fuzzing {target} found a fault: fix it, with the input that is named above.");
    let output = tools::run_quietly(&mut command, &failed)?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if let Some(count) = messages.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")) {
        println!("   {} inputs", count.trim());
    }
    Ok(())
}

/// A command of cargo-fuzz on the targets. The SDK has no unsafe code, so a sanitizer would find nothing.
fn on_targets(command: &str) -> Command {
    let mut fuzz = cargo_fuzz(command);
    fuzz.args(["--sanitizer", "none", "--fuzz-dir", "fuzz", "--target-dir"]);
    fuzz.arg(workspace::target_folder().join("fuzz"));
    fuzz
}

/// cargo-fuzz with the nightly toolchain, in the repository's root.
fn cargo_fuzz(command: &str) -> Command {
    let mut fuzz = Command::new("rustup");
    fuzz.args(["run", "nightly", "cargo", "fuzz", command]).current_dir(workspace::root());
    fuzz
}
