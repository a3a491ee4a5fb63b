//! The variants of the npm package's entries: the same module with its WebAssembly read from a file (Node), or inlined.

use crate::workspace;
use anyhow::{Context, Result};
use std::fs;

/// An entry with a WebAssembly file: its module, the module that loads the file, and the file without its extension.
struct Entry {
    name: &'static str,
    load: &'static str,
    wasm: &'static str,
}

const PAGE: Entry = Entry { name: "index", load: "load", wasm: "wasm/smartrust_bg" };
const LAUNCH: Entry = Entry { name: "launch", load: "load-launch", wasm: "wasm-launch/launch_bg" };
const BACKEND: Entry = Entry { name: "backend", load: "load-backend", wasm: "wasm-backend/backend_bg" };

/// Writes the variants into the package's folder.
pub fn write() -> Result<()> {
    // The page entry exports the backend entry, too, so its variants import those of that entry. The inlined file is loaded at its
    // first use.
    let lazily_inlined = "import { loadFrom as loadBackendFrom } from \"./load-backend.js\";\n\
        loadBackendFrom(async () => unpack((await import(\"./wasm-backend/inlined.js\")).default));\n";
    let variants = [
        ("node.js", PAGE.for_node("import \"./node-backend.js\";\n")),
        ("node-launch.js", LAUNCH.for_node("")),
        ("node-backend.js", BACKEND.for_node("")),
        ("node-fhirclient.js", fhirclient("node.js")),
        ("inline.js", PAGE.inlined(lazily_inlined)),
        ("inline-launch.js", LAUNCH.inlined("")),
        ("inline-backend.js", BACKEND.inlined("")),
        ("inline-fhirclient.js", fhirclient("inline.js")),
    ];
    for (file, contents) in variants {
        let path = workspace::package_folder().join(file);
        fs::write(&path, contents).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

impl Entry {
    fn for_node(&self, more: &str) -> String {
        let Entry { name, load, wasm } = self;
        format!(
            "import {{ readFile }} from \"node:fs/promises\";\n\
             import {{ loadFrom }} from \"./{load}.js\";\n\
             {more}\
             loadFrom(() => readFile(new URL(\"./{wasm}.wasm\", import.meta.url)));\n\
             export * from \"./{name}.js\";\n"
        )
    }

    fn inlined(&self, more: &str) -> String {
        let Entry { name, load, wasm } = self;
        let folder = wasm.split('/').next().unwrap_or_default();
        format!(
            "import {{ loadFrom }} from \"./{load}.js\";\n\
             import {{ unpack }} from \"./unpack.js\";\n\
             import inlined from \"./{folder}/inlined.js\";\n\
             {more}\
             loadFrom(() => unpack(inlined));\n\
             export * from \"./{name}.js\";\n"
        )
    }
}

/// fhirclient's API on a variant of the page's entry.
fn fhirclient(variant: &str) -> String {
    format!(
        "import \"./{variant}\";\nexport * from \"./fhirclient.js\";\nexport {{ default }} from \"./fhirclient.js\";\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_loads_its_webassembly_and_exports_the_entry() {
        let node = LAUNCH.for_node("");
        assert!(node.contains("from \"./load-launch.js\""), "{node}");
        assert!(node.contains("readFile(new URL(\"./wasm-launch/launch_bg.wasm\", import.meta.url))"), "{node}");
        assert!(node.ends_with("export * from \"./launch.js\";\n"), "{node}");
        let inlined = BACKEND.inlined("");
        assert!(inlined.contains("import inlined from \"./wasm-backend/inlined.js\";"), "{inlined}");
        assert!(inlined.ends_with("export * from \"./backend.js\";\n"), "{inlined}");
    }
}
