//! The npm package's entries as one small file each, for pages without a bundler: one request instead of many.

use crate::shrink::run_esbuild;
use crate::{tools, workspace};
use anyhow::Result;

/// The file of the package's main entry in `pkg/`.
pub const FILE: &str = "smartrust.min.js";
/// The file for a launch page.
pub const LAUNCH: &str = "launch.min.js";
/// The file of fhirclient's API.
pub const FHIRCLIENT: &str = "fhirclient.min.js";

/// The output files of esbuild, with their entries and options. The classic script defines the global `FHIR`. Its URL is known only while
/// it runs, so it stores the URL for the request for the WebAssembly.
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

/// Writes the files into the package's folder, if npm is installed.
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

/// Bundles one file. The modules for services stay separate files, which are loaded when they are used.
fn build(file: &str, entry: &str, options: &str) -> Result<()> {
    let options = format!(
        "{{ entryPoints: ['{entry}'], outfile: '{file}', bundle: true, minify: true, target: 'es2022', \
         external: ['./wasm-backend/*'], {options} }}"
    );
    run_esbuild(&workspace::package_folder(), &options)
}
