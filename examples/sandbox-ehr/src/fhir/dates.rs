//! Searching by date (FHIR R4, Search, 3.1.1.4.7): a date is the span of time that its precision leaves open.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde_json::Value;

/// From the first second to the second after the last, in UTC. `None` is an open end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    start: Option<NaiveDateTime>,
    end: Option<NaiveDateTime>,
}

/// A date parameter of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateCriterion {
    prefix: Prefix,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Prefix {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    StartsAfter,
    EndsBefore,
}

impl DateCriterion {
    /// `ge2024-01`, `2024-03-02`, `lt2024-03-02T10:00:00Z`. `None` if it is not a date.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = match text.get(..2) {
            Some("eq") => (Prefix::Equal, &text[2..]),
            Some("ne") => (Prefix::NotEqual, &text[2..]),
            Some("lt") => (Prefix::Less, &text[2..]),
            Some("le") => (Prefix::LessOrEqual, &text[2..]),
            Some("gt") => (Prefix::Greater, &text[2..]),
            Some("ge") => (Prefix::GreaterOrEqual, &text[2..]),
            Some("sa") => (Prefix::StartsAfter, &text[2..]),
            Some("eb") => (Prefix::EndsBefore, &text[2..]),
            _ => (Prefix::Equal, text),
        };
        Some(Self { prefix, span: Span::parse(rest)? })
    }

    pub fn matches(&self, value: &Span) -> bool {
        let requested = &self.span;
        let is_within = value.start.is_some_and(|start| requested.start.is_some_and(|from| start >= from))
            && value.end.is_some_and(|end| requested.end.is_some_and(|to| end <= to));
        let reaches_below = later(requested.start, value.start);
        let reaches_above = match (value.end, requested.end) {
            (None, _) => true,
            (Some(end), Some(to)) => end > to,
            (Some(_), None) => false,
        };
        match self.prefix {
            Prefix::Equal => is_within,
            Prefix::NotEqual => !is_within,
            Prefix::Less => reaches_below,
            Prefix::LessOrEqual => reaches_below || is_within,
            Prefix::Greater => reaches_above,
            Prefix::GreaterOrEqual => reaches_above || is_within,
            Prefix::StartsAfter => value.start.zip(requested.end).is_some_and(|(start, end)| start >= end),
            Prefix::EndsBefore => value.end.zip(requested.start).is_some_and(|(end, start)| end <= start),
        }
    }
}

fn later(requested: Option<NaiveDateTime>, value: Option<NaiveDateTime>) -> bool {
    match (requested, value) {
        (_, None) => true,
        (Some(requested), Some(value)) => requested > value,
        (None, Some(_)) => false,
    }
}

impl Span {
    /// A date, a dateTime or a Period of a resource.
    pub fn of(value: &Value) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Self::parse(text);
        }
        let bound = |name: &str| value[name].as_str().and_then(Self::parse);
        let (start, end) = (bound("start"), bound("end"));
        (start.is_some() || end.is_some())
            .then(|| Self { start: start.and_then(|span| span.start), end: end.and_then(|span| span.end) })
    }

    fn parse(text: &str) -> Option<Self> {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let (start, end) = match text.len() {
            4 => {
                let first = day(&format!("{text}-01-01"))?;
                (midnight(first), midnight(first.checked_add_months(Months::new(12))?))
            }
            7 => {
                let first = day(&format!("{text}-01"))?;
                (midnight(first), midnight(first.checked_add_months(Months::new(1))?))
            }
            10 => {
                let first = day(text)?;
                (midnight(first), midnight(first.checked_add_days(Days::new(1))?))
            }
            _ => moment(text)?,
        };
        Some(Self { start: Some(start), end: Some(end) })
    }
}

fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}

/// A time of day with or without seconds and fractions, with or without an offset; without one, it is read as UTC.
fn moment(text: &str) -> Option<(NaiveDateTime, NaiveDateTime)> {
    // In a query string an unencoded plus sign arrives as a space.
    let text = text.replace(' ', "+");
    let start = DateTime::parse_from_rfc3339(&text)
        .or_else(|_| DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M%:z"))
        .map(|moment| moment.naive_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M"))
        .ok()?;
    Some((start, start.checked_add_signed(TimeDelta::seconds(1))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(criterion: &str, value: Value) -> bool {
        DateCriterion::parse(criterion).unwrap().matches(&Span::of(&value).unwrap())
    }

    #[test]
    fn fhir_r4_a_date_matches_at_the_requested_precision() {
        assert!(matches("2024", json!("2024-12-31")));
        assert!(matches("2024-02", json!("2024-02-29")));
        assert!(!matches("2024-02-29", json!("2024-02")));
        assert!(!matches("2024", json!("2025-01-01")));
        assert!(matches("ne2024", json!("2025-01-01")));
    }

    #[test]
    fn fhir_r4_prefixes_compare_spans() {
        assert!(matches("ge2024-05-01", json!("2024-05-01")));
        assert!(!matches("gt2024-05-01", json!("2024-05-01")));
        assert!(matches("lt2024-05-01", json!("2024-04-30")));
        assert!(!matches("lt2024-05-01", json!("2024-05-01")));
        assert!(matches("le2024-05-01", json!("2024-05-01")));
        assert!(matches("sa2023", json!("2024-01-01")));
        assert!(matches("eb2025", json!("2024-12-31")));
    }

    #[test]
    fn fhir_r4_moments_are_compared_across_time_zones() {
        assert!(matches("2024-05-02", json!("2024-05-01T23:30:00-05:00")));
        assert!(!matches("2024-05-01", json!("2024-05-01T23:30:00-05:00")));
    }

    #[test]
    fn fhir_r4_moments_may_have_fractions_of_a_second() {
        for written in ["2024-05-01T23:30:00.7Z", "2024-05-01T18:30:00.75-05:00", "2024-05-01T23:30:00.700"] {
            assert!(matches("2024-05-01", json!(written)), "{written}");
        }
    }

    #[test]
    fn fhir_r4_an_open_period_reaches_into_the_future() {
        let open = json!({ "start": "2024-05-01T09:00:00Z" });
        assert!(matches("gt2030", open.clone()));
        assert!(matches("lt2030", open.clone()));
        assert!(!matches("2024", open));
    }

    #[test]
    fn an_invalid_date_is_not_a_criterion() {
        for text in ["", "x", "2024-13", "2024-02-30", "20240101", "ge", "ap2024", "é024", "9999999999"] {
            assert!(DateCriterion::parse(text).is_none(), "{text}");
        }
    }
}
