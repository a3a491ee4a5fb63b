//! The variants of the npm package's entries: the same module with another source of its WebAssembly. The conditions in `exports` of
//! `package.json` select them.

use crate::workspace;
use anyhow::{Context, Result};
use std::fs;

/// An entry with a WebAssembly file: its module, the part of file names that stands for it, and the file without its extension.
struct Entry {
    module: &'static str,
    suffix: &'static str,
    wasm: &'static str,
}

const PAGE: Entry = Entry { module: "index", suffix: "", wasm: "wasm/smartrust_bg" };
const LAUNCH: Entry = Entry { module: "launch", suffix: "-launch", wasm: "wasm-launch/launch_bg" };
const BACKEND: Entry = Entry { module: "backend", suffix: "-backend", wasm: "wasm-backend/backend_bg" };
const DIRECTORY: Entry = Entry { module: "directory", suffix: "-directory", wasm: "wasm-directory/directory_bg" };
const HUB: Entry = Entry { module: "hub", suffix: "-hub", wasm: "wasm-hub/hub_bg" };
const UDAP: Entry = Entry { module: "udap", suffix: "-udap", wasm: "wasm-udap/udap_bg" };

/// Where a variant gets its WebAssembly from.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    /// The file in `node_modules`, in Node, Deno and Bun.
    File,
    /// A module that the host has compiled, because it compiles nothing at run time.
    Module,
    /// A JavaScript module in the same bundle.
    Inlined,
    /// The same JavaScript module, which the first call imports.
    LazilyInlined,
}

const SOURCES: [Source; 4] = [Source::File, Source::Module, Source::Inlined, Source::LazilyInlined];

/// Writes the variants into the package's folder.
pub fn write() -> Result<()> {
    for source in SOURCES {
        for entry in [PAGE, LAUNCH, BACKEND, DIRECTORY, HUB, UDAP] {
            write_file(&source.file(entry.suffix), &entry.variant(source))?;
        }
        write_file(&source.file("-fhirclient"), &fhirclient(&source.file("")))?;
    }
    Ok(())
}

fn write_file(name: &str, contents: &str) -> Result<()> {
    let path = workspace::package_folder().join(name);
    fs::write(&path, contents).with_context(|| format!("{} cannot be written", path.display()))
}

impl Source {
    fn file(self, suffix: &str) -> String {
        let prefix = match self {
            Source::File => "node",
            Source::Module => "workerd",
            Source::Inlined => "inline",
            Source::LazilyInlined => "lazy",
        };
        format!("{prefix}{suffix}.js")
    }

    /// The variant of the backend entry that the page's entry imports, because it exports the backend entry, too.
    fn of_backend(self) -> Source {
        // A page may not need it, so the first call imports it.
        if self == Source::Inlined { Source::LazilyInlined } else { self }
    }
}

impl Entry {
    fn variant(&self, source: Source) -> String {
        let Entry { module, suffix, wasm } = self;
        let folder = wasm.split('/').next().unwrap_or_default();
        let unpack = "import { unpack } from \"./unpack.js\";\n";
        let (imports, expression) = match source {
            Source::File => (
                "import { read } from \"./read.js\";\n".to_owned(),
                format!(
                    "read(() => new URL(\"./{wasm}.wasm\", import.meta.url), () => import(\"./{folder}/inlined.js\"))"
                ),
            ),
            Source::Module => (format!("import wasm from \"./{wasm}.wasm?module\";\n"), "wasm".to_owned()),
            Source::Inlined => {
                (format!("{unpack}import inlined from \"./{folder}/inlined.js\";\n"), "unpack(inlined)".to_owned())
            }
            Source::LazilyInlined => (
                unpack.to_owned(),
                format!("import(\"./{folder}/inlined.js\").then((inlined) => unpack(inlined.default))"),
            ),
        };
        let backend = if [PAGE.module, HUB.module].contains(module) {
            format!("import \"./{}\";\n", source.of_backend().file(BACKEND.suffix))
        } else {
            String::new()
        };
        format!(
            "import {{ loadFrom }} from \"./load{suffix}.js\";\n\
             {imports}\
             {backend}\
             loadFrom(() => {expression});\n\
             export * from \"./{module}.js\";\n"
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
        for (source, expected) in [
            (Source::File, "new URL(\"./wasm-launch/launch_bg.wasm\", import.meta.url)"),
            (Source::Module, "import wasm from \"./wasm-launch/launch_bg.wasm?module\";"),
            (Source::Inlined, "import inlined from \"./wasm-launch/inlined.js\";"),
            (Source::LazilyInlined, "import(\"./wasm-launch/inlined.js\")"),
        ] {
            let variant = LAUNCH.variant(source);
            assert!(variant.contains("from \"./load-launch.js\""), "{variant}");
            assert!(variant.contains(expected), "{variant}");
            assert!(variant.ends_with("export * from \"./launch.js\";\n"), "{variant}");
        }
    }

    #[test]
    fn the_pages_entry_imports_the_backend_entry_with_a_webassembly_that_suits_it() {
        for (source, backend) in [
            (Source::File, "node-backend.js"),
            (Source::Module, "workerd-backend.js"),
            (Source::Inlined, "lazy-backend.js"),
            (Source::LazilyInlined, "lazy-backend.js"),
        ] {
            let variant = PAGE.variant(source);
            assert!(variant.contains(&format!("import \"./{backend}\";")), "{variant}");
        }
    }
}
