//! From a crate to WebAssembly with its JavaScript glue: cargo, wasm-bindgen, and for releases wasm-opt and esbuild.

use crate::inline::inline;
use crate::shrink::shrink;
use crate::{commonjs, entries, licenses, one_file, tools, workspace};
use anyhow::{Result, anyhow};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Whether a build is fast or its files are small.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Unoptimized and fast to build.
    Dev,
    /// Optimized for size.
    Wasm,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Dev => "dev",
            Profile::Wasm => "wasm",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Profile::Dev => "debug",
            Profile::Wasm => "wasm",
        }
    }
}

/// A crate that becomes `{name}.js` and `{name}_bg.wasm`.
pub struct WasmCrate {
    /// The name of the files.
    pub name: &'static str,
    /// Cargo's name of the program or library, without the extension.
    pub artifact: &'static str,
    /// Cargo's arguments that select the package and its features.
    pub selection: &'static [&'static str],
    /// Cargo's arguments that select the library or program in the package.
    pub target: &'static [&'static str],
    /// The crate type that makes a wasm file of a library; a program already is one.
    pub crate_type: Option<&'static str>,
    /// Whether TypeScript declarations of the glue are written too.
    pub declarations: bool,
}

const SDK: WasmCrate = WasmCrate {
    name: "smartrust",
    artifact: "smartrust",
    selection: &["--package", "smartrust", "--no-default-features", "--features", "js"],
    target: &["--lib"],
    crate_type: Some("cdylib"),
    declarations: true,
};

/// The module for launch pages.
const LAUNCH: WasmCrate = WasmCrate {
    name: "launch",
    selection: &["--package", "smartrust", "--no-default-features", "--features", "js-launch"],
    ..SDK
};

/// The module for services.
const BACKEND: WasmCrate = WasmCrate {
    name: "backend",
    selection: &["--package", "smartrust", "--no-default-features", "--features", "js-backend"],
    ..SDK
};

/// The module for directories.
const DIRECTORY: WasmCrate = WasmCrate {
    name: "directory",
    selection: &["--package", "smartrust", "--no-default-features", "--features", "js-directory"],
    ..SDK
};

/// The module for pages whose sessions have a hub.
const HUB: WasmCrate = WasmCrate {
    name: "hub",
    selection: &["--package", "smartrust", "--no-default-features", "--features", "js-hub"],
    ..SDK
};

/// The module for apps in trust communities.
const UDAP: WasmCrate = WasmCrate {
    name: "udap",
    selection: &["--package", "smartrust", "--no-default-features", "--features", "js-udap"],
    ..SDK
};

/// The crates of the npm package, and their folders.
pub const SDK_CRATES: [&WasmCrate; 6] = [&SDK, &LAUNCH, &BACKEND, &DIRECTORY, &HUB, &UDAP];
const SDK_FOLDERS: [&str; 6] = ["wasm", "wasm-launch", "wasm-backend", "wasm-directory", "wasm-hub", "wasm-udap"];

/// Builds the generated files of the npm package: for each entry its WebAssembly, its glue, and a module that contains both, in
/// `pkg/wasm*/`; the variants of the entries; the files for pages without a bundler; and CommonJS.
pub fn build_sdk(profile: Profile) -> Result<()> {
    for (wasm_crate, folder) in SDK_CRATES.into_iter().zip(SDK_FOLDERS) {
        let folder = workspace::package_folder().join(folder);
        wasm_crate.build(&folder, profile)?;
        inline(&folder.join(format!("{}_bg.wasm", wasm_crate.name)), "inlined.js")?;
    }
    licenses::write(&SDK_CRATES, &workspace::package_folder())?;
    entries::write()?;
    one_file::write()?;
    commonjs::write()
}

impl WasmCrate {
    /// Builds the crate into `folder`, which is emptied first.
    pub fn build(&self, folder: &Path, profile: Profile) -> Result<()> {
        let wasm = tools::step(&format!("compiling {} ({} profile)", self.artifact, profile.name()), || {
            self.compile(profile)
        })?;
        tools::step(&format!("wasm-bindgen {}", self.artifact), || {
            workspace::empty_folder(folder)?;
            self.bind(&wasm, folder)
        })?;
        match profile {
            Profile::Dev => Ok(()),
            Profile::Wasm => shrink(folder, self.name),
        }
    }

    fn compile(&self, profile: Profile) -> Result<PathBuf> {
        tools::ensure_wasm_target()?;
        let mut command = tools::cargo(["rustc", "--profile", profile.name()]);
        command.args(self.selection).args(self.target).args(["--target", tools::WASM_TARGET]);
        if let Some(crate_type) = self.crate_type {
            command.args(["--crate-type", crate_type]);
        }
        if profile == Profile::Wasm {
            command.args(["--config", &without_machine_paths()?]);
        }
        tools::run(
            &mut command,
            &format!("{} did not compile: fix what cargo reports above, then run this again.", self.artifact),
        )?;
        let file = format!("{}.wasm", self.artifact);
        Ok(workspace::target_folder().join(tools::WASM_TARGET).join(profile.folder()).join(file))
    }

    fn bind(&self, wasm: &Path, folder: &Path) -> Result<()> {
        let mut arguments: Vec<OsString> = vec!["wasm-bindgen".into(), wasm.into(), "--out-dir".into(), folder.into()];
        // The package's JavaScript has the URL of the wasm. A second URL in the glue would make bundlers emit it twice.
        arguments
            .extend(["--target", "web", "--omit-default-module-path", "--out-name", self.name].map(OsString::from));
        if !self.declarations {
            arguments.push("--no-typescript".into());
        }
        wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
            .map_err(|error| anyhow!("wasm-bindgen refuses {}: {error:#}.", wasm.display()))
    }
}

/// Cargo's option that takes this machine's folders out of the panic messages, so that a build has the same bytes everywhere.
fn without_machine_paths() -> Result<String> {
    let mut flags = vec![format!("--remap-path-prefix={}=.", workspace::root().display())];
    let registries = workspace::cargo_home()?.join("registry/src");
    // A folder for each registry, whose name contains a hash of the registry's URL.
    for registry in registries.read_dir().into_iter().flatten() {
        flags.push(format!("--remap-path-prefix={}=crates", registry?.path().display()));
    }
    Ok(format!("target.{}.rustflags = {flags:?}", tools::WASM_TARGET))
}
