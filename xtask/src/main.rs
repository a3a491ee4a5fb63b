//! Builds, runs, tests and measures smartrust.
//!
//! [`bundle`] makes WebAssembly and its glue, [`shrink`] makes them smaller, [`inline`] makes a module that contains the WebAssembly,
//! [`entries`] the package's variants for Node and for one file, [`one_file`] its files for pages without a bundler, [`commonjs`]
//! those for Jest, [`site`] the launcher's static files, [`hosting`] the policy and the headers for their host, [`archive`] the tarball
//! of them, and [`compress`] smaller copies. [`loopback`] and [`serve`] serve them on a local port, [`demo`] runs them with the sandbox
//! EHR, [`checks`] has the commands of the tests, [`suite`] runs all of them, [`fuzz`] fuzzes the parsers, [`conformance`] lists the
//! tests for each behaviour, [`size`] measures what a browser loads, [`bench`] how long things take, [`directory`] makes a
//! list of providers, [`docs`] builds the documentation website, [`licenses`] collects the licenses of linked code,
//! [`release`] checks what a release needs. An error is one sentence with its remedy.

mod archive;
mod bench;
mod bundle;
mod checks;
mod commonjs;
mod compress;
mod conformance;
mod demo;
mod directory;
mod docs;
mod entries;
mod fuzz;
mod hosting;
mod inline;
mod licenses;
mod loopback;
mod one_file;
mod release;
mod serve;
#[cfg(test)]
mod shell_blocks;
mod shrink;
mod site;
mod size;
mod suite;
mod tally;
mod templates;
mod tools;
mod workspace;

use anyhow::Result;
use bundle::Profile;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
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
    /// Builds the launcher for a configuration, and packs it as a tarball for a host
    Launcher(LauncherOptions),
    /// Starts the sandbox EHR and the launcher, and prints what to do
    Demo(DemoOptions),
    /// Checks format and lints, and runs the host tests, wasm tests and browser tests
    Test(TestOptions),
    /// Prints the sizes of the npm package and of the launcher's first load
    Size(SizeOptions),
    /// Compares the npm package with its alternatives, and writes the results to target/bench/
    Bench {
        /// The subject
        #[arg(value_enum)]
        subject: BenchSubject,
        /// Only the rows whose name contains this; writes no file
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
    },
    /// Writes docs/conformance.md: the tests for each behaviour
    Conformance,
    /// Makes a list of providers, which pages can search, from Bundles of brands and endpoints
    Directory(directory::Options),
    /// Builds the documentation website in target/docs-site/
    Docs(DocsOptions),
    /// Checks everything that must hold before a release
    Release(ReleaseOptions),
    /// Feeds damaged input to every parser, for a while each
    Fuzz(FuzzOptions),
    /// Runs one wasm test program in a browser; cargo calls it
    #[command(hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// The subject of a benchmark.
#[derive(Clone, Copy, clap::ValueEnum)]
enum BenchSubject {
    /// References, pages, the whole record, many reads at once, and bulk files
    Fhir,
    /// The bytes that a page loads, and the time until a launch, a session and a patient
    Web,
    /// Lighthouse on the launcher's start page, as a host serves it
    Home,
    /// The launcher's search in a list of 96,627 made-up organizations
    App,
}

#[derive(Args)]
struct BuildOptions {
    /// Small and fast files; the default
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// Unoptimized files, which are fast to build
    #[arg(long)]
    dev: bool,
    /// Builds only one part
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
}

/// A part of the build.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The npm package in pkg/
    Package,
    /// The launcher's static site
    Launcher,
}

#[derive(Args)]
struct LauncherOptions {
    /// The configuration: the servers and the host, as in launcher-app/launcher.config.json
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder for the tarball; target/launcher if it is missing
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct DemoOptions {
    /// Uses the optimized build
    #[arg(long)]
    release: bool,
    /// Does not open the browser
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
    /// Runs the browser tests in headless Chromium on free ports instead
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
    /// Leaves out tests that need a browser or Node
    #[arg(long, conflicts_with = "all")]
    quick: bool,
    /// Adds the slow tests: all consumers of the npm package, the browser tests on the development build, and a little fuzzing
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
struct SizeOptions {
    /// Fails if a size is above its ceiling
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct DocsOptions {
    /// Serves it, too
    #[arg(long)]
    serve: bool,
    /// The website's port
    #[arg(long, requires = "serve", value_name = "PORT", default_value_t = 8090)]
    port: u16,
}

#[derive(Args)]
struct ReleaseOptions {
    /// Checks what is committed, and publishes nothing
    #[arg(long, required = true)]
    check: bool,
    /// Leaves out the lists of known vulnerabilities, which are not in the registries; the closing lines say so
    #[arg(long)]
    offline: bool,
    /// Only the checks whose names contain this
    #[arg(long, value_name = "PART")]
    only: Option<String>,
}

#[derive(Args)]
struct FuzzOptions {
    /// The time for each target, in seconds
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
            if options.only != Some(Part::Launcher) {
                bundle::build_sdk(profile)?;
            }
            if options.only != Some(Part::Package) {
                site::build_launcher(profile)?;
            }
        }
        Command::Launcher(options) => archive::run(&options.config, options.out)?,
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
        Command::Bench { subject: BenchSubject::Home, .. } => bench::home()?,
        Command::Bench { subject: BenchSubject::App, .. } => bench::app()?,
        Command::Conformance => conformance::run()?,
        Command::Directory(options) => directory::run(&options)?,
        Command::Docs(options) => {
            docs::build()?;
            if options.serve {
                docs::serve(options.port)?;
            }
        }
        Command::Release(options) => release::check(options.offline, options.only)?,
        Command::Fuzz(options) => fuzz::run(options.seconds, options.only.as_deref())?,
        Command::WasmTestRunner { arguments } => checks::run_wasm_tests(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
