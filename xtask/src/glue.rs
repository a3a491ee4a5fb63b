//! Leaves out of wasm-bindgen's glue what serves other browsers and other uses than the package's.

use anyhow::{Context, Result};

/// Blocks at the margin, by how they begin, and what stands in their place. Every browser that takes the WebAssembly has `encodeInto`
/// and `FinalizationRegistry`; the glue is started once, with a compiled module; and Rust drops each closure that it hands out.
const BLOCKS: [(&str, &str); 9] = [
    (
        "function getDataViewMemory0(",
        "function getDataViewMemory0() {
    if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer) cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    return cachedDataViewMemory0;
}",
    ),
    (
        "function handleError(",
        "function handleError(f) {
    return (...args) => {
        try {
            return f(...args);
        } catch (error) {
            wasm.__wbindgen_exn_store(addToExternrefTable0(error));
        }
    };
}",
    ),
    (
        "function makeMutClosure(",
        "function makeMutClosure(data, vtable, call) {
    let uses = 1;
    const closure = (argument) => {
        const held = data;
        data = 0;
        uses += 1;
        try {
            return call(held, vtable, argument);
        } finally {
            data = held;
            closure._wbg_cb_unref();
        }
    };
    closure._wbg_cb_unref = () => {
        uses -= 1;
        if (uses === 0) {
            wasm.__wbindgen_destroy_closure(data, vtable);
            data = 0;
        }
    };
    return closure;
}",
    ),
    (
        "function passStringToWasm0(",
        "function passStringToWasm0(text) {
    const bytes = cachedTextEncoder.encode(text);
    WASM_VECTOR_LEN = bytes.length;
    const ptr = wasm.__wbindgen_malloc(WASM_VECTOR_LEN, 1) >>> 0;
    getUint8ArrayMemory0().set(bytes, ptr);
    return ptr;
}",
    ),
    ("async function __wbg_load(", ""),
    (
        "async function __wbg_init(",
        "async function __wbg_init(options) {
    if (wasm === undefined) {
        wasm = (await WebAssembly.instantiate(options.module_or_path, __wbg_get_imports())).exports;
        wasm.__wbindgen_start();
    }
    return wasm;
}",
    ),
    ("function initSync(", ""),
    ("async function __wbg_init_once(", ""),
    ("if (!('encodeInto' in cachedTextEncoder)) {", ""),
];

/// Pieces of other code, and what stands in their place.
const PIECES: [(&str, &str); 5] = [
    ("function() { return handleError(function", "handleError(function"),
    ("}, arguments); },", "}),"),
    (", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)", ")"),
    (
        "(typeof FinalizationRegistry === 'undefined')\n    ? { register: () => {}, unregister: () => {} }\n    : new",
        "new",
    ),
    ("export { initSync, __wbg_init as default }", "export { __wbg_init as default }"),
];

/// The glue without what is needless.
///
/// # Errors
/// Where the glue is not as this version of wasm-bindgen writes it.
pub fn trim(glue: &str) -> Result<String> {
    let text = BLOCKS.iter().try_fold(glue.to_owned(), |text, (beginning, instead)| {
        replace_block(&text, beginning, instead)
            .with_context(|| format!("The glue has no `{beginning}`: mend xtask/src/glue.rs for this wasm-bindgen."))
    })?;
    let text = PIECES.iter().fold(text, |text, (piece, instead)| text.replace(piece, instead));
    // What `using` calls is the face's matter, and nobody registers closures.
    let is_kept =
        |line: &&str| !["if (Symbol.dispose) ", "const CLOSURE_DTORS = "].iter().any(|gone| line.starts_with(gone));
    Ok(text.lines().filter(is_kept).flat_map(|line| [line, "\n"]).collect())
}

/// Replaces a block that begins and ends at the margin.
fn replace_block(text: &str, beginning: &str, instead: &str) -> Option<String> {
    let (before, block) = text.split_once(&format!("\n{beginning}"))?;
    let (_, after) = block.split_once("\n}\n")?;
    Some([before, "\n", instead, "\n", after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A glue of every block, each with a body of its own.
    fn blocks() -> String {
        BLOCKS.iter().map(|(beginning, _)| format!("\n{beginning}\n    old;\n}}\n")).collect()
    }

    #[test]
    fn what_is_needless_is_gone_and_the_rest_stands() {
        let registry = "const XFinalization = (typeof FinalizationRegistry === 'undefined')\n    \
            ? { register: () => {}, unregister: () => {} }\n    : new FinalizationRegistry(ptr => wasm.__wbg_x_free(ptr, 1));";
        let glue = format!(
            "class X {{}}\nif (Symbol.dispose) X.prototype[Symbol.dispose] = X.prototype.free;\n{registry}\n{}\
             const a = {{ b: function() {{ return handleError(function (arg0) {{\n    c(arg0);\n}}, arguments); }}, }};",
            blocks()
        );
        let trimmed = trim(&glue).unwrap();
        assert!(trimmed.starts_with("class X {}\nconst XFinalization = new FinalizationRegistry("), "{trimmed}");
        assert!(trimmed.ends_with("const a = { b: handleError(function (arg0) {\n    c(arg0);\n}), };\n"), "{trimmed}");
        for gone in ["old;", "initSync", "__wbg_init_once", "Symbol.dispose", "typeof FinalizationRegistry"] {
            assert!(!trimmed.contains(gone), "{gone} in {trimmed}");
        }
    }

    #[test]
    fn another_glue_is_refused_by_what_it_lacks() {
        let glue = blocks().replace("function handleError(", "function handle(");
        assert!(trim(&glue).unwrap_err().to_string().contains("no `function handleError(`"));
    }
}
