//! What was measured: a line for each kind, behind which lies how it went.

use std::sync::Arc;

use leptos::prelude::*;

use super::draw::{element, nothing, paragraph, reactive, text};
use crate::charts::line::trend_chart;
use crate::model::trend::{Series, Trend};

/// The kinds of measurement, each with its latest value. The first that has a trend is open.
pub fn measured_list(all: &[Series]) -> Vec<AnyView> {
    let first = all.iter().position(|series| series.trend.is_some());
    let rows = all.iter().enumerate().map(|(index, series)| row(series, first == Some(index)));
    vec![element("div", &[("class", "measured")], rows.collect())]
}

fn row(series: &Series, is_open: bool) -> AnyView {
    let head = head(series);
    match &series.trend {
        Some(trend) => folded(head, Arc::new(trend.clone()), is_open),
        None => {
            let range = series.range.as_ref().map(|range| paragraph("range", format!("Usual range: {range}")));
            let mut parts = vec![element("div", &[("class", "measured-head")], head)];
            parts.extend(range);
            element("div", &[("class", "measured-row")], parts)
        }
    }
}

fn head(series: &Series) -> Vec<AnyView> {
    let part = |class: &'static str, words: &str| element("span", &[("class", class)], vec![text(words)]);
    let mut value = vec![part("", &series.latest)];
    value.extend(series.flag.map(|flag| part("tag warning", flag)));
    vec![
        part("measured-name", &series.name),
        element("span", &[("class", "measured-value")], value),
        part("measured-date", series.date.as_deref().unwrap_or_default()),
    ]
}

/// The chart is drawn when it is first opened.
fn folded(head: Vec<AnyView>, trend: Arc<Trend>, is_open: bool) -> AnyView {
    let was_opened = RwSignal::new(is_open);
    let chart = reactive(move || if was_opened.get() { trend_chart(&trend) } else { nothing() });
    let head = element("summary", &[("class", "measured-head")], head);
    view! {
        <details class="measured-row" open=is_open on:toggle=move |_| {
            if !was_opened.get_untracked() {
                was_opened.set(true);
            }
        }>
            {head}
            {chart}
        </details>
    }
    .into_any()
}
