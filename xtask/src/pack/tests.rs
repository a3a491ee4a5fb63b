use super::*;
use walrus::{ExportItem, Module};

/// A module with these functions' bodies, each without its length.
fn module(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut code = vec![bodies.len() as u8];
    for body in bodies {
        assert!(body.len() < 0x4000);
        code.extend([body.len() as u8 | 0x80, (body.len() >> 7) as u8]);
        // The shortest form, as wasm-opt writes it.
        if body.len() < 0x80 {
            code.truncate(code.len() - 2);
            code.push(body.len() as u8);
        }
        code.extend(body);
    }
    let types = [1, 4, 1, 0x60, 0, 0];
    let length = [code.len() as u8 | 0x80, (code.len() >> 7) as u8];
    [b"\0asm\x01\0\0\0", &types[..], &[CODE], &length, &code, b"\x0b\x01\0 and a tail"].concat()
}

/// Every form that what follows an instruction can have.
const INSTRUCTIONS: [&[u8]; 34] = [
    &[0x01],
    &[0x02, 0x40, 0x0b],
    &[0x03, 0x7f, 0x0b],
    &[0x04, 0x81, 0x02, 0x05, 0x0b],
    &[0x0c, 0x00],
    &[0x0d, 0x85, 0x01],
    &[0x0e, 0x00, 0x00],
    &[0x0e, 0x03, 0x00, 0x01, 0x82, 0x01, 0x03],
    &[0x10, 0x05],
    &[0x10, 0xd5, 0x01],
    &[0x10, 0xff, 0x01],
    &[0x11, 0x80, 0x01, 0x00],
    &[0x11, 0x02, 0x80, 0x80, 0x80, 0x80, 0x00],
    &[0x1c, 0x01, 0x6f],
    &[0x20, 0x07],
    &[0x21, 0xff, 0x7f],
    &[0x22, 0x80, 0x80, 0x01],
    &[0x23, 0x00],
    &[0x24, 0x90, 0x01],
    &[0x28, 0x02, 0x08],
    &[0x37, 0x00, 0xa8, 0x80, 0x40],
    &[0x3f, 0x00],
    &[0x41, 0x7f],
    &[0x41, 0x80, 0x80, 0xc0, 0x00],
    &[0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0x43, 0xff, 0xff, 0x80, 0xbf],
    &[0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf],
    &[0x6a],
    &[0xc0],
    &[0xd0, 0x70],
    &[0xd2, 0x81, 0x01],
    &[0xfc, 0x02],
    &[0xfc, 0x08, 0x01, 0x00],
    &[0xfc, 0x0a, 0x00, 0x00],
];

fn body(instructions: &[&[u8]]) -> Vec<u8> {
    [&[2, 3, 0x7f, 0x81, 1, 0x7e], &instructions.concat()[..], &[0x0b]].concat()
}

#[test]
fn every_instruction_comes_back_alone_and_among_all() {
    packed(&module(&INSTRUCTIONS.map(|instruction| body(&[instruction])))).unwrap();
    // Long enough that pairs get symbols of their own, and functions lengths of two bytes.
    packed(&module(&[body(&INSTRUCTIONS), vec![0, 0x0b], body(&INSTRUCTIONS.repeat(20)), body(&[])])).unwrap();
}

#[test]
fn a_module_without_functions_comes_back() {
    packed(&module(&[])).unwrap();
}

#[test]
fn what_would_not_come_back_is_refused() {
    // A function whose length takes more bytes than it must.
    let padded = [b"\0asm\x01\0\0\0", &[CODE, 6, 1, 0x82, 0x80, 0x00, 0, 0x0b][..]].concat();
    let error = packed(&padded).unwrap_err().to_string();
    assert!(error.contains("not what was packed"), "{error}");
    assert!(packed(b"\0asm\x01\0\0\0").is_err());
    assert!(packed(b"text").is_err());
}

/// What stands for the crate `unpack`.
fn unpacker() -> Vec<u8> {
    let mut module = Module::default();
    let memory = module.memories.add_local(false, false, 2, None, None);
    let function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 4], &[]);
    let arguments = [0; 4].map(|_| module.locals.add(ValType::I32));
    let function = function.finish(arguments.to_vec(), &mut module.funcs);
    module.exports.add("unpack", function);
    module.exports.add("memory", memory);
    module.exports.add("__heap_base", function);
    module.emit_wasm()
}

#[test]
fn the_outer_module_imports_nothing_and_has_room_for_both() {
    let outer = outer(&unpacker(), vec![7; 100_000], 70_000).unwrap();
    let module = Module::from_buffer(&outer).unwrap();
    assert_eq!(module.imports.iter().count(), 0);
    let names: Vec<_> = module.exports.iter().map(|export| export.name.as_str()).collect();
    assert_eq!(names, ["memory", "unpack"]);
    let Some(ExportItem::Function(function)) = module.exports.iter().nth(1).map(|export| export.item) else { panic!() };
    assert_eq!(module.types.params(module.funcs.get(function).ty()).len(), 0);
    // The unpacker's own two, and 170,000 bytes in three more.
    assert_eq!(module.memories.iter().next().unwrap().initial, 5);
    let data = module.data.iter().next().unwrap();
    assert_eq!(data.value, [7; 100_000]);
    let DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } = data.kind else { panic!() };
    assert_eq!(offset, 0x2_0000);
}

#[test]
fn a_file_that_cannot_be_packed_is_named_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let [wasm, with] = ["x_bg.wasm", "unpack.wasm"].map(|name| folder.path().join(name));
    let plain = module(&[body(&[&[0x12, 0]])]);
    fs::write(&wasm, &plain).unwrap();
    fs::write(&with, unpacker()).unwrap();
    let error = format!("{:#}", pack(&wasm, &with).unwrap_err());
    assert!(error.contains("x_bg.wasm cannot be packed") && error.contains("0x12"), "{error}");
    assert_eq!(fs::read(&wasm).unwrap(), plain);
}
