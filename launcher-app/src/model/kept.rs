//! Connections that last, as text.

use chrono::{Datelike, NaiveDate};
use smartrust::Error;
use smartrust::client::keep::{Connection, Deletion, Disconnection};

use super::date::PartialDate;

/// What keeping a connection means, below the box.
pub const WHAT_KEEPING_MEANS: &str = "Next time, one click opens your record, and you do not have to sign in. Anyone who can use this browser on this device can then open it too. Choose this only on a device that is yours. You can disconnect here at any time.";

/// The words of the box for the names of the persons.
pub const SHOW_NAMES: &str = "Show names on the start page of this device";

/// What that box means.
pub const WHAT_NAMES_MEAN: &str = "Anyone who opens this page here can read them. Without names, your records are listed by clinic only. A name comes back when you open its record.";

/// Why the box is not offered, where other clinics of the app allow it.
pub const CANNOT_BE_KEPT: &str =
    "This clinic does not let you stay connected on this device. You sign in each time you connect.";

/// As [`CANNOT_BE_KEPT`], for one of several ways to connect to a clinic.
pub const WAY_CANNOT_BE_KEPT: &str =
    "If you connect here, you cannot stay connected. You sign in each time you connect.";

/// What a patient can do where this device cannot stay connected any more.
pub const FOR_THIS_VISIT: &str = "You can still see your record for this visit. Next time, you sign in again.";

/// What it means that the browser did not agree to keep the app's data.
pub const MAY_BE_FORGOTTEN: &str =
    "If you do not open a record for some weeks, this browser may forget it. Then you sign in again.";

/// The name of the person whose record a connection opens.
pub fn person(connection: &Connection) -> String {
    connection.label.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "Name not shown".to_owned())
}

/// When a record was last opened: `Last opened today`, `Last opened on March 4, 2026`.
pub fn last_visit(last: NaiveDate, today: NaiveDate) -> String {
    match (today - last).num_days() {
        ..=0 => "Last opened today".to_owned(),
        1 => "Last opened yesterday".to_owned(),
        days @ 2..=6 => format!("Last opened {days} days ago"),
        _ => format!("Last opened on {}", PartialDate::Day(last).in_words()),
    }
}

/// The day of a time in seconds since 1970, where clocks are ahead of UTC by these minutes.
pub fn day_of(seconds: f64, ahead_of_utc: f64) -> NaiveDate {
    let days = ((seconds / 60.0 + ahead_of_utc) / 1440.0).floor();
    let first = NaiveDate::default();
    NaiveDate::from_num_days_from_ce_opt(first.num_days_from_ce().saturating_add(days as i32)).unwrap_or(first)
}

/// The result of removing a connection.
pub fn disconnected(person: &str, clinic: &str, outcome: &Disconnection) -> String {
    let done = format!("This device can no longer open the record of {person} at {clinic}.");
    match outcome.deletion {
        Deletion::Deleted => format!("{done} The clinic was told, too."),
        _ => format!("{done} The clinic's own page may still list this app. If so, you can remove it there, too."),
    }
}

/// Whether opening failed because the connection is over and was removed from this device. Otherwise it can be tried again.
pub fn is_over(error: &Error) -> bool {
    match error {
        Error::KeyMissing | Error::KeepRefused { .. } => true,
        Error::Token(error) => matches!(&*error.error, "invalid_grant" | "invalid_client"),
        _ => false,
    }
}

/// Whether a launch failed only because its connection cannot be kept.
pub fn is_about_keeping(error: &Error) -> bool {
    matches!(error, Error::KeepUnsupported { .. } | Error::KeepRefused { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn n11_the_last_visit_is_a_day_that_people_say() {
        let today = day(2026, 3, 2);
        for (last, words) in [
            (today, "Last opened today"),
            (day(2026, 3, 3), "Last opened today"),
            (day(2026, 3, 1), "Last opened yesterday"),
            (day(2026, 2, 28), "Last opened 2 days ago"),
            (day(2026, 2, 24), "Last opened 6 days ago"),
            (day(2026, 2, 23), "Last opened on February 23, 2026"),
            (day(2025, 3, 2), "Last opened on March 2, 2025"),
        ] {
            assert_eq!(last_visit(last, today), words);
        }
    }

    #[test]
    fn n11_a_visit_is_on_the_day_of_this_device() {
        // 2026-03-01T23:30:00Z
        let seconds = 1_772_407_800.0;
        assert_eq!(day_of(seconds, 0.0), day(2026, 3, 1));
        assert_eq!(day_of(seconds, 60.0), day(2026, 3, 2));
        assert_eq!(day_of(seconds, -300.0), day(2026, 3, 1));
        for nonsense in [f64::NAN, f64::INFINITY, -1e300] {
            day_of(nonsense, 0.0);
        }
    }
}
