//! All tests, the fastest first.

use crate::bundle::{self, Profile};
use crate::tally::Tally;
use crate::{checks, demo, docs, fuzz, release, site, size, tools, workspace};
use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;

/// The time for each fuzz target, in seconds: enough to see that it compiles and finds nothing immediately.
const FUZZING: u32 = 5;

/// The number of exports and record loads with random faults in a run of all tests.
const CAMPAIGN_ROUNDS: u32 = 1_000;

/// Which tests run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The tests that need no browser.
    Quick,
    /// The tests that every change must pass.
    Usual,
    /// The slow tests, too.
    All,
}

/// Runs the tests; the last line is the number of tests that passed and failed.
pub fn run(extent: Extent) -> Result<ExitCode> {
    let mut tally = Tally::default();
    // Now, because the tests of xtask may compile it again, and then this file is another one.
    let xtask = std::env::current_exe()?;
    if extent != Extent::Quick {
        tools::ensure_npm_packages()?;
    }
    lint(extent)?;
    test_on_host(&mut tally, extent)?;
    if extent != Extent::Quick {
        test_in_browser(&mut tally, &xtask, extent)?;
    }
    println!("\n{tally}");
    Ok(ExitCode::SUCCESS)
}

/// xtask is linted and tested separately, with the same dependency features that this program was built with. Together with the
/// others, cargo would unify the features and build it again.
fn lint(extent: Extent) -> Result<()> {
    let cargo = |heading: &str, arguments: &str, remedy: &str| {
        tools::step(heading, || tools::run(&mut tools::cargo(arguments.split(' ')), remedy))
    };
    let lints = "Clippy reports problems: fix what it names above.";
    cargo("format", "fmt --all --check", "The format differs from rustfmt's: run `cargo fmt --all`.")?;
    cargo(
        "protocol without a platform",
        "check --package smartrust --no-default-features",
        "The protocol does not compile without a platform: keep wasm_bindgen, clocks and entropy out of it.",
    )?;
    cargo("clippy on the host", "clippy --workspace --exclude xtask --all-targets -- -D warnings", lints)?;
    cargo("clippy on xtask", "clippy --package xtask --all-targets -- -D warnings", lints)?;
    tools::ensure_wasm_target()?;
    let wasm = "--target wasm32-unknown-unknown --all-targets";
    cargo(
        "clippy on wasm: SDK",
        &format!(
            "clippy --package smartrust --features js,js-launch,js-backend,js-directory,js-hub,js-udap {wasm} -- -D warnings"
        ),
        lints,
    )?;
    if extent == Extent::All {
        // The launcher is already linted on the host.
        cargo("clippy on wasm: launcher", &format!("clippy --package launcher-app {wasm} -- -D warnings"), lints)?;
    }
    Ok(())
}

