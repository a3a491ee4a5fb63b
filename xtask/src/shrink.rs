//! Makes a release smaller: WebAssembly with wasm-opt, scripts and style sheets with esbuild, both from npm.

use crate::{tools, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The WebAssembly features that Rust 1.95 emits by default, all in every browser since 2023.
const WASM_FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes `{name}_bg.wasm` and `{name}.js` in `folder` smaller, if npm is installed.
pub fn shrink(folder: &Path, name: &str) -> Result<()> {
    if !tools::has_npm() {
        println!(
            "── wasm-opt and esbuild are left out: Node 20 is not installed, so {name} is larger than it could be"
        );
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    tools::step(&format!("wasm-opt {name}"), || optimise(&folder.join(format!("{name}_bg.wasm"))))?;
    minify(folder, &[&format!("{name}.js")])
}

fn optimise(wasm: &Path) -> Result<()> {
    let smaller = wasm.with_extension("smaller");
    let mut command = tools::node(&workspace::root().join("node_modules/binaryen/bin/wasm-opt"));
    command.args(["-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"]).args(WASM_FEATURES);
    command.arg(wasm).arg("-o").arg(&smaller);
    tools::run(&mut command, "wasm-opt failed: run `npm ci`, then run this again.")?;
    fs::rename(&smaller, wasm).with_context(|| format!("{} could not be replaced", wasm.display()))
}

/// Minifies scripts in `folder` in place, if npm is installed.
pub fn minify(folder: &Path, files: &[&str]) -> Result<()> {
    if !tools::has_npm() {
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    // For an error that nobody catches, Node prints the whole line that created it.
    let options = format!(
        "{{ entryPoints: {files:?}, outdir: '.', minify: true, lineLimit: 120, target: 'es2022', allowOverwrite: true }}"
    );
    run_esbuild(folder, &options)
}

/// Runs esbuild in `folder` with the options of its JavaScript API.
pub fn run_esbuild(folder: &Path, options: &str) -> Result<()> {
    let mut command = Command::new("node");
    command.args(["--eval", &format!("require('esbuild').buildSync({options})")]).current_dir(folder);
    tools::run(&mut command, "esbuild failed: run `npm ci`, then run this again.")
}
