//! `cargo xtask directory`: a list of providers, made of the Bundles that vendors publish.
//!
//! Whoever runs an app downloads these Bundles and runs this, because a page should not load 90 MB, and the vendors ask apps not to
//! query their files at run time.

mod bundle;
pub mod listing;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use listing::{Listing, report};
use smartrust::fhir::directory::{Directory, DirectoryReader, Source};
use std::fs;
use std::path::{Path, PathBuf};

/// The options of the command.
#[derive(Args)]
pub struct Options {
    /// The Bundles: a file each, or NAME=FILE with the name that people see
    #[arg(required = true, value_name = "NAME=FILE")]
    bundles: Vec<String>,
    /// The folder that the list is written to
    #[arg(long, value_name = "FOLDER", default_value = "target/directory")]
    out: PathBuf,
    /// Also takes endpoints that only have this older FHIR version, such as 3.0 for STU3
    #[arg(long, value_name = "VERSION")]
    older_version: Vec<String>,
    /// Writes the list although its counts differ by more than a fifth from those of the last one
    #[arg(long)]
    accept: bool,
}

impl Options {
    /// A list of one Bundle, which replaces the previous list.
    pub fn new(name: &str, bundle: &Path, out: PathBuf) -> Self {
        let bundles = vec![format!("{name}={}", bundle.display())];
        Self { bundles, out, older_version: Vec::new(), accept: true }
    }
}

/// Reads the Bundles, compares the result with the list that is there, and writes it.
pub fn run(options: &Options) -> Result<()> {
    let directory = read(options)?;
    let listing = Listing::of(&directory);
    let previous = Listing::read(&options.out)?;
    print!("{}", report(&directory, previous.as_ref()));
    if let Some((previous, _)) = &previous
        && !options.accept
        && let Some(difference) = listing.large_difference(previous)
    {
        bail!("{difference}. Nothing was written. If the Bundles are complete, run this again with --accept.");
    }
    listing.write(&directory, &options.out)?;
    println!("wrote {}", options.out.join(listing::FILE).display());
    Ok(())
}

fn read(options: &Options) -> Result<Directory> {
    let mut reader = DirectoryReader::new();
    for version in &options.older_version {
        reader = reader.older_version(version);
    }
    for argument in &options.bundles {
        let (name, file) = match argument.split_once('=') {
            Some((name, file)) => (name.to_owned(), Path::new(file)),
            None => (name_of(Path::new(argument)), Path::new(argument)),
        };
        ensure!(file.is_file(), "There is no file {}: name a Bundle that you downloaded.", file.display());
        reader.start(Source::new(name));
        let text = fs::read(file).with_context(|| format!("{} could not be read", file.display()))?;
        bundle::read(&text, &mut reader).with_context(|| {
            format!("{} is not a complete Bundle: download it again. Nothing was written", file.display())
        })?;
    }
    Ok(reader.finish())
}

