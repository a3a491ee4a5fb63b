//! The launcher's static site: what is copied, what is built, and the entry pages that spare a host its rewrite rules.

use crate::bundle::{Profile, WasmCrate};
use crate::shrink::shrink_texts;
use crate::{tools, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const LAUNCHER: WasmCrate = WasmCrate {
    name: "launcher",
    artifact: "launcher-app",
    selection: &["--package", "launcher-app", "--bin", "launcher-app"],
    crate_type: None,
    declarations: false,
    is_split: false,
};

/// The paths at which the launcher can be entered or reloaded, besides its home.
const ENTRIES: [&str; 4] = ["launch", "code", "record", "session"];

/// Builds the launcher into `launcher-app/dist/`.
pub fn build_launcher(profile: Profile) -> Result<()> {
    tools::ensure_wasm_target()?;
    let site = workspace::launcher_site();
    LAUNCHER.build(&site, profile)?;
    tools::step("writing the launcher's pages", || {
        copy_static_files(&workspace::root().join("launcher-app"), &site)?;
        join_style_sheets(&site)?;
        if profile == Profile::Wasm {
            shrink_texts(&site, &["boot.js", "style.css"])?;
        }
        write_entry_pages(&site)
    })
}

/// Copies what a browser may ask for: all of `from` but the crate itself, notes, dot files, and the built site.
fn copy_static_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if is_static(&name.to_string_lossy()) {
            copy(&entry.path(), &to.join(name))?;
        }
    }
    Ok(())
}

fn is_static(name: &str) -> bool {
    let of_the_crate = ["Cargo.toml", "src", "tests", "examples", "benches", "dist", "build.rs"];
    !name.starts_with('.') && !name.ends_with(".md") && !of_the_crate.contains(&name)
}

/// Copies a file, or a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Puts the style sheets that `index.html` links to into one, in their order: a browser asks once, and they compress better together.
fn join_style_sheets(site: &Path) -> Result<()> {
    let index = site.join("index.html");
    let page = fs::read_to_string(&index).context("launcher-app/index.html is missing: the launcher starts there")?;
    let (mut styles, mut lines) = (String::new(), Vec::new());
    for line in page.lines() {
        let linked =
            line.trim().strip_prefix("<link rel=\"stylesheet\" href=\"/").and_then(|rest| rest.strip_suffix("\">"));
        let Some(sheet) = linked else {
            lines.push(line.to_owned());
            continue;
        };
        if styles.is_empty() {
            lines.push(line.replace(sheet, "style.css"));
        }
        let file = site.join(sheet);
        let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        fs::remove_file(&file)?;
        for declaration in without_comments(&text).lines().map(str::trim).filter(|line| !line.is_empty()) {
            styles.push_str(declaration);
            styles.push('\n');
        }
    }
    fs::write(site.join("style.css"), styles)?;
    Ok(fs::write(index, lines.join("\n") + "\n")?)
}

fn without_comments(css: &str) -> String {
    let mut pieces = css.split("/*");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once("*/").map_or("", |(_, rest)| rest))
}

/// Writes `index.html` again under the name of every entry: `x.html` for hosts that add the ending, `x/index.html` for
/// hosts that look into folders, `404.html` for those that know neither.
fn write_entry_pages(site: &Path) -> Result<()> {
    let page =
        fs::read(site.join("index.html")).context("launcher-app/index.html is missing: the launcher starts there")?;
    for entry in ENTRIES {
        fs::create_dir_all(site.join(entry))?;
        fs::write(site.join(entry).join("index.html"), &page)?;
        fs::write(site.join(format!("{entry}.html")), &page)?;
    }
    Ok(fs::write(site.join("404.html"), &page)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_copy_of_the_index_page() {
        let site = tempfile::tempdir().unwrap();
        fs::write(site.path().join("index.html"), "<title>launcher</title>").unwrap();
        write_entry_pages(site.path()).unwrap();
        for page in ["launch.html", "launch/index.html", "code.html", "record/index.html", "session.html", "404.html"] {
            assert_eq!(fs::read_to_string(site.path().join(page)).unwrap(), "<title>launcher</title>", "{page}");
        }
    }

    #[test]
    fn a_launcher_without_an_index_page_is_told() {
        let site = tempfile::tempdir().unwrap();
        let error = write_entry_pages(site.path()).unwrap_err();
        assert!(error.to_string().contains("launcher-app/index.html is missing"), "{error}");
    }

    #[test]
    fn the_style_sheets_of_the_page_become_one_in_their_order() {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir(site.path().join("style")).unwrap();
        let link = |sheet: &str| format!("    <link rel=\"stylesheet\" href=\"/{sheet}\">\n");
        let page = format!("<head>\n{}{}</head>\n", link("style/b.css"), link("style/a.css"));
        fs::write(site.path().join("index.html"), page).unwrap();
        fs::write(site.path().join("style/a.css"), "/* of a */\na {\n  color: red; /* warm */\n}\n").unwrap();
        fs::write(site.path().join("style/b.css"), "b { top: 0 }\n\n").unwrap();
        join_style_sheets(site.path()).unwrap();
        let read = |file: &str| fs::read_to_string(site.path().join(file)).unwrap();
        assert_eq!(read("style.css"), "b { top: 0 }\na {\ncolor: red;\n}\n");
        assert_eq!(read("index.html"), format!("<head>\n{}</head>\n", link("style.css")));
        assert!(!site.path().join("style/a.css").exists());
    }

    #[test]
    fn static_files_are_copied_and_sources_are_not() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in ["style", "src", "dist"] {
            fs::create_dir(from.path().join(folder)).unwrap();
        }
        for file in ["index.html", "boot.js", "style/main.css", "src/main.rs", "dist/old.html", "Cargo.toml", ".hidden"]
        {
            fs::write(from.path().join(file), file).unwrap();
        }
        copy_static_files(from.path(), to.path()).unwrap();
        for copied in ["index.html", "boot.js", "style/main.css"] {
            assert!(to.path().join(copied).is_file(), "{copied}");
        }
        for left in ["src", "dist", "Cargo.toml", ".hidden"] {
            assert!(!to.path().join(left).exists(), "{left}");
        }
    }
}
