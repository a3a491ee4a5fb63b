//! FHIR dates (FHIR R4, datatypes: date, dateTime), which may be as vague as a year, as text.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike};

use super::number::number_in_words;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date with the precision in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialDate {
    /// A year.
    Year(i32),
    /// A month of a year, 1 to 12.
    Month(i32, u32),
    /// A day.
    Day(NaiveDate),
}

impl PartialDate {
    /// Reads a `date` or the date of a `dateTime`, in the time zone that it was written in.
    pub fn read(text: &str) -> Option<Self> {
        let date = text.split('T').next()?;
        let mut parts = date.splitn(3, '-');
        let year = number(parts.next()?, 4)?;
        let Some(month) = parts.next() else { return Some(Self::Year(year)) };
        let first = NaiveDate::from_ymd_opt(year, number(month, 2)?, 1)?;
        match parts.next() {
            None => Some(Self::Month(year, first.month())),
            Some(day) => Some(Self::Day(first.with_day(number(day, 2)?)?)),
        }
    }

    /// The first day of the date, for the order.
    pub fn first_day(self) -> Option<NaiveDate> {
        match self {
            Self::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1),
            Self::Month(year, month) => NaiveDate::from_ymd_opt(year, month, 1),
            Self::Day(day) => Some(day),
        }
    }

    /// `March 4, 2024`, `March 2024` or `2024`.
    pub fn in_words(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Month(year, month) => format!("{} {year}", month_name(month)),
            Self::Day(day) => format!("{} {}, {}", month_name(day.month()), day.day(), day.year()),
        }
    }

    /// `Mar 4, 2024`, `Mar 2024` or `2024`, for tables.
    pub fn in_short(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Month(year, month) => format!("{} {year}", short_month(month)),
            Self::Day(day) => format!("{} {}, {}", short_month(day.month()), day.day(), day.year()),
        }
    }
}

/// The first three letters of a month's name.
pub fn short_month(month: u32) -> &'static str {
    month_name(month).get(..3).unwrap_or_default()
}

fn month_name(month: u32) -> &'static str {
    MONTHS.get((month as usize).wrapping_sub(1)).copied().unwrap_or_default()
}

fn number<T: std::str::FromStr>(text: &str, digits: usize) -> Option<T> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// When something was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The calendar day where it was measured.
    pub date: PartialDate,
    /// Seconds since 1970; of the first moment, if the date is vague.
    pub seconds: i64,
}

impl Moment {
    /// Reads a `dateTime` or `instant`, with or without fractions of a second. A time without a zone is UTC.
    pub fn read(text: &str) -> Option<Self> {
        let date = PartialDate::read(text)?;
        let instant = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc3339(&format!("{text}Z")));
        let seconds = match instant {
            Ok(instant) => instant.timestamp(),
            Err(_) => date.first_day()?.and_time(NaiveTime::MIN).and_utc().timestamp(),
        };
        Some(Self { date, seconds })
    }
}

/// A `dateTime` as text, with its time and zone if it has them: `March 4, 2024, 2:30 PM UTC+2`.
pub fn date_and_time(text: &str) -> Option<String> {
    let date = PartialDate::read(text)?.in_words();
    let time = text.split_once('T').and_then(|(_, time)| Some((clock_time(time)?, zone(time))));
    Some(time.map_or_else(|| date.clone(), |(time, zone)| format!("{date}, {time}{zone}")))
}

/// The zone of a time: ` UTC`, ` UTC+2`, ` UTC-3:30`. Midnight has none, because it usually means that there is no time.
fn zone(time: &str) -> String {
    if time.ends_with('Z') {
        return if is_midnight(time) { String::new() } else { " UTC".to_owned() };
    }
    let offset = time.rfind(['+', '-']).map(|place| time.split_at(place));
    let Some((_, offset)) = offset.filter(|(clock, _)| !is_midnight(clock)) else { return String::new() };
    let (sign, hours_and_minutes) = offset.split_at(1);
    let parts = hours_and_minutes.split_once(':');
    let parts = parts.and_then(|(hours, minutes)| Some((number::<u32>(hours, 2)?, number::<u32>(minutes, 2)?)));
    match parts {
        Some((0, 0)) => " UTC".to_owned(),
        Some((hours, 0)) => format!(" UTC{sign}{hours}"),
        Some((hours, minutes)) => format!(" UTC{sign}{hours}:{minutes:02}"),
        None => String::new(),
    }
}

fn is_midnight(clock: &str) -> bool {
    clock.bytes().all(|byte| !byte.is_ascii_digit() || byte == b'0')
}

/// A `time` without its seconds and its zone: `2:30 PM`.
pub fn clock_time(text: &str) -> Option<String> {
    let (hour, minute) = text.get(..5)?.split_once(':')?;
    let time = NaiveTime::from_hms_opt(number(hour, 2)?, number(minute, 2)?, 0)?;
    let (is_afternoon, hour) = time.hour12();
    Some(format!("{hour}:{:02} {}", time.minute(), if is_afternoon { "PM" } else { "AM" }))
}

/// An age on a day: in years, below two years in months, below two months in weeks.
pub fn age(born: PartialDate, on: NaiveDate) -> Option<String> {
    match born {
        PartialDate::Day(born) => exact_age(born, on),
        PartialDate::Month(year, _) | PartialDate::Year(year) => {
            let years = on.year().checked_sub(year).filter(|years| *years >= 0)?;
            Some(format!("about {}", counted(years.unsigned_abs(), "year")))
        }
    }
}

