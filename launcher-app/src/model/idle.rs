//! The idle timeout: after how long without use a session ends, and how long before that a warning is shown.

/// How long before the timeout the warning is shown, in seconds. With a short limit, it is shown after half of it.
const WARNING: f64 = 60.0;

/// The limit of a provider's session that has no configured limit, in minutes.
const USUAL_MINUTES: f64 = 15.0;

/// The longest limit that can be configured, in minutes: a day.
pub const LONGEST_MINUTES: f64 = 1440.0;

/// After how long without use a session ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdleLimit {
    seconds: f64,
}

/// The state of a session since its last use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Idleness {
    /// It is in use. The warning is due in this many seconds.
    Active(f64),
    /// It ends in this many seconds unless the user keeps it.
    Warning(f64),
    /// It has timed out.
    TimedOut,
}

impl IdleLimit {
    /// A limit in minutes; `None` for 0 and for numbers out of range.
    pub fn minutes(minutes: f64) -> Option<Self> {
        (minutes > 0.0 && minutes <= LONGEST_MINUTES).then_some(Self { seconds: minutes * 60.0 })
    }

    /// The limit of a server: as configured, otherwise 15 minutes for providers and none for patients.
    pub fn of(configured: Option<f64>, is_for_patients: bool) -> Option<Self> {
        Self::minutes(configured.unwrap_or(if is_for_patients { 0.0 } else { USUAL_MINUTES }))
    }

    /// The state at `now` of a session that was last used at `last_use`, both in seconds since 1970. If the clock was set back, the
    /// session counts as used just now.
    pub fn at(self, now: f64, last_use: f64) -> Idleness {
        let warning = WARNING.min(self.seconds / 2.0);
        let left = self.seconds - (now - last_use).max(0.0);
        match left {
            left if left <= 0.0 => Idleness::TimedOut,
            left if left <= warning => Idleness::Warning(left),
            left => Idleness::Active(left - warning),
        }
    }

    /// The limit as text, such as `15 minutes`.
    pub fn in_words(self) -> String {
        super::time_left::time_left(self.seconds).unwrap_or_default()
    }
}

impl Idleness {
    /// Whether a use of this tab keeps sessions in this state; `None` if there are none. While the warning is shown, only its buttons
    /// keep them. After the timeout, nothing keeps them, here or in other tabs.
    pub fn allows_own_use(idleness: Option<Self>) -> bool {
        matches!(idleness, None | Some(Self::Active(_)))
    }

    /// Whether a button of the warning, or a use of another tab, keeps sessions in this state.
    pub fn allows_other_use(idleness: Option<Self>) -> bool {
        idleness != Some(Self::TimedOut)
    }

    /// The state of several sessions together: that of the one that ends first.
    pub fn of_all(limits: impl IntoIterator<Item = IdleLimit>, now: f64, last_use: f64) -> Option<Self> {
        let shortest = limits.into_iter().min_by(|one, other| one.seconds.total_cmp(&other.seconds));
        shortest.map(|limit| limit.at(now, last_use))
    }
}

/// The time that is left as text, such as `42 seconds`.
pub fn seconds_in_words(seconds: f64) -> String {
    super::date::counted(seconds.ceil().max(0.0) as u32, "second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l11_an_unused_session_is_warned_and_then_times_out() {
        let limit = IdleLimit::minutes(15.0).unwrap();
        for (seconds, expected) in [
            (0.0, Idleness::Active(840.0)),
            (839.0, Idleness::Active(1.0)),
            (840.0, Idleness::Warning(60.0)),
            (899.5, Idleness::Warning(0.5)),
            (900.0, Idleness::TimedOut),
            (86_400.0, Idleness::TimedOut),
            (-3600.0, Idleness::Active(840.0)),
        ] {
            assert_eq!(limit.at(1_000_000.0 + seconds, 1_000_000.0), expected, "{seconds}");
        }
        assert_eq!(limit.in_words(), "15 minutes");
    }

    #[test]
    fn l11_with_a_short_limit_the_warning_comes_after_half_of_it() {
        let limit = IdleLimit::minutes(1.0).unwrap();
        assert_eq!(limit.at(29.0, 0.0), Idleness::Active(1.0));
        assert_eq!(limit.at(30.0, 0.0), Idleness::Warning(30.0));
    }

    #[test]
    fn l11_providers_have_a_limit_and_patients_have_none_unless_it_is_configured() {
        assert_eq!(IdleLimit::of(None, false), IdleLimit::minutes(15.0));
        assert_eq!(IdleLimit::of(None, true), None);
        assert_eq!(IdleLimit::of(Some(5.0), true), IdleLimit::minutes(5.0));
        assert_eq!(IdleLimit::of(Some(0.0), false), None);
        for wrong in [-1.0, 1441.0, f64::NAN, f64::INFINITY] {
            assert_eq!(IdleLimit::minutes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn l11_a_use_after_the_timeout_keeps_no_session() {
        for (idleness, own, other) in [
            (None, true, true),
            (Some(Idleness::Active(1.0)), true, true),
            (Some(Idleness::Warning(1.0)), false, true),
            (Some(Idleness::TimedOut), false, false),
        ] {
            assert_eq!(Idleness::allows_own_use(idleness), own, "{idleness:?}");
            assert_eq!(Idleness::allows_other_use(idleness), other, "{idleness:?}");
        }
    }

    #[test]
    fn l11_of_several_sessions_the_shortest_limit_counts() {
        let limits = [10.0, 5.0].map(|minutes| IdleLimit::minutes(minutes).unwrap());
        assert_eq!(Idleness::of_all(limits, 300.0, 0.0), Some(Idleness::TimedOut));
        assert_eq!(Idleness::of_all([], 300.0, 0.0), None);
    }
}
