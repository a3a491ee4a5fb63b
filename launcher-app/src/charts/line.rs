//! A line chart of a trend. Positions are percentages of the plot, so that it fits any width.

use leptos::prelude::*;

use super::scale::{Scale, Tick, moments, values};
use crate::components::draw::{element, paragraph, reactive, reactive_text, text};
use crate::model::measurement::Range;
use crate::model::number::number_in_words;
use crate::model::trend::{Reading, Trend};

const VALUE_TICKS: usize = 4;
const DATE_TICKS: usize = 5;
/// The CSS classes of the lines, in their order.
const LINE_CLASSES: [&str; 2] = ["first", "second"];

/// A trend as a line chart. A table below it has the same numbers.
pub fn trend_chart(trend: &Trend) -> AnyView {
    let chosen = RwSignal::new(trend.readings.len().saturating_sub(1));
    let mut parts: Vec<AnyView> = legend(trend).into_iter().collect();
    parts.extend([
        paragraph("axis-name", format!("{}{}", trend.name, trend.in_unit())),
        plot(trend, chosen),
        paragraph("axis-name end", "Date"),
        readout(trend, chosen),
    ]);
    element("figure", &[("class", "trend")], parts)
}

/// A reading as text.
fn spoken(reading: &Reading) -> String {
    format!("{}: {}", reading.moment.date.in_words(), reading.words)
}

/// The selected reading as text, below the chart.
fn readout(trend: &Trend, chosen: RwSignal<usize>) -> AnyView {
    let words: Vec<String> = trend.readings.iter().map(spoken).collect();
    let words = reactive_text(move || words.get(chosen.get()).cloned().unwrap_or_default());
    element("p", &[("class", "readout"), ("aria-hidden", "true")], vec![words])
}

fn legend(trend: &Trend) -> Option<AnyView> {
    let key = |class: &str| {
        let key = vec![line(class, ["0", "50%", "100%", "50%"])];
        view! { <svg class="key" aria-hidden="true">{key}</svg> }.into_any()
    };
    let item = |key: AnyView, words: String| element("li", &[], vec![key, text(words)]);
    let mut items = Vec::new();
    if trend.lines.len() > 1 {
        let lines = trend.lines.iter().zip(LINE_CLASSES);
        items.extend(lines.map(|(name, class)| item(key(&format!("line {class}")), (*name).to_owned())));
    }
    if let Some(range) = trend.range.as_ref().and_then(|range| range.in_words(&trend.unit)) {
        items.push(item(key("band-key"), format!("Usual range: {range}")));
    }
    (!items.is_empty()).then(|| element("ul", &[("class", "legend")], items))
}

/// The plot. The arrow keys select a reading, and screen readers read it.
fn plot(trend: &Trend, chosen: RwSignal<usize>) -> AnyView {
    let limits = trend.range.iter().flat_map(|range| [range.low, range.high]).flatten();
    let all = trend.readings.iter().flat_map(|reading| reading.values.iter().copied().flatten()).chain(limits);
    let (value_scale, value_ticks) = values(all, VALUE_TICKS);
    let (date_scale, date_ticks) = moments(trend.readings.iter().map(|reading| reading.moment.seconds), DATE_TICKS);
    let mut parts: Vec<AnyView> = trend.range.iter().map(|range| draw_band(range, value_scale)).collect();
    parts.extend(value_ticks.iter().flat_map(draw_value_tick));
    parts.extend(date_ticks.iter().flat_map(draw_date_tick));
    let places: Vec<String> = trend.readings.iter().map(|reading| x_of(reading, date_scale)).collect();
    parts.push(reactive(move || {
        let x = places.get(chosen.get()).map_or("0", String::as_str);
        line("chosen", [x, "0", x, "100%"])
    }));
    for (index, class) in (0..trend.lines.len()).zip(LINE_CLASSES) {
        parts.extend(draw_line(&points(trend, index, date_scale, value_scale), class));
    }
    let last = trend.readings.len().saturating_sub(1);
    let words: Vec<String> = trend.readings.iter().map(spoken).collect();
    let name = format!("{}, {} measurements", trend.name, trend.readings.len());
    view! {
        <svg class="plot" role="slider" tabindex="0" aria-label=name aria-valuemin="1" aria-valuemax=last + 1
            aria-valuenow=move || chosen.get() + 1
            aria-valuetext=move || words.get(chosen.get()).cloned().unwrap_or_default()
            on:keydown=move |event| {
                if let Some(next) = after_key(&event.key(), chosen.get_untracked(), last) {
                    event.prevent_default();
                    chosen.set(next);
                }
            }>
            {parts}
        </svg>
    }
    .into_any()
}

