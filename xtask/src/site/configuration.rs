//! A deployment's configuration: the servers, the host, and the list of providers.

use crate::directory::listing::Listing;
use crate::hosting::Hosting;
use anyhow::{Context, Result, anyhow, ensure};
use launcher_app::config::LauncherConfig;
use smartrust::memory::{Reply, World};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The file that names the servers and the host.
pub const CONFIGURATION: &str = "launcher.config.json";

/// A deployment's configuration.
pub struct Configuration {
    text: String,
    pub(super) hosting: Hosting,
    pub(super) launcher: LauncherConfig,
    /// The list of providers that is copied into the site.
    pub(super) list: Option<List>,
}

/// A list of providers that `cargo xtask directory` made.
pub(super) struct List {
    /// The folder with its files.
    from: PathBuf,
    /// The folder in the site.
    to: PathBuf,
    files: [String; 3],
}

impl List {
    /// Reads the member `directory.index`, which is relative to the configuration's folder, and in the site to the start page. `None` for
    /// a URL.
    fn read(index: &str, folder: &Path) -> Result<Option<Self>> {
        if index.contains("://") {
            return Ok(None);
        }
        let path = Path::new(index);
        let is_below = path.components().all(|part| matches!(part, Component::CurDir | Component::Normal(_)));
        ensure!(is_below, "directory.index is wrong: it is neither a URL nor a path below the configuration's folder.");
        let file = folder.join(path);
        let files = Listing::files(&file).context("directory.index is wrong")?;
        let (from, to) =
            (file.parent().unwrap_or(folder).to_owned(), path.parent().unwrap_or(Path::new("")).to_owned());
        Ok(Some(Self { from, to, files }))
    }

    pub(super) fn copy_into(&self, site: &Path) -> Result<()> {
        let to = site.join(&self.to);
        fs::create_dir_all(&to)?;
        self.files.iter().try_for_each(|file| super::copy(&self.from.join(file), &to.join(file)))
    }
}

impl Configuration {
    /// Reads a file.
    ///
    /// # Errors
    /// One sentence that names the file and the wrong member.
    pub fn read(file: &Path) -> Result<Self> {
        let folder = file.parent().unwrap_or(Path::new("."));
        Self::parse(super::read_text(file)?, folder).with_context(|| file.display().to_string())
    }

    /// Reads a configuration whose list of providers is below `folder`.
    ///
    /// # Errors
    /// One sentence that names the wrong member.
    pub fn parse(text: String, folder: &Path) -> Result<Self> {
        let hosting = Hosting::read(&text)?;
        let value: serde_json::Value = serde_json::from_str(&text)?;
        let wrong = |failure: smartrust::Failure| anyhow!("{failure}");
        let launcher = LauncherConfig::read(&value).map_err(wrong)?;
        // The SDK reads the servers as it does in a page.
        launcher.app(World::new(0.0, |_| Reply::offline()).tab("https://launcher.example/")).map_err(wrong)?;
        let list = launcher.directory.as_ref().map(|directory| List::read(&directory.index, folder)).transpose()?;
        Ok(Self { text, hosting, launcher, list: list.flatten() })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The committed one, for the sandbox EHR.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn committed() -> Result<Self> {
        Self::read(&super::launcher_folder().join(CONFIGURATION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn s15_a_wrong_configuration_is_an_error_with_its_file_and_member() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clinic.json");
        let error = |text: &str| {
            fs::write(&file, text).unwrap();
            format!("{:#}", Configuration::read(&file).err().unwrap())
        };
        assert!(error("{").contains("clinic.json: the configuration is not JSON"));
        let wrong = |change: fn(&mut Value), member: &str| {
            let mut value: Value =
                serde_json::from_str(include_str!("../../../launcher-app/launcher.config.json")).unwrap();
            change(&mut value);
            let error = error(&value.to_string());
            assert!(
                error.contains("clinic.json: ") && error.contains(&format!("{member} is wrong: ")),
                "{member}: {error}"
            );
        };
        wrong(|value| value["hosting"]["path"] = json!("record"), "hosting.path");
        wrong(|value| value["colour"] = json!("red"), "colour");
        wrong(|value| value["connect"] = json!(["elsewhere"]), "connect[0]");
        wrong(|value| value["servers"][1]["scope"] = json!(7), "servers[1].scope");
        wrong(|value| value["servers"][1]["redirectUri"] = json!("/launch"), "servers[1].redirectUri");
        let missing = format!("{:#}", Configuration::read(&folder.path().join("missing.json")).err().unwrap());
        assert!(missing.contains("missing.json cannot be read"), "{missing}");
    }
}
