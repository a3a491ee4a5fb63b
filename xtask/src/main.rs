//! Builds, runs, tests and measures smartrust.
//!
//! One file a subject: [`bundle`] makes WebAssembly and its glue, [`shrink`] makes them smaller, [`inline`] makes a module that holds
//! the WebAssembly, [`entries`] the package's variants for Node and for one file, [`one_file`] its files for pages without a bundler,
//! [`site`] the launcher's static files, and [`hosting`] the policy and the headers for their host; [`loopback`] and [`serve`] put them
//! on a local port, [`demo`] runs them beside the sandbox EHR, [`checks`] drives them in a browser, [`suite`] runs every test, with the
//! release built [`ahead`], [`fuzz`] feeds damaged input to the parsers, [`conformance`] lists which test proves what, [`size`] measures
//! what a browser loads, [`bench`] how long things take, [`docs`] builds the documentation's site. An error is one sentence with its
//! remedy.

mod ahead;
mod bench;
mod bundle;
mod checks;
mod conformance;
mod demo;
mod docs;
mod entries;
mod fuzz;
mod hosting;
mod inline;
mod loopback;
mod one_file;
mod serve;
#[cfg(test)]
mod shell_blocks;
mod shrink;
mod site;
mod size;
mod suite;
mod tally;
mod tools;
mod workspace;

use anyhow::Result;
use bundle::Profile;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests and measures smartrust")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the npm package in pkg/ and the launcher's static site in launcher-app/dist/
    Build(BuildOptions),
    /// Starts the sandbox EHR and the launcher, and says what to click
    Demo(DemoOptions),
    /// Runs format, lints, host tests, wasm tests in Chromium and the browser tests
    Test(TestOptions),
    /// Tells what the npm package and the launcher's first load weigh
    Size(SizeOptions),
    /// Measures the npm package beside what a page would use in its place; the figures go to target/bench/
    Bench {
        /// What is measured
        #[arg(value_enum)]
        subject: BenchSubject,
        /// Measures only the rows whose name contains this, and writes no file
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
    },
    /// Writes docs/conformance.md: which tests prove which behaviour
    Conformance,
    /// Builds the documentation's site in target/docs-site/
    Docs(DocsOptions),
    /// Feeds damaged input to every parser, for a while each
    Fuzz(FuzzOptions),
    /// Runs one wasm test program in a browser; cargo calls it
    #[command(hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What a benchmark is about.
#[derive(Clone, Copy, clap::ValueEnum)]
enum BenchSubject {
    /// References, pages, the whole record, many reads at once, and bulk files
    Fhir,
    /// What a page loads, and how long it waits for a launch, a session and a patient
    Web,
}

#[derive(Args)]
struct BuildOptions {
    /// Small and fast files; the default
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// Unoptimised files that build sooner
    #[arg(long)]
    dev: bool,
    /// Builds one part alone
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
}

/// What is built.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The npm package in pkg/
    Package,
    /// The launcher's static site
    Launcher,
    /// What of the built site is made of launcher.config.json: its pages with their policy, and the headers for hosts
    Pages,
}

#[derive(Args)]
struct DemoOptions {
    /// Shows the optimised build
    #[arg(long)]
    release: bool,
    /// Leaves the browser closed
    #[arg(long)]
    no_open: bool,
    /// The sandbox EHR's port
    #[arg(long, value_name = "PORT", default_value_t = 9080)]
    ehr_port: u16,
    /// The launcher's port
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    app_port: u16,
    #[command(flatten)]
    sandbox: SandboxOptions,
    /// Takes free ports and drives both launches in headless Chromium instead
    #[arg(long, conflicts_with_all = ["no_open", "ehr_port", "app_port"])]
    check: bool,
    /// With --check: only the test files whose names contain this.
    #[arg(long, requires = "check", value_name = "PART")]
    only: Option<String>,
}

