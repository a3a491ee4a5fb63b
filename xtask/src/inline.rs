//! Inlines WebAssembly in a JavaScript module, for bundles that are one file and for pages that may not fetch.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes a module next to a file. Its default export is the file with gzip and base64, for `pkg/unpack.js`.
pub fn inline(wasm: &Path, module: &str) -> Result<()> {
    let contents = fs::read(wasm).with_context(|| format!("{} cannot be read", wasm.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&contents)?;
    let module = wasm.with_file_name(module);
    fs::write(&module, format!("export default \"{}\";\n", STANDARD.encode(gzip.finish()?)))
        .with_context(|| format!("{} cannot be written", module.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn the_module_contains_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let contents: Vec<u8> = (0..=255).collect();
        let wasm = folder.path().join("x_bg.wasm");
        fs::write(&wasm, &contents).unwrap();
        inline(&wasm, "inlined.js").unwrap();
        let module = fs::read_to_string(folder.path().join("inlined.js")).unwrap();
        let text = module.strip_prefix("export default \"").and_then(|rest| rest.strip_suffix("\";\n")).unwrap();
        let mut unpacked = Vec::new();
        GzDecoder::new(&*STANDARD.decode(text).unwrap()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, contents);
    }
}
