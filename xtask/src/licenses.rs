//! The licenses of other people's code in what ships: the crates that are linked, Rust's standard library, and esbuild's helpers.

use crate::bundle::WasmCrate;
use crate::{tools, workspace};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the file in the npm package and in the launcher's site.
pub const FILE: &str = "THIRD-PARTY-LICENSES.txt";

const HEAD: &str = "Third-party licenses

This software contains code of the projects below, including the JavaScript that wasm-bindgen and esbuild generate. Each text follows the
names of the projects that it belongs to.
";

/// How the names of license files begin, in capital letters.
const FILE_NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// The licenses whose standard text stands in for a license file that a crate lacks.
const STANDARD: [&str; 2] = ["MIT", "Apache-2.0"];

/// Writes the file with the licenses of `crates` into `folder`.
pub fn write(crates: &[&WasmCrate], folder: &Path) -> Result<()> {
    let text = Licenses::of(crates)?.render();
    // With the mark, browsers read a file without a declared encoding as UTF-8.
    fs::write(folder.join(FILE), format!("\u{feff}{text}"))
        .with_context(|| format!("{FILE} cannot be written to {}", folder.display()))
}

/// A part of what ships.
struct Part {
    name: String,
    /// The license expression (SPDX).
    license: String,
    authors: Vec<String>,
    /// The folder with the license files.
    folder: PathBuf,
}

/// The parts, and their license texts.
#[derive(Default)]
struct Licenses {
    /// The expression of each part.
    parts: BTreeMap<String, String>,
    /// The parts of each text. Texts that differ only in white space are the same.
    texts: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Licenses {
    fn of(crates: &[&WasmCrate]) -> Result<Self> {
        let mut licenses = Self::default();
        let toolchain = toolchain_documents()?;
        for part in linked(crates)? {
            licenses.add_part(&part, &toolchain.join("licenses"))?;
        }
        licenses.add_standard_library(&toolchain)?;
        let esbuild = workspace::root().join("node_modules/esbuild/LICENSE.md");
        if esbuild.is_file() {
            licenses.add("esbuild", "MIT", &read(&esbuild)?);
        }
        Ok(licenses)
    }

    fn add(&mut self, name: &str, license: &str, text: &str) {
        self.parts.insert(name.to_owned(), license.to_owned());
        let key = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, names) = self.texts.entry(key).or_insert_with(|| (text.trim_end().to_owned(), BTreeSet::new()));
        names.insert(name.to_owned());
    }

    fn add_part(&mut self, part: &Part, standard: &Path) -> Result<()> {
        let files = license_files(&part.folder)?;
        for file in &files {
            self.add(&part.name, &part.license, &read(file)?);
        }
        if files.is_empty() {
            let text = standard_text(part, standard)?;
            self.add(&part.name, &part.license, &text);
        }
        Ok(())
    }

    /// Adds the standard library and its dependencies, from the page of notices in the toolchain.
    fn add_standard_library(&mut self, toolchain: &Path) -> Result<()> {
        let page = toolchain.join("COPYRIGHT-library.html");
        let html = read(&page)?;
        let mut sections = html.split("<h3>📦 ");
        let own = sections.next().unwrap_or_default();
        let holders: BTreeSet<String> = between(own, "<b>Copyright:</b>", "</p>").map(unescaped).collect();
        if holders.is_empty() {
            bail!("{} names no copyright holder: Rust has changed it, so adapt xtask/src/licenses.rs.", page.display());
        }
        let part = Part {
            name: "The Rust standard library".into(),
            license: "MIT OR Apache-2.0".into(),
            authors: holders.into_iter().collect(),
            folder: PathBuf::new(),
        };
        let text = standard_text(&part, &toolchain.join("licenses"))?;
        self.add(&part.name, &part.license, &text);
        let libraries = standard_libraries()?;
        for section in sections {
            let Some((title, _)) = section.split_once("</h3>") else { continue };
            // The title is the name and the version, such as `rustc-demangle-0.1.27`.
            let digit = |(_, rest): &(&str, &str)| rest.starts_with(|next: char| next.is_ascii_digit());
            let Some((name, version)) =
                title.match_indices('-').map(|(at, _)| (&title[..at], &title[at + 1..])).find(digit)
            else {
                continue;
            };
            if !libraries.contains(&name.replace('-', "_")) {
                continue;
            }
            let license = between(section, "<b>License:</b>", "</p>").next().unwrap_or_default();
            for text in between(section, "<pre>", "</pre>") {
                self.add(&format!("{name} {version}"), license.trim(), &unescaped(text));
            }
        }
        Ok(())
    }

