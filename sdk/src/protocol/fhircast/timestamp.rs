//! Times of events: ISO 8601 in UTC, with or without a zone (FHIRcast 3, event notification).

use time::{Date, Month, OffsetDateTime};

/// The time of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventTime {
    /// Seconds since 1970.
    pub seconds: f64,
    /// Whether it was written with a zone. Without one it is UTC.
    pub has_zone: bool,
}

/// Reads a time such as `2018-01-08T01:37:05.14` or `2018-01-08T02:37:05+01:00`. `None` if it is not one.
///
/// ```
/// use smartrust::protocol::fhircast::timestamp::read_time;
///
/// let time = read_time("1970-01-02T00:00:01.5").expect("a time");
/// assert_eq!((time.seconds, time.has_zone), (86_401.5, false));
/// assert_eq!(read_time("1970-01-02T02:00:01+02:00").expect("a time").seconds, 86_401.0);
/// assert_eq!(read_time("2023-04-01T010:38:04.16"), None);
/// ```
pub fn read_time(text: &str) -> Option<EventTime> {
    let (date, rest) = text.trim().split_once(['T', 't'])?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    let zone_at = rest.find(['Z', 'z', '+', '-']);
    let (clock, zone) = zone_at.map_or((rest, None), |at| (rest.get(..at).unwrap_or_default(), rest.get(at..)));
    let seconds = read_clock(clock)? - zone.map_or(Some(0.0), read_zone)?;
    let days = date.to_julian_day() - OffsetDateTime::UNIX_EPOCH.date().to_julian_day();
    Some(EventTime { seconds: f64::from(days) * 86_400.0 + seconds, has_zone: zone.is_some() })
}

fn read_clock(clock: &str) -> Option<f64> {
    let mut parts = clock.splitn(3, ':');
    let (hours, minutes) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let seconds = parts.next().map_or(Some(0.0), |seconds| {
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole, 2).filter(|whole| *whole <= 60 && is_number)?;
        seconds.parse().ok()
    })?;
    (hours < 24 && minutes < 60).then(|| f64::from(hours * 3600 + minutes * 60) + seconds)
}

/// The seconds that a zone is ahead of UTC.
fn read_zone(zone: &str) -> Option<f64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1.0,
        b'-' => -1.0,
        _ => return (zone.len() == 1).then_some(0.0),
    };
    let zone = zone.get(1..)?;
    let (hours, minutes) = zone.split_once(':').or_else(|| zone.split_at_checked(2))?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2)? };
    let hours = digits(hours, 2)?;
    (hours < 24 && minutes < 60).then(|| sign * f64::from(hours * 3600 + minutes * 60))
}

/// A number with exactly this many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Writes a time in UTC with milliseconds; `None` for an invalid time.
///
/// ```
/// use smartrust::protocol::fhircast::timestamp::write_time;
///
/// assert_eq!(write_time(86_401.25).as_deref(), Some("1970-01-02T00:00:01.250Z"));
/// ```
pub fn write_time(seconds: f64) -> Option<String> {
    // A cast of a number that is out of range returns the nearest one, which is also invalid.
    let milliseconds = (seconds * 1000.0).floor() as i128;
    let time = OffsetDateTime::from_unix_timestamp_nanos(milliseconds.checked_mul(1_000_000)?).ok()?;
    let (date, clock) = (time.date(), time.time());
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x9_a_time_without_zone_is_utc_and_a_wrong_one_is_none() {
        // The examples of FHIRcast 3, and the time by `date --date=… +%s`.
        for (text, seconds, has_zone) in [
            ("2018-01-08T01:37:05.14", 1_515_375_425.14, false),
            ("2018-01-08T01:37:05.14Z", 1_515_375_425.14, true),
            ("2019-11-25T13:16:00.00", 1_574_687_760.0, false),
            ("2019-11-25T08:16:00-05:00", 1_574_687_760.0, true),
            ("2019-11-25T14:16+0100", 1_574_687_760.0, true),
            ("2019-11-25T14:16:00+01", 1_574_687_760.0, true),
        ] {
            let time = read_time(text).unwrap_or_else(|| panic!("{text}"));
            assert!((time.seconds - seconds).abs() < 1e-6, "{text}: {}", time.seconds);
            assert_eq!(time.has_zone, has_zone, "{text}");
        }
        for text in [
            "",
            "2023-04-01T010:38:04.16",
            "2023-02-30T10:00:00",
            "2023-04-01",
            "2023-04-01T24:00:00Z",
            "2023-04-01T10:60:00Z",
            "2023-04-01T10:00:00.Z",
            "2023-04-01T10:00:00Zulu",
            "2023-04-01T10:00:00+1",
            "yesterday",
        ] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

    #[test]
    fn x15_a_written_time_is_read_back() {
        for seconds in [0.0, 1_574_687_760.123, 253_402_300_799.0] {
            let time = read_time(&write_time(seconds).unwrap()).unwrap();
            assert!((time.seconds - seconds).abs() < 0.001 && time.has_zone, "{seconds}");
        }
        for seconds in [f64::NAN.recip(), f64::INFINITY, 1e18] {
            assert!(write_time(seconds).is_none_or(|text| read_time(&text).is_some()), "{seconds}");
        }
    }
}
