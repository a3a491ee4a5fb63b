//! The launcher's static site: its static files and its build. [`configuration`] reads what a deployment sets, [`pages`] writes a page for
//! each path, so that hosts need no rewrite rules, and [`hashed`] gives the other files names by their contents.

mod configuration;
pub mod hashed;
mod pages;

pub use configuration::{CONFIGURATION, Configuration};

use crate::bundle::{Profile, WasmCrate};
use crate::shrink::{minify, run_esbuild};
use crate::{licenses, tools, workspace};
use anyhow::{Context, Result};
use hashed::HashedFiles;
use std::fs;
use std::path::{Path, PathBuf};

/// The launcher's crate.
pub const LAUNCHER: WasmCrate = WasmCrate {
    name: "launcher",
    artifact: "launcher-app",
    selection: &["--package", "launcher-app"],
    target: &["--bin", "launcher-app"],
    crate_type: None,
    declarations: false,
};

/// Builds the launcher into `launcher-app/dist/`.
pub fn build_launcher(profile: Profile) -> Result<()> {
    let configuration = Configuration::committed()?;
    let site = workspace::launcher_site();
    LAUNCHER.build(&site, profile)?;
    tools::step("writing the launcher's pages", || {
        copy_static_files(&launcher_folder(), &site)?;
        if tools::has_npm() {
            bundle_styles(&site)?;
            if profile == Profile::Wasm {
                minify(&site, &["boot.js"])?;
            }
        }
        licenses::write(&[&LAUNCHER], &site)?;
        HashedFiles::rename(&site)?;
        write_pages(&configuration, &site)
    })
}

/// Copies the launcher's built site into `to`, for another configuration.
pub fn write_for(configuration: &Configuration, to: &Path) -> Result<()> {
    workspace::empty_folder(to)?;
    copy(&workspace::launcher_site(), to)?;
    write_pages(configuration, to)
}

