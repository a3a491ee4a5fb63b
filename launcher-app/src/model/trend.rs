//! How one kind of measurement went over time.

use super::date::Moment;
use super::order::ordered;
use super::vital_signs::{Measurement, Value, number_in_words};

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
}

/// The values of one measurement, one for each line.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// When.
    pub moment: Moment,
    /// The values in the order of the lines.
    pub values: Vec<Option<f64>>,
}

impl Reading {
    /// A line's value in words.
    pub fn value_in_words(&self, line: usize) -> String {
        self.values.get(line).copied().flatten().map_or_else(|| "–".to_owned(), number_in_words)
    }
}

impl Trend {
    /// The first kind, in the order of the record, that was measured at least twice in one unit.
    pub fn of(measurements: &[Measurement]) -> Option<Self> {
        let mut kinds: Vec<_> = measurements.iter().map(|measurement| &measurement.kind).collect();
        kinds = ordered(kinds, |kind| kind.rank);
        kinds.dedup();
        let of_kind = |name: &str| -> Vec<&Measurement> {
            measurements.iter().filter(|measurement| measurement.kind.name == name).collect()
        };
        kinds.into_iter().find_map(|kind| Self::of_kind(&kind.name, &of_kind(&kind.name)))
    }

    fn of_kind(name: &str, measurements: &[&Measurement]) -> Option<Self> {
        let newest = measurements.iter().max_by_key(|one| one.moment.map(|moment| moment.seconds))?;
        let (unit, lines) = match &newest.value {
            Value::BloodPressure { unit, .. } => (unit.clone(), vec!["Upper (systolic)", "Lower (diastolic)"]),
            Value::Quantity { unit, .. } => (unit.clone(), vec!["Value"]),
            Value::Words(_) => return None,
        };
        let readings = measurements.iter().filter_map(|measurement| reading(measurement, &unit, lines.len())).collect();
        let readings: Vec<Reading> = ordered(readings, |reading| reading.moment.seconds);
        (readings.len() > 1).then(|| Self { name: name.to_owned(), unit, lines, readings })
    }
}

fn reading(measurement: &Measurement, unit: &str, lines: usize) -> Option<Reading> {
    let (values, own_unit) = match &measurement.value {
        Value::BloodPressure { systolic, diastolic, unit } => (vec![*systolic, *diastolic], unit),
        Value::Quantity { number, unit } => (vec![Some(*number)], unit),
        Value::Words(_) => return None,
    };
    (own_unit == unit && values.len() == lines).then_some(Reading { moment: measurement.moment?, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vital_signs::measurements;
    use crate::model::vital_signs::tests::{blood_pressure, observation};
    use serde_json::Value as Json;

    fn trend(observations: &[Json]) -> Option<Trend> {
        Trend::of(&measurements(observations))
    }

    fn values(trend: &Trend) -> Vec<Vec<Option<f64>>> {
        trend.readings.iter().map(|reading| reading.values.clone()).collect()
    }

    #[test]
    fn blood_pressure_is_two_lines_the_oldest_first() {
        let trend = trend(&[
            blood_pressure(Some(130.0), Some(85.0), "2024-06-01"),
            blood_pressure(Some(120.0), None, "2023-06-01"),
            observation("8867-4", 60.0, "/min", "2024-06-01"),
            observation("8867-4", 62.0, "/min", "2023-06-01"),
        ])
        .unwrap();
        assert_eq!((trend.name.as_str(), trend.unit.as_str()), ("Blood pressure", "mmHg"));
        assert_eq!(trend.lines.len(), 2);
        assert_eq!(values(&trend), [vec![Some(120.0), None], vec![Some(130.0), Some(85.0)]]);
        assert_eq!(trend.readings[0].value_in_words(1), "–");
    }

    #[test]
    fn a_kind_that_was_measured_once_has_no_trend() {
        let trend = trend(&[
            blood_pressure(Some(130.0), Some(85.0), "2024-06-01"),
            observation("29463-7", 70.0, "kg", "2024-06-01"),
            observation("29463-7", 72.0, "kg", "2025-06-01"),
        ])
        .unwrap();
        assert_eq!(trend.name, "Weight");
        assert_eq!(values(&trend), [vec![Some(70.0)], vec![Some(72.0)]]);
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