    fn render(&self) -> String {
        let mut text = HEAD.to_owned();
        text.push('\n');
        for (name, license) in &self.parts {
            let _ = writeln!(text, "{name}: {license}");
        }
        let mut texts: Vec<_> = self.texts.values().collect();
        texts.sort_by_key(|(_, names)| names.first());
        for (license, names) in texts {
            let names = names.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
            let _ = write!(text, "\n{}\n{names}\n\n{license}\n", "-".repeat(80));
        }
        text
    }
}

/// The name and the version of each crate that cargo links into `crates`, including those of this workspace.
pub fn linked_names(crates: &[&WasmCrate]) -> Result<BTreeSet<(String, String)>> {
    let mut names = BTreeSet::new();
    for wasm_crate in crates {
        let mut tree = tools::cargo(["tree", "--prefix", "none", "--edges", "normal,no-proc-macro", "--format", "{p}"]);
        tree.args(["--target", tools::WASM_TARGET]).args(wasm_crate.selection);
        let output = tools::run_quietly(&mut tree, "cargo could not list the linked crates: see above.")?;
        // A line is the name, the version with a v, and the folder if it is not from a registry.
        let lines = String::from_utf8(output.stdout)?;
        names.extend(lines.lines().filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
        }));
    }
    Ok(names)
}

/// The crates of other projects that cargo links into `crates`, without those that only run at compile time.
fn linked(crates: &[&WasmCrate]) -> Result<Vec<Part>> {
    let names = linked_names(crates)?;
    let mut metadata = tools::cargo(["metadata", "--format-version", "1", "--filter-platform", tools::WASM_TARGET]);
    let output = tools::run_quietly(&mut metadata, "cargo could not describe the linked crates: see above.")?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo describes no packages")?;
    // The workspace's own crates have no source.
    let others = packages.iter().filter(|package| !package["source"].is_null());
    let is_linked = |part: &Part| part.name.split_once(' ').is_some_and(|(n, v)| names.contains(&(n.into(), v.into())));
    others.map(described).filter(|part| part.as_ref().map_or(true, is_linked)).collect()
}

fn described(package: &Value) -> Result<Part> {
    let text =
        |member: &str| package[member].as_str().with_context(|| format!("cargo describes a package without {member}"));
    let authors = package["authors"].as_array().into_iter().flatten();
    Ok(Part {
        name: format!("{} {}", text("name")?, text("version")?),
        license: package["license"].as_str().unwrap_or("see the text").to_owned(),
        authors: authors.filter_map(Value::as_str).map(str::to_owned).collect(),
        folder: Path::new(text("manifest_path")?).parent().context("a manifest lies in a folder")?.to_path_buf(),
    })
}

fn license_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if entry.file_type()?.is_file() && FILE_NAMES.iter().any(|begin| name.starts_with(begin)) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// The standard text of the first license of `part` that has one, with the part's authors.
fn standard_text(part: &Part, folder: &Path) -> Result<String> {
    let license = part.license.split([' ', '/']).find(|word| STANDARD.contains(word));
    // With AND or WITH, one text is not enough.
    let is_choice = !part.license.contains("AND") && !part.license.contains("WITH");
    let Some(license) = license.filter(|_| is_choice) else {
        bail!("{} has no license file, and {:?} has no standard text: use another crate.", part.name, part.license);
    };
    let holders = match part.authors.as_slice() {
        [] => format!("the authors of {}", part.name),
        authors => authors.join(", "),
    };
    Ok(read(&folder.join(format!("{license}.txt")))?.replace("<year> <copyright holders>", &holders))
}

/// The folder of the toolchain's licenses and notices.
fn toolchain_documents() -> Result<PathBuf> {
    let output = rustc(["--print", "sysroot"])?;
    Ok(Path::new(output.trim()).join("share/doc/rust"))
}

/// The names of the libraries that the toolchain can link into WebAssembly.
fn standard_libraries() -> Result<BTreeSet<String>> {
    let folder = rustc(["--print", "target-libdir", "--target", tools::WASM_TARGET].as_slice().iter().copied())?;
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder.trim()).context("the toolchain has no libraries for WebAssembly")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let name = name.strip_prefix("lib").and_then(|rest| rest.split_once('-')).map(|(name, _)| name.to_owned());
        names.extend(name);
    }
    Ok(names)
}

