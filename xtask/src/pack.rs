//! Packs WebAssembly so that HTTP's compression makes it smaller: into a module that unpacks the one that was meant.
//!
//! `code` reads the functions as symbols and values, `streams` lays each kind of them side by side, and the crate `unpack`, whose
//! WebAssembly goes along with them, puts them together again.

mod code;
mod numbers;
mod streams;

use crate::reader::Reader;
use anyhow::{Context, Result, bail};
use code::Code;
use std::fs;
use std::path::Path;
use walrus::ir::Value;
use walrus::{ConstExpr, DataKind, FunctionBuilder, ModuleConfig, ValType};

/// The number of the section that holds the functions' code.
const CODE: u8 = 10;
/// How many bytes a page of WebAssembly's memory has.
const PAGE: usize = 0x1_0000;

/// Replaces a file by a module that unpacks it; `unpacker` is the WebAssembly of the crate `unpack`.
pub fn pack(wasm: &Path, unpacker: &Path) -> Result<()> {
    let [plain, unpacker] =
        [wasm, unpacker].map(|file| fs::read(file).with_context(|| format!("{} cannot be read", file.display())));
    let (plain, unpacker) = (plain?, unpacker?);
    let outer = packed(&plain)
        .and_then(|packed| outer(&unpacker, packed, plain.len()))
        .with_context(|| format!("{} cannot be packed", wasm.display()))?;
    fs::write(wasm, outer).with_context(|| format!("{} cannot be written", wasm.display()))
}

/// What `unpack` makes the very same module of.
fn packed(plain: &[u8]) -> Result<Vec<u8>> {
    let mut reader = Reader::new(plain);
    reader.bytes(8)?;
    while reader.byte()? != CODE {
        let length = reader.number()?;
        reader.bytes(length)?;
    }
    reader.number()?;
    let count = reader.number()?;
    let head = &plain[..plain.len() - reader.left()];
    let code = Code::read(&mut reader, count)?;
    let packed = streams::write(code, head, &plain[plain.len() - reader.left()..])?;

    let mut unpacked = vec![0; plain.len()];
    if unpack::unpack(&packed, &mut unpacked) != plain.len() || unpacked != plain {
        bail!("what is unpacked is not what was packed");
    }
    Ok(packed)
}

/// The module whose export `unpack` writes the plain module to the end of its memory, and gives the place where that begins.
fn outer(unpacker: &[u8], packed: Vec<u8>, length: usize) -> Result<Vec<u8>> {
    let mut module = ModuleConfig::new().parse(unpacker)?;
    let unpack = module.exports.get_func("unpack")?;
    let memory = module.get_memory_id()?;

    let room = module.memories.get_mut(memory);
    let start = usize::try_from(room.initial)? * PAGE;
    let end = (start + packed.len() + length).next_multiple_of(PAGE);
    room.initial = (end / PAGE).try_into()?;
    let places = [start, packed.len(), end - length, length].map(|place| place as i32);
    let offset = ConstExpr::Value(Value::I32(places[0]));
    let data = module.data.add(DataKind::Active { memory, offset }, packed);
    module.memories.get_mut(memory).data_segments.insert(data);

    let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
    let mut body = function.func_body();
    places.iter().for_each(|place| _ = body.i32_const(*place));
    body.call(unpack).i32_const(places[2]);
    let function = function.finish(vec![], &mut module.funcs);
    module.exports = Default::default();
    module.exports.add("memory", memory);
    module.exports.add("unpack", function);
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

#[cfg(test)]
mod tests;