fn exact_age(born: NaiveDate, on: NaiveDate) -> Option<String> {
    let years = on.years_since(born)?;
    let before_its_day = u32::from(on.day() < born.day());
    let months = (on.year() - born.year()) * 12 + on.month() as i32 - born.month() as i32 - before_its_day as i32;
    let weeks = (on - born).num_weeks();
    Some(match (years, months) {
        (2.., _) => counted(years, "year"),
        (_, 2..) => counted(months.unsigned_abs(), "month"),
        _ => counted(u32::try_from(weeks).ok()?, "week"),
    })
}

/// `1 year`, `2 years`.
pub fn counted(count: u32, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

/// `1 day`, `1.5 days`.
pub fn counted_number(count: f64, thing: &str) -> String {
    let plural = if count == 1.0 { "" } else { "s" };
    format!("{} {thing}{plural}", number_in_words(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<String> {
        PartialDate::read(text).map(PartialDate::in_words)
    }

    fn age_of(born: &str, year: i32, month: u32, day: u32) -> Option<String> {
        age(PartialDate::read(born)?, NaiveDate::from_ymd_opt(year, month, day)?)
    }

    #[test]
    fn fhir_r4_dates_are_as_precise_as_they_were_written() {
        for (text, expected) in [
            ("2024", "2024"),
            ("2024-03", "March 2024"),
            ("2024-03-04", "March 4, 2024"),
            ("2024-12-31T23:30:00-05:00", "December 31, 2024"),
            ("2024-02-29", "February 29, 2024"),
        ] {
            assert_eq!(words(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn tables_have_short_dates() {
        for (text, expected) in [("2024", "2024"), ("2024-03", "Mar 2024"), ("2024-12-04", "Dec 4, 2024")] {
            assert_eq!(PartialDate::read(text).map(PartialDate::in_short).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_invalid_date_is_none() {
        for text in
            ["", "24", "2024-13", "2024-3-4", "2023-02-29", "2024-02-30", "-024", "+2024", "２０２４", "2024-00"]
        {
            assert_eq!(words(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_ordered_by_instant_not_by_text() {
        let evening = Moment::read("2024-12-31T23:30:00-05:00").unwrap();
        let morning = Moment::read("2025-01-01T03:00:00Z").unwrap();
        assert_eq!(evening.seconds - morning.seconds, 90 * 60);
        assert_eq!(Moment::read("1970-01-02").unwrap().seconds, 86_400);
        assert_eq!(Moment::read("yesterday"), None);
    }

    #[test]
    fn l9_fractions_of_a_second_are_read() {
        for (text, seconds) in [
            ("2020-08-06T16:57:01.7Z", 1_596_733_021),
            ("2020-08-06T16:57:01.700000000Z", 1_596_733_021),
            ("2020-08-06T16:57:01.123456789012Z", 1_596_733_021),
            ("2020-08-06T11:57:01.7-05:00", 1_596_733_021),
            ("2020-08-06T16:57:01.7", 1_596_733_021),
            ("2020-08-06T16:57:01", 1_596_733_021),
            ("2020-08-06T23:59:60Z", 1_596_758_399),
            ("2020-08-06T", 1_596_672_000),
            ("2020-08-06Tnoon", 1_596_672_000),
        ] {
            let moment = Moment::read(text).unwrap();
            assert_eq!((moment.date.in_words().as_str(), moment.seconds), ("August 6, 2020", seconds), "{text}");
        }
    }

    #[test]
    fn l2_a_time_is_shown_like_on_a_clock() {
        for (text, expected) in [
            ("14:30:00", Some("2:30 PM")),
            ("00:05:59.123", Some("12:05 AM")),
            ("12:00", Some("12:00 PM")),
            ("25:00:00", None),
            ("2 PM", None),
            ("１２:００", None),
        ] {
            assert_eq!(clock_time(text).as_deref(), expected, "{text}");
        }
        assert_eq!(date_and_time("2020-08").as_deref(), Some("August 2020"));
    }

    #[test]
    fn l2_a_time_has_its_time_zone() {
        for (text, expected) in [
            ("2020-08-06T16:57:01.7Z", "August 6, 2020, 4:57 PM UTC"),
            ("2020-08-06T02:30:00+02:00", "August 6, 2020, 2:30 AM UTC+2"),
            ("2020-08-06T02:30:00-03:30", "August 6, 2020, 2:30 AM UTC-3:30"),
            ("2020-08-06T02:30:00+00:00", "August 6, 2020, 2:30 AM UTC"),
            ("2020-08-06T02:30:00", "August 6, 2020, 2:30 AM"),
            ("2020-08-06T02:30:00+x", "August 6, 2020, 2:30 AM"),
            ("2020-08-06T00:00:00-05:00", "August 6, 2020, 12:00 AM"),
            ("2020-08-06T00:00:00.000Z", "August 6, 2020, 12:00 AM"),
        ] {
            assert_eq!(date_and_time(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn ages_have_the_usual_units() {
        for (born, on, expected) in [
            ("1980-06-15", (2025, 6, 14), Some("44 years")),
            ("1980-06-15", (2025, 6, 15), Some("45 years")),
            ("2024-02-29", (2025, 2, 28), Some("11 months")),
            ("2024-06-30", (2025, 6, 30), Some("12 months")),
            ("2023-06-30", (2025, 6, 30), Some("2 years")),
            ("2025-06-01", (2025, 6, 30), Some("4 weeks")),
            ("2025-06-23", (2025, 6, 30), Some("1 week")),
            ("2024-12-31", (2025, 2, 1), Some("4 weeks")),
            ("2025-07-01", (2025, 6, 30), None),
            ("1950", (2025, 6, 30), Some("about 75 years")),
            ("2030", (2025, 6, 30), None),
        ] {
            assert_eq!(age_of(born, on.0, on.1, on.2).as_deref(), expected, "{born}");
        }
    }
}