fn rustc<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let mut command = Command::new("rustc");
    command.args(arguments).current_dir(workspace::root());
    let output = tools::run_quietly(&mut command, "rustc does not answer: install Rust with https://rustup.rs.")?;
    Ok(String::from_utf8(output.stdout)?)
}

fn read(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| {
        format!(
            "{} cannot be read: install the toolchain again with rustup or `npm ci`, whichever it is of",
            file.display()
        )
    })?;
    Ok(String::from_utf8_lossy(&bytes).replace('\r', ""))
}

/// What lies between `open` and the next `close`, everywhere.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(inner, _)| inner.trim())
}

/// Text without HTML's character references, as far as rustc's notices contain them.
fn unescaped(html: &str) -> String {
    let references = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    references.iter().fold(html.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bundle, site};

    fn part(license: &str, folder: &Path) -> Part {
        Part { name: "part 1.0.0".into(), license: license.into(), authors: vec!["Ada".into()], folder: folder.into() }
    }

    /// The texts of a part, one after the other.
    fn texts(rendered: &str, name: &str) -> String {
        let rule = "-".repeat(80);
        rendered.split(&rule).skip(1).filter(|section| section.lines().any(|line| line == name)).collect()
    }

    #[test]
    fn every_linked_crate_has_a_text() {
        for crates in [&bundle::SDK_CRATES[..], &[&site::LAUNCHER]] {
            let text = Licenses::of(crates).unwrap().render();
            let parts = linked(crates).unwrap();
            let is_linked = |name: &str| parts.iter().any(|part| part.name.starts_with(&format!("{name} ")));
            assert!(is_linked("wasm-bindgen") && is_linked("base64") && !is_linked("smartrust"));
            assert!(!is_linked("thiserror-impl"), "it only runs in the compiler");
            for part in parts {
                let texts = texts(&text, &part.name);
                assert!(texts.len() > 500, "{}: {texts}", part.name);
            }
            let standard_library = texts(&text, "The Rust standard library");
            assert!(
                standard_library.contains("Copyright (c) ") && standard_library.contains("The Rust Project Developers")
            );
            let allocator = text.lines().find(|line| line.starts_with("dlmalloc ") && !line.contains(':')).unwrap();
            assert!(texts(&text, allocator).contains("Alex Crichton"));
        }
    }

    #[test]
    fn a_crate_without_a_file_has_the_standard_text_with_its_authors() {
        let (folder, toolchain) = (tempfile::tempdir().unwrap(), toolchain_documents().unwrap());
        let text = |license: &str| {
            let mut licenses = Licenses::default();
            licenses.add_part(&part(license, folder.path()), &toolchain.join("licenses")).map(|()| licenses.render())
        };
        for license in ["MIT", "MIT OR Apache-2.0", "Zlib OR MIT"] {
            assert!(text(license).unwrap().contains("part 1.0.0\n\nMIT License\n\nCopyright (c) Ada\n"), "{license}");
        }
        assert!(text("Apache-2.0/MIT").unwrap().contains("Apache License"));
        for license in ["Zlib", "MIT AND Zlib", "Apache-2.0 WITH LLVM-exception", "see the text"] {
            let error = text(license).unwrap_err().to_string();
            assert!(error.contains("part 1.0.0 has no license file"), "{error}");
        }
        fs::write(folder.path().join("License.md"), "Own terms").unwrap();
        assert!(text("Zlib").unwrap().ends_with("part 1.0.0\n\nOwn terms\n"));
    }

    #[test]
    fn texts_that_differ_in_white_space_are_written_once() {
        let mut licenses = Licenses::default();
        licenses.add("b 1.0.0", "MIT", "Do what\nyou like\n");
        licenses.add("a 1.0.0", "MIT", "Do  what you like");
        licenses.add("c 1.0.0", "MIT", "Do nothing");
        let text = licenses.render();
        assert!(text.contains("a 1.0.0\nb 1.0.0\n\nDo what\nyou like\n"), "{text}");
        assert_eq!(text.matches("you like").count(), 1);
        assert!(texts(&text, "c 1.0.0").contains("Do nothing"));
    }
}
