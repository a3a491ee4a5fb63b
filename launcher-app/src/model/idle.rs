//! Sign-out of a session that nobody uses: how long it may be left alone, and how long before its end a warning stands.

/// How long before the end the warning comes, in seconds. A short limit has it after half of its time.
const WARNING: f64 = 60.0;

/// How many minutes a provider's session may be left alone where nothing is configured.
const USUAL_MINUTES: f64 = 15.0;

/// The longest limit that can be configured, in minutes: a day.
pub const LONGEST_MINUTES: f64 = 1440.0;

/// How long a session may be left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdleLimit {
    seconds: f64,
}

/// How a session stands that was last used at some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Idleness {
    /// It is in use. There is nothing to do for so many seconds.
    Used(f64),
    /// It ends in so many seconds unless somebody says something.
    Warned(f64),
    /// Its time is over.
    Over,
}

impl IdleLimit {
    /// A limit in minutes; 0 is none. `None` also for what is no limit.
    pub fn minutes(minutes: f64) -> Option<Self> {
        (minutes > 0.0 && minutes <= LONGEST_MINUTES).then_some(Self { seconds: minutes * 60.0 })
    }

    /// The limit of a server: as it is configured, else 15 minutes for providers and none for patients.
    pub fn of(configured: Option<f64>, is_for_patients: bool) -> Option<Self> {
        Self::minutes(configured.unwrap_or(if is_for_patients { 0.0 } else { USUAL_MINUTES }))
    }

    /// How a session stands at `now` that was last used at `last_use`, both in seconds since 1970. A clock that was set back
    /// takes the session for just used.
    pub fn at(self, now: f64, last_use: f64) -> Idleness {
        let warning = WARNING.min(self.seconds / 2.0);
        let left = self.seconds - (now - last_use).max(0.0);
        match left {
            left if left <= 0.0 => Idleness::Over,
            left if left <= warning => Idleness::Warned(left),
            left => Idleness::Used(left - warning),
        }
    }

    /// The limit in words, such as `15 minutes`.
    pub fn in_words(self) -> String {
        super::time_left::time_left(self.seconds).unwrap_or_default()
    }
}

impl Idleness {
    /// Whether a use of this tab counts for sessions that stand so; `None` where there are none. A warning is answered by its buttons
    /// alone, and who comes too late brings no session back, here or in other tabs.
    pub fn allows_own_use(idleness: Option<Self>) -> bool {
        matches!(idleness, None | Some(Self::Used(_)))
    }

    /// Whether an answer to the warning, or a use of another tab, counts for sessions that stand so.
    pub fn allows_heard_use(idleness: Option<Self>) -> bool {
        idleness != Some(Self::Over)
    }

    /// How several sessions stand together: as the one that ends first.
    pub fn of_all(limits: impl IntoIterator<Item = IdleLimit>, now: f64, last_use: f64) -> Option<Self> {
        let shortest = limits.into_iter().min_by(|one, other| one.seconds.total_cmp(&other.seconds));
        shortest.map(|limit| limit.at(now, last_use))
    }
}

/// The time that is left in words, such as `42 seconds`.
pub fn seconds_in_words(seconds: f64) -> String {
    super::date::counted(seconds.ceil().max(0.0) as u32, "second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l11_a_session_that_is_left_alone_is_warned_and_then_over() {
        let limit = IdleLimit::minutes(15.0).unwrap();
        for (seconds, expected) in [
            (0.0, Idleness::Used(840.0)),
            (839.0, Idleness::Used(1.0)),
            (840.0, Idleness::Warned(60.0)),
            (899.5, Idleness::Warned(0.5)),
            (900.0, Idleness::Over),
            (86_400.0, Idleness::Over),
            (-3600.0, Idleness::Used(840.0)),
        ] {
            assert_eq!(limit.at(1_000_000.0 + seconds, 1_000_000.0), expected, "{seconds}");
        }
        assert_eq!(limit.in_words(), "15 minutes");
    }

    #[test]
    fn l11_a_short_limit_is_warned_of_after_half_of_it() {
        let limit = IdleLimit::minutes(1.0).unwrap();
        assert_eq!(limit.at(29.0, 0.0), Idleness::Used(1.0));
        assert_eq!(limit.at(30.0, 0.0), Idleness::Warned(30.0));
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
    fn l11_use_that_comes_too_late_brings_nothing_back() {
        for (idleness, own, heard) in [
            (None, true, true),
            (Some(Idleness::Used(1.0)), true, true),
            (Some(Idleness::Warned(1.0)), false, true),
            (Some(Idleness::Over), false, false),
        ] {
            assert_eq!(Idleness::allows_own_use(idleness), own, "{idleness:?}");
            assert_eq!(Idleness::allows_heard_use(idleness), heard, "{idleness:?}");
        }
    }

    #[test]
    fn l11_of_several_sessions_the_shortest_limit_counts() {
        let limits = [10.0, 5.0].map(|minutes| IdleLimit::minutes(minutes).unwrap());
        assert_eq!(Idleness::of_all(limits, 300.0, 0.0), Some(Idleness::Over));
        assert_eq!(Idleness::of_all([], 300.0, 0.0), None);
    }
}
