//! Lists of entries: problems, medicines, visits and the like.

use leptos::prelude::*;

use super::draw::{element, paragraph, text};
use super::table::more;
use crate::model::entry::{Entry, EntryList, Tag};

/// The number of entries that are shown before the rest is folded.
const AT_FIRST: usize = 6;

/// A list of entries. Past entries are folded.
pub fn entry_list(list: &EntryList, past: &str) -> Vec<AnyView> {
    let mut parts = Vec::new();
    let (first, rest) = list.present.split_at(list.present.len().min(AT_FIRST));
    if first.is_empty() {
        parts.push(paragraph("absent", "Nothing at present."));
    } else {
        parts.push(items(first));
    }
    if !rest.is_empty() {
        parts.push(more(format!("{} more", rest.len()), items(rest)));
    }
    if !list.past.is_empty() {
        parts.push(more(format!("{past} ({})", list.past.len()), items(&list.past)));
    }
    parts
}

/// A plain list of entries.
pub fn items(entries: &[Entry]) -> AnyView {
    let items = entries.iter().map(|entry| element("li", &[], entry_parts(entry)));
    element("ul", &[("class", "entries")], items.collect())
}

/// The parts of an entry.
pub fn entry_parts(entry: &Entry) -> Vec<AnyView> {
    let mut head = vec![element("strong", &[], vec![text(entry.title.clone())])];
    head.extend(entry.tags.iter().map(tag));
    let mut parts = vec![element("div", &[("class", "entry-head")], head)];
    let lines: Vec<AnyView> = entry.lines.iter().map(|line| paragraph("entry-line", line.clone())).collect();
    if !lines.is_empty() {
        parts.push(element("div", &[("class", "entry-lines")], lines));
    }
    parts
}

/// A tag of one or two words.
pub fn tag(tag: &Tag) -> AnyView {
    let class = if tag.is_warning { "tag warning" } else { "tag" };
    element("span", &[("class", class)], vec![text(tag.words.clone())])
}
