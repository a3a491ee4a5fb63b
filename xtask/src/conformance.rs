//! Writes docs/conformance.md: each behaviour of docs/requirements.md with the tests whose names start with its number.

use crate::workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

const PLANNED: &str = "*(planned)*";
const FOLDERS: [&str; 4] = ["sdk", "launcher-app", "examples", "tests"];
const BUILT: [&str; 10] = [
    "target",
    "node_modules",
    "dist",
    "wasm",
    "wasm-launch",
    "wasm-backend",
    "wasm-directory",
    "wasm-hub",
    "wasm-udap",
    "output",
];

/// One line of docs/requirements.md.
#[derive(Debug, PartialEq, Eq)]
struct Behaviour {
    number: String,
    text: String,
}

/// A test: its name or title, and its file, relative to the root.
#[derive(Debug, PartialEq, Eq)]
struct Test {
    numbers: Vec<String>,
    name: String,
    file: String,
}

/// Writes the table.
pub fn run() -> Result<()> {
    let table = render(&workspace::root())?;
    let file = table_file();
    std::fs::write(&file, table).with_context(|| format!("{} could not be written", file.display()))?;
    println!("wrote docs/conformance.md");
    Ok(())
}

fn table_file() -> PathBuf {
    workspace::root().join("docs/conformance.md")
}

fn render(root: &Path) -> Result<String> {
    let requirements = std::fs::read_to_string(root.join("docs/requirements.md"))
        .context("docs/requirements.md could not be read: it states the behaviours")?;
    let mut tests = Vec::new();
    for folder in FOLDERS {
        collect(root, &root.join(folder), &mut tests)?;
    }
    tests.sort_by(|one, other| (&one.file, &one.name).cmp(&(&other.file, &other.name)));
    table(&behaviours(&requirements), &tests)
}

/// The lines `- **D1** text`, in the order of the document.
fn behaviours(requirements: &str) -> Vec<Behaviour> {
    let read = |line: &str| {
        let (number, text) = line.strip_prefix("- **")?.split_once("** ")?;
        is_number(number).then(|| Behaviour { number: number.to_owned(), text: text.trim().to_owned() })
    };
    requirements.lines().filter_map(read).collect()
}

/// The letter of a chapter and a number of one or two digits.
fn is_number(word: &str) -> bool {
    let mut characters = word.chars();
    let is_chapter = characters.next().is_some_and(|letter| letter.is_ascii_uppercase());
    is_chapter && (2..=3).contains(&word.len()) && characters.all(|digit| digit.is_ascii_digit())
}

fn collect(root: &Path, folder: &Path, tests: &mut Vec<Test>) -> Result<()> {
    let is_source = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        !BUILT.contains(&&*name) && !name.starts_with('.')
    };
    for entry in WalkDir::new(folder).into_iter().filter_entry(is_source) {
        let path = entry?.into_path();
        let titles = match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => rust_tests,
            Some("mjs") => script_tests,
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
        let file = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        let found = titles(&text).into_iter().map(|(numbers, name)| Test { numbers, name, file: file.clone() });
        tests.extend(found.filter(|test| !test.numbers.is_empty()));
    }
    Ok(())
}

/// The functions with a test attribute, and the numbers at the start of their names.
fn rust_tests(text: &str) -> Vec<(Vec<String>, String)> {
    let mut tests = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        let signature = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = signature.strip_prefix("fn ").filter(|_| is_test) {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            tests.push((numbers(name.to_uppercase().split('_')), name.to_owned()));
        }
        is_test = match line.strip_prefix("#[") {
            Some(attribute) => is_test || (attribute.contains("test") && !attribute.starts_with("cfg")),
            None => is_test && line.starts_with("//"),
        };
    }
    tests
}

/// The titles in calls of `test` and `it`, and the numbers at their start.
fn script_tests(text: &str) -> Vec<(Vec<String>, String)> {
    let title = |line: &str| {
        let rest = line.strip_prefix("test(").or_else(|| line.strip_prefix("it("))?;
        let quote = rest.chars().next().filter(|quote| "\"'`".contains(*quote))?;
        let (title, _) = rest.strip_prefix(quote)?.split_once(quote)?;
        Some((numbers(title.split([' ', ',', ':'])), title.to_owned()))
    };
    text.lines().map(str::trim).filter_map(title).collect()
}

