//! Resources one a line (NDJSON), as bulk files have them.

use crate::platform::JsonView;

/// A line of a file, as the host's parser sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonLine<V> {
    /// JSON.
    Value(V),
    /// Nothing, or white space alone.
    Blank,
    /// Something that is not JSON.
    NotJson,
    /// Bytes that are no text in UTF-8, somewhere from this line on. Nothing after it can be read.
    NotText,
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
    Together(Together<V>),
    /// One by one.
    Each(Vec<JsonLine<V>>),
}

/// An array of values that stays the host's own, so that a large file costs no step for each of its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Together<V> {
    /// The array.
    pub array: V,
    /// How many values it holds.
    pub count: usize,
}

/// Resources that arrived together.
#[derive(Clone, Debug, PartialEq)]
pub enum Resources<V> {
    /// As an array of the host's own.
    Together(Together<V>),
    /// One by one.
    Each(Vec<V>),
}

impl<V> Resources<V> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Together(together) => together.count,
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
            Self::Together(together) => together.array.items().unwrap_or_default(),
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

/// Cuts the bytes of a file into lines as they arrive, wherever they are cut. A byte order mark is left out.
#[derive(Clone, Debug, Default)]
pub struct LineSplitter {
    rest: Vec<u8>,
    has_begun: bool,
}

impl LineSplitter {
    /// The lines that are whole now, without their ends.
    ///
    /// ```
    /// use smartrust::fhir::ndjson::LineSplitter;
    ///
    /// let mut splitter = LineSplitter::default();
    /// assert_eq!(splitter.push(b"{}\r\n{\"a\""), [b"{}".to_vec()]);
    /// assert_eq!(splitter.push(b":1}"), [] as [Vec<u8>; 0]);
    /// assert_eq!(splitter.finish(), Some(b"{\"a\":1}".to_vec()));
    /// ```
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.rest.extend_from_slice(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let rest = self.rest.split_off(end + 1);
        self.rest.pop();
        let whole = std::mem::replace(&mut self.rest, rest);
        whole.split(|byte| *byte == b'\n').map(|line| self.line(line)).collect()
    }

    /// What stands after the last line's end.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        let rest = std::mem::take(&mut self.rest);
        Some(self.line(&rest)).filter(|line| !line.is_empty())
    }

    fn line(&mut self, line: &[u8]) -> Vec<u8> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if is_first { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line };
        line.to_vec()
    }
}

/// Why a line's resource could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: u64,
    /// Whether nothing after it can be read either.
    pub is_end: bool,
}

/// Counts the lines of a file, and takes the resources out of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCount {
    /// How many lines have been seen, blank ones among them.
    pub lines: u64,
    /// How many resources have been taken.
    pub resources: u64,
    /// How many lines were bad and left out.
    pub skipped: u64,
}

impl LineCount {
    /// Takes the resources out of the next lines. With `skips_bad`, lines that are not JSON are left out and counted.
    ///
    /// What was taken before a bad line comes along with its error.
    pub fn take<V>(&mut self, lines: Lines<V>, skips_bad: bool) -> (Resources<V>, Option<BadLine>) {
        match lines {
            Lines::Together(together) => {
                self.lines += together.count as u64;
                self.resources += together.count as u64;
                (Resources::Together(together), None)
            }
            Lines::Each(lines) => {
                let (taken, bad) = self.take_each(lines, skips_bad);
                (Resources::Each(taken), bad)
            }
        }
    }

    fn take_each<V>(&mut self, lines: Vec<JsonLine<V>>, skips_bad: bool) -> (Vec<V>, Option<BadLine>) {
        let mut taken = Vec::with_capacity(lines.len());
        for line in lines {
            self.lines += 1;
            match line {
                JsonLine::Value(value) => {
                    self.resources += 1;
                    taken.push(value);
                }
                JsonLine::Blank => {}
                JsonLine::NotJson if skips_bad => self.skipped += 1,
                JsonLine::NotJson => return (taken, Some(BadLine { line: self.lines, is_end: false })),
                JsonLine::NotText => return (taken, Some(BadLine { line: self.lines, is_end: true })),
            }
        }
        (taken, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a file that arrives in pieces of a size.
    fn lines(file: &[u8], size: usize) -> Vec<String> {
        let mut splitter = LineSplitter::default();
        let mut lines: Vec<Vec<u8>> = file.chunks(size).flat_map(|piece| splitter.push(piece)).collect();
        lines.extend(splitter.finish());
        lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn b5_lines_are_the_same_however_the_file_is_cut() {
        let file = "\u{feff}{\"a\":\"é€𝄞\"}\r\n\n{\"b\":2}\n  \r\n{\"c\":3}";
        for size in 1..=file.len() {
            assert_eq!(lines(file.as_bytes(), size), ["{\"a\":\"é€𝄞\"}", "", "{\"b\":2}", "  ", "{\"c\":3}"], "{size}");
        }
        assert_eq!(lines(b"{}\n", 1), ["{}"]);
        assert_eq!(lines(b"", 1), [] as [&str; 0]);
    }

    #[test]
    fn b5_a_bad_line_is_named_by_its_number_or_counted() {
        let lines = || Lines::Each(vec![JsonLine::Value(1), JsonLine::Blank, JsonLine::NotJson, JsonLine::Value(2)]);
        let mut count = LineCount::default();
        assert_eq!(count.take(lines(), false), (Resources::Each(vec![1]), Some(BadLine { line: 3, is_end: false })));
        let mut count = LineCount::default();
        assert_eq!(count.take(lines(), true), (Resources::Each(vec![1, 2]), None));
        assert_eq!(count, LineCount { lines: 4, resources: 2, skipped: 1 });
        let together = Together { array: 0, count: 3 };
        assert_eq!(count.take(Lines::Together(together.clone()), true), (Resources::Together(together), None));
        assert_eq!(count, LineCount { lines: 7, resources: 5, skipped: 1 });
        let (_, bad) = count.take(Lines::Each(vec![JsonLine::<u8>::NotText]), true);
        assert_eq!(bad, Some(BadLine { line: 8, is_end: true }));
    }
}
