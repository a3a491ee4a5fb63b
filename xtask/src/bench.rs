//! Benchmarks: the npm package compared with its alternatives, on the sandbox EHR.

use crate::bundle::{self, Profile};
use crate::loopback::Loopback;
use crate::{demo, site, size, tools, workspace};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The delay of each response of the sandbox, including preflights.
const LATENCY: Duration = Duration::from_millis(50);

/// FHIR requests compared with fhirclient, and NDJSON compared with a plain loop.
pub fn fhir(only: Option<&str>) -> Result<()> {
    let browser = tools::ensure_browser()?;
    tools::ensure_npm_packages()?;
    ensure_peers()?;
    bundle::build_sdk(Profile::Wasm)?;
    // The servers serve the launcher, too.
    site::build_launcher(Profile::Wasm)?;
    let keys = results_folder().join("keys");
    tools::run(tools::node(&folder().join("key.mjs")).arg(&keys), "The benchmark's key could not be made.")?;
    let jwks = keys.join("jwks.json").to_string_lossy().parse::<sandbox_ehr::ClientKeys>();
    let jwks = jwks.map_err(anyhow::Error::msg).context("the benchmark's public key cannot be read")?;
    let configure = |config: &mut sandbox_ehr::Config| {
        config.latency = LATENCY;
        config.set_client_keys(jwks);
    };
    demo::with_servers_of(configure, |ehr_origin, app_origin| {
        let mut command = tools::node(&folder().join("fhir.mjs"));
        command.env("EHR_ORIGIN", ehr_origin).env("APP_ORIGIN", app_origin).env("CHROMIUM", &browser.chromium);
        command.env("KEY_FILE", keys.join("key.pem")).env("OUTPUT", results_folder().join("fhir.json"));
        command.env("ONLY", only.unwrap_or_default());
        tools::run(&mut command, "The benchmark failed: see above.")
    })
}

/// Launches, page loads and calls compared with fhirclient, and the bytes that a browser loads.
pub fn web(only: Option<&str>) -> Result<()> {
    let browser = tools::ensure_browser()?;
    tools::ensure_npm_packages()?;
    ensure_peers()?;
    bundle::build_sdk(Profile::Wasm)?;
    // The servers serve the launcher, too.
    site::build_launcher(Profile::Wasm)?;
    // The pages' own server takes over the port when it is released.
    let pages = Loopback::take_free()?.origin();
    let configure = |config: &mut sandbox_ehr::Config| {
        config.latency = LATENCY;
        let places = ["ours", "peer", "pure"].map(|place| format!("{pages}/{place}/"));
        config.clients.iter_mut().for_each(|client| client.redirect_uris.extend(places.clone()));
    };
    demo::with_servers_of(configure, |ehr_origin, _| {
        let mut command = tools::node(&folder().join("web.mjs"));
        command.env("EHR_ORIGIN", ehr_origin).env("PAGES_ORIGIN", &pages).env("CHROMIUM", &browser.chromium);
        command.env("OUTPUT", results_folder().join("web.json")).env("ONLY", only.unwrap_or_default());
        let logins = sandbox_ehr::sample_logins();
        let patient = logins.patients.first().context("the sandbox has no patient who logs in")?;
        command.env("PATIENT_USER_NAME", &patient.user_name).env("PATIENT_PASSWORD", &patient.password);
        tools::run(&mut command, "The benchmark failed: see above.")
    })?;
    if only.is_some() {
        return Ok(());
    }
    size::weigh(false)
}

fn folder() -> PathBuf {
    workspace::root().join("tests/bench")
}

fn results_folder() -> PathBuf {
    workspace::target_folder().join("bench")
}

/// Installs the npm packages that only the benchmarks need.
fn ensure_peers() -> Result<()> {
    if folder().join("node_modules/fhirclient/package.json").is_file() {
        return Ok(());
    }
    tools::step("npm ci for the benchmarks", || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        tools::run(
            Command::new(npm).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder()),
            "The npm packages could not be installed: see npm's message above, then run this again.",
        )
    })
}
