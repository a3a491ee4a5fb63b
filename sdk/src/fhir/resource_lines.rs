//! The resources in the lines of a file, without header rows and OperationOutcomes. They are counted, and none is returned twice.

use super::ndjson::{JsonArray, JsonLine, LineRules, Lines, Resources};
use super::outcome::OperationOutcome;
use crate::json::JsonView;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// It is not a JSON object.
    #[error("is not a JSON object")]
    NotJson,
    /// Its bytes are not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// It is too long.
    #[error("is longer than {max_line_bytes} bytes")]
    TooLong {
        /// The maximum length of a line, in bytes.
        max_line_bytes: usize,
    },
}

impl LineProblem {
    /// A sentence with a suggestion.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "Contact the server's operator.",
            Self::TooLong { .. } => "Raise maxLineBytes, or skip bad lines.",
            Self::NotJson => "Skip bad lines to continue.",
        }
    }
}

/// Why there is no resource in a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// The line cannot be read.
    #[error("the line {0}")]
    Bad(LineProblem),
    /// The line is an OperationOutcome among other resources.
    #[error("the line is an OperationOutcome")]
    Outcome(Box<OperationOutcome>),
}

/// Resources under the same header row.
#[derive(Clone, Debug, PartialEq)]
pub struct Section<V> {
    /// The header row: a Parameters resource that names the resource to which the ones below it belong (Bulk Data Access 3.0,
    /// `organizeOutputBy`). `None` in a file without header rows.
    pub header: Option<V>,
    /// The resources, in the file's order.
    pub resources: Resources<V>,
}

/// The result of reading some lines.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLines<V> {
    /// The resources that were not returned before.
    pub sections: Vec<Section<V>>,
    /// The number of skipped lines that were not reported before.
    pub skipped: u64,
    /// The error that ended it, and its line, counted from 1.
    pub fault: Option<(u64, LineFault)>,
}

/// Reads the resources in the lines of a file. The file may be fetched several times, each time from its first line: no
/// resource is returned twice.
#[derive(Clone, Debug)]
pub struct FileLines<V> {
    rules: LineRules,
    skips_bad: bool,
    holds_outcomes: bool,
    /// The progress of the current connection.
    progress: Progress<V>,
    /// The number of resources that were returned, over all connections.
    delivered: u64,
    /// The number of skipped lines that were reported, over all connections.
    reported: u64,
}

#[derive(Clone, Debug)]
struct Progress<V> {
    lines: u64,
    resources: u64,
    headers: u64,
    skipped: u64,
    header: Option<V>,
}

impl<V> Progress<V> {
    fn new() -> Self {
        Self { lines: 0, resources: 0, headers: 0, skipped: 0, header: None }
    }
}

impl<V: JsonView> FileLines<V> {
    /// A file of which nothing has arrived. With `skips_bad`, lines without a resource are skipped and counted. With
    /// `holds_outcomes`, OperationOutcomes are resources like others.
    pub fn new(rules: LineRules, skips_bad: bool, holds_outcomes: bool) -> Self {
        Self { rules, skips_bad, holds_outcomes, progress: Progress::new(), delivered: 0, reported: 0 }
    }

    /// The rules for reading its lines.
    pub fn rules(&self) -> LineRules {
        self.rules
    }

    /// Starts again with the first line.
    pub fn restart(&mut self) {
        self.progress = Progress::new();
    }

    /// The number of resources and skipped lines that have arrived.
    pub fn count(&self) -> u64 {
        self.progress.resources + self.progress.skipped
    }

    /// Whether the file has the number of resources in its manifest. Servers may or may not count header rows.
    pub fn has_count(&self, count: f64) -> bool {
        let found = self.count();
        count == found as f64 || count == (found + self.progress.headers) as f64
    }