fn numbers<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    words.filter(|word| !word.is_empty()).take_while(|word| is_number(word)).map(str::to_owned).collect()
}

fn table(behaviours: &[Behaviour], tests: &[Test]) -> Result<String> {
    let mut proofs = BTreeMap::<&str, Vec<&Test>>::new();
    for test in tests {
        for number in &test.numbers {
            if !behaviours.iter().any(|behaviour| behaviour.number == *number) {
                bail!("{} in {} proves {number}, which docs/requirements.md does not state.", test.name, test.file);
            }
            proofs.entry(number).or_default().push(test);
        }
    }
    let mut table = HEAD.to_owned();
    for Behaviour { number, text } in behaviours {
        let proof: Vec<String> = proofs.get(number.as_str()).into_iter().flatten().map(|test| link(test)).collect();
        let proof = match (proof.is_empty(), text.ends_with(PLANNED)) {
            (false, _) => proof.join("<br>"),
            (true, true) => "planned".to_owned(),
            (true, false) => {
                bail!("No test proves {number}: write one, or mark the line in docs/requirements.md {PLANNED}.")
            }
        };
        writeln!(table, "| {number} | {} | {proof} |", text.replace('|', "\\|"))?;
    }
    Ok(table)
}

fn link(test: &Test) -> String {
    format!("[{}](../{})", test.name.replace('|', "\\|"), test.file)
}

const HEAD: &str = "# Which tests prove which behaviour

`cargo xtask conformance` writes this table from [requirements.md](requirements.md) and the tests' names; a test fails when it is stale.

| number | behaviour | tests that prove it |
| --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_is_the_one_that_would_be_written() {
        let committed = std::fs::read_to_string(table_file()).unwrap_or_default().replace('\r', "");
        let fresh = render(&workspace::root()).unwrap();
        assert!(committed == fresh, "docs/conformance.md is stale: run `cargo xtask conformance` and commit it.");
    }

    #[test]
    fn a_test_proves_the_numbers_with_which_its_name_begins() {
        let rust = "
            #[test]
            fn d3_relative_endpoints() {}
            #[wasm_bindgen_test]
            async fn i1_i10_s256_claims() {}
            /// Not a test.
            fn d4_helper() {}
            #[cfg(test)]
            mod tests {
            fn a1_helper() {}
            #[test]
            #[should_panic]
            // A comment.
            fn no_number() {}
        ";
        let found = rust_tests(rust);
        let numbers: Vec<Vec<&str>> = found.iter().map(|(n, _)| n.iter().map(String::as_str).collect()).collect();
        assert_eq!(numbers, [vec!["D3"], vec!["I1", "I10"], vec![]]);
        let script = "test(\"C8 after a launch\", async () => {});\nit('I1, I2 and more', x);\nawait test(`plain`);\ntest(name, x);";
        let found = script_tests(script);
        let numbers: Vec<Vec<&str>> = found.iter().map(|(n, _)| n.iter().map(String::as_str).collect()).collect();
        assert_eq!(numbers, [vec!["C8"], vec!["I1", "I2"]]);
    }

    #[test]
    fn a_row_names_its_tests_or_that_it_is_planned() {
        let behaviours = behaviours("# D\n\n- **D1** One | two.\n- **D2** Later. *(planned)*\n- **Not** a number\n");
        let test =
            |number: &str| Test { numbers: vec![number.to_owned()], name: "d1_x".into(), file: "sdk/a.rs".into() };
        let rows = table(&behaviours, &[test("D1"), test("D1")]).unwrap();
        let rows: Vec<&str> = rows.lines().skip(6).collect();
        assert_eq!(
            rows,
            [
                "| D1 | One \\| two. | [d1_x](../sdk/a.rs)<br>[d1_x](../sdk/a.rs) |",
                "| D2 | Later. *(planned)* | planned |"
            ]
        );
        let error = |tests: &[Test]| table(&behaviours, tests).unwrap_err().to_string();
        assert!(error(&[]).starts_with("No test proves D1"));
        assert!(error(&[test("D9")]).contains("D9, which docs/requirements.md does not state"));
    }
}
