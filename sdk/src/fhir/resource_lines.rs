//! The resources that stand in a file's lines: told apart from header rows and from the server's own remarks, counted, and none given twice.

use super::ndjson::{JsonLine, LineRules, Lines, Resources, Together};
use super::outcome::OperationOutcome;
use crate::json::JsonView;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// It is not a JSON object.
    #[error("is not a JSON object")]
    NotJson,
    /// Its bytes are no text in UTF-8.
    #[error("is not text in UTF-8")]
    NotText,
    /// It is longer than this.
    #[error("is longer than {max_line_bytes} bytes")]
    TooLong {
        /// How long a line may be, in bytes.
        max_line_bytes: usize,
    },
}

impl LineProblem {
    /// What to do about it: a sentence.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NotText => "Ask the server's operator.",
            Self::TooLong { .. } => "Raise maxLineBytes, or skip bad lines to go on.",
            Self::NotJson => "Skip bad lines to go on.",
        }
    }
}

/// Why a line's resource could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// The line cannot be read.
    Bad(LineProblem),
    /// The line is an OperationOutcome among other resources.
    Outcome(Box<OperationOutcome>),
}

/// Resources that stand under the same header row.
#[derive(Clone, Debug, PartialEq)]
pub struct Section<V> {
    /// The header row: a Parameters resource that names the resource to which those below it belong (Bulk Data Access 3.0,
    /// `organizeOutputBy`). `None` in a file without header rows.
    pub header: Option<V>,
    /// The resources, in the file's order.
    pub resources: Resources<V>,
}

/// What some lines came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken<V> {
    /// The resources that were not given before.
    pub sections: Vec<Section<V>>,
    /// How many lines were left out that were not told of before.
    pub skipped: u64,
    /// What ended it, and at which line, counted from 1.
    pub fault: Option<(u64, LineFault)>,
}

/// Takes the resources out of a file's lines. The file may arrive over several connections, each of which begins at its first line: no
/// resource is given twice.
#[derive(Clone, Debug)]
pub struct FileLines<V> {
    rules: LineRules,
    skips_bad: bool,
    holds_outcomes: bool,
    /// What this connection has brought.
    arrived: Arrived<V>,
    /// How many resources were given, over all connections.
    delivered: u64,
    /// How many lines were left out and told of, over all connections.
    told: u64,
}

#[derive(Clone, Debug)]
struct Arrived<V> {
    lines: u64,
    resources: u64,
    headers: u64,
    skipped: u64,
    header: Option<V>,
}

impl<V> Arrived<V> {
    fn nothing() -> Self {
        Self { lines: 0, resources: 0, headers: 0, skipped: 0, header: None }
    }
}

impl<V: JsonView> FileLines<V> {
    /// A file of which nothing has arrived. With `skips_bad`, lines that hold no resource are left out and counted. OperationOutcomes are
    /// resources as others where the file `holds_outcomes`.
    pub fn new(rules: LineRules, skips_bad: bool, holds_outcomes: bool) -> Self {
        Self { rules, skips_bad, holds_outcomes, arrived: Arrived::nothing(), delivered: 0, told: 0 }
    }

    /// How the lines are to be read.
    pub fn rules(&self) -> LineRules {
        self.rules
    }

    /// Begins with the first line again.
    pub fn begin_again(&mut self) {
        self.arrived = Arrived::nothing();
    }

    /// How many resources have arrived, and lines that were left out.
    pub fn found(&self) -> u64 {
        self.arrived.resources + self.arrived.skipped
    }

    /// Whether the file holds what its manifest says. Servers count header rows or leave them out: either will do.
    pub fn holds(&self, count: f64) -> bool {
        let found = self.found();
        count == found as f64 || count == (found + self.arrived.headers) as f64
    }

    /// Takes the resources out of the next lines. What was taken before a fault comes along with it.
    pub fn take(&mut self, lines: Lines<V>) -> Taken<V> {
        let mut taken = Taken { sections: Vec::new(), skipped: 0, fault: None };
        match lines {
            Lines::Together(together) => self.take_together(together, &mut taken),
            Lines::Each(lines) => {
                for line in lines {
                    self.arrived.lines += 1;
                    if let Some(fault) = self.take_line(line, &mut taken.sections) {
                        if !self.skips_bad || fault == LineFault::Bad(LineProblem::NotText) {
                            taken.fault = Some((self.arrived.lines, fault));
                            break;
                        }
                        self.arrived.skipped += 1;
                    }
                }
            }
        }
        taken.sections.retain(|section| !section.resources.is_empty());
        self.delivered = self.delivered.max(self.arrived.resources);
        taken.skipped = self.arrived.skipped.saturating_sub(self.told);
        self.told += taken.skipped;
        taken
    }

    fn take_together(&mut self, together: Together<V>, taken: &mut Taken<V>) {
        let count = together.count as u64;
        let known = self.delivered.saturating_sub(self.arrived.resources).min(count);
        self.arrived.lines += count;
        self.arrived.resources += count;
        let resources = match known {
            0 => Resources::Together(together),
            _ => Resources::Each(Resources::Together(together).into_iter().skip(known as usize).collect()),
        };
        if !resources.is_empty() {
            taken.sections.push(Section { header: self.arrived.header.clone(), resources });
        }
    }

