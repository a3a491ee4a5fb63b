//! From a crate to WebAssembly with its JavaScript glue: cargo and wasm-bindgen.

use crate::glue::Closures;
use crate::inline::inline;
use crate::pack::pack;
use crate::shrink::{shrink, shrunk_copy};
use crate::split::{self, split};
use crate::{one_file, site, tools, workspace};
use anyhow::{Result, anyhow};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The compiler's target, of releases and of development builds.
const TARGET: &str = "wasm32-unknown-unknown";

/// How much time a build spends on small files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Unoptimised, soon built.
    Dev,
    /// Optimised for size.
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
    /// What the files are called.
    pub name: &'static str,
    /// What cargo calls the program or library, without its ending.
    pub artifact: &'static str,
    /// What cargo is told to build.
    pub selection: &'static [&'static str],
    /// The crate type that makes a library a wasm file of its own; a program is one already.
    pub crate_type: Option<&'static str>,
    /// Whether TypeScript declarations of the glue are written too.
    pub declarations: bool,
    /// Whether the crate marks what becomes `{name}_lazy.wasm`.
    pub is_split: bool,
}

const SDK: WasmCrate = WasmCrate {
    name: "smartrust",
    artifact: "smartrust",
    selection: &["--package", "smartrust", "--lib", "--no-default-features", "--features", "js"],
    crate_type: Some("cdylib"),
    declarations: true,
    is_split: true,
};

/// What services use and pages do not: a file of its own, which is loaded when it is used.
const BACKEND: WasmCrate = WasmCrate {
    name: "backend",
    selection: &["--package", "smartrust", "--lib", "--no-default-features", "--features", "js-backend"],
    is_split: false,
    ..SDK
};

/// What goes along with packed WebAssembly.
const UNPACKER: WasmCrate = WasmCrate {
    name: "unpack",
    artifact: "unpack",
    selection: &["--package", "unpack", "--lib"],
    crate_type: Some("cdylib"),
    declarations: false,
    is_split: false,
};

/// Builds what of the npm package is not written by hand: WebAssembly, its glue, and a module that holds it in `pkg/wasm/` and
/// `pkg/wasm-backend/`, and the one file for pages without a bundler.
pub fn build_sdk(profile: Profile) -> Result<()> {
    tools::ensure_wasm_target()?;
    for (wasm_crate, folder) in [(SDK, "wasm"), (BACKEND, "wasm-backend")] {
        let folder = workspace::package_folder().join(folder);
        wasm_crate.build(&folder, profile)?;
        inline(&folder.join(format!("{}_bg.wasm", wasm_crate.name)), "inlined.js")?;
        if wasm_crate.is_split {
            inline(&wasm_crate.lazy_file(&folder), "inlined-lazy.js")?;
        }
    }
    one_file::write()
}

impl WasmCrate {
    /// Builds the crate into `folder`, which is emptied first.
    pub fn build(&self, folder: &Path, profile: Profile) -> Result<()> {
        let wasm = tools::step(&format!("compiling {} ({} profile)", self.artifact, profile.name()), || {
            self.compile(profile)
        })?;
        tools::step(&format!("wasm-bindgen {}", self.artifact), || {
            workspace::empty_folder(folder)?;
            if !self.is_split {
                return self.bind(&wasm, folder);
            }
            let parts = split(&wasm)?;
            self.bind(&parts.main, folder)?;
            parts.join(&folder.join(format!("{}.js", self.name)), &self.lazy_file(folder))
        })?;
        match profile {
            Profile::Dev => self.keep_plain(folder),
            Profile::Wasm => {
                // What Leptos makes of a closure is left to the engine to free.
                let closures = if self.crate_type.is_some() { Closures::Dropped } else { Closures::Registered };
                shrink(folder, self.name, closures)?;
                self.keep_plain(folder)?;
                self.pack(folder)
            }
        }
    }

    /// Keeps what of a package is to be packed as it is, too, for hosts that compile nothing while they run.
    fn keep_plain(&self, folder: &Path) -> Result<()> {
        if self.crate_type.is_none() {
            return Ok(());
        }
        let plain = folder.join("plain");
        workspace::empty_folder(&plain)?;
        for file in [folder.join(format!("{}_bg.wasm", self.name)), self.lazy_file(folder)] {
            if let Some(name) = file.file_name().filter(|_| file.exists()) {
                site::copy(&file, &plain.join(name))?;
            }
        }
        Ok(())
    }

    /// Packs the WebAssembly in `folder`, together with what unpacks it.
    fn pack(&self, folder: &Path) -> Result<()> {
        let unpacker = UNPACKER.compile(Profile::Wasm)?;
        tools::step(&format!("packing {}", self.name), || {
            let unpacker = shrunk_copy(&unpacker)?;
            pack(&folder.join(format!("{}_bg.wasm", self.name)), &unpacker)?;
            match self.is_split {
                true => pack(&self.lazy_file(folder), &unpacker),
                false => Ok(()),
            }
        })
    }

    fn lazy_file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}_lazy.wasm", self.name))
    }

    fn compile(&self, profile: Profile) -> Result<PathBuf> {
        let mut command = tools::cargo(["rustc", "--profile", profile.name()]);
        command.args(self.selection);
        if let Some(crate_type) = self.crate_type {
            command.args(["--crate-type", crate_type]);
        }
        command.args(["--target", TARGET]);
        if self.is_split {
            command.arg("--").args(split::COMPILER_ARGUMENTS);
        }
        tools::run(
            &mut command,
            &format!("{} did not compile: mend what cargo reports above, then run this again.", self.artifact),
        )?;
        let file = format!("{}.wasm", self.artifact);
        Ok(workspace::target_folder().join(TARGET).join(profile.folder()).join(file))
    }

    fn bind(&self, wasm: &Path, folder: &Path) -> Result<()> {
        let mut arguments: Vec<OsString> = vec!["wasm-bindgen".into(), wasm.into(), "--out-dir".into(), folder.into()];
        // The face says where the wasm lies; a second place in the glue would make bundlers emit it twice, or for nothing.
        arguments
            .extend(["--target", "web", "--omit-default-module-path", "--out-name", self.name].map(OsString::from));
        if !self.declarations {
            arguments.push("--no-typescript".into());
        }
        if self.is_split {
            // The function table, which the second part shares.
            arguments.push("--keep-lld-exports".into());
        }
        wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
            .map_err(|error| anyhow!("wasm-bindgen refuses {}: {error:#}.", wasm.display()))
    }
}
