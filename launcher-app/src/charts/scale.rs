//! The positions of values and days on a chart, and the ticks of its axes.

use chrono::{DateTime, Datelike, NaiveDate};

use crate::model::date::short_month;
use crate::model::number::number_in_words;

const SECONDS_A_DAY: f64 = 86_400.0;

/// A tick on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Its position, from 0 to 1.
    pub share: f64,
    /// Its label.
    pub label: String,
}

/// A range of numbers on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    start: f64,
    end: f64,
}

impl Scale {
    /// The position of a number, from 0 at the start of the axis to 1 at its end.
    pub fn share(&self, number: f64) -> f64 {
        ((number - self.start) / (self.end - self.start)).clamp(0.0, 1.0)
    }
}

/// A scale that contains all values, with about `count` ticks at round numbers.
pub fn values(all: impl Iterator<Item = f64>, count: usize) -> (Scale, Vec<Tick>) {
    let (low, high) = extremes(all.filter(|value| value.is_finite())).unwrap_or((0.0, 1.0));
    let step = round_step((high - low).max(high.abs() * 0.02), count);
    let first = (low / step).floor() as i64;
    let last = ((high / step).ceil() as i64).max(first + 1);
    let scale = Scale { start: first as f64 * step, end: last as f64 * step };
    let ticks = (first..=last).map(|index| {
        let value = index as f64 * step;
        Tick { share: scale.share(value), label: number_in_words(value) }
    });
    (scale, ticks.collect())
}

/// A scale for times in seconds since 1970, with at most `count` ticks: at the start of years, or of months if the span is less
/// than two years.
pub fn moments(all: impl Iterator<Item = i64>, count: usize) -> (Scale, Vec<Tick>) {
    let (low, high) = extremes(all.map(|seconds| seconds as f64)).unwrap_or((0.0, SECONDS_A_DAY));
    let scale = Scale { start: low, end: high.max(low + SECONDS_A_DAY) };
    let months = month_starts(scale);
    let in_years = months.len() > 24;
    let named: Vec<NaiveDate> = months.into_iter().filter(|month| !in_years || month.month() == 1).collect();
    let every = named.len().div_ceil(count.max(1)).max(1);
    let ticks = named.into_iter().step_by(every).map(|month| Tick {
        share: scale.share(seconds_of(month)),
        label: match in_years {
            true => month.year().to_string(),
            false => format!("{} {}", short_month(month.month()), month.year()),
        },
    });
    (scale, ticks.collect())
}

fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |found, value| {
        let (low, high) = found.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// 1, 2 or 5 times a power of ten, so that `span` has about `count` steps.
fn round_step(span: f64, count: usize) -> f64 {
    let rough = (span / count.max(1) as f64).max(f64::MIN_POSITIVE);
    let powers = std::iter::successors(Some(0.01), |power| Some(power * 10.0));
    let mut steps = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * power));
    steps.find(|step| *step >= rough).unwrap_or(rough)
}

/// The first days of the months in a scale.
fn month_starts(scale: Scale) -> Vec<NaiveDate> {
    let Some(first) = DateTime::from_timestamp(scale.start as i64, 0) else { return Vec::new() };
    let months = (0..).map_while(|offset| {
        let month = first.year() * 12 + first.month0() as i32 + offset;
        NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
    });
    months
        .skip_while(|month| seconds_of(*month) < scale.start)
        .take_while(|month| seconds_of(*month) <= scale.end)
        .collect()
}

fn seconds_of(day: NaiveDate) -> f64 {
    day.and_hms_opt(0, 0, 0).map_or(0.0, |midnight| midnight.and_utc().timestamp() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    fn at(date: &str) -> i64 {
        seconds_of(date.parse().unwrap()) as i64
    }

    #[test]
    fn values_have_round_ticks_that_include_them_all() {
        for (given, expected) in [
            (vec![72.0, 141.0], vec!["60", "80", "100", "120", "140", "160"]),
            (vec![69.8, 72.4], vec!["69", "70", "71", "72", "73"]),
            (vec![36.6, 37.1], vec!["36.6", "36.8", "37", "37.2"]),
            (vec![-3.0, 4.0], vec!["-4", "-2", "0", "2", "4"]),
        ] {
            let (scale, ticks) = values(given.iter().copied(), 5);
            assert_eq!(labels(&ticks), expected, "{given:?}");
            assert!(given.iter().all(|value| *value >= scale.start && *value <= scale.end), "{given:?}");
        }
    }

    #[test]
    fn ticks_run_from_one_end_to_the_other() {
        let (_, ticks) = values([60.0, 160.0].into_iter(), 5);
        let shares: Vec<f64> = ticks.iter().map(|tick| tick.share).collect();
        assert_eq!(shares.first(), Some(&0.0));
        assert_eq!(shares.last(), Some(&1.0));
        assert!(shares.is_sorted());
    }

    #[test]
    fn a_flat_line_and_no_line_have_a_scale() {
        for given in [vec![70.0, 70.0], vec![0.0, 0.0], vec![], vec![f64::NAN], vec![1e-9], vec![1e12, 1e12 + 1.0]] {
            let (scale, ticks) = values(given.iter().copied(), 5);
            assert!(scale.end > scale.start, "{given:?}");
            assert!((2..=12).contains(&ticks.len()), "{given:?}: {ticks:?}");
        }
    }

    #[test]
    fn long_spans_have_years_and_short_ones_months() {
        let (_, ticks) = moments([at("2018-05-02"), at("2025-03-01")].into_iter(), 8);
        assert_eq!(labels(&ticks), ["2019", "2020", "2021", "2022", "2023", "2024", "2025"]);
        let (_, ticks) = moments([at("2024-11-15"), at("2025-02-20")].into_iter(), 8);
        assert_eq!(labels(&ticks), ["Dec 2024", "Jan 2025", "Feb 2025"]);
    }

    #[test]
    fn there_are_at_most_as_many_dates_as_requested() {
        let (_, ticks) = moments([at("1950-01-01"), at("2025-01-01")].into_iter(), 5);
        assert!((3..=5).contains(&ticks.len()), "{ticks:?}");
        let (_, ticks) = moments([at("2024-01-01"), at("2024-12-31")].into_iter(), 5);
        assert!((3..=5).contains(&ticks.len()), "{ticks:?}");
    }

    #[test]
    fn a_time_has_its_position_in_the_span() {
        let (scale, _) = moments([at("2024-01-01"), at("2024-01-11")].into_iter(), 5);
        assert_eq!(scale.share(at("2024-01-06") as f64), 0.5);
        let (scale, ticks) = moments([at("2024-01-03"), at("2024-01-03")].into_iter(), 5);
        assert_eq!(scale.share(at("2024-01-03") as f64), 0.0);
        assert_eq!(ticks, []);
    }
}
