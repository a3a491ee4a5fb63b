//! The launcher as a tarball for a host: its site for one configuration, with compressed copies. The same files make the same tarball.

use crate::bundle::Profile;
use crate::site::hashed::hexadecimal;
use crate::site::{self, Configuration};
use crate::{compress, tools, workspace};
use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Builds the launcher for a configuration, and writes `smartrust-launcher-{version}.tar.gz` with its SHA-256 into a folder.
pub fn run(configuration: &Path, out: Option<PathBuf>) -> Result<()> {
    // A mistake in it is reported before the build, which takes minutes.
    let configuration = Configuration::read(configuration)?;
    let out = out.unwrap_or_else(|| workspace::target_folder().join("launcher"));
    site::build_launcher(Profile::Wasm)?;
    let folder = deployable_folder();
    let (tarball, sum) = tools::step("packing the launcher", || {
        write_site(&configuration, &folder)?;
        pack_into(&folder, &out)
    })?;
    println!("\n{}\nSHA-256 {sum}\n\nUnpack it with `tar -xzm`: see docs/guide/deploy.md.", tarball.display());
    Ok(())
}

/// The folder whose contents are packed.
pub fn deployable_folder() -> PathBuf {
    workspace::target_folder().join("launcher-site")
}

/// Writes the built site for a configuration, with compressed copies.
pub fn write_site(configuration: &Configuration, folder: &Path) -> Result<()> {
    site::write_for(configuration, folder)?;
    compress::write_copies(folder)
}

/// Packs a folder into a tarball in `out`, and returns its path and SHA-256.
fn pack_into(folder: &Path, out: &Path) -> Result<(PathBuf, String)> {
    fs::create_dir_all(out)
        .with_context(|| format!("{} could not be made: name another folder by --out", out.display()))?;
    let name = format!("smartrust-launcher-{}.tar.gz", env!("CARGO_PKG_VERSION"));
    let contents = pack(folder)?;
    let sum = hexadecimal(&Sha256::digest(&contents));
    fs::write(out.join(&name), contents)
        .with_context(|| format!("{name} could not be written to {}", out.display()))?;
    // As `sha256sum --check` reads it.
    fs::write(out.join(format!("{name}.sha256")), format!("{sum}  {name}\n"))?;
    Ok((out.join(name), sum))
}

/// The contents of a folder as a compressed tarball. Names are sorted; owners, times and rights do not depend on the machine.
fn pack(folder: &Path) -> Result<Vec<u8>> {
    let mut tarball = tar::Builder::new(GzBuilder::new().mtime(0).write(Vec::new(), Compression::best()));
    tarball.mode(tar::HeaderMode::Deterministic);
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = entry?;
        tarball.append_path_with_name(entry.path(), entry.path().strip_prefix(folder)?)?;
    }
    Ok(tarball.into_inner()?.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn folder(order: [&str; 3], modified: SystemTime) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("launch")).unwrap();
        for name in order {
            fs::write(folder.path().join(name), name).unwrap();
            fs::File::open(folder.path().join(name)).unwrap().set_modified(modified).unwrap();
        }
        folder
    }

    #[test]
    fn s15_the_same_files_make_the_same_tarball() {
        let now = SystemTime::now();
        let first = folder(["b.js", "a.js", "launch/index.html"], now);
        let second = folder(["launch/index.html", "a.js", "b.js"], now - Duration::from_secs(86_400));
        let packed = pack(first.path()).unwrap();
        assert!(packed == pack(second.path()).unwrap());
        fs::write(second.path().join("a.js"), "other").unwrap();
        assert!(packed != pack(second.path()).unwrap());
    }

    #[test]
    fn s15_a_tarball_has_the_same_files_and_a_checksum() {
        let (site, out, unpacked) = (
            folder(["a.js", "b.js", "launch/index.html"], SystemTime::now()),
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
        );
        let (tarball, sum) = pack_into(site.path(), &out.path().join("new")).unwrap();
        let contents = fs::read(&tarball).unwrap();
        tar::Archive::new(flate2::read::GzDecoder::new(&contents[..])).unpack(unpacked.path()).unwrap();
        for file in ["a.js", "b.js", "launch/index.html"] {
            assert_eq!(fs::read_to_string(unpacked.path().join(file)).unwrap(), file);
        }
        let name = tarball.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("smartrust-launcher-") && name.ends_with(".tar.gz"), "{name}");
        let line = fs::read_to_string(tarball.with_file_name(format!("{name}.sha256"))).unwrap();
        assert_eq!(line, format!("{sum}  {name}\n"));
        assert_eq!(sum.len(), 64);
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_an_error_with_a_remedy() {
        let site = folder(["a.js", "b.js", "launch/index.html"], SystemTime::now());
        let error = pack_into(site.path(), &site.path().join("a.js/x")).unwrap_err().to_string();
        assert!(error.contains("--out"), "{error}");
    }
}
