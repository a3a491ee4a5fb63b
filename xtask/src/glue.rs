//! Leaves out of wasm-bindgen's glue what serves other browsers and other uses than the package's.

use anyhow::{Context, Result, bail};

/// Blocks at the margin, by how they begin, and what stands in their place. Every browser that takes the WebAssembly has `encodeInto`
/// and `FinalizationRegistry`; and the glue is started once, with a compiled module.
const BLOCKS: [(&str, &str); 8] = [
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

/// Who frees the closures that Rust hands to the engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Closures {
    /// Rust, each of them.
    Dropped,
    /// For some, the engine.
    Registered,
}

/// The block that makes a closure, and one without the registry by which the engine frees it.
const CLOSURE: (&str, &str) = (
    "function makeMutClosure(",
    "function makeMutClosure(data, vtable, call) {
    let uses = 1;
    const closure = (...args) => {
        const held = data;
        data = 0;
        uses += 1;
        try {
            return call(held, vtable, ...args);
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
);

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
pub fn trim(glue: &str, closures: Closures) -> Result<String> {
    let are_dropped = closures == Closures::Dropped;
    let blocks = BLOCKS.iter().chain(are_dropped.then_some(&CLOSURE));
    let text = blocks.into_iter().try_fold(glue.to_owned(), |text, (beginning, instead)| {
        replace_block(&text, beginning, instead)
            .with_context(|| format!("The glue has no `{beginning}`: mend xtask/src/glue.rs for this wasm-bindgen."))
    })?;
    let text = PIECES.iter().fold(text, |text, (piece, instead)| text.replace(piece, instead));
    // What `using` calls is the face's matter.
    let is_gone = |line: &str| {
        line.starts_with("if (Symbol.dispose) ") || are_dropped && line.starts_with("const CLOSURE_DTORS = ")
    };
    let text: String = text.lines().filter(|line| !is_gone(line)).flat_map(|line| [line, "\n"]).collect();
    let half_gone = ["}, arguments)", "return handleError("].into_iter().chain(are_dropped.then_some("CLOSURE_DTORS"));
    match half_gone.into_iter().find(|piece| text.contains(piece)) {
        Some(piece) => bail!("The glue still has `{piece}`: mend xtask/src/glue.rs for this wasm-bindgen."),
        None => Ok(text),
    }
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

    const REGISTRY: &str = "Finalization = (typeof FinalizationRegistry === 'undefined')\n    \
        ? { register: () => {}, unregister: () => {} }\n    : new FinalizationRegistry(ptr => wasm.__wbg_x_free(ptr, 1));\n";

    /// A glue of every block, each with a body of its own, and of what else is changed.
    fn glue() -> String {
        let blocks = BLOCKS.iter().chain([&CLOSURE]);
        let blocks: String = blocks.map(|(beginning, _)| format!("\n{beginning}\n    old;\n}}\n")).collect();
        let registries = ["const X", "const CLOSURE_DTORS = X"].map(|name| format!("{name}{REGISTRY}")).concat();
        format!(
            "class X {{}}\nif (Symbol.dispose) X.prototype[Symbol.dispose] = X.prototype.free;\n{registries}{blocks}\
             const a = {{ b: function() {{ return handleError(function (arg0) {{\n    c(arg0);\n}}, arguments); }}, }};\n\
             export {{ initSync, __wbg_init as default }};"
        )
    }

    #[test]
    fn what_is_needless_is_gone_and_the_rest_stands() {
        let trimmed = trim(&glue(), Closures::Dropped).unwrap();
        assert!(trimmed.starts_with("class X {}\nconst XFinalization = new FinalizationRegistry("), "{trimmed}");
        let end =
            "const a = { b: handleError(function (arg0) {\n    c(arg0);\n}), };\nexport { __wbg_init as default };\n";
        assert!(trimmed.ends_with(end), "{trimmed}");
        for gone in
            ["old;", "initSync", "__wbg_init_once", "Symbol.dispose", "typeof FinalizationRegistry", "CLOSURE_DTORS"]
        {
            assert!(!trimmed.contains(gone), "{gone} in {trimmed}");
        }
    }

    #[test]
    fn closures_that_the_engine_frees_stay_registered() {
        let trimmed = trim(&glue(), Closures::Registered).unwrap();
        assert!(trimmed.contains("function makeMutClosure(\n    old;"), "{trimmed}");
        assert!(trimmed.contains("const CLOSURE_DTORS = XFinalization = new FinalizationRegistry("), "{trimmed}");
    }

    #[test]
    fn another_glue_is_refused_by_what_it_lacks_or_still_has() {
        for (from, to, told) in [
            ("function handleError(", "function handle(", "no `function handleError(`"),
            ("}, arguments); },", "}, arguments) ?? 0n; },", "still has `}, arguments)`"),
            (
                "function() { return handleError(function",
                "() => { return handleError(function",
                "still has `return handleError(`",
            ),
            ("class X {}", "CLOSURE_DTORS.register(real);", "still has `CLOSURE_DTORS`"),
        ] {
            let error = trim(&glue().replace(from, to), Closures::Dropped).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