/// Copies the launcher's built site for another path, with a changed configuration. `app_origin` is the origin in the committed one.
pub fn copy_launcher(
    app_origin: &str,
    path: &str,
    change: impl FnOnce(&mut serde_json::Value) -> Result<()>,
    to: &Path,
) -> Result<()> {
    let moved =
        Configuration::committed()?.text().replace(&format!("\"{app_origin}/"), &format!("\"{app_origin}{path}"));
    let mut moved: serde_json::Value = serde_json::from_str(&moved)?;
    moved["hosting"]["path"] = path.into();
    change(&mut moved)?;
    write_for(&Configuration::parse(moved.to_string(), &launcher_folder())?, to)
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

/// Writes what depends on the configuration into a built site: the configuration, the pages, and the headers for hosts.
fn write_pages(configuration: &Configuration, site: &Path) -> Result<()> {
    fs::write(site.join(CONFIGURATION), configuration.text())?;
    if let Some(list) = &configuration.list {
        list.copy_into(site)?;
    }
    pages::write(&launcher_folder(), configuration, &HashedFiles::find(site)?, site)?;
    configuration.hosting.write_files(site)
}

/// Copies the static files: all of `from` except the crate, the templates, the configuration, notes, hidden files, and the built site.
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
    let is_written_later = pages::TEMPLATES.contains(&name) || name == CONFIGURATION;
    !name.starts_with('.') && !name.ends_with(".md") && !of_the_crate.contains(&name) && !is_written_later
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A site as it is before its pages are written.
    fn built_site() -> tempfile::TempDir {
        let site = tempfile::tempdir().unwrap();
        for file in ["boot.js", "icon.svg", "launcher.js", "launcher_bg.wasm", "style.css"] {
            fs::write(site.path().join(file), file).unwrap();
        }
        HashedFiles::rename(site.path()).unwrap();
        site
    }

    fn configuration(change: impl FnOnce(&mut Value)) -> Result<Configuration> {
        let mut value: Value =
            serde_json::from_str(include_str!("../../../launcher-app/launcher.config.json")).unwrap();
        value["servers"][0]["fhirBase"] = json!("https://ehr.example/fhir");
        value.as_object_mut().unwrap().remove("directory");
        change(&mut value);
        Configuration::parse(value.to_string(), Path::new("."))
    }

    fn page(site: &Path, name: &str) -> String {
        fs::read_to_string(site.join(name)).unwrap()
    }

    #[test]
    fn s13_every_page_has_the_policy_and_the_path_of_the_configuration() {
        for path in ["/", "/apps/record/"] {
            let site = built_site();
            let configuration = configuration(|value| value["hosting"]["path"] = json!(path)).unwrap();
            write_pages(&configuration, site.path()).unwrap();
            assert_eq!(page(site.path(), CONFIGURATION), configuration.text());
            assert!(page(site.path(), "_headers").starts_with(&format!("{path}*\n")));
            let HashedFiles { boot, glue, wasm, style, icon } = HashedFiles::find(site.path()).unwrap();
            for name in ["index.html", "404.html", "launch.html", "launch/index.html", "session.html"] {
                let page = page(site.path(), name);
                for part in [
                    format!("data-path=\"{path}\""),
                    format!("src=\"{path}{boot}\""),
                    format!("data-glue=\"{path}{glue}\""),
                    format!("data-wasm=\"{path}{wasm}\""),
                    format!("<link rel=\"stylesheet\" href=\"{path}{style}\">"),
                    format!("<img src=\"{path}{icon}\""),
                ] {
                    assert_eq!(page.matches(&part).count(), 1, "{name}: {part}");
                }
                let (policy, rest) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
                assert!(!policy.contains("<script") && !policy.contains("<link"), "a policy holds for what follows it");
                assert!(rest.contains("connect-src 'self' https://ehr.example "), "{rest}");
            }
        }
    }

    #[test]
    fn l12_each_page_says_what_is_coming_and_only_the_home_page_has_the_servers() {
        let site = built_site();
        let clinic = "Dr. \"Who\" <b>& sons";
        let change = |value: &mut Value| value["servers"][0]["label"] = json!(clinic);
        let several = |value: &mut Value| {
            change(value);
            value["servers"][1]["label"] = json!("Second clinic");
            value["connect"] = json!(["portal", "chart"]);
        };
        write_pages(&configuration(several).unwrap(), site.path()).unwrap();
        let home = page(site.path(), "index.html");
        let escaped = "Dr. &quot;Who&quot; &lt;b&gt;&amp; sons";
        assert_eq!(home.matches(&format!("<span>{escaped}</span>")).count(), 1, "{home}");
        assert!(home.contains(&format!(">Connect to {escaped}</button>")), "{home}");
        assert!(
            home.contains("<span>Second clinic</span>") && home.contains("<title>Start – My Health Record</title>")
        );
        for (name, words) in [
            ("launch.html", "Opening the record…"),
            ("launch/index.html", "Opening the record…"),
            ("code.html", "Opening your record…"),
            ("record/index.html", "One moment, please…"),
            ("session.html", "One moment, please…"),
            ("404.html", "One moment, please…"),
        ] {
            let page = page(site.path(), name);
            assert!(page.contains(&format!("<h1 class=\"waiting\">{words}</h1>")), "{name}: {page}");
            assert!(!page.contains("See your health record") && !page.contains("clinic\""), "{name}: {page}");
        }
    }

    #[test]
    fn s15_these_members_may_be_edited_on_the_host_because_no_other_file_depends_on_them() {
        let (site, edited) = (built_site(), built_site());
        write_pages(&configuration(|_| {}).unwrap(), site.path()).unwrap();
        let edit = |value: &mut Value| {
            value["servers"][0]["clientId"] = json!("another");
            value["servers"][0]["redirectUri"] = json!("https://app.example/code");
            value["servers"][1]["issuers"] = json!(["https://ehr.example/fhir"]);
            value["idleMinutes"] = json!({"portal": 5});
        };
        write_pages(&configuration(edit).unwrap(), edited.path()).unwrap();
        for entry in walkdir::WalkDir::new(site.path()) {
            let file = entry.unwrap().into_path();
            let name = file.strip_prefix(site.path()).unwrap();
            if file.is_file() && name != Path::new(CONFIGURATION) {
                assert_eq!(fs::read(&file).unwrap(), fs::read(edited.path().join(name)).unwrap(), "{}", name.display());
            }
        }
    }

    #[test]
    fn e18_a_list_of_providers_is_copied_into_the_site_and_kept_by_browsers() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("lists");
        fs::create_dir(&list).unwrap();
        let (index, places) = ("index-0123456789abcdef.txt", "places-0123456789abcdef.txt");
        let description = json!({"index": index, "places": places, "sources": [], "counts": {}, "leftOut": {}});
        fs::write(list.join("directory.json"), description.to_string()).unwrap();
        let value = |path: &str| {
            let mut value: Value =
                serde_json::from_str(include_str!("../../../launcher-app/launcher.config.json")).unwrap();
            value["directory"]["index"] = json!(path);
            value.to_string()
        };
        for file in [index, places, "another.txt"] {
            fs::write(list.join(file), file).unwrap();
        }
        let site = built_site();
        let configuration = Configuration::parse(value("./lists/directory.json"), folder.path()).unwrap();
        write_pages(&configuration, site.path()).unwrap();
        assert_eq!(page(site.path(), "lists/index-0123456789abcdef.txt"), index);
        assert!(site.path().join("lists/directory.json").is_file() && !site.path().join("lists/another.txt").exists());
        let headers = page(site.path(), "_headers");
        assert!(headers.contains(&format!("/lists/{places}\n  Cache-Control: public, max-age=31536000, immutable")));
        assert!(headers.contains("/lists/directory.json\n  Cache-Control: no-cache"));
        for wrong in ["missing.json", "../directory.json", "/etc/directory.json", "lists/another.txt"] {
            let error = format!("{:#}", Configuration::parse(value(wrong), folder.path()).err().unwrap());
            assert!(error.contains("directory.index is wrong"), "{wrong}: {error}");
        }
    }

    #[test]
    fn static_files_are_copied_and_sources_are_not() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in ["style", "src", "dist"] {
            fs::create_dir(from.path().join(folder)).unwrap();
        }
        for file in [
            "icon.svg",
            "boot.js",
            "style/main.css",
            "src/main.rs",
            "dist/old.html",
            "index.html",
            "Cargo.toml",
            ".hidden",
        ] {
            fs::write(from.path().join(file), file).unwrap();
        }
        copy_static_files(from.path(), to.path()).unwrap();
        for copied in ["icon.svg", "boot.js", "style/main.css"] {
            assert!(to.path().join(copied).is_file(), "{copied}");
        }
        for left in ["src", "dist", "index.html", "Cargo.toml", ".hidden"] {
            assert!(!to.path().join(left).exists(), "{left}");
        }
    }
}