fn test_on_host(tally: &mut Tally, extent: Extent) -> Result<()> {
    let failed = "A host test fails: fix what is named above.";
    tools::step("host tests", || {
        let mut tests = tools::cargo(["test", "--workspace", "--exclude", "xtask"]);
        if extent == Extent::All {
            tests.env("SMARTRUST_CAMPAIGN_ROUNDS", CAMPAIGN_ROUNDS.to_string());
        }
        tally.run(&mut tests, failed)
    })?;
    tools::step("tests of xtask", || tally.run(&mut tools::cargo(["test", "--package", "xtask"]), failed))?;
    tools::step("documentation", || {
        tools::run(
            tools::cargo(["doc", "--workspace", "--exclude", "xtask", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
            "The documentation has errors: fix what rustdoc names above.",
        )
    })
}

fn test_in_browser(tally: &mut Tally, xtask: &Path, extent: Extent) -> Result<()> {
    tools::step("types of the npm package", || {
        let root = workspace::root();
        tools::run(
            tools::node(&root.join("node_modules/typescript/bin/tsc")).args(["--project", "tests/types"]),
            "The npm package's types do not fit their usage: fix pkg/index.d.ts or tests/types/usage.ts.",
        )
    })?;
    tools::step("code and links of the documentation", || {
        tally.run(&mut checks::documentation_tests(), "The documentation has errors: fix what is named above.")
    })?;
    let browser = tools::ensure_browser()?;
    tools::step("wasm tests in Chromium", || {
        tally.run(&mut checks::wasm_tests(&browser, xtask), "A wasm test fails: fix what is named above.")
    })?;
    bundle::build_sdk(Profile::Wasm)?;
    site::build_launcher(Profile::Wasm)?;
    // Reported only: `cargo xtask size --check` enforces the ceilings.
    size::measure(false)?;
    tools::step("the packed npm package", || {
        tally.run(&mut checks::package_tests(&workspace::root()), "The packed npm package has problems: see above.")
    })?;
    tools::step("npm publish --dry-run", || release::publishing::rehearse_npm(&workspace::root()))?;
    tools::step("cargo publish --dry-run", || release::publishing::rehearse_cargo(&workspace::root()))?;
    tools::step("tests in Node", || {
        tally.run(&mut checks::node_tests(), "A test in Node fails: fix what is named above.")
    })?;
    drive(tally, &browser, "browser tests", extent)?;
    use_package(tally, &browser, extent)?;
    tools::step("tests with other projects", || {
        let failed = "A test with another project fails: see above, and the screenshots in tests/e2e/output.";
        demo::with_servers_of(
            |_| {},
            |ehr_origin, app_origin| tally.run(&mut checks::peer_tests(&browser, ehr_origin, app_origin), failed),
        )
    })?;
    if extent == Extent::All {
        docs::build()?;
        tools::step("the crate's documentation on docs.rs", docs::check_docs_rs)?;
        drive_dialects(tally, &browser)?;
        bundle::build_sdk(Profile::Dev)?;
        site::build_launcher(Profile::Dev)?;
        drive(tally, &browser, "browser tests on the development build", Extent::Usual)?;
        fuzz::run(FUZZING, None)?;
    }
    Ok(())
}

/// Uses the packed npm package in all projects of tests/consumers, or in the most common one.
fn use_package(tally: &mut Tally, browser: &tools::Browser, extent: Extent) -> Result<()> {
    let parts: &[&str] = if extent == Extent::All { &[""] } else { &["types/", "vite-8/"] };
    let configure = |config: &mut sandbox_ehr::Config| config.dialect = sandbox_ehr::Dialect::Webchart2026;
    tools::step("consumers of the npm package", || {
        demo::with_servers_of(configure, |ehr_origin, app_origin| {
            let failed = "The packed npm package does not work where it is used: see above, and tests/consumers.";
            for part in parts {
                tally.run(&mut checks::consumer_tests(browser, ehr_origin, app_origin, part), failed)?;
            }
            Ok(())
        })
    })
}

/// Runs both launches with each dialect of the sandbox EHR.
fn drive_dialects(tally: &mut Tally, browser: &tools::Browser) -> Result<()> {
    use sandbox_ehr::Dialect::{Epic, Hiebus, Webchart2026};
    for dialect in [Webchart2026, Hiebus, Epic] {
        tools::step(&format!("browser tests at {dialect:?}"), || {
            demo::with_servers_of(
                |config| config.dialect = dialect,
                |ehr_origin, app_origin| {
                    let failed = "A browser test fails with another dialect: see above.";
                    tally.run(checks::browser_tests(browser, ehr_origin, app_origin).arg("dialects"), failed)
                },
            )
        })?;
    }
    Ok(())
}

fn drive(tally: &mut Tally, browser: &tools::Browser, heading: &str, extent: Extent) -> Result<()> {
    tools::step(heading, || {
        let drive = |served: &demo::Served| {
            let failed = "A browser test fails: see above, and the screenshots in tests/e2e/output.";
            let mut tests = served.browser_tests(browser);
            if extent == Extent::All {
                tests.env("LONG_TESTS", "1");
            }
            tally.run(&mut tests, failed)
        };
        demo::with_servers(|_| {}, drive)
    })
}
