//! Cuts WebAssembly in two, so that a page loads only what it uses: what only the crate's marked function reaches becomes a file of
//! its own, which shares memory and function table with the other.

use anyhow::{Context, Result, anyhow, bail};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use walrus::{Module, ModuleConfig};
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
    let contents = fs::read(wasm).with_context(|| format!("{} cannot be read", wasm.display()))?;
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

/// Lets the second part ask for what the first exports by the names that it now has there.
pub fn rename_imports(lazy: &Path, names: &HashMap<String, String>) -> Result<()> {
    let refused = |error| anyhow!("{} cannot be renamed in: {error:#}.", lazy.display());
    let mut module = Module::from_file_with_config(lazy, &ModuleConfig::new()).map_err(refused)?;
    for import in module.imports.iter_mut() {
        if let Some(short) = names.get(&import.name) {
            import.name.clone_from(short);
        }
    }
    module.emit_wasm_file(lazy).map_err(refused)
}
