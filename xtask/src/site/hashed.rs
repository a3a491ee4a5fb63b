//! Files that have a hash of their contents in their names, such as `style.0123456789abcdef.css`, and `index-0123456789abcdef.txt` of a list
//! of providers. A changed file has another name, so browsers may keep each one without asking for it again.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The number of hexadecimal digits.
const DIGITS: usize = 16;

/// What follows the first part of such a name, as a regular expression.
pub const PATTERN: &str = r"[.-][0-9a-f]{16}\.(css|js|svg|txt|wasm)$";

/// The names of these files in a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedFiles {
    /// The script that starts the app.
    pub boot: String,
    /// The glue of wasm-bindgen.
    pub glue: String,
    /// The WebAssembly.
    pub wasm: String,
    /// The style sheet.
    pub style: String,
    /// The icon.
    pub icon: String,
}

impl HashedFiles {
    /// Renames the files of a new build.
    pub fn rename(site: &Path) -> Result<Self> {
        Self::each(|name, ending| {
            let file = site.join(format!("{name}.{ending}"));
            let contents = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let hashed = format!("{name}.{}.{ending}", hash(&contents));
            fs::rename(&file, site.join(&hashed))?;
            Ok(hashed)
        })
    }

    /// Finds the files of a built site.
    pub fn find(site: &Path) -> Result<Self> {
        Self::each(|name, ending| {
            let names =
                fs::read_dir(site).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            let is_wanted = |found: &String| {
                is_hashed(found) && found.starts_with(&format!("{name}.")) && found.ends_with(&format!(".{ending}"))
            };
            names
                .into_iter()
                .find(is_wanted)
                .with_context(|| format!("{} has no {name}.….{ending}: run `cargo xtask build` again.", site.display()))
        })
    }

    fn each(mut name: impl FnMut(&str, &str) -> Result<String>) -> Result<Self> {
        Ok(Self {
            boot: name("boot", "js")?,
            glue: name("launcher", "js")?,
            wasm: name("launcher_bg", "wasm")?,
            style: name("style", "css")?,
            icon: name("icon", "svg")?,
        })
    }
}

/// Whether a file has a hash in its name.
pub fn is_hashed(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let Some((_, hash)) = stem.rsplit_once(['.', '-']) else { return false };
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    ["css", "js", "svg", "txt", "wasm"].contains(&ending) && hash.len() == DIGITS && hash.bytes().all(is_digit)
}

fn hash(contents: &[u8]) -> String {
    hexadecimal(&Sha256::digest(contents)).chars().take(DIGITS).collect()
}

/// Bytes in hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(site: &Path, style: &str) {
        for (name, contents) in [
            ("boot.js", "boot"),
            ("launcher.js", "glue"),
            ("launcher_bg.wasm", "wasm"),
            ("style.css", style),
            ("icon.svg", "icon"),
        ] {
            fs::write(site.join(name), contents).unwrap();
        }
    }

    #[test]
    fn s15_a_file_has_another_name_if_and_only_if_it_changed() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(first.path(), "a {}");
        write(second.path(), "b {}");
        let first_names = HashedFiles::rename(first.path()).unwrap();
        let second_names = HashedFiles::rename(second.path()).unwrap();
        assert_eq!(HashedFiles::find(first.path()).unwrap(), first_names);
        assert_ne!(first_names.style, second_names.style);
        assert_eq!(HashedFiles { style: first_names.style.clone(), ..second_names }, first_names);
        // `printf wasm | sha256sum`
        assert_eq!(first_names.wasm, "launcher_bg.336154bf67f765f8.wasm");
        assert!(!first.path().join("style.css").exists());
    }

    #[test]
    fn a_site_that_is_not_built_is_an_error_with_a_remedy() {
        let error = HashedFiles::find(tempfile::tempdir().unwrap().path()).unwrap_err().to_string();
        assert!(error.contains("boot.….js") && error.contains("cargo xtask build"), "{error}");
    }

    #[test]
    fn only_a_name_with_a_complete_hash_is_hashed() {
        for name in
            ["style.0123456789abcdef.css", "launcher_bg.ffffffffffffffff.wasm", "directory/places-0123456789abcdef.txt"]
        {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "style.css",
            "style.0123456789abcde.css",
            "style.0123456789ABCDEF.css",
            "index.html",
            "directory/directory.json",
            "0123456789abcdef.js",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }
}
