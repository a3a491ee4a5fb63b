//! The programs that xtask calls: how to run and install them, and the error messages if they are missing.

use crate::workspace;
use anyhow::{Context, Result, anyhow, bail};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

/// The compiler's target, of releases and of development builds.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Runs one step, and prints its heading and its time.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("── {name}");
    let start = Instant::now();
    let result = work()?;
    println!("   done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

/// Cargo, started in the repository's root.
pub fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Runs `command` and shows its output; `remedy` is the error message if it fails.
pub fn run(command: &mut Command, remedy: &str) -> Result<()> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if !status.success() {
        bail!("{remedy}");
    }
    Ok(())
}

/// Runs `command` and returns its output; `remedy` is the error message if it fails.
pub fn run_quietly(command: &mut Command, remedy: &str) -> Result<Output> {
    let output = command.output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("{remedy}");
    }
    Ok(output)
}

/// The error message for a program that could not be started.
pub fn not_started(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => anyhow!("`{program}` is not installed: {}.", how_to_install(&program)),
        _ => anyhow!("`{program}` could not be started ({error}): check its installation."),
    }
}

fn how_to_install(program: &str) -> String {
    match program {
        "node" | "npm" | "npm.cmd" => {
            "install Node 20 or newer from https://nodejs.org or by your package manager".into()
        }
        "rustup" | "cargo" | "rustc" => "install Rust with https://rustup.rs".into(),
        other => format!("install {other} and put it on the PATH"),
    }
}

/// The first of `names` that is on the PATH.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()))
}

/// Whether Node and npm are installed.
pub fn has_npm() -> bool {
    on_path(&["npm", "npm.cmd"]).is_some() && on_path(&["node", "node.exe"]).is_some()
}

/// npm, started in the repository's root.
pub fn npm<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Installs the packages of the root's package-lock.json if they are missing or older.
pub fn ensure_npm_packages() -> Result<()> {
    ensure_npm_packages_in(&workspace::root())
}

/// Installs the packages of a folder's package-lock.json if they are missing or older.
pub fn ensure_npm_packages_in(folder: &Path) -> Result<()> {
    if is_newer(&folder.join("node_modules/.package-lock.json"), &folder.join("package-lock.json")) {
        return Ok(());
    }
    step("npm ci", || {
        run(
            npm(["ci", "--no-audit", "--no-fund"]).current_dir(folder),
            "The npm packages could not be installed: see npm's message above, then run `npm ci`.",
        )
    })
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    match (modified(file), modified(than)) {
        (Some(file), Some(than)) => file >= than,
        _ => false,
    }
}

/// Node with a script, in the repository's root.
pub fn node(script: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(script).current_dir(workspace::root());
    command
}

/// The browser and its driver.
pub struct Browser {
    /// Chromium, or a browser based on it.
    pub chromium: PathBuf,
    /// The matching WebDriver server.
    pub chromedriver: PathBuf,
}

/// Finds Chromium and chromedriver, or those in `CHROMIUM` and `CHROMEDRIVER`; installs them on Debian as root.
pub fn ensure_browser() -> Result<Browser> {
    if let Some(browser) = find_browser() {
        return Ok(browser);
    }
    if on_path(&["apt-get"]).is_none() || !is_root() {
        bail!(
            "Chromium or chromedriver is not installed: install both (on Debian `apt-get install chromium chromium-driver`), \
             or name them in CHROMIUM and CHROMEDRIVER."
        );
    }
    step("installing Chromium and chromedriver", || {
        let failed = "Chromium could not be installed: run `apt-get install chromium chromium-driver`.";
        let apt = |arguments: &[&str]| {
            run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments), failed)
        };
        apt(&["update", "-q"])?;
        apt(&["install", "-q", "-y", "--no-install-recommends", "chromium", "chromium-driver"])?;
        find_browser().context(failed)
    })
}

/// Adds the WebAssembly target to the toolchain if it is missing: a toolchain that was installed before this repository was cloned
/// need not have it, and rustup only adds it to the ones that it installs.
pub fn ensure_wasm_target() -> Result<()> {
    let unknown = "rustc could not print where its targets are: install Rust with https://rustup.rs.";
    let output = run_quietly(
        Command::new("rustc")
            .args(["--print", "target-libdir", "--target", WASM_TARGET])
            .current_dir(workspace::root()),
        unknown,
    )?;
    if Path::new(String::from_utf8(output.stdout)?.trim()).is_dir() {
        return Ok(());
    }
    step("installing the WebAssembly target", || {
        run(
            Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(workspace::root()),
            "The WebAssembly target could not be installed: run `rustup target add wasm32-unknown-unknown`.",
        )
    })
}

fn find_browser() -> Option<Browser> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    Some(Browser {
        chromium: named("CHROMIUM").or_else(|| on_path(&["chromium", "chromium-browser", "google-chrome"]))?,
        chromedriver: named("CHROMEDRIVER").or_else(|| on_path(&["chromedriver"]))?,
    })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
