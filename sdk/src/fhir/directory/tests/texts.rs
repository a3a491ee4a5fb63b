use super::super::{DirectoryText, DirectoryTextError, FacilitiesReader};
use super::*;

fn example() -> Directory {
    let mut reader = DirectoryReader::new();
    reader.start(Source::new("a list").date("2026-11-01").of_server());
    let members = json!({
        "alias": ["Other"], "identifier": [{"value": "1"}], "telecom": [{"system": "url", "value": "https://clinic.example.org"}],
        "address": [{"city": "Boone"}, {"postalCode": "28607"}], "extension": [portal("Portal", &["Endpoint/e1"])]});
    let part = |id: &str, parent: &str| {
        entry(with(organization(id, id, &[]), json!({"alias": ["a", "b"], "partOf": {"reference": parent}})))
    };
    reader.read_bundle(&bundle(&[
        entry(with(endpoint("e1", "https://one.example.org/r4"), version("4.0.1"))),
        entry(endpoint("e2", "https://two.example.org/r4")),
        entry(endpoint("e3", "https://three.example.org/r4")),
        entry(with(organization("one", "=One", &["Endpoint/e1"]), members)),
        entry(organization("two", "Two", &["Endpoint/e2"])),
        entry(organization("three", "Three", &["Endpoint/e3"])),
        entry(organization("four", "-Four", &["Endpoint/e3"])),
        part("East", "Organization/one"),
        part("West", "Organization/three"),
    ]));
    reader.finish()
}

fn read(text: &DirectoryText) -> Result<Directory, DirectoryTextError> {
    let mut directory = Directory::read_brands(&text.brands)?;
    directory.read_facilities(&text.facilities)?;
    Ok(directory)
}

#[test]
fn e18_the_same_directory_is_written_and_read_the_same() {
    let directory = example();
    let text = directory.to_text();
    let copy = read(&text).unwrap();
    assert_eq!(copy.sources(), directory.sources());
    assert_eq!(copy.brands(), directory.brands());
    assert_eq!(copy.facility_count(), 3);
    assert_eq!(copy.to_text(), text);
    for words in ["one", "east", "west a", "four", "286", "boone"] {
        assert_eq!(copy.search(words, 20), directory.search(words, 20), "{words}");
        assert_eq!(copy.search(words, 20).len(), 1, "{words}");
    }
}

#[test]
fn e18_other_line_ends_do_not_change_what_is_read() {
    let text = example().to_text();
    for end in ["\r\n", "\t\n", "\r\r\n", "\r\t\n"] {
        let changed = |text: &str| text.replace('\n', end).trim_end_matches('\n').to_owned();
        let changed = DirectoryText { brands: changed(&text.brands), facilities: changed(&text.facilities) };
        assert_eq!(read(&changed).unwrap().to_text(), text, "{end:?}");
    }
}

#[test]
fn e12_brands_can_be_searched_before_the_facilities_are_there() {
    let text = example().to_text();
    let mut directory = Directory::read_brands(&text.brands).unwrap();
    assert_eq!(directory.search("one", 20).len(), 1);
    assert_eq!(directory.search("east", 20).len(), 0);
    directory.read_facilities(&text.facilities).unwrap();
    assert_eq!(directory.search("east", 20).len(), 1);
}

#[test]
fn e12_facilities_that_are_read_in_steps_are_the_same() {
    let text = example().to_text();
    for limit in [1, 2, 100] {
        let mut directory = Directory::read_brands(&text.brands).unwrap();
        let mut reader = FacilitiesReader::new(&text.facilities);
        let mut steps = 1;
        while !reader.step(&directory, limit).unwrap() {
            steps += 1;
            assert_eq!(directory.facility_count(), 0, "until all are read, a search finds brands only");
        }
        reader.finish(&mut directory);
        // The title, two brands and three facilities.
        assert_eq!(steps, 6 / limit + 1, "{limit}");
        assert_eq!(directory.to_text(), text);
    }
}

#[test]
fn e18_a_text_that_is_damaged_or_of_another_version_is_refused() {
    let text = example().to_text();
    let brands = |line: &str| Directory::read_brands(&format!("{}{line}\n", text.brands)).map(drop);
    let lines = text.brands.lines().count();
    for line in ["X\tunknown", "E\tnot a URL", "E\thttp://other.example.org/fhir", "B\t7\tNo such source", "B\t0\t", ""]
    {
        let error = brands(line).unwrap_err();
        assert_eq!(error.line, lines + 1, "{line}");
        assert!(error.to_string().contains(&format!("line {}", lines + 1)));
    }
    assert_eq!(Directory::read_brands("<html>").unwrap_err().line, 1);
    assert_eq!(Directory::read_brands("").unwrap_err().line, 1);

    let mut directory = Directory::read_brands(&text.brands).unwrap();
    let title = "smartrust directory 1, facilities";
    for (facilities, line) in [
        ("".to_owned(), 1),
        (format!("{title}\n-East"), 2),
        (format!("{title}\n#99\n-East"), 2),
        (format!("{title}\n#1\n-East\n#0\n-West"), 4),
        (format!("{title}\n#0\n?East"), 3),
        (format!("{title}\n#0\n-"), 3),
        (format!("{title}\n#-1"), 2),
    ] {
        assert_eq!(directory.read_facilities(&facilities).unwrap_err().line, line, "{facilities}");
    }
}

#[test]
fn e11_a_list_older_than_thirty_days_is_reported() {
    let directory = example();
    let day = 86_400_000.0;
    // 2026-11-01 is day 20,758 since 1970-01-01.
    let made = 20_758.0 * day;
    assert_eq!(directory.findings(made + 30.0 * day), []);
    let findings = directory.findings(made + 31.0 * day);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "directory_stale");
    assert!(findings[0].message.contains("a list") && findings[0].message.contains("2026-11-01"));
}
