//! Builds, runs, tests and measures smartrust.
//!
//! One file a subject: [`bundle`] makes WebAssembly and its glue, [`shrink`] makes them smaller, [`inline`] makes a module that holds
//! the WebAssembly, [`entries`] the package's variants for Node and for one file, [`one_file`] its files for pages without a bundler,
//! [`site`] the launcher's static files, and [`hosting`] the policy and the headers for their host; [`loopback`] and [`serve`] put them
//! on a local port, [`demo`] runs them with the sandbox EHR, [`checks`] drives them in a browser, [`suite`] runs every test, [`fuzz`] feeds damaged input to the parsers, [`conformance`] lists which test proves what, [`size`] measures
//! what a browser loads, [`bench`] how long things take, [`docs`] builds the documentation's site. An error is one sentence with its
//! remedy.

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
    sandbox: sandbox_ehr::Options,
    /// Takes free ports and drives both launches in headless Chromium instead
    #[arg(long, conflicts_with_all = ["no_open", "ehr_port", "app_port"])]
    check: bool,
    /// With --check: only the test files whose names contain this.
    #[arg(long, requires = "check", value_name = "PART")]
    only: Option<String>,
}

impl DemoOptions {
    fn profile(&self) -> Profile {
        if self.release { Profile::Wasm } else { Profile::Dev }
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
            if options.check {
                return demo::check(&options);
            }
            demo::run(&options)?;
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
