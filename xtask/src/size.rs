//! The bytes that a browser loads: uncompressed, with gzip -9, and with brotli 11.

use crate::bundle::{self, Profile};
use crate::site::hashed::HashedFiles;
use crate::{compress, one_file, site, tools, workspace};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::fs;
use std::ops::Add;
use std::path::Path;

/// Ceilings with brotli, a few percent above the sizes, which catch accidents: for what uses the npm package (a page, a launch page, a service,
/// a directory, a page that follows other apps, and an app in trust communities), and for the launcher's first load.
const SDK_CEILING: usize = 220_000;
const LAUNCH_CEILING: usize = 84_000;
const BACKEND_CEILING: usize = 160_000;
const DIRECTORY_CEILING: usize = 132_000;
const HUB_CEILING: usize = 286_000;
const UDAP_CEILING: usize = 122_000;
const LAUNCHER_CEILING: usize = 565_000;

/// The files of the npm package that a service loads.
const BACKEND: [&str; 12] = [
    "backend.js",
    "disposal.js",
    "errors.js",
    "instance.js",
    "interactions.js",
    "load-backend.js",
    "loading.js",
    "scopes.js",
    "search.js",
    "server.js",
    "wasm-backend/backend.js",
    "wasm-backend/backend_bg.wasm",
];

/// The files of the npm package that a page loads that follows other apps.
const HUB: [&str; 23] = [
    "backend.js",
    "batcher.js",
    "config.js",
    "connection.js",
    "context.js",
    "disposal.js",
    "early.js",
    "ehr.js",
    "errors.js",
    "hub.js",
    "instance.js",
    "interactions.js",
    "load-backend.js",
    "load-hub.js",
    "loading.js",
    "resolver.js",
    "scopes.js",
    "search.js",
    "server.js",
    "session.js",
    "smart-app.js",
    "wasm-hub/hub.js",
    "wasm-hub/hub_bg.wasm",
];

/// The files of the npm package that a page with a directory loads.
const DIRECTORY: [&str; 8] = [
    "directory.js",
    "disposal.js",
    "errors.js",
    "instance.js",
    "load-directory.js",
    "loading.js",
    "wasm-directory/directory.js",
    "wasm-directory/directory_bg.wasm",
];

/// The files of the npm package that an app in trust communities loads.
const UDAP: [&str; 8] = [
    "disposal.js",
    "errors.js",
    "instance.js",
    "load-udap.js",
    "loading.js",
    "udap.js",
    "wasm-udap/udap.js",
    "wasm-udap/udap_bg.wasm",
];

/// Builds the release, prints its sizes, and with `check` fails if one is over its ceiling.
pub fn run(check: bool) -> Result<()> {
    bundle::build_sdk(Profile::Wasm)?;
    site::build_launcher(Profile::Wasm)?;
    measure(check)
}

/// Prints the sizes of a release that is built.
pub fn measure(check: bool) -> Result<()> {
    measure_in(&workspace::package_folder(), &workspace::launcher_site(), check)
}

