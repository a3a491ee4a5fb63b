//! The name of a build, by which its files know each other. The names between WebAssembly and glue are as short as can be, and another
//! build has the same ones for other functions: so files of two builds, as a cache may mix them, must not be joined.

use crate::reader::{Reader, write_number};
use anyhow::{Context, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// How the glue's line with the name of the build begins.
pub const BUILD: &str = "export const build = ";

/// The number of the section that holds what a module imports.
const IMPORTS: u8 = 2;

/// The name of the build that these make up.
pub fn build_name(parts: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Has a file's first import come from a module of the build's name, so that no other build's glue can start it.
pub fn mark(wasm: &Path, build: &str) -> Result<()> {
    let bytes = fs::read(wasm).with_context(|| format!("{} cannot be read", wasm.display()))?;
    let marked = marked(&bytes, build).with_context(|| format!("{} imports nothing", wasm.display()))?;
    fs::write(wasm, marked).with_context(|| format!("{} cannot be written", wasm.display()))
}

/// Every other byte stays as it is.
fn marked(wasm: &[u8], build: &str) -> Result<Vec<u8>> {
    let mut reader = Reader::new(wasm);
    reader.bytes(8)?;
    loop {
        let kind = reader.byte()?;
        let before = wasm.len() - reader.left();
        let length = reader.number()?;
        let section = reader.bytes(length)?;
        if kind != IMPORTS {
            continue;
        }
        let mut imports = Reader::new(section);
        let count = imports.leb()?;
        let module = imports.number()?;
        imports.bytes(module)?;
        let mut changed = count.to_vec();
        write_number(build.len(), &mut changed);
        changed.extend(build.bytes());
        changed.extend(&section[section.len() - imports.left()..]);
        let mut marked = wasm[..before].to_vec();
        write_number(changed.len(), &mut marked);
        marked.extend(changed);
        marked.extend(&wasm[wasm.len() - reader.left()..]);
        return Ok(marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::Module;

    #[test]
    fn the_first_import_comes_from_the_build_and_all_else_stays() {
        let mut module = Module::default();
        module.add_import_memory("a", "memory", false, false, 1, None, None);
        module.add_import_memory("a", "other", false, false, 1, None, None);
        let marked = marked(&module.emit_wasm(), "0123456789abcdef").unwrap();
        let read = Module::from_buffer(&marked).unwrap();
        let imports: Vec<_> =
            read.imports.iter().map(|import| (import.module.as_str(), import.name.as_str())).collect();
        assert_eq!(imports, [("0123456789abcdef", "memory"), ("a", "other")]);
    }

    #[test]
    fn a_file_that_imports_nothing_is_refused() {
        assert!(marked(&Module::default().emit_wasm(), "0123456789abcdef").is_err());
    }

    #[test]
    fn other_parts_make_another_name() {
        let names = [build_name(&[b"one", b"two"]), build_name(&[b"onet", b"wo"]), build_name(&[b"one", b"two"])];
        assert_ne!(names[0], names[1]);
        assert_eq!(names[0], names[2]);
    }
}
