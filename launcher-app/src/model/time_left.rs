//! The remaining time as text.

use super::date::counted;

/// Seconds as text: `2 hours`, `14 minutes`, `less than a minute`; `None` if none are left.
pub fn time_left(seconds: f64) -> Option<String> {
    // A longer span is cut at the largest number, which is years.
    let minutes = (seconds / 60.0) as u32;
    match minutes {
        _ if !seconds.is_finite() || seconds <= 0.0 => None,
        0 => Some("less than a minute".to_owned()),
        1..=89 => Some(counted(minutes, "minute")),
        90..=2879 => Some(format!("about {}", counted((minutes + 30) / 60, "hour"))),
        _ => Some(format!("about {}", counted(minutes / 1440, "day"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_times_have_the_usual_units() {
        for (seconds, words) in [
            (-1.0, None),
            (0.0, None),
            (f64::NAN, None),
            (1.0, Some("less than a minute")),
            (59.9, Some("less than a minute")),
            (60.0, Some("1 minute")),
            (3600.0, Some("60 minutes")),
            (2.0 * 3600.0, Some("about 2 hours")),
            (2.6 * 3600.0, Some("about 3 hours")),
            (3.0 * 86_400.0, Some("about 3 days")),
        ] {
            assert_eq!(time_left(seconds).as_deref(), words, "{seconds}");
        }
    }
}
