//! The commands in the documentation's `sh` blocks must exist, including the arguments of `cargo xtask` and `cargo run`.

use crate::{CommandLine, workspace};
use clap::Parser;
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// Programs that the documentation requires, and parts of the shell.
const PROGRAMS: [&str; 12] =
    ["cargo", "cd", "curl", "export", "mkdir", "node", "npm", "npx", "openssl", "sha256sum", "tar", "wc"];

/// Subcommands of cargo that need no further check.
const CARGO: [&str; 4] = ["add", "check", "doc", "test"];

/// The pages: all Markdown of these places.
const PAGES: [&str; 7] =
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "pkg/README.md", "sdk/README.md", "docs", "examples"];

#[test]
fn every_command_of_the_documentation_exists() {
    let root = workspace::root();
    let files = PAGES.iter().flat_map(|page| {
        WalkDir::new(root.join(page)).into_iter().filter_entry(|entry| entry.file_name() != "node_modules")
    });
    let mut commands = 0;
    for page in files.map(|file| file.unwrap().into_path()).filter(|file| file.extension() == Some("md".as_ref())) {
        for command in commands_of(&fs::read_to_string(&page).unwrap()) {
            check(&command, &root).unwrap_or_else(|problem| panic!("{}: {problem}: {command:?}", page.display()));
            commands += 1;
        }
    }
    assert!(commands > 20, "{commands} commands were found");
}

#[test]
fn a_missing_command_is_found() {
    let root = workspace::root();
    let commands = |line: &str| commands_of(&format!("```sh\n{line}\n```\n"));
    for wrong in
        ["smartrust serve", "cargo xtask deploy", "cargo xtask demo --portt 1", "cargo run -p nothing", "cargo buidl"]
    {
        let found = commands(wrong);
        assert!(found.iter().any(|command| check(command, &root).is_err()), "{wrong}");
    }
    let line = "A=1 cargo xtask size && curl -d 'a && b' \\\n  http://localhost | wc -l   # counts";
    let found = commands(line);
    assert_eq!(found.iter().map(|command| &*command[0]).collect::<Vec<_>>(), ["cargo", "curl", "wc"]);
    assert!(found.iter().all(|command| check(command, &root).is_ok()), "{found:?}");
}

/// The commands of a page's `sh` blocks, split into words, without the variables set before them.
fn commands_of(page: &str) -> Vec<Vec<String>> {
    let blocks = page.split("\n```sh\n").skip(1).chain(page.strip_prefix("```sh\n"));
    blocks.filter_map(|rest| rest.split("\n```").next()).flat_map(commands_of_block).collect()
}

fn commands_of_block(block: &str) -> Vec<Vec<String>> {
    let (mut commands, mut open) = (Vec::new(), String::new());
    for line in block.lines() {
        open.push_str(line.strip_suffix('\\').unwrap_or(line));
        open.push('\n');
        // A quoted string may continue in the next line.
        let Some(words) = shlex::split(&open).filter(|_| !line.ends_with('\\')) else { continue };
        open.clear();
        let is_end = |word: &String| ["&&", "|", ";"].contains(&&**word);
        let is_setting = |word: &&String| word.contains('=') && !word.starts_with('-');
        let without_settings =
            words.split(is_end).map(|command| command.iter().skip_while(is_setting).cloned().collect());
        commands.extend(without_settings.filter(|command: &Vec<String>| !command.is_empty()));
    }
    assert!(open.is_empty(), "a quote does not end: {open}");
    commands
}

fn check(command: &[String], root: &Path) -> Result<(), String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["cargo", "xtask", ..] => CommandLine::try_parse_from(&words[1..]).map(drop).map_err(|error| error.to_string()),
        ["cargo", "run", arguments @ ..] => {
            let package = arguments.iter().skip_while(|word| **word != "-p").nth(1).ok_or("which package?")?;
            let members = [root.join("examples"), root.to_owned()];
            let is_member = members.iter().any(|folder| folder.join(package).join("Cargo.toml").is_file());
            is_member.then_some(()).ok_or_else(|| format!("there is no package {package}"))
        }
        ["cargo", subcommand, ..] => {
            CARGO.contains(subcommand).then_some(()).ok_or_else(|| format!("cargo has no {subcommand}"))
        }
        [program, ..] => PROGRAMS.contains(program).then_some(()).ok_or_else(|| format!("there is no {program}")),
        [] => Ok(()),
    }
}
