//! The clinics that were used on this device, as one text: a line for each, with its fields separated by tabs.

use super::is_same_base;
use crate::config::Entry;

/// How many are offered first.
pub const OFFERED: usize = 5;

/// Reads the text. Invalid lines are left out.
pub fn read(text: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        let entry =
            Entry { base: fields.next()?, name: fields.next()?, place: fields.next()?, matches: fields.next()? };
        (!entry.base.is_empty() && !entry.name.is_empty() && fields.next().is_none()).then_some(entry)
    };
    text.lines().filter_map(entry).collect()
}

/// Writes the text.
pub fn write(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let Entry { base, name, place, matches } = entry;
        [base, name, place, matches].map(|field| field.replace(['\t', '\n', '\r'], " ")).join("\t")
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Puts an entry first. Another one with the same base is removed, and so are the oldest if there are more than `limit`.
pub fn remember(entries: &mut Vec<Entry>, entry: Entry, limit: usize) {
    entries.retain(|other| !is_same_base(&other.base, &entry.base));
    entries.insert(0, entry);
    entries.truncate(limit);
}