    /// Reads the next lines. The resources before an error are returned with it.
    pub fn read(&mut self, lines: Lines<V>) -> ReadLines<V> {
        let mut read = ReadLines { sections: Vec::new(), skipped: 0, fault: None };
        match lines {
            Lines::Array(array) => self.read_array(array, &mut read),
            Lines::Each(lines) => {
                for line in lines {
                    self.progress.lines += 1;
                    if let Some(fault) = self.read_line(line, &mut read.sections) {
                        if !self.skips_bad || fault == LineFault::Bad(LineProblem::NotUtf8) {
                            read.fault = Some((self.progress.lines, fault));
                            break;
                        }
                        self.progress.skipped += 1;
                    }
                }
            }
        }
        read.sections.retain(|section| !section.resources.is_empty());
        self.delivered = self.delivered.max(self.progress.resources);
        read.skipped = self.progress.skipped.saturating_sub(self.reported);
        self.reported += read.skipped;
        read
    }

    fn read_array(&mut self, array: JsonArray<V>, read: &mut ReadLines<V>) {
        let count = array.count as u64;
        let known = self.delivered.saturating_sub(self.progress.resources).min(count);
        self.progress.lines += count;
        self.progress.resources += count;
        let resources = match known {
            0 => Resources::Array(array),
            _ => Resources::Each(Resources::Array(array).into_iter().skip(known as usize).collect()),
        };
        if !resources.is_empty() {
            read.sections.push(Section { header: self.progress.header.clone(), resources });
        }
    }

    fn read_line(&mut self, line: JsonLine<V>, sections: &mut Vec<Section<V>>) -> Option<LineFault> {
        let value = match line {
            JsonLine::Value(value) => value,
            JsonLine::Blank => return None,
            JsonLine::NotJson => return Some(LineFault::Bad(LineProblem::NotJson)),
            JsonLine::NotUtf8 => return Some(LineFault::Bad(LineProblem::NotUtf8)),
            JsonLine::TooLong => {
                let max_line_bytes = self.rules.max_line_bytes;
                return Some(LineFault::Bad(LineProblem::TooLong { max_line_bytes }));
            }
        };
        if is_header(&value) {
            self.progress.headers += 1;
            self.progress.header = Some(value);
            sections.push(Section { header: self.progress.header.clone(), resources: Resources::Each(Vec::new()) });
            return None;
        }
        if !self.holds_outcomes
            && let Some(outcome) = OperationOutcome::read(&value)
        {
            return Some(LineFault::Outcome(Box::new(outcome)));
        }
        self.progress.resources += 1;
        if self.progress.resources > self.delivered {
            match sections.last_mut() {
                Some(Section { resources: Resources::Each(resources), .. }) => resources.push(value),
                _ => sections
                    .push(Section { header: self.progress.header.clone(), resources: Resources::Each(vec![value]) }),
            }
        }
        None
    }
}

