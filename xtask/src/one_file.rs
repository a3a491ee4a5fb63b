//! The npm package's faces, each with the glue as one small file, for pages without a bundler: one request where there would be many.

use crate::shrink::run_esbuild;
use crate::{tools, workspace};
use anyhow::Result;

/// What the file of the package's own face is called in `pkg/`.
pub const FILE: &str = "smartrust.min.js";
/// What the module for a launch page is called.
pub const LAUNCH: &str = "launch.min.js";
/// What the module of fhirclient's API is called.
pub const FHIRCLIENT: &str = "fhirclient.min.js";

/// What esbuild makes, by file: of which module, and how. A classic script makes the global `FHIR`; it knows its own address only while
/// it runs, and keeps it for when the WebAssembly is fetched.
const BUILDS: [(&str, &str, &str); 4] = [
    (FILE, "index.js", "format: 'esm'"),
    (LAUNCH, "launch.js", "format: 'esm'"),
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
        tools::step(&format!("esbuild {file}"), || build(file, entry, options))?;
    }
    Ok(())
}

/// Has esbuild make one file. What only services use stays a file of its own, which is loaded when it is used.
fn build(file: &str, entry: &str, options: &str) -> Result<()> {
    let options = format!(
        "{{ entryPoints: ['{entry}'], outfile: '{file}', bundle: true, minify: true, target: 'es2022', \
         external: ['./wasm-backend/*'], {options} }}"
    );
    run_esbuild(&workspace::package_folder(), &options)
}
