//! `directory.json`: the names of the list's files, and its counts, with which the next list is compared.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smartrust::fhir::directory::{Brand, Directory};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The name of the file.
pub const FILE: &str = "directory.json";

/// The share by which a count may differ from the last one.
const LARGEST_DIFFERENCE: f64 = 0.2;

/// How many changes of each kind are printed.
const PRINTED: usize = 20;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The file with the brands.
    index: String,
    /// The file with the facilities.
    places: String,
    sources: Vec<ListedSource>,
    /// The numbers of brands, endpoints and places.
    counts: BTreeMap<String, usize>,
    /// The numbers of entries that were left out, by reason.
    left_out: BTreeMap<String, usize>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct ListedSource {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

impl Listing {
    pub fn of(directory: &Directory) -> Self {
        let text = directory.to_text();
        let count = |name: &str, count| (name.to_owned(), count);
        let sources = directory.sources().iter();
        Self {
            index: format!("index-{}.txt", hash(&text.brands)),
            places: format!("places-{}.txt", hash(&text.facilities)),
            sources: sources
                .map(|source| ListedSource { name: source.name.clone(), date: source.date.clone() })
                .collect(),
            counts: BTreeMap::from([
                count("brands", directory.brands().len()),
                count("endpoints", directory.brands().iter().flat_map(Brand::endpoints).count()),
                count("places", directory.facility_count()),
            ]),
            left_out: directory.left_out().map(|(reason, count)| (reason.code().to_owned(), count)).collect(),
        }
    }

    /// The list in a folder with its brands; `None` if there is none.
    pub fn read(folder: &Path) -> Result<Option<(Self, Directory)>> {
        let file = folder.join(FILE);
        if !file.is_file() {
            return Ok(None);
        }
        let remedy = || format!("{} is not a list of this command: delete it", file.display());
        let listing: Self = serde_json::from_str(&fs::read_to_string(&file)?).with_context(remedy)?;
        let brands = fs::read_to_string(folder.join(&listing.index)).with_context(remedy)?;
        Ok(Some((listing, Directory::read_brands(&brands).with_context(remedy)?)))
    }

    /// The names of a list's files: `description` itself, the brands and the places.
    pub fn files(description: &Path) -> Result<[String; 3]> {
        let text = fs::read_to_string(description)
            .with_context(|| format!("{} cannot be read: run `cargo xtask directory`", description.display()))?;
        let listing: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a list that `cargo xtask directory` made", description.display()))?;
        let name = description.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok([name, listing.index, listing.places])
    }

    /// The first count that differs much from the last list's.
    pub fn large_difference(&self, previous: &Self) -> Option<String> {
        previous.counts.iter().find_map(|(name, before)| {
            let now = self.counts.get(name).copied().unwrap_or_default();
            let is_large = (now as f64 - *before as f64).abs() > *before as f64 * LARGEST_DIFFERENCE;
            is_large.then(|| {
                format!(
                    "The list would have {now} {name}; the last one has {before}, which differs by more than a fifth"
                )
            })
        })
    }

    /// Writes the list, and removes the files of the last one.
    pub fn write(&self, directory: &Directory, folder: &Path) -> Result<()> {
        let text = directory.to_text();
        fs::create_dir_all(folder).with_context(|| format!("{} could not be created", folder.display()))?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if (name.starts_with("index-") || name.starts_with("places-")) && name.ends_with(".txt") {
                fs::remove_file(&path)?;
            }
        }
        fs::write(folder.join(&self.index), text.brands)?;
        fs::write(folder.join(&self.places), text.facilities)?;
        fs::write(folder.join(FILE), format!("{}\n", serde_json::to_string_pretty(self)?))?;
        Ok(())
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the list has, what was left out, and what changed.
pub fn report(directory: &Directory, previous: Option<&(Listing, Directory)>) -> String {
    let mut text = String::new();
    let listing = Listing::of(directory);
    for (name, count) in &listing.counts {
        let _ = writeln!(text, "{count} {name}");
    }
    for (reason, count) in &listing.left_out {
        let _ = writeln!(text, "left out: {count} × {reason}");
    }
    let Some((_, previous)) = previous else { return text };
    let (before, now) = (bases_by_name(previous), bases_by_name(directory));
    let names = |from: &Bases, without: &Bases| -> Vec<String> {
        from.keys().filter(|name| !without.contains_key(*name)).cloned().collect()
    };
    let changed = now.iter().filter_map(|(name, bases)| {
        let old = before.get(name).filter(|old| *old != bases)?;
        let list = |bases: &BTreeSet<String>| bases.iter().cloned().collect::<Vec<_>>().join(", ");
        Some(format!("{name}: {} instead of {}", list(bases), list(old)))
    });
    for (heading, changes) in [
        ("brands added", names(&now, &before)),
        ("brands removed", names(&before, &now)),
        ("BASES CHANGED", changed.collect()),
    ] {
        let _ = writeln!(text, "{heading}: {}", changes.len());
        for change in changes.iter().take(PRINTED) {
            let _ = writeln!(text, "  {change}");
        }
        if changes.len() > PRINTED {
            let _ = writeln!(text, "  … and {} more", changes.len() - PRINTED);
        }
    }
    text
}

type Bases = BTreeMap<String, BTreeSet<String>>;

/// The FHIR bases of each name, because several brands may have the same one.
fn bases_by_name(directory: &Directory) -> Bases {
    let mut bases = Bases::new();
    for brand in directory.brands() {
        let urls = brand.endpoints().map(|endpoint| endpoint.fhir_base.as_str().to_owned());
        bases.entry(brand.name.clone()).or_default().extend(urls);
    }
    bases
}
