//! The bills of materials (CycloneDX) of the npm package, the launcher and the crate.

use super::cargo_tools::CYCLONEDX;
use crate::bundle::{SDK_CRATES, WasmCrate};
use crate::{licenses, site, tools};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The name of the file that cargo-cyclonedx writes into the folder of each crate.
const WRITTEN: &str = "bill-of-materials";

/// Writes the three files into `folder`, from the repository in `root`.
pub fn write(root: &Path, folder: &Path) -> Result<()> {
    // It describes each crate of the workspace, with the features that the workspace uses.
    let mut command = CYCLONEDX.command(["cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5"])?;
    command.args(["--all-features", "--target", "all", "--no-build-deps", "--override-filename", WRITTEN]);
    tools::run(command.current_dir(root), "cargo-cyclonedx could not describe the crates: see above.")?;
    let crates: [(&str, &str, &str, &[&WasmCrate]); 3] = [
        ("npm", "sdk", "pkg:npm/smartrust", &SDK_CRATES),
        ("launcher", "launcher-app", "pkg:generic/smartrust-launcher", &[&site::LAUNCHER]),
        ("crate", "sdk", "pkg:cargo/smartrust", &[]),
    ];
    for (name, member, url, shipped) in crates {
        let file = root.join(member).join(format!("{WRITTEN}.json"));
        let written = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        // Local crates are named by their folder on this machine.
        let mut bill = serde_json::from_str(&written.replace(&format!("path+file://{}/", root.display()), ""))?;
        describe(&mut bill, url)?;
        if !shipped.is_empty() {
            restrict(&mut bill, &licenses::linked_names(shipped)?)?;
        }
        let file = folder.join(format!("smartrust-{name}.cdx.json"));
        fs::write(&file, serde_json::to_string_pretty(&bill)?)
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

/// Names what the bill is for by its package URL.
fn describe(bill: &mut Value, url: &str) -> Result<()> {
    let component = bill["metadata"]["component"].as_object_mut().context("the bill describes no component")?;
    let version = component["version"].as_str().context("the bill's component has no version")?;
    let url = format!("{url}@{version}");
    component.insert("purl".into(), url.into());
    component.remove("components");
    Ok(())
}

/// Restricts the bill to the crates that are linked, given by name and version.
fn restrict(bill: &mut Value, linked: &BTreeSet<(String, String)>) -> Result<()> {
    let key =
        |component: &Value| Some((component["name"].as_str()?.to_owned(), component["version"].as_str()?.to_owned()));
    let root = bill["metadata"]["component"].clone();
    let components = bill["components"].as_array_mut().context("the bill has no components")?;
    components.retain(|component| key(component).is_some_and(|key| linked.contains(&key)));
    let listed: BTreeSet<_> = components.iter().chain([&root]).filter_map(key).collect();
    let missing: Vec<_> = linked.difference(&listed).collect();
    ensure!(missing.is_empty(), "The bill lacks linked crates, so cargo-cyclonedx has missed them: {missing:?}");
    let references: Vec<Value> =
        components.iter().chain([&root]).map(|component| component["bom-ref"].clone()).collect();
    let is_listed = |reference: &Value| references.contains(reference);
    let dependencies = bill["dependencies"].as_array_mut().context("the bill has no dependencies")?;
    dependencies.retain(|dependency| is_listed(&dependency["ref"]));
    for dependency in dependencies {
        if let Some(on) = dependency["dependsOn"].as_array_mut() {
            on.retain(is_listed);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bill() -> Value {
        let component = |name: &str| json!({"bom-ref": name, "name": name, "version": "1.0.0"});
        json!({
            "metadata": {"component": {"bom-ref": "app", "name": "app", "version": "2.0.0", "components": [1]}},
            "components": [component("linked"), component("unused")],
            "dependencies": [
                {"ref": "app", "dependsOn": ["linked", "unused"]}, {"ref": "linked", "dependsOn": ["unused"]}, {"ref": "unused"},
            ],
        })
    }

    fn names(names: &[(&str, &str)]) -> BTreeSet<(String, String)> {
        names.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    #[test]
    fn a_bill_has_the_linked_crates_only() {
        let mut bill = bill();
        describe(&mut bill, "pkg:npm/app").unwrap();
        restrict(&mut bill, &names(&[("app", "2.0.0"), ("linked", "1.0.0")])).unwrap();
        assert_eq!(
            bill,
            json!({
                "metadata": {"component": {"bom-ref": "app", "name": "app", "version": "2.0.0", "purl": "pkg:npm/app@2.0.0"}},
                "components": [{"bom-ref": "linked", "name": "linked", "version": "1.0.0"}],
                "dependencies": [{"ref": "app", "dependsOn": ["linked"]}, {"ref": "linked", "dependsOn": []}],
            })
        );
    }

    #[test]
    fn a_linked_crate_that_the_bill_lacks_is_an_error() {
        let error = restrict(&mut bill(), &names(&[("linked", "1.0.1")])).unwrap_err().to_string();
        assert!(error.contains("linked") && error.contains("1.0.1"), "{error}");
    }
}
