//! Lines of JSON (NDJSON), as in bulk files.

use crate::json::JsonView;

/// The default maximum length of a line, in bytes: 64 MiB.
pub const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

/// How the lines of a body are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRules {
    /// The maximum length of a line, in bytes without its end. Nothing is kept of a longer one.
    pub max_line_bytes: usize,
    /// Lines are returned individually if the received bytes contain one of these strings.
    pub split_at_markers: &'static [&'static str],
}

impl LineRules {
    /// Lines of resources, possibly with header rows and OperationOutcomes.
    pub fn of_resources(max_line_bytes: usize) -> Self {
        Self { max_line_bytes, split_at_markers: &["\"OperationOutcome\"", "\"Parameters\""] }
    }
}

/// A line, as parsed by the host.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonLine<V> {
    /// A JSON object.
    Value(V),
    /// An empty line, or only whitespace.
    Blank,
    /// Anything but a JSON object.
    NotJson,
    /// Bytes that are not UTF-8, in this line or later. Nothing after it can be read.
    NotUtf8,
    /// A line that is too long for the rules, or for the host's memory.
    TooLong,
}

/// Lines that arrived together.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonLines<V> {
    /// The lines, in order.
    pub lines: Lines<V>,
    /// The number of bytes that arrived for them.
    pub bytes: usize,
}

/// Parsed lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Lines<V> {
    /// Only JSON objects, in an array of the host.
    Array(JsonArray<V>),
    /// Individual lines.
    Each(Vec<JsonLine<V>>),
}

/// An array that stays the host's own object, so that no line of a large file is handled individually.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonArray<V> {
    /// The array.
    pub array: V,
    /// The number of its values.
    pub count: usize,
}

/// Resources that arrived together.
#[derive(Clone, Debug, PartialEq)]
pub enum Resources<V> {
    /// In an array of the host.
    Array(JsonArray<V>),
    /// Individually.
    Each(Vec<V>),
}

impl<V> Resources<V> {
    /// The number of resources.
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
    /// The individual resources.
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
    /// A line that is too long. Its bytes are not kept.
    TooLong,
}

/// Splits the bytes of a file into lines as they arrive. A byte order mark is removed.
#[derive(Clone, Debug, Default)]
pub struct LineSplitter {
    rest: Vec<u8>,
    has_begun: bool,
    /// Whether the current line is too long.
    is_passing: bool,
}

impl LineSplitter {
    /// Adds bytes, and returns the complete lines without their ends. No more than `max_line_bytes` of a line are kept.
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

    /// The bytes after the last line end.
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
    fn b11_a_line_that_is_too_long_is_reported_once_and_not_kept() {
        let file = b"12345\n123456\n1\n1234567890123\n2\n1234567";
        for size in 1..=file.len() {
            let found = lines(file, size, 5);
            assert_eq!(found, ["12345", "too long", "1", "too long", "2", "too long"], "{size}");
        }
    }
}
