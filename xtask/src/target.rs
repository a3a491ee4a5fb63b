//! What a release is compiled for: the compiler's WebAssembly target, set to make small code. The settings are not stable, so the
//! compiler's pin goes with them.

use crate::{tools, workspace};
use anyhow::{Context, Result, anyhow};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The stable target, which other builds are compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";
/// What cargo calls the small one.
const SMALL: &str = "wasm32-small";

/// The standard library is compiled along, and without what makes it fast rather than small.
const STANDARD_LIBRARY: [&str; 3] =
    ["-Zjson-target-spec", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];

/// A panic is a trap without a message, and no place in the source is named.
const PANICS: [&str; 3] = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none"];

/// What LLVM does for speed at the cost of size even where it is told to mind the size alone: a copy of more than one word is one
/// instruction in place of loads and stores, no loop gets counters of its own, nothing is computed on one way ahead of another, and
/// nothing is kept in a local variable until a machine instruction like it comes again.
const CODE: &str = "-Cllvm-args=-max-store-memcpy=1 -disable-lsr -enable-pre=false -disable-machine-cse";

/// Has cargo compile for the small target. Gives the name of the folder that it builds into.
pub fn select_small(command: &mut Command) -> Result<&'static str> {
    let flags = PANICS.iter().chain([&CODE]).map(|flag| format!("'{flag}'")).collect::<Vec<_>>().join(", ");
    // Where these are set, cargo looks at no other flags.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.env("RUSTC_BOOTSTRAP", "1").arg("--target").arg(write_small()?).args(STANDARD_LIBRARY);
    command.args(["--config", &format!("target.{SMALL}.rustflags=[{flags}]")]);
    Ok(SMALL)
}

/// Describes the small target: the stable one, but a function gives back two values as two, where else it writes them to memory.
fn write_small() -> Result<PathBuf> {
    let mut asking = Command::new("rustc");
    asking.args(["-Zunstable-options", "--print", "target-spec-json", "--target", WASM]).env("RUSTC_BOOTSTRAP", "1");
    let told = tools::run_quietly(asking.current_dir(workspace::root()), "rustc does not describe its wasm target.")?;
    let mut description: serde_json::Value = serde_json::from_slice(&told.stdout)?;
    let members = description.as_object_mut().ok_or_else(|| anyhow!("rustc's wasm target is no object"))?;
    members.insert("llvm-abiname".into(), "experimental-mv".into());
    members.insert("features".into(), "+multivalue".into());
    let file = workspace::target_folder().join(format!("{SMALL}.json"));
    fs::create_dir_all(workspace::target_folder())?;
    let text = serde_json::to_string_pretty(&description)?;
    // Left alone where it is the same, so that cargo builds nothing anew.
    if fs::read_to_string(&file).ok().as_ref() != Some(&text) {
        fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(file)
}
