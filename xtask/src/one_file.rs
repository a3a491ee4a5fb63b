//! The npm package's face and glue as one small file, for pages without a bundler: one request where there would be many.

use crate::{tools, workspace};
use anyhow::Result;

/// What the file is called in `pkg/`.
pub const FILE: &str = "smartrust.min.js";

/// What esbuild is asked for. What only services use stays a file of its own, which is loaded when it is used.
const BUILD: &str = "require('esbuild').buildSync({ entryPoints: ['index.js'], outfile: process.argv[1], bundle: true, \
                     format: 'esm', target: 'es2022', minify: true, external: ['./wasm-backend/*'] })";

/// Writes the file beside the package's sources, where npm can be had.
pub fn write() -> Result<()> {
    if !tools::has_npm() {
        println!("── {FILE} left out: Node 20 is not installed");
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    tools::step(&format!("esbuild {FILE}"), || {
        let mut command = std::process::Command::new("node");
        command.args(["--eval", BUILD, FILE]).current_dir(workspace::package_folder());
        tools::run(&mut command, "esbuild failed: run `npm ci`, then run this again.")
    })
}
