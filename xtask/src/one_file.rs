//! The npm package's faces, each with the glue as one small file, for pages without a bundler: one request where there would be many.

use crate::shrink::minify;
use crate::{tools, workspace};
use anyhow::Result;

/// What the file of the package's own face is called in `pkg/`.
pub const FILE: &str = "smartrust.min.js";
/// What the module of fhirclient's API is called.
pub const FHIRCLIENT: &str = "fhirclient.min.js";

/// What esbuild makes, by file: of which module, and how. A classic script makes the global `FHIR`; it knows its own address only while
/// it runs, and keeps it for when the WebAssembly is fetched.
const BUILDS: [(&str, &str, &str); 3] = [
    (FILE, "index.js", "format: 'esm'"),
    (FHIRCLIENT, "fhirclient.js", "format: 'esm'"),
    (
        "fhirclient.global.min.js",
        "fhirclient.js",
        "format: 'iife', globalName: 'FHIR', define: { 'import.meta.url': 'scriptAddress' }, \
         banner: { js: '\"use strict\";{const scriptAddress=document.currentScript.src;' }, footer: { js: '}' }",
    ),
];

/// Writes the files beside the package's sources, where npm can be had.
pub fn write() -> Result<()> {
    if !tools::has_npm() {
        println!("── {FILE} and its likes left out: Node 20 is not installed");
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    for (file, entry, options) in BUILDS {
        tools::step(&format!("esbuild and terser {file}"), || build(file, entry, options))?;
    }
    Ok(())
}

/// Has esbuild make one file. What only services use stays a file of its own, which is loaded when it is used.
fn build(file: &str, entry: &str, options: &str) -> Result<()> {
    let script = format!(
        "require('esbuild').buildSync({{ entryPoints: ['{entry}'], outfile: '{file}', bundle: true, minify: true, \
         target: 'es2022', external: ['./wasm-backend/*'], {options} }})"
    );
    let mut command = std::process::Command::new("node");
    command.args(["--eval", &script]).current_dir(workspace::package_folder());
    tools::run(&mut command, "esbuild failed: run `npm ci`, then run this again.")?;
    // What terser still finds: face and glue in one.
    minify(&workspace::package_folder().join(file), if options.contains("esm") { &["--module"] } else { &[] })
}
