//! What a person sees on the command line when something is in the way.

use std::net::TcpListener;
use std::process::Command;

#[test]
fn a_taken_port_ends_the_demo_with_one_sentence() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["demo", "--no-open", "--app-port", &port.to_string(), "--ehr-port", &free.to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("error: Port {port} is taken: stop what uses it or pass --app-port N.\n")
    );
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["build", "--dev", "--release"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be used with"));
}

#[test]
fn s15_a_wrong_configuration_ends_the_launchers_build_with_one_sentence_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clinic.json");
    let committed = include_str!("../../launcher-app/launcher.config.json");
    std::fs::write(&file, committed.replace("\"clientId\": \"MIE-localhost\"", "\"clientid\": \"MIE-localhost\""))
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["launcher", "--config"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.starts_with("error: ") && error.trim_end().lines().count() == 1, "{error}");
    assert!(error.contains("clinic.json: ") && error.contains("servers[0].clientid is wrong: "), "{error}");
}

#[test]
fn the_published_crate_contains_its_readme_and_its_licenses() {
    let arguments = ["package", "--package", "smartrust", "--list", "--allow-dirty", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = String::from_utf8(output.stdout).unwrap();
    for file in ["Cargo.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs"] {
        assert!(files.lines().any(|line| line == file), "{file} is missing:\n{files}");
    }
    assert!(!files.contains("tests/web/"), "tests that need a browser are published:\n{files}");
}
