//! Makes WebAssembly and its glue smaller: wasm-opt and terser, both from npm, and short names between the two files.

use crate::build_name::{BUILD, build_name, mark};
use crate::exports;
use crate::glue::{Closures, trim};
use crate::split::{import_from, rename_imports};
use crate::table::empty_unused_slots;
use crate::{tools, workspace};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The WebAssembly features that Rust 1.95 emits by default, all in every browser since 2023.
const WASM_FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The name that wasm-opt gives the one module of the imports.
const SHORT_MODULE: &str = "\"a\"";

/// What the glue calls the members that it gives its own objects.
const OWN_MEMBERS: &str = "regex=/^(__wbg_ptr|__destroy_|__(un)?wrap|_wbg_cb_)/";

/// Makes `{name}_bg.wasm`, `{name}.js` and, where there is one, `{name}_lazy.wasm` in `folder` smaller, where npm can be had.
pub fn shrink(folder: &Path, name: &str, closures: Closures) -> Result<()> {
    if !tools::has_npm() {
        println!("── wasm-opt and terser left out: Node 20 is not installed, so {name} is larger than need be");
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    let (wasm, glue) = (folder.join(format!("{name}_bg.wasm")), folder.join(format!("{name}.js")));
    let lazy = folder.join(format!("{name}_lazy.wasm"));
    let text = fs::read_to_string(&glue).with_context(|| format!("{} cannot be read", glue.display()))?;
    let text = trim(&text, closures)?;
    let text = tools::step(&format!("wasm-opt {name}"), || {
        empty_unused_slots(&wasm)?;
        exports::drop_unused(&wasm, &text, lazy.exists().then_some(lazy.as_path()))?;
        let names = ShortNames::read(&optimise(&wasm, &["--minify-imports-and-exports-and-modules"])?);
        let text = names.shorten(&text);
        let is_split = lazy.exists();
        if is_split {
            rename_imports(&lazy, &names.exports)?;
        }
        let second = if is_split { fs::read(&lazy)? } else { Vec::new() };
        let build = build_name(&[text.as_bytes(), &fs::read(&wasm)?, &second]);
        mark(&wasm, &build)?;
        if is_split {
            import_from(&lazy, &build)?;
            optimise(&lazy, &[])?;
        }
        with_build(&text, name, &build)
    })?;
    tools::step(&format!("terser {name}"), || {
        fs::write(&glue, text).with_context(|| format!("{} cannot be written", glue.display()))?;
        minify(&glue, &["--module", "--mangle-props", OWN_MEMBERS])
    })
}

/// The glue with what it gives the first file by the short name of its module and by the build's name, and with that name for the
/// second file.
fn with_build(glue: &str, name: &str, build: &str) -> Result<String> {
    let imports = format!("\"./{name}_bg.js\": import0");
    let (before, after) =
        glue.split_once(&imports).with_context(|| format!("The glue of {name} has no `{imports}`."))?;
    let text = format!("{before}{SHORT_MODULE}: import0, \"{build}\": import0{after}");
    let is_other = |line: &&str| !line.starts_with(BUILD);
    let lines = text.lines().filter(is_other).flat_map(|line| [line, "\n"]);
    Ok(lines.collect::<String>() + &format!("{BUILD}\"{build}\";\n"))
}

/// Makes a copy of WebAssembly that has no glue smaller, where npm can be had, and gives its place.
pub fn shrunk_copy(wasm: &Path) -> Result<PathBuf> {
    let copy = wasm.with_extension("copy.wasm");
    fs::copy(wasm, &copy).with_context(|| format!("{} cannot be copied", wasm.display()))?;
    if tools::has_npm() {
        optimise(&copy, &[])?;
    }
    Ok(copy)
}

/// Makes a file smaller, and gives what wasm-opt printed.
fn optimise(wasm: &Path, arguments: &[&str]) -> Result<String> {
    let smaller = wasm.with_extension("smaller");
    let mut command = tools::node(&workspace::root().join("node_modules/binaryen/bin/wasm-opt"));
    // More than once, as each pass leaves work for the next; between them the control flow is built anew, which comes out smaller.
    let rounds = "-Oz -Oz --flatten --rereloop -Oz -Oz --flatten --rereloop -Oz -Oz --merge-similar-functions -Oz";
    command.args(rounds.split(' '));
    // At the bottom of the memory lies the end of the stack, so that no address is reckoned from one below it.
    command.arg("--low-memory-unused");
    command.args(["--strip-debug", "--strip-producers", "--strip-target-features"]).args(WASM_FEATURES);
    command.args(arguments).arg(wasm).arg("-o").arg(&smaller);
    let output = tools::run_quietly(&mut command, "wasm-opt failed: run `npm ci`, then run this again.")?;
    fs::rename(&smaller, wasm).with_context(|| format!("{} could not be replaced", wasm.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Makes the scripts and style sheets of a page smaller, each by itself and in its place.
pub fn shrink_texts(folder: &Path, files: &[&str]) -> Result<()> {
    if !tools::has_npm() {
        return Ok(());
    }
    tools::ensure_npm_packages()?;
    let script = format!(
        "require('esbuild').buildSync({{ entryPoints: {files:?}, outdir: '.', minify: true, allowOverwrite: true }})"
    );
    let mut command = Command::new("node");
    command.args(["--eval", &script]).current_dir(folder);
    tools::run(&mut command, "esbuild failed: run `npm ci`, then run this again.")
}

/// Makes a script smaller. With `--module`, what stands at its top is nobody else's.
pub fn minify(script: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = tools::node(&workspace::root().join("node_modules/terser/bin/terser"));
    command.args(["--ecma", "2022", "--compress", "passes=3,unsafe_arrows", "--mangle"]).args(arguments);
    command.arg("--output").arg(script).arg("--").arg(script);
    tools::run(&mut command, "terser failed: run `npm ci`, then run this again.")
}

/// What wasm-opt calls the functions that go from one file to the other.
struct ShortNames {
    imports: HashMap<String, String>,
    exports: HashMap<String, String>,
}

impl ShortNames {
    /// Reads what wasm-opt prints: `["module", "name", "short"]` for an import, `["name", "short"]` for an export.
    fn read(printed: &str) -> Self {
        let mut names = Self { imports: HashMap::new(), exports: HashMap::new() };
        for line in printed.lines() {
            match line.split('"').skip(1).step_by(2).collect::<Vec<_>>().as_slice() {
                [_, name, short] => names.imports.insert((*name).to_owned(), (*short).to_owned()),
                [name, short] => names.exports.insert((*name).to_owned(), (*short).to_owned()),
                _ => None,
            };
        }
        names
    }

    /// The glue with the short names: an import is a member of the object of imports, an export one of `wasm`.
    fn shorten(&self, glue: &str) -> String {
        let is_in_name = |character: char| character.is_ascii_alphanumeric() || "_$".contains(character);
        let mut text = String::with_capacity(glue.len());
        let mut rest = glue;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(rest.find(|other| !is_in_name(other)).unwrap_or(rest.len()));
            let short = match text.ends_with("wasm.") {
                true => self.exports.get(word),
                false if after.starts_with(": function") || after.starts_with(": handleError(") => {
                    self.imports.get(word)
                }
                false => None,
            };
            text.push_str(short.map_or(word, String::as_str));
            let (between, next) = after.split_at(after.find(is_in_name).unwrap_or(after.len()));
            text.push_str(between);
            rest = next;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glue_gives_the_first_file_what_it_asks_the_build_for() {
        let glue = "return {\n\"./x_bg.js\": import0,\n};\nexport const build = \"before\";\nlast();";
        let named = "return {\n\"a\": import0, \"0123\": import0,\n};\nlast();\nexport const build = \"0123\";\n";
        assert_eq!(with_build(glue, "x", "0123").unwrap(), named);
        assert!(with_build("return {};", "x", "0123").unwrap_err().to_string().contains("./x_bg.js"));
    }

    #[test]
    fn imports_and_exports_get_the_names_that_wasm_opt_gave_them() {
        let printed = "{\n \"imports\": [\n  [\"./x_bg.js\", \"__wbg_new_1\", \"$\"]\n ],\n\"exports\": [\n  [\"memory\", \"A\"]\n ]\n}";
        let names = ShortNames::read(printed);
        let glue = "const memory = wasm.memory; // __wbg_new_1\nconst import0 = { __wbg_new_1: function() {} };";
        let shortened = "const memory = wasm.A; // __wbg_new_1\nconst import0 = { $: function() {} };";
        assert_eq!(names.shorten(glue), shortened);
        assert_eq!(names.shorten("{ __wbg_new_1: handleError(function() {}) }"), "{ $: handleError(function() {}) }");
    }
}
