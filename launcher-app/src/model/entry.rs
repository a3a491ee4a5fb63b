//! An entry of the record: how a problem, a medicine, a visit and the like look to a reader.

use chrono::Datelike;

use super::date::PartialDate;
use super::order::ordered;

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub title: String,
    /// Remarks in a word or two.
    pub tags: Vec<Tag>,
    /// What else there is to say, a sentence or phrase a line.
    pub lines: Vec<String>,
    date: Option<PartialDate>,
}

/// A remark in a word or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The words.
    pub words: String,
    /// Whether it asks for attention.
    pub is_warning: bool,
}

impl Tag {
    /// A remark that asks for attention.
    pub fn warning(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_warning: true }
    }

    /// A remark that does not.
    pub fn plain(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_warning: false }
    }
}

/// Entries of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryList {
    /// Those that hold now; where a kind has no such thing as over, all. The newest first.
    pub present: Vec<Entry>,
    /// Those that are over, the newest first.
    pub past: Vec<Entry>,
}

impl Entry {
    /// An entry of a name and the date that it is ordered by.
    pub fn new(title: impl Into<String>, date: Option<PartialDate>) -> Self {
        Self { title: title.into(), date, ..Self::default() }
    }

    /// With a remark, if there is one.
    pub fn tag(mut self, tag: Option<Tag>) -> Self {
        self.tags.extend(tag);
        self
    }

    /// With a line, if there is one.
    pub fn line(mut self, line: Option<String>) -> Self {
        self.lines.extend(line.filter(|line| !line.is_empty()));
        self
    }

    /// The later, the smaller; without a date it comes last.
    pub fn newest_first(&self) -> i64 {
        let first_day = self.date.and_then(PartialDate::first_day);
        first_day.map_or(i64::MAX, |day| -i64::from(day.num_days_from_ce()))
    }
}

impl EntryList {
    /// Sorts entries, each with whether it is over.
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

    /// How many entries there are.
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
    fn empty_lines_are_none() {
        assert_eq!(Entry::new("x", None).line(None).line(Some(String::new())).lines, Vec::<String>::new());
    }
}
