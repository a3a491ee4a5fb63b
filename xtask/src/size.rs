//! What a browser loads, in bytes: as it is, by gzip -9, and by brotli 11.

use crate::bundle::{self, Profile};
use crate::{one_file, site, tools, workspace};
use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::ops::Add;
use std::path::{Path, PathBuf};

/// Ceilings by brotli, which catch accidents: what a page, a launch page and a service load of the npm package, and the launcher's first
/// load.
const SDK_BUDGET: usize = 135_000;
const LAUNCH_BUDGET: usize = 60_000;
const BACKEND_BUDGET: usize = 160_000;
const LAUNCHER_BUDGET: usize = 250_000;

/// Builds both faces, prints what they weigh, and with `check` refuses what is over its budget.
pub fn run(check: bool) -> Result<()> {
    bundle::build_sdk(Profile::Wasm)?;
    site::build_launcher(Profile::Wasm)?;
    weigh(check)
}

/// Weighs what a release build has made.
pub fn weigh(check: bool) -> Result<()> {
    let reports = tools::step("weighing", || {
        Ok([
            Report::of("npm package", Some(SDK_BUDGET), &workspace::package_folder(), package_files)?,
            Report::of("npm package, fhirclient", None, &workspace::package_folder(), fhirclient_files)?,
            Report::of("npm package, launch", Some(LAUNCH_BUDGET), &workspace::package_folder(), launch_files)?,
            Report::of("npm package, backend", Some(BACKEND_BUDGET), &workspace::package_folder(), backend_files)?,
            Report::of("launcher, first load", Some(LAUNCHER_BUDGET), &workspace::launcher_site(), first_load)?,
        ])
    })?;
    for report in &reports {
        report.print();
        if report.is_over() {
            println!("  OVER ITS BUDGET");
        }
    }
    match reports.iter().find(|report| report.is_over()) {
        Some(report) if check => bail!(
            "The {} weighs {} bytes by brotli, over its budget: make it smaller or argue for another budget.",
            report.name,
            thousands(report.total().brotli)
        ),
        _ => Ok(()),
    }
}

/// Whether a page without a bundler loads this file of the npm package: face and glue in one file, and the wasm.
fn package_files(file: &str) -> bool {
    file == one_file::FILE || file == "wasm/smartrust_bg.wasm"
}

/// Whether a page that was written for fhirclient loads this file of the npm package.
fn fhirclient_files(file: &str) -> bool {
    file == one_file::FHIRCLIENT || file == "wasm/smartrust_bg.wasm"
}

/// Whether a launch page without a bundler loads this file of the npm package.
fn launch_files(file: &str) -> bool {
    file == one_file::LAUNCH || file == "wasm-launch/launch_bg.wasm"
}

/// Whether a service loads this file of the npm package.
fn backend_files(file: &str) -> bool {
    let written = ["backend.js", "disposal.js", "errors.js", "load-backend.js", "loading.js", "scopes.js", "server.js"];
    written.contains(&file) || ["wasm-backend/backend.js", "wasm-backend/backend_bg.wasm"].contains(&file)
}

/// Whether the launcher's first page loads this file of its site.
fn first_load(file: &str) -> bool {
    let a_page = file.ends_with(".html") && file != "index.html";
    !a_page && [".html", ".js", ".css", ".wasm", ".json"].iter().any(|ending| file.ends_with(ending)) && !is_entry(file)
}

fn is_entry(file: &str) -> bool {
    file.ends_with("/index.html")
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Weight {
    fn of(contents: &[u8]) -> Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(contents)?;
        let mut brotli = Vec::new();
        let parameters =
            brotli::enc::BrotliEncoderParams { quality: 11, size_hint: contents.len(), ..Default::default() };
        brotli::BrotliCompress(&mut &contents[..], &mut brotli, &parameters)?;
        Ok(Weight { raw: contents.len(), gzip: gzip.finish()?.len(), brotli: brotli.len() })
    }
}

impl Add for Weight {
    type Output = Weight;

    fn add(self, other: Weight) -> Weight {
        Weight { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

struct Report {
    name: &'static str,
    /// How much it may weigh by brotli, where there is a limit.
    budget: Option<usize>,
    files: Vec<(String, Weight)>,
}

impl Report {
    fn of(name: &'static str, budget: Option<usize>, folder: &Path, counts: fn(&str) -> bool) -> Result<Self> {
        let mut files = Vec::new();
        for path in files_below(folder)? {
            let file = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            if counts(&file) {
                files.push((file, Weight::of(&fs::read(&path)?)?));
            }
        }
        files.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(Report { name, budget, files })
    }

    fn total(&self) -> Weight {
        self.files.iter().fold(Weight::default(), |sum, (_, weight)| sum + *weight)
    }

    fn is_over(&self) -> bool {
        self.budget.is_some_and(|budget| self.total().brotli > budget)
    }

    fn print(&self) {
        println!("\n{:<28} {:>10} {:>10} {:>10}", self.name, "raw", "gzip -9", "brotli 11");
        let total = ("total".to_owned(), self.total());
        for (file, weight) in self.files.iter().chain([&total]) {
            let [raw, gzip, brotli] = [weight.raw, weight.gzip, weight.brotli].map(thousands);
            println!("  {file:<26} {raw:>10} {gzip:>10} {brotli:>10}");
        }
        if let Some(budget) = self.budget {
            println!("  {:<26} {:>32}", "budget", thousands(budget));
        }
    }
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

/// 1234567 as `1,234,567`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (45_000, "45,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn repetitive_text_shrinks_and_noise_does_not() {
        let repetitive = Weight::of(&b"smart on fhir ".repeat(1000)).unwrap();
        assert_eq!(repetitive.raw, 14_000);
        assert!(repetitive.gzip < 200 && repetitive.brotli < 100, "{repetitive:?}");
        let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(Weight::of(&noise).unwrap().brotli > 100);
    }

    #[test]
    fn only_what_a_browser_loads_of_the_package_counts() {
        for file in ["smartrust.min.js", "wasm/smartrust_bg.wasm"] {
            assert!(package_files(file), "{file}");
        }
        for file in [
            "index.js",
            "fhirclient.min.js",
            "wasm/smartrust.js",
            "launch.min.js",
            "wasm-launch/launch_bg.wasm",
            "node.js",
            "backend.js",
            "wasm-backend/backend.js",
            "wasm/inlined.js",
            "inline.js",
            "index.d.ts",
            "package.json",
            "README.md",
            "wasm/smartrust.d.ts",
        ] {
            assert!(!package_files(file), "{file}");
        }
    }

    #[test]
    fn the_first_load_has_one_page() {
        for file in ["index.html", "boot.js", "style.css", "launcher_bg.wasm", "launcher.config.json"] {
            assert!(first_load(file), "{file}");
        }
        for file in ["404.html", "launch.html", "launch/index.html", "icons/icon.png"] {
            assert!(!first_load(file), "{file}");
        }
    }

    #[test]
    fn a_report_is_over_its_budget_by_the_brotli_total() {
        let weight = Weight { raw: 900, gzip: 90, brotli: 60 };
        let report = |budget| Report { name: "x", budget, files: vec![("a".into(), weight), ("b".into(), weight)] };
        assert!(report(Some(119)).is_over());
        assert!(!report(Some(120)).is_over() && !report(None).is_over());
    }
}
