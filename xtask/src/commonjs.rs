//! The npm package's entries as CommonJS with their typings, for Jest, which does not transform the modules of packages.

use crate::shrink::run_esbuild;
use crate::{tools, workspace};
use anyhow::{Context, Result};
use std::fs;

/// The options of esbuild. Jest's imitation of a browser lacks some of what every browser has, so these names are those of Node.
const OPTIONS: &str = "{
    entryPoints: { index: 'node.js', launch: 'node-launch.js', backend: 'node-backend.js', directory: 'node-directory.js', hub: 'node-hub.js', udap: 'node-udap.js',
        fhirclient: 'node-fhirclient.js', testing: 'testing.js' },
    outdir: '.', outExtension: { '.js': '.cjs' }, bundle: true, platform: 'node', target: 'node20', format: 'cjs',
    external: ['./wasm*/inlined.js'],
    banner: { js: 'const node = { url: require(\"node:url\").pathToFileURL(__filename).href, util: require(\"node:util\") };' },
    define: { 'import.meta.url': 'node.url', TextDecoder: 'node.util.TextDecoder', TextEncoder: 'node.util.TextEncoder' },
}";

/// Writes the files into the package's folder, the code only if npm is installed.
pub fn write() -> Result<()> {
    write_typings()?;
    if !tools::has_npm() {
        println!("── CommonJS left out: Node 20 is not installed");
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    tools::step("esbuild CommonJS", || run_esbuild(&workspace::package_folder(), OPTIONS))
}

/// Writes a copy of each file of typings, because TypeScript takes a `.d.ts` of this package for that of a module.
fn write_typings() -> Result<()> {
    for entry in workspace::package_folder().read_dir()? {
        let path = entry?.path();
        let Some(name) = path.to_str().and_then(|name| name.strip_suffix(".d.ts")) else { continue };
        let typings = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        fs::write(format!("{name}.d.cts"), for_commonjs(&typings))
            .with_context(|| format!("{name}.d.cts cannot be written"))?;
    }
    Ok(())
}

/// Typings whose relative imports lead to the copies.
fn for_commonjs(typings: &str) -> String {
    let is_relative = |line: &str| line.contains("from \"./");
    let lines = typings.lines().map(|line| match is_relative(line) {
        true => line.replace(".js\"", ".cjs\""),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_imports_lead_to_the_copies_and_others_are_unchanged() {
        let typings =
            "import type { A } from \"./a.js\";\nexport { B } from \"./b.js\";\ntype C = import(\"fhir/r4.js\").C;\n";
        let expected =
            "import type { A } from \"./a.cjs\";\nexport { B } from \"./b.cjs\";\ntype C = import(\"fhir/r4.js\").C;\n";
        assert_eq!(for_commonjs(typings), expected);
    }
}
