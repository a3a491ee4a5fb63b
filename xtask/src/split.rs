//! Cuts WebAssembly in two, so that a page loads only what it uses: what only the crate's marked function reaches becomes a file of
//! its own, which shares memory and function table with the other.

use crate::build_name::{BUILD, build_name};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use walrus::{Module, ModuleConfig, ModuleImports};
use wasm_split_cli_support::{Options, transform};

/// What the compiler is told so that a crate can be cut: which code marks the place, and that the linker says what refers to what.
pub const COMPILER_ARGUMENTS: [&str; 4] = ["--cfg", "split", "-C", "link-arg=--emit-relocs"];

/// The two files that a crate's WebAssembly is cut into.
pub struct Parts {
    /// What wasm-bindgen makes the glue for, and a page loads first.
    pub main: PathBuf,
    /// What is loaded when it is used.
    pub lazy: PathBuf,
}

/// Cuts a file as cargo wrote it; the parts lie in a folder beside it.
pub fn split(wasm: &Path) -> Result<Parts> {
    let contents = read(wasm)?;
    let folder = wasm.with_extension("parts");
    let main = folder.join("main.wasm");
    let mut options = Options::new(&contents);
    options.output_dir = &folder;
    options.main_out_path = &main;
    let parts = transform(options).map_err(|error| anyhow!("{} cannot be cut: {error:#}.", wasm.display()))?;
    match parts.split_modules.as_slice() {
        [lazy] => Ok(Parts { main, lazy: lazy.clone() }),
        others => bail!("{} was cut into {} parts where two are meant.", wasm.display(), others.len() + 1),
    }
}

impl Parts {
    /// Writes the second part to where it belongs. It imports from a module that has the build's own name, which the glue exports as
    /// `build`: parts of two builds do not fit each other, so they must not be joined where a server has mixed them.
    pub fn join(&self, glue: &Path, lazy: &Path) -> Result<()> {
        let build = build_name(&[&read(&self.main)?, &read(&self.lazy)?]);
        let text = fs::read_to_string(glue).with_context(|| format!("{} cannot be read", glue.display()))?;
        write(glue, format!("{text}\n{BUILD}\"{build}\";\n").as_bytes())?;
        write(lazy, &read(&self.lazy)?)?;
        import_from(lazy, &build)
    }
}

/// Lets the second part ask a build's first part for everything.
pub fn import_from(lazy: &Path, build: &str) -> Result<()> {
    edit_imports(lazy, |imports| imports.iter_mut().for_each(|import| build.clone_into(&mut import.module)))
}

/// Lets the second part ask for what the first exports by the names that it now has there.
pub fn rename_imports(lazy: &Path, names: &HashMap<String, String>) -> Result<()> {
    edit_imports(lazy, |imports| {
        for import in imports.iter_mut() {
            if let Some(short) = names.get(&import.name) {
                import.name.clone_from(short);
            }
        }
    })
}

fn edit_imports(wasm: &Path, edit: impl FnOnce(&mut ModuleImports)) -> Result<()> {
    let mut module = Module::from_file_with_config(wasm, &ModuleConfig::new())
        .map_err(|error| anyhow!("{} is no WebAssembly: {error:#}.", wasm.display()))?;
    edit(&mut module.imports);
    write(wasm, &module.emit_wasm())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn write(file: &Path, contents: &[u8]) -> Result<()> {
    fs::write(file, contents).with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts whose second imports a memory as the first calls it.
    fn parts(folder: &Path, main: &[u8]) -> Parts {
        let parts = Parts { main: folder.join("main.wasm"), lazy: folder.join("split_lazy.wasm") };
        fs::write(&parts.main, main).unwrap();
        let mut module = Module::default();
        module.add_import_memory("__wasm_split", "memory", false, false, 1, None, None);
        module.add_import_memory("__wasm_split", "other", false, false, 1, None, None);
        fs::write(&parts.lazy, module.emit_wasm()).unwrap();
        parts
    }

    fn imports(wasm: &Path) -> Vec<(String, String)> {
        let module = Module::from_file(wasm).unwrap();
        module.imports.iter().map(|import| (import.module.clone(), import.name.clone())).collect()
    }

    #[test]
    fn the_second_part_imports_by_the_name_of_its_own_build_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (glue, lazy) = (folder.path().join("x.js"), folder.path().join("x_lazy.wasm"));
        let build_of = |main: &[u8]| {
            fs::write(&glue, "export const other = 1;").unwrap();
            parts(folder.path(), main).join(&glue, &lazy).unwrap();
            let text = fs::read_to_string(&glue).unwrap();
            let build = text.strip_prefix("export const other = 1;\nexport const build = \"").unwrap();
            let build = build.strip_suffix("\";\n").unwrap().to_owned();
            assert_eq!(imports(&lazy), [(build.clone(), "memory".into()), (build.clone(), "other".into())]);
            build
        };
        let (one, same, other) = (build_of(b"one"), build_of(b"one"), build_of(b"another"));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }

    #[test]
    fn imports_take_the_names_that_the_first_part_got_and_else_keep_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let lazy = parts(folder.path(), b"").lazy;
        rename_imports(&lazy, &HashMap::from([("memory".into(), "a".into()), ("unused".into(), "b".into())])).unwrap();
        assert_eq!(imports(&lazy), [("__wasm_split".into(), "a".into()), ("__wasm_split".into(), "other".into())]);
    }

    #[test]
    fn what_is_no_webassembly_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.wasm");
        fs::write(&file, "text").unwrap();
        let error = split(&file).err().unwrap().to_string();
        assert!(error.contains("x.wasm cannot be cut"), "{error}");
    }
}
