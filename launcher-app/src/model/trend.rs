//! Measurements by kind: the latest value, and the values over time.

use std::collections::BTreeMap;

use super::date::Moment;
use super::documents::Attachment;
use super::entry::Tag;
use super::measurement::{Measurement, Range, Value};
use super::order::ordered;

/// All measurements of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What was measured.
    pub name: String,
    /// The latest valid value, with its unit.
    pub latest: String,
    /// Its tags, such as `High` or `Not final`.
    pub tags: Vec<Tag>,
    /// Its date.
    pub date: Option<String>,
    /// Its reference range as text.
    pub range: Option<String>,
    /// Its notes.
    pub notes: Vec<String>,
    /// Its trend, if it was measured at least twice in the same unit.
    pub trend: Option<Trend>,
    /// All measurements, the newest first, and those without a date last.
    pub rows: Vec<Row>,
    /// The values that are files, with their dates.
    pub files: Vec<(String, Attachment)>,
}

/// One measurement as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The date.
    pub date: String,
    /// The value with its unit.
    pub value: String,
    /// Its tags.
    pub remark: String,
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
    /// The reference range.
    pub range: Option<Range>,
}

/// The values of one measurement, one for each line.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The date.
    pub moment: Moment,
    /// The values in the order of the lines.
    pub values: Vec<Option<f64>>,
    /// The value with its unit and tags.
    pub words: String,
    /// Whether a tag is a warning.
    pub is_flagged: bool,
}

/// The kinds in the order of the record, then the others by name.
pub fn series(measurements: Vec<Measurement>) -> Vec<Series> {
    let mut kinds: BTreeMap<String, Vec<Measurement>> = BTreeMap::new();
    for measurement in measurements {
        kinds.entry(measurement.kind.key.clone()).or_default().push(measurement);
    }
    let mut all: Vec<(i64, Series)> = kinds.into_values().filter_map(Series::of).collect();
    all.sort_by(|(rank, series), (other_rank, other)| (rank, &series.name).cmp(&(other_rank, &other.name)));
    all.into_iter().map(|(_, series)| series).collect()
}

impl Series {
    /// The series and its rank.
    fn of(measurements: Vec<Measurement>) -> Option<(i64, Self)> {
        let measurements = ordered(measurements, |one| one.moment.map_or(i64::MIN, |moment| moment.seconds));
        let newest = measurements.iter().rfind(|one| one.is_comparable).or(measurements.last())?;
        let unit = unit(&newest.value);
        let files = measurements.iter().rev().filter_map(|one| match &one.value {
            Value::File(attachment) => Some((date(one), attachment.clone())),
            _ => None,
        });
        let series = Self {
            latest: newest.value.in_words(),
            tags: newest.flag.iter().chain(&newest.reliability).cloned().collect(),
            date: newest.moment.map(|moment| moment.date.in_short()),
            range: newest.range.as_ref().and_then(|range| range.in_words(&unit)),
            notes: newest.notes.clone(),
            trend: Trend::of(&newest.kind.name, unit, &measurements, newest),
            rows: measurements.iter().rev().map(row).collect(),
            files: files.collect(),
            name: newest.kind.name.clone(),
        };
        Some((newest.kind.rank, series))
    }
}

fn date(measurement: &Measurement) -> String {
    measurement.moment.map_or_else(|| "No date".to_owned(), |moment| moment.date.in_short())
}

fn row(measurement: &Measurement) -> Row {
    let tags = measurement.flag.iter().chain(&measurement.reliability).map(|tag| tag.words.clone());
    let remarks: Vec<String> = tags.chain(measurement.notes.iter().cloned()).collect();
    Row { date: date(measurement), value: measurement.value.in_words(), remark: remarks.join(". ") }
}

fn unit(value: &Value) -> String {
    match value {
        Value::BloodPressure { unit, .. } | Value::Quantity { unit, .. } => unit.clone(),
        Value::Words(_) | Value::File(_) | Value::Absent(_) => String::new(),
    }
}

impl Trend {
    /// The unit for a heading, such as `, mg/dL`; empty if there is none.
    pub fn in_unit(&self) -> String {
        if self.unit.is_empty() { String::new() } else { format!(", {}", self.unit) }
    }

    fn of(name: &str, unit: String, measurements: &[Measurement], newest: &Measurement) -> Option<Self> {
        let lines = match &newest.value {
            Value::BloodPressure { .. } => vec!["Upper (systolic)", "Lower (diastolic)"],
            Value::Quantity { .. } => vec!["Value"],
            Value::Words(_) | Value::File(_) | Value::Absent(_) => return None,
        };
        let readings: Vec<Reading> = measurements
            .iter()
            .filter(|one| one.is_comparable && one.kind.is_named)
            .filter_map(|one| reading(one, &unit, lines.len()))
            .collect();
        let range = newest.range.clone().filter(|range| range.low.or(range.high).is_some());
        (readings.len() > 1).then(|| Self { name: name.to_owned(), unit, lines, readings, range })
    }
}