/// What is set about the sandbox EHR.
#[derive(Args)]
pub struct SandboxOptions {
    /// Registers an app of yours at this address as the public client my-app, and links to it from the charts
    #[arg(long, value_name = "URL")]
    my_app: Option<sandbox_ehr::AppAddress>,
    /// Which server the sandbox EHR behaves as
    #[arg(long, value_enum, default_value_t)]
    dialect: sandbox_ehr::Dialect,
    /// Adds an iss to its redirect back to the app (RFC 9207)
    #[arg(long)]
    issuer_on_redirect: bool,
    /// Which population the sandbox EHR makes
    #[arg(long, value_name = "SEED", default_value_t = sandbox_ehr::DEFAULT_SEED)]
    seed: u64,
    /// How many patients it has
    #[arg(long, value_name = "COUNT", default_value_t = sandbox_ehr::DEFAULT_PATIENTS)]
    patients: u32,
    /// How long its access tokens live, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_ttl: u64,
    /// Where the public keys of its client MIE-localhost-key are, which is there only with them: a file or an http address
    #[arg(long, value_name = "FILE|URL")]
    client_jwks: Option<sandbox_ehr::ClientKeys>,
    /// How much later each of its answers comes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// Adds its control API, by which faults are ordered; never where others can reach the port
    #[arg(long)]
    control: bool,
}

impl SandboxOptions {
    /// Sets what was asked for.
    pub fn apply(&self, config: &mut sandbox_ehr::Config) {
        if let Some(address) = &self.my_app {
            config.add_my_app(address);
        }
        config.dialect = self.dialect;
        config.issuer_on_redirect = self.issuer_on_redirect;
        config.seed = self.seed;
        config.patients = self.patients;
        config.token_ttl = Duration::from_secs(self.token_ttl);
        config.control = self.control;
        config.latency = Duration::from_millis(self.latency);
        if let Some(keys) = &self.client_jwks {
            config.set_client_keys(keys.clone());
        }
    }
}

#[derive(Args)]
struct TestOptions {
    /// Leaves out what needs a browser or Node
    #[arg(long, conflicts_with = "all")]
    quick: bool,
    /// Adds what takes long: every consumer of the npm package, the browser tests on the development build, and a little fuzzing
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
struct SizeOptions {
    /// Fails when a budget is exceeded
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct DocsOptions {
    /// Serves it on this machine, too
    #[arg(long)]
    serve: bool,
    /// The site's port
    #[arg(long, requires = "serve", value_name = "PORT", default_value_t = 8090)]
    port: u16,
}

#[derive(Args)]
struct FuzzOptions {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// Only the targets whose names contain this
    #[arg(long, value_name = "PART")]
    only: Option<String>,
}

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Build(options) => {
            let profile = if options.dev { Profile::Dev } else { Profile::Wasm };
            if options.only == Some(Part::Pages) {
                site::write_launcher_pages()?;
                return Ok(ExitCode::SUCCESS);
            }
            if options.only != Some(Part::Launcher) {
                bundle::build_sdk(profile)?;
            }
            if options.only != Some(Part::Package) {
                site::build_launcher(profile)?;
            }
        }
        Command::Demo(options) => {
            let profile = if options.release { Profile::Wasm } else { Profile::Dev };
            if options.check {
                return demo::check(profile, &options.sandbox, options.only.as_deref());
            }
            demo::run(demo::Options {
                profile,
                open: !options.no_open,
                ehr_port: options.ehr_port,
                app_port: options.app_port,
                sandbox: options.sandbox,
            })?;
        }
        Command::Test(options) => {
            return suite::run(match options {
                TestOptions { quick: true, .. } => suite::Extent::Quick,
                TestOptions { all: true, .. } => suite::Extent::All,
                _ => suite::Extent::Usual,
            });
        }
        Command::Size(options) => size::run(options.check)?,
        Command::Bench { subject: BenchSubject::Fhir, only } => bench::fhir(only.as_deref())?,
        Command::Bench { subject: BenchSubject::Web, only } => bench::web(only.as_deref())?,
        Command::Conformance => conformance::run()?,
        Command::Docs(options) => {
            docs::build()?;
            if options.serve {
                docs::serve(options.port)?;
            }
        }
        Command::Fuzz(options) => fuzz::run(options.seconds, options.only.as_deref())?,
        Command::WasmTestRunner { arguments } => checks::run_wasm_tests(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
