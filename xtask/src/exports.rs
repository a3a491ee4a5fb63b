//! Takes exports out of WebAssembly that nothing asks for; what only they reach goes with them.

use anyhow::{Result, anyhow};
use std::path::Path;
use walrus::{Module, ModuleConfig};

/// Leaves the exports that the glue names, or that the second part imports.
pub fn drop_unused(wasm: &Path, glue: &str, lazy: Option<&Path>) -> Result<()> {
    let mut module = read(wasm)?;
    let imported: Vec<String> = match lazy {
        Some(lazy) => read(lazy)?.imports.iter().map(|import| import.name.clone()).collect(),
        None => Vec::new(),
    };
    let is_used = |name: &String| glue.contains(&format!("wasm.{name}")) || imported.contains(name);
    let unused: Vec<_> =
        module.exports.iter().filter(|export| !is_used(&export.name)).map(|export| export.id()).collect();
    unused.into_iter().for_each(|export| module.exports.delete(export));
    module.emit_wasm_file(wasm).map_err(|error| anyhow!("{} cannot be written: {error:#}.", wasm.display()))
}

fn read(wasm: &Path) -> Result<Module> {
    Module::from_file_with_config(wasm, &ModuleConfig::new())
        .map_err(|error| anyhow!("{} is no WebAssembly: {error:#}.", wasm.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::FunctionBuilder;

    fn exporting(names: &[&str]) -> Module {
        let mut module = Module::default();
        for name in names {
            let function = FunctionBuilder::new(&mut module.types, &[], &[]).finish(Vec::new(), &mut module.funcs);
            module.exports.add(name, function);
        }
        module
    }

    #[test]
    fn an_export_stays_where_the_glue_or_the_second_part_asks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (main, lazy) = (folder.path().join("main.wasm"), folder.path().join("lazy.wasm"));
        exporting(&["by_glue", "by_lazy", "by_nobody"]).emit_wasm_file(&main).unwrap();
        let mut second = Module::default();
        second.add_import_memory("main", "by_lazy", false, false, 1, None, None);
        second.emit_wasm_file(&lazy).unwrap();
        drop_unused(&main, "const ret = wasm.by_glue(1); // by_nobody", Some(&lazy)).unwrap();
        let names = |module: Module| module.exports.iter().map(|export| export.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(read(&main).unwrap()), ["by_glue", "by_lazy"]);
        drop_unused(&main, "", None).unwrap();
        assert!(names(read(&main).unwrap()).is_empty());
    }
}