fn reading(measurement: &Measurement, unit: &str, lines: usize) -> Option<Reading> {
    let (values, own_unit) = match &measurement.value {
        Value::BloodPressure { systolic, diastolic, unit } => (vec![*systolic, *diastolic], unit),
        // A limit such as `< 5` is not a point on a line.
        Value::Quantity { comparator, .. } if !comparator.is_empty() => return None,
        Value::Quantity { number, unit, .. } => (vec![Some(*number)], unit),
        Value::Words(_) | Value::File(_) | Value::Absent(_) => return None,
    };
    let tags: Vec<String> =
        measurement.flag.iter().chain(&measurement.reliability).map(|tag| tag.words.to_ascii_lowercase()).collect();
    let remark = if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
    let words = format!("{}{remark}", measurement.value.in_words());
    let is_flagged = measurement.flag.as_ref().is_some_and(|flag| flag.is_warning);
    (own_unit == unit && values.len() == lines).then_some(Reading {
        moment: measurement.moment?,
        values,
        words,
        is_flagged,
    })
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
    fn the_date_is_in_the_time_zone_of_the_measurement() {
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
        assert_eq!(trend.readings[1].words, "130/85 mmHg");
    }

    #[test]
    fn fhir_r4_a_trend_has_the_newest_range_and_each_value_its_interpretation() {
        let result = |value: f64, high: f64, date: &str| {
            let mut result = observation("4548-4", value, "%", date);
            result["referenceRange"] = json!([{"high": {"value": high, "unit": "%"}}]);
            result
        };
        let [series] = &read(&[result(7.0, 5.6, "2024"), result(5.0, 6.0, "2022")])[..] else { panic!() };
        assert_eq!(series.range.as_deref(), Some("up to 5.6%"));
        assert_eq!(series.tags, [Tag::warning("High")]);
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
    fn l3_a_cancelled_or_modified_result_is_listed_and_not_in_the_trend() {
        let result = |value: f64, date: &str, status: &str| {
            let mut result = observation("29463-7", value, "kg", date);
            result["status"] = json!(status);
            result
        };
        let mut marked = result(900.0, "2025-02-01", "final");
        marked["modifierExtension"] = json!([{"url": "https://clinic.example/x"}]);
        let [series] = &read(&[
            result(70.0, "2022", "final"),
            result(71.0, "2023", "corrected"),
            result(72.0, "2024", "preliminary"),
            result(700.0, "2025", "cancelled"),
            marked,
        ])[..] else {
            panic!()
        };
        let trend = series.trend.as_ref().unwrap();
        assert_eq!(values(trend), [vec![Some(70.0)], vec![Some(71.0)], vec![Some(72.0)]]);
        assert_eq!((series.latest.as_str(), series.date.as_deref()), ("72 kg", Some("2024")));
        assert_eq!(series.tags, [Tag::plain("Not final")]);
        let rows: Vec<_> = series.rows.iter().map(|row| (row.value.as_str(), row.remark.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("900 kg", "Read this with care"),
                ("700 kg", "Cancelled"),
                ("72 kg", "Not final"),
                ("71 kg", "Corrected"),
                ("70 kg", "")
            ]
        );
    }

    #[test]
    fn l1_every_measurement_is_listed_with_its_notes() {
        let mut undated = observation("29463-7", 90.0, "kg", "2020");
        undated["effectiveDateTime"] = Json::Null;
        undated["note"] = json!([{"text": "As the patient says"}]);
        let mut words = observation("29463-7", 0.0, "", "2021-05-06");
        words.as_object_mut().unwrap().remove("valueQuantity");
        words["valueString"] = json!("not weighed");
        let [series] = &read(&[observation("29463-7", 154.0, "lb", "2022"), undated, words])[..] else { panic!() };
        let row = |date: &str, value: &str, remark: &str| Row {
            date: date.to_owned(),
            value: value.to_owned(),
            remark: remark.to_owned(),
        };
        let expected = [
            row("2022", "154 lb", ""),
            row("May 6, 2021", "not weighed", ""),
            row("No date", "90 kg", "Note: As the patient says"),
        ];
        assert_eq!(series.rows, expected);
        assert_eq!(series.trend, None);
    }

    #[test]
    fn l2_a_limit_is_listed_and_not_a_point_of_the_line() {
        let mut limit = observation("2276-4", 5.0, "ng/mL", "2024");
        limit["valueQuantity"]["comparator"] = json!("<");
        let all = [observation("2276-4", 9.0, "ng/mL", "2022"), observation("2276-4", 8.0, "ng/mL", "2023"), limit];
        let [series] = &read(&all)[..] else { panic!() };
        assert_eq!(values(series.trend.as_ref().unwrap()), [vec![Some(9.0)], vec![Some(8.0)]]);
        assert_eq!((series.latest.as_str(), series.rows.len()), ("< 5 ng/mL", 3));
        assert_eq!(trend(&all[1..]), None);
    }

    #[test]
    fn results_without_a_name_are_not_compared() {
        let nameless = |value: f64, date: &str| json!({"effectiveDateTime": date, "valueQuantity": {"value": value}});
        assert_eq!(trend(&[nameless(1.0, "2022"), nameless(2.0, "2023")]), None);
    }

    #[test]
    fn without_two_measurements_there_is_no_trend() {
        assert_eq!(trend(&[]), None);
        assert_eq!(trend(&[observation("29463-7", 70.0, "kg", "2023")]), None);
    }
}
