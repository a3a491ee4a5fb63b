//! The documentation website: the pages of `docs/`, and the APIs of the npm package (from its types) and of the crate (from rustdoc).

use crate::{site, tools, workspace};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The features in the crate's documentation, in addition to the default ones.
const CRATE_FEATURES: &str = "memory,serde";

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
    let mut command =
        tools::cargo(["doc", "--quiet", "--package", "smartrust", "--no-deps", "--features", CRATE_FEATURES]);
    command.arg("--target-dir").arg(&own).args(["--config", &shared]).env("RUSTDOCFLAGS", "-D warnings");
    tools::run(&mut command, "The crate's documentation has errors: fix what rustdoc names above.")?;
    let made = own.join("doc");
    ensure!(made.join("smartrust/index.html").is_file(), "rustdoc wrote nothing to {}: update Rust.", made.display());
    site::copy(&made, &site_folder().join("rust")).context("the crate's documentation cannot join the site")
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