fn name_of(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A folder with a list of `brands` hospitals, made of one Bundle.
    struct Lists {
        folder: tempfile::TempDir,
    }

    impl Lists {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn options(&self, bundle: &str, accept: bool) -> Options {
            let file = self.folder.path().join("vendor.json");
            fs::write(&file, bundle).unwrap();
            let bundles = vec![format!("A vendor={}", file.display())];
            Options { bundles, out: self.folder.path().join("list"), older_version: Vec::new(), accept }
        }

        fn make(&self, bundle: &str, accept: bool) -> Result<()> {
            run(&self.options(bundle, accept))
        }

        /// The files of the list and their contents.
        fn files(&self) -> BTreeMap<String, String> {
            let Ok(entries) = fs::read_dir(self.folder.path().join("list")) else { return BTreeMap::new() };
            entries
                .map(|entry| {
                    let entry = entry.unwrap();
                    let name = entry.file_name().to_string_lossy().into_owned();
                    (name, fs::read_to_string(entry.path()).unwrap())
                })
                .collect()
        }

        fn report(&self, bundle: &str) -> String {
            let options = self.options(bundle, false);
            report(&read(&options).unwrap(), Listing::read(&options.out).unwrap().as_ref())
        }
    }

    fn bundle(hospitals: usize, host: &str) -> String {
        let entries: Vec<_> = (0..hospitals)
            .map(|number| {
                serde_json::json!({"resource": {"resourceType": "Endpoint", "status": "active", "name": format!("Hospital {number}"),
                    "address": format!("https://{host}/{number}")}})
            })
            .collect();
        serde_json::json!({"resourceType": "Bundle", "timestamp": "2026-11-01", "entry": entries}).to_string()
    }

    #[test]
    fn e18_the_same_bundles_make_the_same_files() {
        let (one, other) = (Lists::new(), Lists::new());
        one.make(&bundle(10, "fhir.example.org"), false).unwrap();
        other.make(&bundle(10, "fhir.example.org"), false).unwrap();
        assert_eq!(one.files(), other.files());
        assert_eq!(one.files().len(), 3);
        let listing: serde_json::Value = serde_json::from_str(&one.files()["directory.json"]).unwrap();
        assert_eq!(listing["counts"]["brands"], 10);
        assert_eq!(listing["sources"][0], serde_json::json!({"name": "A vendor", "date": "2026-11-01"}));
        assert!(one.files().contains_key(listing["index"].as_str().unwrap()));
    }

    #[test]
    fn e18_an_incomplete_bundle_writes_nothing() {
        let complete = bundle(10, "fhir.example.org");
        for wrong in [
            "<html>Sign in</html>",
            "[]",
            "{}",
            "{\"resourceType\":\"Bundle\"}",
            "{\"resourceType\":\"Patient\",\"entry\":[]}",
            &complete[..complete.len() / 2],
            &format!("{complete} more"),
        ] {
            let lists = Lists::new();
            let error = lists.make(wrong, true).unwrap_err().to_string();
            assert!(error.contains("vendor.json is not a complete Bundle"), "{error}");
            assert!(lists.files().is_empty(), "{wrong}");
        }
        let lists = Lists::new();
        let mut options = lists.options("{}", false);
        options.bundles = vec!["none.json".into()];
        assert!(run(&options).unwrap_err().to_string().contains("There is no file none.json"));
    }

    #[test]
    fn e18_counts_that_differ_by_more_than_a_fifth_need_accept() {
        let lists = Lists::new();
        lists.make(&bundle(10, "fhir.example.org"), false).unwrap();
        lists.make(&bundle(8, "fhir.example.org"), false).unwrap();
        let before = lists.files();
        let error = lists.make(&bundle(6, "fhir.example.org"), false).unwrap_err().to_string();
        assert!(error.contains("6 brands") && error.contains("--accept"), "{error}");
        assert_eq!(lists.files(), before);
        lists.make(&bundle(6, "fhir.example.org"), true).unwrap();
        assert_ne!(lists.files(), before);
        assert_eq!(lists.files().len(), 3, "the files of the last list are gone");
    }

    #[test]
    fn e18_brands_that_are_new_gone_or_at_another_base_are_reported() {
        let lists = Lists::new();
        lists.make(&bundle(10, "fhir.example.org"), false).unwrap();
        let report = lists.report(&bundle(11, "fhir.example.org"));
        assert!(report.contains("brands added: 1\n  Hospital 10\n"), "{report}");
        assert!(report.contains("brands removed: 0\n") && report.contains("BASES CHANGED: 0\n"), "{report}");

        let report = lists.report(&bundle(9, "other.example.org"));
        assert!(report.contains("brands removed: 1\n  Hospital 9\n"), "{report}");
        assert!(report.contains(
            "BASES CHANGED: 9\n  Hospital 0: https://other.example.org/0 instead of https://fhir.example.org/0\n"
        ));
    }
}
