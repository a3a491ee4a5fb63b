//! What was measured, kind by kind: the latest of each, and how it went over time.

use super::date::Moment;
use super::measurement::{Measurement, Range, Value, number_in_words};
use super::order::ordered;

/// All measurements of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What was measured.
    pub name: String,
    /// The latest value with its unit.
    pub latest: String,
    /// What is to be said of it, such as `High`.
    pub flag: Option<&'static str>,
    /// When that was.
    pub date: Option<String>,
    /// Between what it should be, in words.
    pub range: Option<String>,
    /// How it went, where it was measured at least twice in one unit.
    pub trend: Option<Trend>,
}

/// A kind of measurement over time: one line, or two for blood pressure.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// What was measured.
    pub name: String,
    /// The unit of all values.
    pub unit: String,
    /// The names of the lines.
    pub lines: Vec<&'static str>,
    /// The measurements, the oldest first.
    pub readings: Vec<Reading>,
    /// Between what the values should be.
    pub range: Option<Range>,
}

/// The values of one measurement, one for each line.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// When.
    pub moment: Moment,
    /// The values in the order of the lines.
    pub values: Vec<Option<f64>>,
    /// The value with its unit and what is to be said of it.
    pub words: String,
    /// What is to be said of it, such as `High`.
    pub flag: Option<&'static str>,
}

/// The kinds in the order of the record, those without a place in it by their names.
pub fn series(measurements: Vec<Measurement>) -> Vec<Series> {
    let mut kinds: Vec<(String, i64, Vec<Measurement>)> = Vec::new();
    for measurement in measurements {
        match kinds.iter_mut().find(|(name, ..)| *name == measurement.kind.name) {
            Some((_, _, of_kind)) => of_kind.push(measurement),
            None => kinds.push((measurement.kind.name.clone(), measurement.kind.rank, vec![measurement])),
        }
    }
    let mut names: Vec<String> = kinds.iter().map(|(name, ..)| name.clone()).collect();
    names.sort_unstable();
    let alphabetic = |name: &String| names.iter().position(|other| other == name).unwrap_or_default() as i64;
    let kinds = ordered(kinds, |(name, ..)| alphabetic(name));
    let kinds = ordered(kinds, |(_, rank, _)| *rank);
    kinds.into_iter().filter_map(|(name, _, of_kind)| Series::of(name, of_kind)).collect()
}

impl Series {
    fn of(name: String, measurements: Vec<Measurement>) -> Option<Self> {
        let measurements = ordered(measurements, |one| one.moment.map_or(i64::MIN, |moment| moment.seconds));
        let newest = measurements.last()?;
        let unit = unit(&newest.value);
        Some(Self {
            latest: newest.value.in_words(),
            flag: newest.flag,
            date: newest.moment.map(|moment| moment.date.in_short()),
            range: newest.range.as_ref().and_then(|range| range.in_words(&unit)),
            trend: Trend::of(&name, unit, &measurements, newest),
            name,
        })
    }
}

fn unit(value: &Value) -> String {
    match value {
        Value::BloodPressure { unit, .. } | Value::Quantity { unit, .. } => unit.clone(),
        Value::Words(_) => String::new(),
    }
}

impl Trend {
    /// The unit for a heading: `, mg/dL`; nothing where there is none.
    pub fn in_unit(&self) -> String {
        if self.unit.is_empty() { String::new() } else { format!(", {}", self.unit) }
    }

    fn of(name: &str, unit: String, measurements: &[Measurement], newest: &Measurement) -> Option<Self> {
        let lines = match &newest.value {
            Value::BloodPressure { .. } => vec!["Upper (systolic)", "Lower (diastolic)"],
            Value::Quantity { .. } => vec!["Value"],
            Value::Words(_) => return None,
        };
        let readings: Vec<Reading> =
            measurements.iter().filter_map(|measurement| reading(measurement, &unit, lines.len())).collect();
        let range = newest.range.clone().filter(|range| range.low.or(range.high).is_some());
        (readings.len() > 1).then(|| Self { name: name.to_owned(), unit, lines, readings, range })
    }
}

impl Reading {
    /// A line's value in words.
    pub fn value_in_words(&self, line: usize) -> String {
        self.values.get(line).copied().flatten().map_or_else(|| "–".to_owned(), number_in_words)
    }
}