/// Prints the sizes of an npm package and a site that are built.
pub fn measure_in(package: &Path, site: &Path, check: bool) -> Result<()> {
    let page = [one_file::FILE, "wasm/smartrust_bg.wasm"];
    let fhirclient = [one_file::FHIRCLIENT, "wasm/smartrust_bg.wasm"];
    let launch = [one_file::LAUNCH, "wasm-launch/launch_bg.wasm"];
    let HashedFiles { boot, glue, wasm, style, icon } = HashedFiles::find(site)?;
    let first_load = [&boot, &icon, "index.html", "launcher.config.json", &glue, &wasm, &style];
    let parts: [(_, _, _, &[&str]); 8] = [
        ("launcher, first load", Some(LAUNCHER_CEILING), site, &first_load),
        ("npm package", Some(SDK_CEILING), package, &page),
        ("npm package, fhirclient", None, package, &fhirclient),
        ("npm package, launch", Some(LAUNCH_CEILING), package, &launch),
        ("npm package, backend", Some(BACKEND_CEILING), package, &BACKEND),
        ("npm package, hub", Some(HUB_CEILING), package, &HUB),
        ("npm package, directory", Some(DIRECTORY_CEILING), package, &DIRECTORY),
        ("npm package, udap", Some(UDAP_CEILING), package, &UDAP),
    ];
    let reports: Vec<Report> = tools::step("measuring", || {
        parts.into_par_iter().map(|(name, ceiling, folder, files)| Report::of(name, ceiling, folder, files)).collect()
    })?;
    for report in &reports {
        report.print();
        if report.is_over() {
            println!("  ABOVE ITS CEILING");
        }
    }
    match reports.iter().find(|report| report.is_over()) {
        Some(report) if check => bail!(
            "The {} has {} with brotli, above its ceiling: make it smaller or argue for another ceiling.",
            report.name,
            kilobytes(report.total().brotli)
        ),
        _ => Ok(()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Size {
    fn of(contents: &[u8]) -> Result<Self> {
        Ok(Size {
            raw: contents.len(),
            gzip: compress::gzip(contents)?.len(),
            brotli: compress::brotli(contents)?.len(),
        })
    }
}

impl Add for Size {
    type Output = Size;

    fn add(self, other: Size) -> Size {
        Size { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

struct Report<'a> {
    name: &'static str,
    /// The highest size with brotli, if there is a limit.
    ceiling: Option<usize>,
    files: Vec<(&'a str, Size)>,
}

impl<'a> Report<'a> {
    fn of(name: &'static str, ceiling: Option<usize>, folder: &Path, files: &[&'a str]) -> Result<Self> {
        let measure = |file: &&'a str| {
            let contents =
                fs::read(folder.join(file)).with_context(|| format!("{file} of the {name} cannot be read"))?;
            Ok((*file, Size::of(&contents)?))
        };
        Ok(Report { name, ceiling, files: files.iter().map(measure).collect::<Result<_>>()? })
    }

    fn total(&self) -> Size {
        self.files.iter().fold(Size::default(), |sum, (_, size)| sum + *size)
    }

    fn is_over(&self) -> bool {
        self.ceiling.is_some_and(|ceiling| self.total().brotli > ceiling)
    }

    fn print(&self) {
        println!("\n{:<28} {:>12} {:>12} {:>12}", self.name, "raw", "gzip -9", "brotli 11");
        let total = ("total", self.total());
        for (file, size) in self.files.iter().chain([&total]) {
            let [raw, gzip, brotli] = [size.raw, size.gzip, size.brotli].map(kilobytes);
            println!("  {file:<26} {raw:>12} {gzip:>12} {brotli:>12}");
        }
        if let Some(ceiling) = self.ceiling {
            println!("  {:<26} {:>38}", "ceiling", kilobytes(ceiling));
        }
    }
}

/// Bytes as `1234.567 kB`.
fn kilobytes(bytes: usize) -> String {
    format!("{:.3} kB", bytes as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitive_text_shrinks_and_noise_does_not() {
        let repetitive = Size::of(&b"smart on fhir ".repeat(1000)).unwrap();
        assert_eq!(repetitive.raw, 14_000);
        assert!(repetitive.gzip < 200 && repetitive.brotli < 100, "{repetitive:?}");
        let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(Size::of(&noise).unwrap().brotli > 100);
    }

    #[test]
    fn a_report_is_over_its_ceiling_by_the_brotli_total() {
        let size = Size { raw: 900, gzip: 90, brotli: 60 };
        let report = |ceiling| Report { name: "x", ceiling, files: vec![("a", size), ("b", size)] };
        assert!(report(Some(119)).is_over());
        assert!(!report(Some(120)).is_over() && !report(None).is_over());
    }
}
