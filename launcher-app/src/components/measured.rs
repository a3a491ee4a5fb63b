//! Measurements: one line for each kind, which opens its history.

use std::sync::Arc;

use leptos::prelude::*;

use super::documents::show_attachment;
use super::draw::{element, nothing, paragraph, reactive, text};
use super::entries::tag;
use super::table::{more, table};
use crate::charts::line::trend_chart;
use crate::launcher::OpenSession;
use crate::model::documents::Attachment;
use crate::model::trend::{Row, Series};

/// The kinds of measurement, each with its latest value. The first one with a trend is open.
pub fn measured_list(all: &[Series], session: OpenSession) -> Vec<AnyView> {
    let first = all.iter().position(|series| series.trend.is_some());
    let rows = all.iter().enumerate().map(|(index, series)| row(series, first == Some(index), session));
    vec![element("div", &[("class", "measured")], rows.collect())]
}

fn row(series: &Series, is_open: bool, session: OpenSession) -> AnyView {
    let head = head(series);
    if series.rows.len() > 1 {
        return folded(head, Arc::new(series.clone()), is_open, session);
    }
    let mut parts = vec![element("div", &[("class", "measured-head")], head)];
    parts.extend(notes_and_files(series, true, session));
    element("div", &[("class", "measured-row")], parts)
}

fn head(series: &Series) -> Vec<AnyView> {
    let part = |class: &'static str, words: &str| element("span", &[("class", class)], vec![text(words)]);
    let mut value = vec![part("", &series.latest)];
    value.extend(series.tags.iter().map(tag));
    vec![
        part("measured-name", &series.name),
        element("span", &[("class", "measured-value")], value),
        part("measured-date", series.date.as_deref().unwrap_or_default()),
    ]
}

/// The notes on the latest value, and the files.
fn notes_and_files(series: &Series, has_range: bool, session: OpenSession) -> Vec<AnyView> {
    let range = series.range.as_ref().filter(|_| has_range).map(|range| format!("Usual range: {range}"));
    let lines = range.into_iter().chain(series.notes.iter().cloned());
    lines.map(|line| paragraph("range", line)).chain(files(series, session)).collect()
}

/// The history is rendered when it is first opened.
fn folded(head: Vec<AnyView>, series: Arc<Series>, is_open: bool, session: OpenSession) -> AnyView {
    let was_opened = RwSignal::new(is_open);
    let behind = reactive(move || if was_opened.get() { history(&series, session) } else { nothing() });
    let head = element("summary", &[("class", "measured-head")], head);
    view! {
        <details class="measured-row" open=is_open on:toggle=move |_| {
            if !was_opened.get_untracked() {
                was_opened.set(true);
            }
        }>
            {head}
            {behind}
        </details>
    }
    .into_any()
}

fn history(series: &Series, session: OpenSession) -> AnyView {
    let values = values_table(series);
    let parts = match &series.trend {
        Some(trend) => {
            let mut parts = vec![trend_chart(trend)];
            // The chart shows the range itself.
            parts.extend(notes_and_files(series, trend.range.is_none(), session));
            parts.push(more("All values as a table", values));
            parts
        }
        None => notes_and_files(series, true, session).into_iter().chain([values]).collect(),
    };
    element("div", &[("class", "contents")], parts)
}

fn files(series: &Series, session: OpenSession) -> Vec<AnyView> {
    let file = |(date, file): &(String, Attachment)| {
        show_attachment(file.clone(), format!("{}, {date}", series.name), session)
    };
    series.files.iter().map(file).collect()
}

fn values_table(series: &Series) -> AnyView {
    let has_remarks = series.rows.iter().any(|row| !row.remark.is_empty());
    let heads: &[&str] = if has_remarks { &["Date", "Value", "Remark"] } else { &["Date", "Value"] };
    let cells = |row: &Row| {
        let mut cells = vec![text(row.date.clone()), text(row.value.clone())];
        if has_remarks {
            cells.push(text(row.remark.clone()));
        }
        cells
    };
    let spoken = format!("{}, all values", series.name);
    let table = table(Some(&spoken), heads, &["value", "remark"], series.rows.iter().map(cells).collect());
    element("div", &[("class", "scroll"), ("tabindex", "0"), ("role", "group"), ("aria-label", &spoken)], vec![table])
}