/// The reading that a key selects.
fn after_key(key: &str, chosen: usize, last: usize) -> Option<usize> {
    match key {
        "ArrowLeft" | "ArrowDown" => Some(chosen.saturating_sub(1)),
        "ArrowRight" | "ArrowUp" => Some((chosen + 1).min(last)),
        "Home" => Some(0),
        "End" => Some(last),
        _ => None,
    }
}

fn x_of(reading: &Reading, dates: Scale) -> String {
    percent(dates.share(reading.moment.seconds as f64))
}

/// A reading's position in the plot, and its text.
struct Point {
    x: String,
    y: String,
    words: String,
    is_flagged: bool,
}

fn points(trend: &Trend, line: usize, dates: Scale, values: Scale) -> Vec<Point> {
    let point = |reading: &Reading| {
        let value = reading.values.get(line).copied().flatten()?;
        let y = percent(1.0 - values.share(value));
        Some(Point { x: x_of(reading, dates), y, words: spoken(reading), is_flagged: reading.is_flagged })
    };
    trend.readings.iter().filter_map(point).collect()
}

/// An abnormal value has a ring.
fn draw_line(points: &[Point], class: &str) -> Vec<AnyView> {
    let pairs = points.iter().zip(points.iter().skip(1));
    let segments = pairs.map(|(from, to)| line(&format!("line {class}"), [&from.x, &from.y, &to.x, &to.y]));
    let dots = points.iter().map(|point| {
        let (flagged, radius) = if point.is_flagged { (" flagged", "5") } else { ("", "3.5") };
        let class = format!("dot {class}{flagged}");
        let (x, y, words) = (point.x.clone(), point.y.clone(), point.words.clone());
        view! { <circle class=class cx=x cy=y r=radius><title>{words}</title></circle> }.into_any()
    });
    segments.chain(dots).collect()
}

/// The reference range. If it has one limit only, it extends to the edge.
fn draw_band(range: &Range, values: Scale) -> AnyView {
    let low = range.low.map_or(0.0, |low| values.share(low));
    let high = range.high.map_or(1.0, |high| values.share(high));
    let (y, height) = (percent(1.0 - high), percent((high - low).max(0.0)));
    view! { <rect class="band" x="0" width="100%" y=y height=height/> }.into_any()
}

fn draw_value_tick(tick: &Tick) -> [AnyView; 2] {
    let y = percent(1.0 - tick.share);
    [line("grid", ["0", &y, "100%", &y]), label(["0", &y, "-10", "0.32em"], "end", &tick.label)]
}

fn draw_date_tick(tick: &Tick) -> [AnyView; 2] {
    let x = percent(tick.share);
    [line("grid faint", [&x, "0", &x, "100%"]), label([&x, "100%", "0", "1.7em"], "middle", &tick.label)]
}

/// A line between two points.
fn line(class: &str, ends: [&str; 4]) -> AnyView {
    let class = class.to_owned();
    let [x1, y1, x2, y2] = ends.map(str::to_owned);
    view! { <line class=class x1=x1 y1=y1 x2=x2 y2=y2/> }.into_any()
}

/// Text at a point, moved by an offset.
fn label(place: [&str; 4], anchor: &'static str, words: &str) -> AnyView {
    let [x, y, dx, dy] = place.map(str::to_owned);
    let words = words.to_owned();
    view! { <text class="tick" x=x y=y dx=dx dy=dy text-anchor=anchor>{words}</text> }.into_any()
}

fn percent(share: f64) -> String {
    format!("{}%", number_in_words(share * 100.0))
}