    fn take_line(&mut self, line: JsonLine<V>, sections: &mut Vec<Section<V>>) -> Option<LineFault> {
        let value = match line {
            JsonLine::Value(value) => value,
            JsonLine::Blank => return None,
            JsonLine::NotJson => return Some(LineFault::Bad(LineProblem::NotJson)),
            JsonLine::NotText => return Some(LineFault::Bad(LineProblem::NotText)),
            JsonLine::TooLong => {
                let max_line_bytes = self.rules.max_line_bytes;
                return Some(LineFault::Bad(LineProblem::TooLong { max_line_bytes }));
            }
        };
        if is_header(&value) {
            self.arrived.headers += 1;
            self.arrived.header = Some(value);
            sections.push(Section { header: self.arrived.header.clone(), resources: Resources::Each(Vec::new()) });
            return None;
        }
        if !self.holds_outcomes
            && let Some(outcome) = OperationOutcome::read(&value)
        {
            return Some(LineFault::Outcome(Box::new(outcome)));
        }
        self.arrived.resources += 1;
        if self.arrived.resources > self.delivered {
            match sections.last_mut() {
                Some(Section { resources: Resources::Each(resources), .. }) => resources.push(value),
                _ => sections
                    .push(Section { header: self.arrived.header.clone(), resources: Resources::Each(vec![value]) }),
            }
        }
        None
    }
}

/// Whether a resource is a header row: a Parameters resource that has a parameter named `header`.
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
    fn sections(taken: Taken<Value>) -> Vec<(Option<String>, Vec<u64>)> {
        let patient =
            |header: Value| header["parameter"][0]["valueReference"]["reference"].as_str().unwrap().to_owned();
        let section = |section: Section<Value>| {
            let ids = section.resources.into_iter().map(|resource| resource["id"].as_u64().unwrap());
            (section.header.map(patient), ids.collect())
        };
        taken.sections.into_iter().map(section).collect()
    }

    #[test]
    fn b5_a_bad_line_is_named_by_its_number_or_counted() {
        let lines = || Lines::Each(vec![resource(1), JsonLine::Blank, JsonLine::NotJson, resource(2)]);
        let strict = file(false).take(lines());
        assert_eq!(strict.fault, Some((3, LineFault::Bad(LineProblem::NotJson))));
        assert_eq!(sections(strict), [(None, vec![1])]);

        let mut lenient = file(true);
        let taken = lenient.take(lines());
        assert_eq!((taken.skipped, taken.fault.clone()), (1, None));
        assert_eq!(sections(taken), [(None, vec![1, 2])]);
        let together = Together { array: json!([{"id": 3}, {"id": 4}, {"id": 5}]), count: 3 };
        assert_eq!(sections(lenient.take(Lines::Together(together))), [(None, vec![3, 4, 5])]);
        let broken = lenient.take(Lines::Each(vec![JsonLine::NotText]));
        assert_eq!(broken.fault, Some((8, LineFault::Bad(LineProblem::NotText))), "it is the end of the file");
        let long = file(false).take(Lines::Each(vec![JsonLine::TooLong]));
        assert_eq!(long.fault, Some((1, LineFault::Bad(LineProblem::TooLong { max_line_bytes: 100 }))));
    }

    #[test]
    fn b5_a_file_that_begins_again_gives_nothing_twice() {
        let mut file = file(true);
        let together = |ids: &[u32]| {
            let values: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
            Lines::Together(Together { count: values.len(), array: Value::Array(values) })
        };
        assert_eq!(
            sections(file.take(Lines::Each(vec![resource(1), JsonLine::NotJson, resource(2)]))),
            [(None, vec![1, 2])]
        );
        file.begin_again();
        let again = file.take(Lines::Each(vec![resource(1), JsonLine::NotJson]));
        assert_eq!((again.skipped, sections(again)), (0, vec![]));
        assert_eq!(sections(file.take(together(&[2, 3]))), [(None, vec![3])]);
        assert_eq!(sections(file.take(together(&[4]))), [(None, vec![4])]);
        assert!(file.holds(5.0) && file.found() == 5);
    }

    #[test]
    fn b9_header_rows_are_no_resources_and_stand_over_those_below_them() {
        let mut file = file(false);
        let row = |patient: &str| JsonLine::Value(header(patient));
        let first = file.take(Lines::Each(vec![row("Patient/1"), resource(1), resource(2), row("Patient/2")]));
        assert_eq!(sections(first), [(Some("Patient/1".into()), vec![1, 2])]);
        let together = Together { array: json!([{"id": 3}]), count: 1 };
        assert_eq!(sections(file.take(Lines::Together(together))), [(Some("Patient/2".into()), vec![3])]);
        assert!(file.holds(3.0) && file.holds(5.0) && !file.holds(4.0));
    }

    #[test]
    fn b9_parameters_without_a_header_are_a_resource() {
        let parameters = json!({"resourceType": "Parameters", "id": 1, "parameter": [{"name": "other"}]});
        assert_eq!(sections(file(false).take(Lines::Each(vec![JsonLine::Value(parameters)]))), [(None, vec![1])]);
    }

    #[test]
    fn b9_an_operation_outcome_among_resources_is_a_fault_and_in_a_file_of_them_a_resource() {
        let outcome = json!({"resourceType": "OperationOutcome", "id": 9, "issue": [{"diagnostics": "out of disk"}]});
        let lines = || Lines::Each(vec![resource(1), JsonLine::Value(outcome.clone()), resource(2)]);
        let taken = file(false).take(lines());
        let Some((2, LineFault::Outcome(found))) = &taken.fault else { panic!("{taken:?}") };
        assert_eq!(found.first_text(), Some("out of disk"));
        assert_eq!(sections(taken), [(None, vec![1])]);
        let skipping = file(true).take(lines());
        assert_eq!((skipping.skipped, sections(skipping)), (1, vec![(None, vec![1, 2])]));
        let mut outcomes = FileLines::new(LineRules::of_resources(100), false, true);
        assert_eq!(sections(outcomes.take(lines())), [(None, vec![1, 9, 2])]);
    }
}
