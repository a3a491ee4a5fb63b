//! The documentation website: the pages of `docs/`, and the APIs of the npm package (from its types) and of the crate (from rustdoc).

use crate::{site, tools, workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the website.
pub fn build() -> Result<()> {
    let folder = pages_folder();
    tools::ensure_npm_packages_in(&folder)?;
    tools::step("API of the npm package", || {
        tools::run(
            tool(&folder, "typedoc/bin/typedoc").args(["--logLevel", "Warn"]),
            "The API could not be written: fix the typings in pkg/ that TypeDoc names above.",
        )
    })?;
    tools::step("pages", || {
        tools::run(
            tool(&folder, "vitepress/bin/vitepress.js").arg("build").env("DOCS_SITE", site_folder()),
            "The pages could not be built: fix what VitePress names above.",
        )
    })?;
    tools::step("API of the crate", document_crate)?;
    println!(
        "\nThe documentation is in {}, and is shown by `cargo xtask docs --serve`.",
        site_folder().strip_prefix(workspace::root()).unwrap_or(&site_folder()).display()
    );
    Ok(())
}

/// Serves the website until Ctrl-C.
pub fn serve(port: u16) -> Result<()> {
    // Fails if the port is taken, because the server below would use another one.
    drop(crate::loopback::Loopback::take(port, "--port")?);
    tools::run(
        tool(&pages_folder(), "vitepress/bin/vitepress.js")
            .args(["preview", "--port", &port.to_string()])
            .env("DOCS_SITE", site_folder()),
        "The documentation could not be served: see above.",
    )
}

/// Rustdoc adds its output to the output for other crates, so it has a separate target folder.
fn document_crate() -> Result<()> {
    let target = workspace::target_folder();
    let own = target.join("docs-crate");
    let shared = format!("build.build-dir={:?}", target.to_string_lossy());
    let features = DocsRs::read()?.features.join(",");
    let mut command = tools::cargo(["doc", "--quiet", "--package", "smartrust", "--no-deps", "--features", &features]);
    command.arg("--target-dir").arg(&own).args(["--config", &shared]).env("RUSTDOCFLAGS", "-D warnings");
    tools::run(&mut command, "The crate's documentation has errors: fix what rustdoc names above.")?;
    let made = own.join("doc");
    ensure!(made.join("smartrust/index.html").is_file(), "rustdoc wrote nothing to {}: update Rust.", made.display());
    site::copy(&made, &site_folder().join("rust")).context("the crate's documentation cannot join the site")
}

/// Documents the crate as docs.rs does: with the nightly toolchain, for the host.
pub fn check_docs_rs() -> Result<()> {
    let DocsRs { features, rustdoc_args } = DocsRs::read()?;
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "rustdoc", "--quiet", "--package", "smartrust", "--features"])
        .arg(features.join(","))
        .arg("--target-dir")
        .arg(workspace::target_folder().join("docs-rs"))
        .arg("--")
        .args(rustdoc_args)
        .args(["-D", "warnings"])
        .current_dir(workspace::root());
    tools::run(
        &mut command,
        "docs.rs could not document the crate: fix what is named above. Is the nightly toolchain missing, run \
         `rustup toolchain install nightly --profile minimal`.",
    )
}

/// `[package.metadata.docs.rs]` of the crate's manifest.
struct DocsRs {
    features: Vec<String>,
    rustdoc_args: Vec<String>,
}

impl DocsRs {
    fn read() -> Result<Self> {
        let mut command = tools::cargo(["metadata", "--no-deps", "--format-version", "1"]);
        let output = tools::run_quietly(&mut command, "cargo cannot read the manifests: see above.")?;
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let mut packages = metadata["packages"].as_array().into_iter().flatten();
        let package = packages.find(|package| package["name"] == "smartrust");
        let settings = &package.context("the workspace has no package smartrust")?["metadata"]["docs"]["rs"];
        let list = |name: &str| {
            let list = settings[name].as_array().with_context(|| format!("sdk/Cargo.toml: docs.rs has no {name}"))?;
            Ok::<_, anyhow::Error>(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        Ok(Self { features: list("features")?, rustdoc_args: list("rustdoc-args")? })
    }
}

fn tool(folder: &Path, script: &str) -> Command {
    let mut command = tools::node(&folder.join("node_modules").join(script));
    command.current_dir(folder);
    command
}

fn pages_folder() -> PathBuf {
    workspace::root().join("docs")
}

fn site_folder() -> PathBuf {
    workspace::target_folder().join("docs-site")
}
