//! The commands of the tests in Node and in browsers.

use crate::tools::{self, Browser};
use crate::workspace;
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tests that drive the served pages in headless Chromium.
pub fn browser_tests(browser: &Browser, ehr_origin: &str, app_origin: &str) -> Command {
    on_sandbox("tests/e2e/run.mjs", browser, ehr_origin, app_origin)
}

/// The tests of the packed npm package in projects that use it: all, or those in folders with `part` in their names. They register
/// clients, so the sandbox's dialect must support dynamic registration.
pub fn consumer_tests(browser: &Browser, ehr_origin: &str, app_origin: &str, part: &str) -> Command {
    let mut command = on_sandbox("tests/consumers/run.mjs", browser, ehr_origin, app_origin);
    command.arg(part).envs(programs());
    command
}

fn on_sandbox(script: &str, browser: &Browser, ehr_origin: &str, app_origin: &str) -> Command {
    let mut command = tools::node(&workspace::root().join(script));
    command.env("EHR_ORIGIN", ehr_origin).env("APP_ORIGIN", app_origin).env("CHROMIUM", &browser.chromium);
    let logins = sandbox_ehr::sample_logins();
    for (who, login) in
        logins.patients.first().map(|login| ("PATIENT", login)).into_iter().chain([("PROVIDER", &logins.provider)])
    {
        command.env(format!("{who}_USER_NAME"), &login.user_name).env(format!("{who}_PASSWORD"), &login.password);
    }
    command
}

/// The checks of the npm package as `npm pack` makes it from the repository in `root`, including the reports of its types.
pub fn package_tests(root: &Path) -> Command {
    tools::node(&root.join("tests/package/run.mjs"))
}

/// The tests of the npm package with other projects: their servers, which the tests start, and a FHIRcast client at the sandbox's hub.
pub fn peer_tests(browser: &Browser, ehr_origin: &str, app_origin: &str) -> Command {
    on_sandbox("tests/peers/run.mjs", browser, ehr_origin, app_origin)
}

/// The tests of the npm package in Node.
pub fn node_tests() -> Command {
    let mut command = tools::node(&workspace::root().join("tests/node/run.mjs"));
    command.envs(programs());
    command
}

/// The variables that name the programs which cargo built for the host tests.
fn programs() -> [(&'static str, PathBuf); 2] {
    let folder = workspace::target_folder().join("debug");
    [("SANDBOX_EHR", folder.join("sandbox-ehr")), ("TOKEN_PROXY", folder.join("token-proxy"))]
}

/// The tests of the documentation: code blocks, links, the table of errors.
pub fn documentation_tests() -> Command {
    tools::node(&workspace::root().join("tests/docs/run.mjs"))
}

/// The SDK's wasm tests. Cargo runs each test program with [`run_wasm_tests`] of the program `xtask`.
pub fn wasm_tests(browser: &Browser, xtask: &Path) -> Command {
    let runner = format!("{:?}", [&*xtask.to_string_lossy(), "wasm-test-runner"]);
    let mut command = tools::cargo(["test", "--package", "smartrust", "--target", "wasm32-unknown-unknown"]);
    command
        .args(["--lib", "--tests", "--config", &format!("target.wasm32-unknown-unknown.runner = {runner}")])
        .env("CHROMEDRIVER", &browser.chromedriver)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", workspace::root().join("xtask/webdriver.json"));
    command
}

/// Runs one wasm test program in the browser that the environment names.
pub fn run_wasm_tests(arguments: Vec<OsString>) -> Result<()> {
    let program = OsString::from("wasm-bindgen-test-runner");
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args([program].into_iter().chain(arguments))
}
