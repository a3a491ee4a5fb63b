//! Compresses as well as gzip and brotli can.

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;
use walkdir::WalkDir;

/// The endings of the files of a site that become smaller.
const ENDINGS: [&str; 6] = ["css", "html", "js", "svg", "txt", "wasm"];

/// Writes a copy with gzip and one with brotli beside each file of a site: `x.js.gz` and `x.js.br`. `launcher.config.json` has none, because a
/// host may edit it, and would still send the copy.
pub fn write_copies(site: &Path) -> Result<()> {
    for entry in WalkDir::new(site) {
        let file = entry?.into_path();
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !file.is_file() || !ENDINGS.contains(&ending) {
            continue;
        }
        let contents = fs::read(&file)?;
        fs::write(file.with_extension(format!("{ending}.gz")), gzip(&contents)?)?;
        fs::write(file.with_extension(format!("{ending}.br")), brotli(&contents)?)?;
    }
    Ok(())
}

/// Compresses with gzip -9. The result has no time and no name.
pub fn gzip(contents: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(contents)?;
    Ok(gzip.finish()?)
}

/// Compresses with brotli 11.
pub fn brotli(contents: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: contents.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &contents[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn s15_each_copy_is_its_original_compressed() {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir(site.path().join("launch")).unwrap();
        let page = "<p>smart on fhir</p>".repeat(100);
        fs::write(site.path().join("launch/index.html"), &page).unwrap();
        for file in ["launcher.config.json", "_headers"] {
            fs::write(site.path().join(file), &page).unwrap();
        }
        write_copies(site.path()).unwrap();
        let copy = |ending: &str| fs::read(site.path().join(format!("launch/index.html.{ending}"))).unwrap();
        let (gzip, brotli) = (copy("gz"), copy("br"));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, page);
        let mut bytes = Vec::new();
        brotli::BrotliDecompress(&mut &brotli[..], &mut bytes).unwrap();
        assert_eq!(bytes, page.as_bytes());
        assert!(gzip.len() < page.len() / 10 && brotli.len() < page.len() / 10);
        assert_eq!(fs::read_dir(site.path()).unwrap().count(), 3, "what a host edits has no copy");
    }
}