fn reading(measurement: &Measurement, unit: &str, lines: usize) -> Option<Reading> {
    let (values, own_unit) = match &measurement.value {
        Value::BloodPressure { systolic, diastolic, unit } => (vec![*systolic, *diastolic], unit),
        Value::Quantity { number, unit, .. } => (vec![Some(*number)], unit),
        Value::Words(_) => return None,
    };
    let flag = measurement.flag;
    let remark = flag.map(|flag| format!(" ({})", flag.to_ascii_lowercase())).unwrap_or_default();
    let words = format!("{}{remark}", measurement.value.in_words());
    (own_unit == unit && values.len() == lines).then_some(Reading { moment: measurement.moment?, values, words, flag })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::measurement::measurements;
    use crate::model::measurement::tests::{blood_pressure, observation};
    use serde_json::{Value as Json, json};

    fn read(observations: &[Json]) -> Vec<Series> {
        series(measurements(observations))
    }

    fn trend(observations: &[Json]) -> Option<Trend> {
        read(observations).into_iter().next()?.trend
    }

    fn values(trend: &Trend) -> Vec<Vec<Option<f64>>> {
        trend.readings.iter().map(|reading| reading.values.clone()).collect()
    }

    #[test]
    fn fhir_r4_the_latest_of_each_kind_is_shown_in_a_fixed_order() {
        let shown: Vec<_> = read(&[
            observation("x-9", 1.0, "", "2024"),
            observation("x-1", 1.0, "", "2024"),
            observation("29463-7", 70.0, "kg", "2023-01-01T09:00:00Z"),
            observation("29463-7", 71.5, "kg", "2024-01-01T09:00:00+02:00"),
            observation("29463-7", 71.0, "kg", "2024-01-01T08:00:00+02:00"),
            observation("8867-4", 64.0, "/min", "2022-01-01"),
        ])
        .into_iter()
        .map(|series| (series.name, series.latest))
        .collect();
        let expected = [("Heart rate", "64 per minute"), ("Weight", "71.5 kg"), ("Test x-1", "1"), ("Test x-9", "1")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_day_is_the_one_where_it_was_measured() {
        let [series] = &read(&[observation("8310-5", 37.0, "Cel", "2024-03-04T23:00:00-05:00")])[..] else { panic!() };
        assert_eq!((series.date.as_deref(), series.latest.as_str()), (Some("Mar 4, 2024"), "37 °C"));
    }

    #[test]
    fn blood_pressure_is_two_lines_the_oldest_first() {
        let trend = trend(&[
            blood_pressure(Some(130.0), Some(85.0), "2024-06-01"),
            blood_pressure(Some(120.0), None, "2023-06-01"),
        ])
        .unwrap();
        assert_eq!((trend.name.as_str(), trend.unit.as_str()), ("Blood pressure", "mmHg"));
        assert_eq!(trend.lines.len(), 2);
        assert_eq!(values(&trend), [vec![Some(120.0), None], vec![Some(130.0), Some(85.0)]]);
        assert_eq!(trend.readings[0].value_in_words(1), "–");
        assert_eq!(trend.readings[1].words, "130/85 mmHg");
    }

    #[test]
    fn fhir_r4_a_trend_has_the_range_of_the_newest_and_each_value_its_word() {
        let result = |value: f64, high: f64, date: &str| {
            let mut result = observation("4548-4", value, "%", date);
            result["referenceRange"] = json!([{"high": {"value": high, "unit": "%"}}]);
            result
        };
        let [series] = &read(&[result(7.0, 5.6, "2024"), result(5.0, 6.0, "2022")])[..] else { panic!() };
        assert_eq!(series.range.as_deref(), Some("up to 5.6%"));
        assert_eq!(series.flag, Some("High"));
        let trend = series.trend.as_ref().unwrap();
        assert_eq!(trend.range.as_ref().unwrap().high, Some(5.6));
        let words: Vec<_> = trend.readings.iter().map(|reading| reading.words.as_str()).collect();
        assert_eq!(words, ["5%", "7% (high)"]);
    }

    #[test]
    fn values_in_other_units_or_without_a_date_are_not_mixed_in() {
        let mut undated = observation("29463-7", 90.0, "kg", "2020");
        undated["effectiveDateTime"] = Json::Null;
        let trend = trend(&[
            observation("29463-7", 154.0, "lb", "2022-06-01"),
            observation("29463-7", 70.0, "kg", "2023-06-01"),
            observation("29463-7", 72.0, "kg", "2024-06-01"),
            undated,
        ])
        .unwrap();
        assert_eq!(values(&trend), [vec![Some(70.0)], vec![Some(72.0)]]);
    }

    #[test]
    fn without_two_measurements_there_is_no_trend() {
        assert_eq!(trend(&[]), None);
        assert_eq!(trend(&[observation("29463-7", 70.0, "kg", "2023")]), None);
    }
}
