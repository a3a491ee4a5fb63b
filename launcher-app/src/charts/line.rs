//! A line chart of a trend. Places are percentages of the plot, so it fits any width and needs no measuring.

use leptos::prelude::*;

use super::scale::{Scale, Tick, moments, values};
use crate::model::trend::{Reading, Trend};

const VALUE_TICKS: usize = 4;
const DATE_TICKS: usize = 5;
/// The looks of the lines, in their order.
const LOOKS: [&str; 2] = ["first", "second"];

/// A trend as lines, with the same numbers in a table.
#[component]
pub fn TrendChart(
    /// What is drawn.
    trend: Trend,
) -> impl IntoView {
    let heading = format!("{} over time", trend.name);
    let in_unit = if trend.unit.is_empty() { String::new() } else { format!(" in {}", trend.unit) };
    let spoken = spoken(&trend, &in_unit);
    view! {
        <figure class="trend">
            <figcaption>
                <h3>{heading}</h3>
                {legend(&trend)}
            </figcaption>
            <p class="axis-name">{format!("{}{in_unit}", trend.name)}</p>
            {plot(&trend, spoken)}
            <p class="axis-name end">"Date"</p>
            <details class="more">
                <summary>"All values as a table"</summary>
                {table(&trend)}
            </details>
        </figure>
    }
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
        view! {
            <li>
                <svg class="key" aria-hidden="true"><line class=format!("line {look}") x1="0" y1="50%" x2="100%" y2="50%"/></svg>
                {*name}
            </li>
        }
    });
    (trend.lines.len() > 1).then(|| view! { <ul class="legend">{names.collect_view()}</ul> }.into_any())
}

fn plot(trend: &Trend, spoken: String) -> AnyView {
    let all = trend.readings.iter().flat_map(|reading| reading.values.iter().copied().flatten());
    let (value_scale, value_ticks) = values(all, VALUE_TICKS);
    let (date_scale, date_ticks) = moments(trend.readings.iter().map(|reading| reading.moment.seconds), DATE_TICKS);
    let lines = (0..trend.lines.len()).zip(LOOKS).map(|(line, look)| {
        let points = points(trend, line, date_scale, value_scale);
        draw_line(&points, look)
    });
    view! {
        <svg class="plot" role="img" aria-label=spoken>
            {value_ticks.iter().map(draw_value_tick).collect_view()}
            {date_ticks.iter().map(draw_date_tick).collect_view()}
            {lines.collect_view()}
        </svg>
    }
    .into_any()
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

fn draw_line(points: &[Point], look: &'static str) -> AnyView {
    let class = format!("line {look}");
    let pairs = points.iter().zip(points.iter().skip(1));
    let segments = pairs.map(|(from, to)| {
        view! { <line class=class.clone() x1=from.x.clone() y1=from.y.clone() x2=to.x.clone() y2=to.y.clone()/> }
    });
    let dots = points.iter().map(|point| {
        view! {
            <circle class=format!("dot {look}") cx=point.x.clone() cy=point.y.clone() r="3.5">
                <title>{point.words.clone()}</title>
            </circle>
        }
    });
    view! { <g>{segments.collect_view()}{dots.collect_view()}</g> }.into_any()
}

fn draw_value_tick(tick: &Tick) -> impl IntoView + use<> {
    let y = percent(1.0 - tick.share);
    view! {
        <line class="grid" x1="0" y1=y.clone() x2="100%" y2=y.clone()/>
        <text class="tick" x="0" y=y dx="-10" dy="0.32em" text-anchor="end">{tick.label.clone()}</text>
    }
}

fn draw_date_tick(tick: &Tick) -> impl IntoView + use<> {
    let x = percent(tick.share);
    view! {
        <line class="grid faint" x1=x.clone() y1="0" x2=x.clone() y2="100%"/>
        <text class="tick" x=x y="100%" dy="1.7em" text-anchor="middle">{tick.label.clone()}</text>
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

fn table(trend: &Trend) -> AnyView {
    let heads = trend.lines.iter().map(|name| view! { <th scope="col">{format!("{name}, {}", trend.unit)}</th> });
    let rows = trend.readings.iter().rev().map(|reading| {
        let cells = (0..trend.lines.len()).map(|line| view! { <td class="value">{reading.value_in_words(line)}</td> });
        view! {
            <tr>
                <th scope="row" class="when">{reading.moment.date.in_short()}</th>
                {cells.collect_view()}
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("{}, all values", trend.name)>
            <table>
                <thead><tr><th scope="col">"Date"</th>{heads.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
