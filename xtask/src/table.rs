//! Takes closures that nothing can call out of WebAssembly's function table.
//!
//! js-sys describes to wasm-bindgen every callback that a method of JavaScript may take, used or not, and each description puts a
//! function into the table. wasm-bindgen removes the descriptions when it has read them, but not what they put there.

use anyhow::{Result, anyhow};
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use walrus::ir::Value;
use walrus::{ConstExpr, ElementId, ElementItems, ElementKind, ExportItem, FunctionId, Module, ModuleConfig, TableId};

/// How the names of the functions begin and go on through which JavaScript calls a closure: by an export of the same function, as
/// WebAssembly itself never does.
const CALLED_FROM_OUTSIDE: [&str; 2] = ["wasm_bindgen[", "]::convert::closures::_::invoke::<"];

/// Empties the slots of closures that have no export, in a file that wasm-bindgen wrote; nothing keeps their code any more then.
pub fn empty_unused_slots(wasm: &Path) -> Result<()> {
    let mut module = Module::from_file_with_config(wasm, &ModuleConfig::new())
        .map_err(|error| anyhow!("{} is no WebAssembly: {error:#}.", wasm.display()))?;
    remove(&mut module);
    module.emit_wasm_file(wasm).map_err(|error| anyhow!("{} cannot be written: {error:#}.", wasm.display()))
}

fn remove(module: &mut Module) {
    let unused = unused_closures(module);
    let segments: Vec<_> = module.elements.iter().filter_map(|element| Segment::read(element, &unused)).collect();
    for segment in segments {
        segment.shorten(module);
    }
}

fn unused_closures(module: &Module) -> HashSet<FunctionId> {
    let exported: HashSet<_> = module
        .exports
        .iter()
        .filter_map(|export| match export.item {
            ExportItem::Function(function) => Some(function),
            _ => None,
        })
        .collect();
    let is_closure = |name: &str| {
        let [start, rest] = CALLED_FROM_OUTSIDE;
        name.starts_with(start) && name.contains(rest)
    };
    let named = module.funcs.iter().filter(|function| function.name.as_deref().is_some_and(is_closure));
    named.map(|function| function.id()).filter(|function| !exported.contains(function)).collect()
}

/// A part of the table with something in it that is not used.
struct Segment {
    id: ElementId,
    table: TableId,
    offset: i32,
    functions: Vec<FunctionId>,
    used: Vec<Range<usize>>,
}

impl Segment {
    fn read(element: &walrus::Element, unused: &HashSet<FunctionId>) -> Option<Self> {
        let ElementItems::Functions(functions) = &element.items else { return None };
        let ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(offset)) } = element.kind else {
            return None;
        };
        if !functions.iter().any(|function| unused.contains(function)) {
            return None;
        }
        let is_used = |index: &usize| functions.get(*index).is_some_and(|function| !unused.contains(function));
        let mut used = Vec::new();
        let mut next = 0;
        while let Some(start) = (next..functions.len()).find(is_used) {
            next = (start..functions.len()).find(|index| !is_used(index)).unwrap_or(functions.len());
            used.push(start..next);
        }
        Some(Self { id: element.id(), table, offset, functions: functions.clone(), used })
    }

    /// Puts segments of what is used in its place, each function in the slot that it had.
    fn shorten(self, module: &mut Module) {
        module.tables.get_mut(self.table).elem_segments.remove(&self.id);
        module.elements.delete(self.id);
        for range in self.used {
            let offset = ConstExpr::Value(Value::I32(self.offset + range.start as i32));
            let kind = ElementKind::Active { table: self.table, offset };
            let segment = module.elements.add(kind, ElementItems::Functions(self.functions[range].to_vec()));
            module.tables.get_mut(self.table).elem_segments.insert(segment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, RefType};

    /// A file with these functions in its table from slot 1 on; those that are marked are exported too.
    fn file(folder: &Path, functions: &[(&str, bool)]) -> std::path::PathBuf {
        let mut module = Module::default();
        let ids: Vec<_> = functions
            .iter()
            .map(|(name, is_exported)| {
                let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
                builder.name((*name).to_owned());
                let id = builder.finish(vec![], &mut module.funcs);
                if *is_exported {
                    module.exports.add(name, id);
                }
                id
            })
            .collect();
        let size = functions.len() as u64 + 1;
        let table = module.tables.add_local(false, size, Some(size), RefType::FUNCREF);
        module.exports.add("table", table);
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(1)) };
        let segment = module.elements.add(kind, ElementItems::Functions(ids));
        module.tables.get_mut(table).elem_segments.insert(segment);
        let file = folder.join("x_bg.wasm");
        module.emit_wasm_file(&file).unwrap();
        file
    }

    fn slots(wasm: &Path) -> Vec<(i32, String)> {
        let module = Module::from_file(wasm).unwrap();
        let mut slots = Vec::new();
        for element in module.elements.iter() {
            let ElementKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } = element.kind else {
                panic!()
            };
            let ElementItems::Functions(functions) = &element.items else { panic!() };
            slots.extend((offset..).zip(functions.iter().map(|id| module.funcs.get(*id).name.clone().unwrap())));
        }
        slots.sort();
        slots
    }

    fn closure(of: &str) -> String {
        format!("wasm_bindgen[c357bade]::convert::closures::_::invoke::<{of}, true>")
    }

    #[test]
    fn closures_that_are_not_exported_leave_the_table_and_all_else_keeps_its_slot() {
        let folder = tempfile::tempdir().unwrap();
        let [unused, used, last] = ["f32", "Promise", "i8"].map(closure);
        let functions = [("first", false), (&unused, false), (&used, true), ("later", false), (&last, false)];
        let wasm = file(folder.path(), &functions);
        empty_unused_slots(&wasm).unwrap();
        assert_eq!(slots(&wasm), [(1, "first".into()), (3, used), (4, "later".into())]);
    }

    #[test]
    fn a_table_whose_functions_are_all_used_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let used = closure("()");
        let wasm = file(folder.path(), &[("one", false), (&used, true)]);
        empty_unused_slots(&wasm).unwrap();
        assert_eq!(slots(&wasm), [(1, "one".into()), (2, used)]);
    }

    #[test]
    fn what_is_no_webassembly_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.wasm");
        std::fs::write(&file, "text").unwrap();
        let error = empty_unused_slots(&file).unwrap_err().to_string();
        assert!(error.contains("x.wasm is no WebAssembly"), "{error}");
    }
}
