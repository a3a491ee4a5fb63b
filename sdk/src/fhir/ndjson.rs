//! Resources one a line (NDJSON), as bulk files have them.

use crate::json::JsonView;

/// How long a line may be by default, in bytes: 64 MiB.
pub const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

/// How the lines of a body are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRules {
    /// How long a line may be, in bytes without its end. Of a longer one nothing is kept.
    pub max_line_bytes: usize,
    /// Where one of these texts stands in what arrived, its lines come one by one and never together.
    pub split_at_markers: &'static [&'static str],
}

impl LineRules {
    /// Lines of resources, among which there may be header rows and OperationOutcomes.
    pub fn of_resources(max_line_bytes: usize) -> Self {
        Self { max_line_bytes, split_at_markers: &["\"OperationOutcome\"", "\"Parameters\""] }
    }
}

/// A line of a file, as the host's parser sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonLine<V> {
    /// A JSON object.
    Value(V),
    /// Nothing, or white space alone.
    Blank,
    /// Something that is not a JSON object.
    NotJson,
    /// Bytes that are no text in UTF-8, somewhere from this line on. Nothing after it can be read.
    NotUtf8,
    /// A line that is longer than the rules allow, or than the host has memory for.
    TooLong,
}

/// The lines of a body that arrived together.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonLines<V> {
    /// The lines, in order.
    pub lines: Lines<V>,
    /// How many bytes arrived for them.
    pub bytes: usize,
}

/// Lines, as the host's parser took them.
#[derive(Clone, Debug, PartialEq)]
pub enum Lines<V> {
    /// All of them hold JSON.
    Array(JsonArray<V>),
    /// One by one.
    Each(Vec<JsonLine<V>>),
}

/// An array of values that stays the host's own, so that a large file costs no step for each of its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonArray<V> {
    /// The array.
    pub array: V,
    /// How many values it holds.
    pub count: usize,
}

/// Resources that arrived together.
#[derive(Clone, Debug, PartialEq)]
pub enum Resources<V> {
    /// As an array of the host's own.
    Array(JsonArray<V>),
    /// One by one.
    Each(Vec<V>),
}

impl<V> Resources<V> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Array(array) => array.count,
            Self::Each(resources) => resources.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<V: JsonView> Resources<V> {
    /// The resources, one by one.
    pub fn into_vec(self) -> Vec<V> {
        match self {
            Self::Array(array) => array.array.items().unwrap_or_default(),
            Self::Each(resources) => resources,
        }
    }
}

impl<V: JsonView> IntoIterator for Resources<V> {
    type Item = V;
    type IntoIter = std::vec::IntoIter<V>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

/// A line of bytes, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitLine {
    /// The line.
    Whole(Vec<u8>),
    /// A line that is longer than allowed. Its bytes are not kept.
    TooLong,
}

/// Cuts the bytes of a file into lines as they arrive, wherever they are cut. A byte order mark is left out.
#[derive(Clone, Debug, Default)]
pub struct LineSplitter {
    rest: Vec<u8>,
    has_begun: bool,
    /// Whether the line that is arriving was found to be too long.
    is_passing: bool,
}

impl LineSplitter {
    /// The lines that are whole now, without their ends. No more than `max_line_bytes` of a line are kept.
    ///
    /// ```
    /// use smartrust::fhir::ndjson::{LineSplitter, SplitLine};
    ///
    /// let mut splitter = LineSplitter::default();
    /// assert_eq!(splitter.push(b"{}\r\n{\"a\"", 100), [SplitLine::Whole(b"{}".to_vec())]);
    /// assert_eq!(splitter.push(b":1}", 100), []);
    /// assert_eq!(splitter.finish(), Some(b"{\"a\":1}".to_vec()));
    /// ```
    pub fn push(&mut self, bytes: &[u8], max_line_bytes: usize) -> Vec<SplitLine> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (line, is_whole) = match part.strip_suffix(b"\n") {
                Some(line) => (line, true),
                None => (part, false),
            };
            if !self.is_passing && self.rest.len() + line.len() > max_line_bytes {
                self.is_passing = true;
                self.has_begun = true;
                self.rest = Vec::new();
                lines.push(SplitLine::TooLong);
            }
            match (self.is_passing, is_whole) {
                (true, _) => self.is_passing = !is_whole,
                (false, false) => self.rest.extend_from_slice(line),
                (false, true) => {
                    self.rest.extend_from_slice(line);
                    let line = std::mem::take(&mut self.rest);
                    lines.push(SplitLine::Whole(self.trimmed(&line)));
                }
            }
        }
        lines
    }

    /// What stands after the last line's end.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        let rest = std::mem::take(&mut self.rest);
        Some(self.trimmed(&rest)).filter(|line| !line.is_empty())
    }

    fn trimmed(&mut self, line: &[u8]) -> Vec<u8> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if is_first { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line };
        line.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a file that arrives in pieces of a size.
    fn lines(file: &[u8], size: usize, max_line_bytes: usize) -> Vec<String> {
        let mut splitter = LineSplitter::default();
        let text = |line| String::from_utf8(line).unwrap();
        let mut lines = Vec::new();
        for piece in file.chunks(size) {
            lines.extend(splitter.push(piece, max_line_bytes).into_iter().map(|line| match line {
                SplitLine::Whole(line) => text(line),
                SplitLine::TooLong => "too long".into(),
            }));
            assert!(splitter.rest.len() <= max_line_bytes, "no more of a line is kept than it may be long");
        }
        lines.extend(splitter.finish().map(text));
        lines
    }

    #[test]
    fn b5_lines_are_the_same_however_the_file_is_cut() {
        let file = "\u{feff}{\"a\":\"é€𝄞\"}\r\n\n{\"b\":2}\n  \r\n{\"c\":3}";
        for size in 1..=file.len() {
            let found = lines(file.as_bytes(), size, 100);
            assert_eq!(found, ["{\"a\":\"é€𝄞\"}", "", "{\"b\":2}", "  ", "{\"c\":3}"], "{size}");
        }
        assert_eq!(lines(b"{}\n", 1, 100), ["{}"]);
        assert_eq!(lines(b"", 1, 100), [] as [&str; 0]);
    }

    #[test]
    fn b11_a_line_that_is_too_long_is_told_once_and_not_kept() {
        let file = b"12345\n123456\n1\n1234567890123\n2\n1234567";
        for size in 1..=file.len() {
            let found = lines(file, size, 5);
            assert_eq!(found, ["12345", "too long", "1", "too long", "2", "too long"], "{size}");
        }
    }
}
