//! Benchmarks: the npm package compared with its alternatives, on the sandbox EHR; and Lighthouse on the launcher.

use crate::archive;
use crate::bundle::{self, Profile};
use crate::loopback::Loopback;
use crate::site::{self, Configuration};
use crate::tools::Browser;
use crate::{demo, directory, size, tools, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The delay of each response of the sandbox, including preflights.
const LATENCY: Duration = Duration::from_millis(50);

/// FHIR requests compared with fhirclient, and NDJSON compared with a plain loop.
pub fn fhir(only: Option<&str>) -> Result<()> {
    let browser = prepare()?;
    let keys = results_folder().join("keys");
    tools::run(tools::node(&folder().join("key.mjs")).arg(&keys), "The benchmark's key could not be made.")?;
    let jwks = keys.join("jwks.json").to_string_lossy().parse::<sandbox_ehr::ClientKeys>();
    let jwks = jwks.map_err(anyhow::Error::msg).context("the benchmark's public key cannot be read")?;
    let configure = |config: &mut sandbox_ehr::Config| {
        config.latency = LATENCY;
        config.set_client_keys(jwks);
    };
    demo::with_servers_of(configure, |ehr_origin, app_origin| {
        let mut command = benchmark("fhir", &browser, ehr_origin, only);
        command.env("APP_ORIGIN", app_origin).env("KEY_FILE", keys.join("key.pem"));
        tools::run(&mut command, "The benchmark failed: see above.")
    })
}

/// Launches, page loads and calls compared with fhirclient, and the bytes that a browser loads.
pub fn web(only: Option<&str>) -> Result<()> {
    let browser = prepare()?;
    // The pages' own server takes over the port when it is released.
    let pages = Loopback::take_free()?.origin();
    let configure = |config: &mut sandbox_ehr::Config| {
        config.latency = LATENCY;
        let places = ["ours", "peer", "pure"].map(|place| format!("{pages}/{place}/"));
        config.clients.iter_mut().for_each(|client| client.redirect_uris.extend(places.clone()));
    };
    demo::with_servers_of(configure, |ehr_origin, _| {
        let mut command = benchmark("web", &browser, ehr_origin, only);
        command.env("PAGES_ORIGIN", &pages);
        let logins = sandbox_ehr::sample_logins();
        let patient = logins.patients.first().context("the sandbox has no patient who logs in")?;
        command.env("PATIENT_USER_NAME", &patient.user_name).env("PATIENT_PASSWORD", &patient.password);
        tools::run(&mut command, "The benchmark failed: see above.")
    })?;
    if only.is_some() {
        return Ok(());
    }
    size::measure(false)
}

/// Lighthouse on the launcher's start page, with the headers and compressed copies of the tarball.
pub fn home() -> Result<()> {
    let folder = workspace::root().join("tests/lighthouse");
    tools::ensure_npm_packages_in(&folder)?;
    let browser = tools::ensure_browser()?;
    site::build_launcher(Profile::Wasm)?;
    let site = archive::deployable_folder();
    archive::write_site(&with_list()?, &site)?;
    with_site(&site, |home_page| {
        let mut command = tools::node(&folder.join("home.mjs"));
        command.env("HOME_PAGE", home_page).env("CHROME_PATH", &browser.chromium);
        command.env("OUTPUT", results_folder().join("home.json"));
        tools::run(&mut command, "Lighthouse's scores are too low: see above.")
    })
}

/// The launcher's search in a made-up list of Epic's size.
pub fn app() -> Result<()> {
    tools::ensure_npm_packages()?;
    let browser = tools::ensure_browser()?;
    site::build_launcher(Profile::Wasm)?;
    let site = results_folder().join("site");
    site::write_for(&with_list()?, &site)?;
    with_site(&site, |home_page| {
        let mut command = tools::node(&folder().join("app.mjs"));
        command.env("HOME_PAGE", home_page).env("CHROMIUM", &browser.chromium);
        command.env("OUTPUT", results_folder().join("app.json"));
        tools::run(&mut command, "The search is too slow or too large: see above.")
    })
}

/// The committed configuration with a made-up list of 96,627 organizations, at all of which the app is registered.
fn with_list() -> Result<Configuration> {
    const SOURCE: &str = "A vendor";
    let list = results_folder().join("list");
    fs::create_dir_all(&list)?;
    let bundle = list.join("bundle.json");
    let mut command = tools::node(&folder().join("directory-bundle.mjs"));
    tools::run(command.arg(&bundle), "The benchmark's list could not be made.")?;
    directory::run(&directory::Options::new(SOURCE, &bundle, list.join("directory")))?;
    let mut configuration: serde_json::Value = serde_json::from_str(Configuration::committed()?.text())?;
    configuration["directory"]["index"] = "./directory/directory.json".into();
    configuration["directory"]["clients"][0]["match"] = SOURCE.into();
    Configuration::parse(configuration.to_string(), &list)
}

/// Serves a site while `work` runs with the URL of its start page.
fn with_site(site: &Path, work: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    let host = Loopback::take_free()?;
    let home_page = format!("{}/", host.origin());
    let pages = token_proxy::site(site, None).map_err(anyhow::Error::msg)?;
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(async { host.listen() })?;
    runtime.spawn(async { axum::serve(listener, pages).await });
    work(&home_page)
}

fn prepare() -> Result<Browser> {
    tools::ensure_npm_packages()?;
    tools::ensure_npm_packages_in(&folder())?;
    bundle::build_sdk(Profile::Wasm)?;
    // The servers serve the launcher, too.
    site::build_launcher(Profile::Wasm)?;
    tools::ensure_browser()
}

/// The script `{name}.mjs`, which writes `{name}.json`.
fn benchmark(name: &str, browser: &Browser, ehr_origin: &str, only: Option<&str>) -> Command {
    let mut command = tools::node(&folder().join(format!("{name}.mjs")));
    command.env("EHR_ORIGIN", ehr_origin).env("CHROMIUM", &browser.chromium);
    command.env("OUTPUT", results_folder().join(format!("{name}.json"))).env("ONLY", only.unwrap_or_default());
    command
}

fn folder() -> PathBuf {
    workspace::root().join("tests/bench")
}

fn results_folder() -> PathBuf {
    workspace::target_folder().join("bench")
}
