//! A line chart of a trend. Places are percentages of the plot, so it fits any width and needs no measuring.

use leptos::prelude::*;

use super::scale::{Scale, Tick, moments, values};
use crate::components::draw::{element, paragraph, text};
use crate::components::table::{more, table};
use crate::model::trend::{Reading, Trend};
use crate::model::vital_signs::number_in_words;

const VALUE_TICKS: usize = 4;
const DATE_TICKS: usize = 5;
/// The looks of the lines, in their order.
const LOOKS: [&str; 2] = ["first", "second"];

/// A trend as lines, with the same numbers in a table.
pub fn trend_chart(trend: &Trend) -> AnyView {
    let in_unit = if trend.unit.is_empty() { String::new() } else { format!(" in {}", trend.unit) };
    let mut caption = vec![element("h3", &[], vec![text(format!("{} over time", trend.name))])];
    caption.extend(legend(trend));
    let parts = vec![
        element("figcaption", &[], caption),
        paragraph("axis-name", format!("{}{in_unit}", trend.name)),
        plot(trend, spoken(trend, &in_unit)),
        paragraph("axis-name end", "Date"),
        more("All values as a table", values_table(trend)),
    ];
    element("figure", &[("class", "trend")], parts)
}

/// What a screen reader says instead of the picture.
fn spoken(trend: &Trend, in_unit: &str) -> String {
    let reading = |reading: &Reading| {
        let values: Vec<String> = (0..trend.lines.len()).map(|line| reading.value_in_words(line)).collect();
        format!("{} on {}", values.join(" over "), reading.moment.date.in_words())
    };
    match (trend.readings.first(), trend.readings.last()) {
        (Some(first), Some(last)) => format!(
            "{}{in_unit}: {} measurements, from {} to {}. All values stand in the table below.",
            trend.name,
            trend.readings.len(),
            reading(first),
            reading(last)
        ),
        _ => trend.name.clone(),
    }
}

fn legend(trend: &Trend) -> Option<AnyView> {
    let names = trend.lines.iter().zip(LOOKS).map(|(name, look)| {
        let key = vec![line(&format!("line {look}"), ["0", "50%", "100%", "50%"])];
        let key = view! { <svg class="key" aria-hidden="true">{key}</svg> }.into_any();
        element("li", &[], vec![key, text(*name)])
    });
    (trend.lines.len() > 1).then(|| element("ul", &[("class", "legend")], names.collect()))
}

fn plot(trend: &Trend, spoken: String) -> AnyView {
    let all = trend.readings.iter().flat_map(|reading| reading.values.iter().copied().flatten());
    let (value_scale, value_ticks) = values(all, VALUE_TICKS);
    let (date_scale, date_ticks) = moments(trend.readings.iter().map(|reading| reading.moment.seconds), DATE_TICKS);
    let mut parts: Vec<AnyView> = value_ticks.iter().flat_map(draw_value_tick).collect();
    parts.extend(date_ticks.iter().flat_map(draw_date_tick));
    for (index, look) in (0..trend.lines.len()).zip(LOOKS) {
        parts.extend(draw_line(&points(trend, index, date_scale, value_scale), look));
    }
    view! { <svg class="plot" role="img" aria-label=spoken>{parts}</svg> }.into_any()
}

/// A reading's place in the plot, and its words.
struct Point {
    x: String,
    y: String,
    words: String,
}

fn points(trend: &Trend, line: usize, dates: Scale, values: Scale) -> Vec<Point> {
    let point = |reading: &Reading| {
        let value = reading.values.get(line).copied().flatten()?;
        let words = format!("{} {}, {}", reading.value_in_words(line), trend.unit, reading.moment.date.in_words());
        Some(Point {
            x: percent(dates.share(reading.moment.seconds as f64)),
            y: percent(1.0 - values.share(value)),
            words,
        })
    };
    trend.readings.iter().filter_map(point).collect()
}

fn draw_line(points: &[Point], look: &str) -> Vec<AnyView> {
    let pairs = points.iter().zip(points.iter().skip(1));
    let segments = pairs.map(|(from, to)| line(&format!("line {look}"), [&from.x, &from.y, &to.x, &to.y]));
    let dots = points.iter().map(|point| {
        let (class, x, y, words) = (format!("dot {look}"), point.x.clone(), point.y.clone(), point.words.clone());
        view! { <circle class=class cx=x cy=y r="3.5"><title>{words}</title></circle> }.into_any()
    });
    segments.chain(dots).collect()
}

fn draw_value_tick(tick: &Tick) -> [AnyView; 2] {
    let y = percent(1.0 - tick.share);
    [line("grid", ["0", &y, "100%", &y]), label(["0", &y, "-10", "0.32em"], "end", &tick.label)]
}

fn draw_date_tick(tick: &Tick) -> [AnyView; 2] {
    let x = percent(tick.share);
    [line("grid faint", [&x, "0", &x, "100%"]), label([&x, "100%", "0", "1.7em"], "middle", &tick.label)]
}

/// A line between two places.
fn line(class: &str, ends: [&str; 4]) -> AnyView {
    let class = class.to_owned();
    let [x1, y1, x2, y2] = ends.map(str::to_owned);
    view! { <line class=class x1=x1 y1=y1 x2=x2 y2=y2/> }.into_any()
}

/// Words at a place, moved by a distance.
fn label(place: [&str; 4], anchor: &'static str, words: &str) -> AnyView {
    let [x, y, dx, dy] = place.map(str::to_owned);
    let words = words.to_owned();
    view! { <text class="tick" x=x y=y dx=dx dy=dy text-anchor=anchor>{words}</text> }.into_any()
}

fn percent(share: f64) -> String {
    format!("{}%", number_in_words(share * 100.0))
}

fn values_table(trend: &Trend) -> AnyView {
    let heads: Vec<String> = trend.lines.iter().map(|name| format!("{name}, {}", trend.unit)).collect();
    let heads: Vec<&str> = std::iter::once("Date").chain(heads.iter().map(String::as_str)).collect();
    let rows = trend.readings.iter().rev().map(|reading| {
        let values = (0..trend.lines.len()).map(|line| text(reading.value_in_words(line)));
        std::iter::once(text(reading.moment.date.in_short())).chain(values).collect()
    });
    let table = table(None, &heads, &[], rows.collect());
    let spoken = format!("{}, all values", trend.name);
    element("div", &[("class", "scroll"), ("tabindex", "0"), ("role", "group"), ("aria-label", &spoken)], vec![table])
}
