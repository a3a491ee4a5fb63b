//! The launcher's static site: its static files, its build, and a page for each path, so that hosts need no rewrite rules.

use crate::bundle::{Profile, WasmCrate};
use crate::hosting::{Hosting, Place};
use crate::shrink::{minify, run_esbuild};
use crate::{tools, workspace};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const LAUNCHER: WasmCrate = WasmCrate {
    name: "launcher",
    artifact: "launcher-app",
    selection: &["--package", "launcher-app", "--bin", "launcher-app"],
    crate_type: None,
    declarations: false,
};

/// The file that names the servers and the host.
const CONFIGURATION: &str = "launcher.config.json";

/// The paths of the launcher's pages, except the home page.
const ENTRIES: [&str; 4] = ["launch", "code", "record", "session"];

/// Builds the launcher into `launcher-app/dist/`.
pub fn build_launcher(profile: Profile) -> Result<()> {
    let site = workspace::launcher_site();
    LAUNCHER.build(&site, profile)?;
    tools::step("writing the launcher's pages", || {
        copy_static_files(&launcher_folder(), &site)?;
        if profile == Profile::Wasm && tools::has_npm() {
            minify(&site, &["boot.js"])?;
            bundle_styles(&site)?;
        }
        write_pages(&launcher_folder(), &site)
    })
}

/// Writes only the files of the built site that depend on `launcher.config.json`.
pub fn write_launcher_pages() -> Result<()> {
    let site = workspace::launcher_site();
    ensure!(site.join("launcher.js").is_file(), "The launcher is not built yet: run `cargo xtask build` first.");
    tools::step("writing the launcher's pages", || write_pages(&launcher_folder(), &site))
}

/// Copies the launcher's built site for another path. `app_origin` is the origin in its configuration.
pub fn copy_launcher(app_origin: &str, path: &str, to: &Path) -> Result<()> {
    let folder = launcher_folder();
    let configuration = read_text(&folder.join(CONFIGURATION))?;
    let moved = configuration.replace(&format!("\"{app_origin}/"), &format!("\"{app_origin}{path}"));
    let mut configuration: serde_json::Value = serde_json::from_str(&moved)?;
    configuration["hosting"]["path"] = path.into();
    workspace::empty_folder(to)?;
    copy(&workspace::launcher_site(), to)?;
    write_pages_of(&read_text(&folder.join("index.html"))?, &configuration.to_string(), to)
}

/// Bundles the style sheets that `style.css` imports, so that a browser sends one request.
fn bundle_styles(site: &Path) -> Result<()> {
    run_esbuild(
        site,
        "{ entryPoints: ['style.css'], outfile: 'style.css', bundle: true, minify: true, allowOverwrite: true }",
    )?;
    Ok(fs::remove_dir_all(site.join("style"))?)
}

fn launcher_folder() -> PathBuf {
    workspace::root().join("launcher-app")
}

fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// Writes the configuration of `folder`, the page for every path, and the headers for hosts into the site.
fn write_pages(folder: &Path, site: &Path) -> Result<()> {
    let index = read_text(&folder.join("index.html")).context("the launcher starts at its index.html")?;
    write_pages_of(&index, &read_text(&folder.join(CONFIGURATION))?, site)
}

fn write_pages_of(index: &str, configuration: &str, site: &Path) -> Result<()> {
    let hosting = Hosting::read(configuration)?;
    fs::write(site.join(CONFIGURATION), configuration)?;
    fs::write(site.join("index.html"), hosted_page(index, &hosting)?)?;
    write_entry_pages(site)?;
    hosting.write_files(site)
}

/// A page with the site's path and policy.
fn hosted_page(page: &str, hosting: &Hosting) -> Result<String> {
    let mut page = page.to_owned();
    let policy = format!(
        "<meta charset=\"utf-8\">\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">",
        hosting.policy(Place::Page)
    );
    let path = &hosting.path;
    for (written, hosted) in [
        ("<html lang=\"en\">", format!("<html lang=\"en\" data-path=\"{path}\">")),
        ("<meta charset=\"utf-8\">", policy),
        ("href=\"/", format!("href=\"{path}")),
        ("src=\"/", format!("src=\"{path}")),
    ] {
        ensure!(
            page.contains(written),
            "launcher-app/index.html has no {written}, which depends on where the site lies."
        );
        page = page.replace(written, &hosted);
    }
    Ok(page)
}

/// Copies the static files: all of `from` except the crate, notes, hidden files, and the built site.
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

/// Copies a file, or a folder with its contents.
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

/// Copies `index.html` for every path: `x.html` for hosts that add the extension, `x/index.html` for
/// hosts that serve folders, `404.html` for other hosts.
fn write_entry_pages(site: &Path) -> Result<()> {
    let page = fs::read(site.join("index.html"))?;
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
    fn a_launcher_without_an_index_page_is_an_error() {
        let site = tempfile::tempdir().unwrap();
        let error = write_pages(site.path(), site.path()).unwrap_err();
        assert!(error.to_string().contains("index.html"), "{error}");
    }

    #[test]
    fn s13_every_page_carries_the_policy_and_the_path_of_the_configuration() {
        let site = tempfile::tempdir().unwrap();
        let index = include_str!("../../launcher-app/index.html");
        let configuration = |path: &str| {
            format!(r#"{{"servers": [{{"fhirBase": "https://ehr.example/fhir"}}], "hosting": {{"path": "{path}"}}}}"#)
        };
        let read = |file: &str| fs::read_to_string(site.path().join(file)).unwrap();
        for (path, script) in [("/", "src=\"/boot.js\""), ("/apps/record/", "src=\"/apps/record/boot.js\"")] {
            write_pages_of(index, &configuration(path), site.path()).unwrap();
            assert_eq!(read("launcher.config.json"), configuration(path));
            assert!(read("_headers").starts_with(&format!("{path}*\n")));
            for page in ["index.html", "404.html", "launch.html", "launch/index.html", "session.html"] {
                let page = read(page);
                assert!(page.contains(script) && page.contains(&format!("data-path=\"{path}\"")), "{page}");
                let (policy, rest) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
                assert!(!policy.contains("<script") && !policy.contains("<link"), "a policy holds for what follows it");
                assert!(rest.contains("connect-src 'self' https://ehr.example;"), "{rest}");
                assert_eq!(page.matches("rel=\"stylesheet\"").count(), 1);
            }
        }
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
