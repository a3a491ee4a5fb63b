//! An entry of the record, such as a problem, a medicine or a visit, as text.

use chrono::Datelike;

use super::date::PartialDate;
use super::order::ordered;

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub title: String,
    /// Tags of one or two words.
    pub tags: Vec<Tag>,
    /// More lines, each a sentence or phrase.
    pub lines: Vec<String>,
    date: Option<PartialDate>,
}

/// A tag of one or two words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The text.
    pub words: String,
    /// Whether it is a warning.
    pub is_warning: bool,
}

impl Tag {
    /// A warning.
    pub fn warning(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_warning: true }
    }

    /// A tag that is not a warning.
    pub fn plain(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_warning: false }
    }
}

/// Entries of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryList {
    /// The present entries, the newest first; all entries, if the kind has no past ones.
    pub present: Vec<Entry>,
    /// The past entries, the newest first.
    pub past: Vec<Entry>,
}

impl Entry {
    /// An entry with a name and the date for the order.
    pub fn new(title: impl Into<String>, date: Option<PartialDate>) -> Self {
        Self { title: title.into(), date, ..Self::default() }
    }

    /// Adds a tag, if there is one.
    pub fn tag(mut self, tag: Option<Tag>) -> Self {
        self.tags.extend(tag);
        self
    }

    /// Adds a line, if there is one.
    pub fn line(mut self, line: Option<String>) -> Self {
        self.lines.extend(line.filter(|line| !line.is_empty()));
        self
    }

    /// A key that sorts newer entries first, and those without a date last.
    pub fn newest_first(&self) -> i64 {
        let first_day = self.date.and_then(PartialDate::first_day);
        first_day.map_or(i64::MAX, |day| -i64::from(day.num_days_from_ce()))
    }
}

impl EntryList {
    /// A list of entries, each with whether it is past.
    pub fn of(entries: impl IntoIterator<Item = (bool, Entry)>) -> Self {
        let mut list = Self::default();
        for (is_over, entry) in entries {
            let side = if is_over { &mut list.past } else { &mut list.present };
            side.push(entry);
        }
        for side in [&mut list.present, &mut list.past] {
            *side = ordered(std::mem::take(side), Entry::newest_first);
        }
        list
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.present.len() + self.past.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_undated_last() {
        let entry = |title: &str, date: &str| (false, Entry::new(title, PartialDate::read(date)));
        let list = EntryList::of([entry("b", "2020"), entry("d", ""), entry("a", "2021-05"), entry("c", "2019-01-01")]);
        let titles: Vec<_> = list.present.iter().map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, ["a", "b", "c", "d"]);
        assert_eq!((list.past.len(), list.len()), (0, 4));
    }

    #[test]
    fn empty_lines_are_left_out() {
        assert_eq!(Entry::new("x", None).line(None).line(Some(String::new())).lines, Vec::<String>::new());
    }
}