/// Whether a resource is a header row: a Parameters resource with a parameter named `header`.
fn is_header<V: JsonView>(value: &V) -> bool {
    value.member_text("resourceType").as_deref() == Some("Parameters")
        && value.member_items("parameter").iter().any(|each| each.member_text("name").as_deref() == Some("header"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    type Line = JsonLine<Value>;

    fn file(skips_bad: bool) -> FileLines<Value> {
        FileLines::new(LineRules::of_resources(100), skips_bad, false)
    }

    fn resource(id: u32) -> Line {
        JsonLine::Value(json!({"resourceType": "Patient", "id": id}))
    }

    fn header(patient: &str) -> Value {
        let reference = json!({"name": "header", "valueReference": {"reference": patient}});
        json!({"resourceType": "Parameters", "parameter": [reference]})
    }

    /// The ids of each section, and the patient of its header row.
    fn sections(read: ReadLines<Value>) -> Vec<(Option<String>, Vec<u64>)> {
        let patient =
            |header: Value| header["parameter"][0]["valueReference"]["reference"].as_str().unwrap().to_owned();
        let section = |section: Section<Value>| {
            let ids = section.resources.into_iter().map(|resource| resource["id"].as_u64().unwrap());
            (section.header.map(patient), ids.collect())
        };
        read.sections.into_iter().map(section).collect()
    }

    #[test]
    fn b5_a_bad_line_is_reported_by_its_number_or_counted() {
        let lines = || Lines::Each(vec![resource(1), JsonLine::Blank, JsonLine::NotJson, resource(2)]);
        let strict = file(false).read(lines());
        assert_eq!(strict.fault, Some((3, LineFault::Bad(LineProblem::NotJson))));
        assert_eq!(sections(strict), [(None, vec![1])]);

        let mut lenient = file(true);
        let read = lenient.read(lines());
        assert_eq!((read.skipped, read.fault.clone()), (1, None));
        assert_eq!(sections(read), [(None, vec![1, 2])]);
        let array = JsonArray { array: json!([{"id": 3}, {"id": 4}, {"id": 5}]), count: 3 };
        assert_eq!(sections(lenient.read(Lines::Array(array))), [(None, vec![3, 4, 5])]);
        let broken = lenient.read(Lines::Each(vec![JsonLine::NotUtf8]));
        assert_eq!(broken.fault, Some((8, LineFault::Bad(LineProblem::NotUtf8))), "it is the end of the file");
        let long = file(false).read(Lines::Each(vec![JsonLine::TooLong]));
        assert_eq!(long.fault, Some((1, LineFault::Bad(LineProblem::TooLong { max_line_bytes: 100 }))));
    }

    #[test]
    fn b5_a_file_that_starts_again_returns_no_line_twice() {
        let mut file = file(true);
        let array = |ids: &[u32]| {
            let values: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
            Lines::Array(JsonArray { count: values.len(), array: Value::Array(values) })
        };
        assert_eq!(
            sections(file.read(Lines::Each(vec![resource(1), JsonLine::NotJson, resource(2)]))),
            [(None, vec![1, 2])]
        );
        file.restart();
        let again = file.read(Lines::Each(vec![resource(1), JsonLine::NotJson]));
        assert_eq!((again.skipped, sections(again)), (0, vec![]));
        assert_eq!(sections(file.read(array(&[2, 3]))), [(None, vec![3])]);
        assert_eq!(sections(file.read(array(&[4]))), [(None, vec![4])]);
        assert!(file.has_count(5.0) && file.count() == 5);
    }

    #[test]
    fn b9_header_rows_are_not_resources_and_belong_to_those_after_them() {
        let mut file = file(false);
        let row = |patient: &str| JsonLine::Value(header(patient));
        let first = file.read(Lines::Each(vec![row("Patient/1"), resource(1), resource(2), row("Patient/2")]));
        assert_eq!(sections(first), [(Some("Patient/1".into()), vec![1, 2])]);
        let array = JsonArray { array: json!([{"id": 3}]), count: 1 };
        assert_eq!(sections(file.read(Lines::Array(array))), [(Some("Patient/2".into()), vec![3])]);
        assert!(file.has_count(3.0) && file.has_count(5.0) && !file.has_count(4.0));
    }

    #[test]
    fn b9_parameters_without_a_header_are_a_resource() {
        let parameters = json!({"resourceType": "Parameters", "id": 1, "parameter": [{"name": "other"}]});
        assert_eq!(sections(file(false).read(Lines::Each(vec![JsonLine::Value(parameters)]))), [(None, vec![1])]);
    }

    #[test]
    fn b9_an_operation_outcome_is_an_error_among_resources_and_a_resource_in_a_file_of_outcomes() {
        let outcome = json!({"resourceType": "OperationOutcome", "id": 9, "issue": [{"diagnostics": "out of disk"}]});
        let lines = || Lines::Each(vec![resource(1), JsonLine::Value(outcome.clone()), resource(2)]);
        let read = file(false).read(lines());
        let Some((2, LineFault::Outcome(found))) = &read.fault else { panic!("{read:?}") };
        assert_eq!(found.first_text(), Some("out of disk"));
        assert_eq!(sections(read), [(None, vec![1])]);
        let skipping = file(true).read(lines());
        assert_eq!((skipping.skipped, sections(skipping)), (1, vec![(None, vec![1, 2])]));
        let mut outcomes = FileLines::new(LineRules::of_resources(100), false, true);
        assert_eq!(sections(outcomes.read(lines())), [(None, vec![1, 9, 2])]);
    }
}
