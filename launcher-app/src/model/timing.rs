//! When a medicine is taken (FHIR R4, datatypes: Timing). If a member cannot be translated, nothing is,
//! because the rest might mean another dose.

use smartrust::platform::JsonView;

use super::date::{clock_time, counted_number};
use super::measurement::comparator;
use super::number::number_in_words;
use super::resource::{concept, date, text};

/// When a medicine is taken: the phrases, and whether something could not be translated.
pub struct When {
    /// `twice every day`, `on Mondays`.
    pub phrases: Vec<String>,
    /// Whether something could not be translated.
    pub has_more: bool,
}

/// Reads the timing of a Dosage. A code replaces everything but the bounds.
pub fn when<V: JsonView>(dosage: &V) -> When {
    let Some(timing) = dosage.member("timing") else { return When { phrases: Vec::new(), has_more: false } };
    let repeat = timing.member("repeat");
    let phrases = match concept(&timing, "code") {
        Some(code) => repeat.as_ref().map_or(Some(Vec::new()), bounds).map(|bounds| [vec![code], bounds].concat()),
        None => uncoded(&timing, repeat.as_ref()),
    };
    let has_more = phrases.is_none();
    When { phrases: phrases.unwrap_or_else(|| concept(&timing, "code").into_iter().collect()), has_more }
}

fn uncoded<V: JsonView>(timing: &V, repeat: Option<&V>) -> Option<Vec<String>> {
    let is_known = |name: &String| matches!(name.as_str(), "id" | "event" | "repeat");
    let has_words = timing.names().iter().all(is_known) && (timing.member("event").is_some() || repeat.is_some());
    let events = moments(timing)?;
    let repeated = repeat.map_or(Some(Vec::new()), repeated)?;
    has_words.then(|| events.into_iter().chain(repeated).collect())
}

/// `on March 4, 2024 and March 6, 2024`; `None` if one cannot be read.
fn moments<V: JsonView>(timing: &V) -> Option<Option<String>> {
    let Some(events) = timing.member("event") else { return Some(None) };
    let events: Option<Vec<String>> =
        events.items()?.iter().map(|event| super::date::date_and_time(&event.text()?)).collect();
    events.filter(|events| !events.is_empty()).map(|events| Some(format!("on {}", listed(&events))))
}

/// The members of `Timing.repeat` that can be translated.
const KNOWN: [&str; 18] = [
    "id",
    "boundsDuration",
    "boundsRange",
    "boundsPeriod",
    "count",
    "countMax",
    "duration",
    "durationMax",
    "durationUnit",
    "frequency",
    "frequencyMax",
    "period",
    "periodMax",
    "periodUnit",
    "dayOfWeek",
    "timeOfDay",
    "when",
    "offset",
];

fn repeated<V: JsonView>(repeat: &V) -> Option<Vec<String>> {
    let names = repeat.names();
    if names.is_empty() || !names.iter().all(|name| KNOWN.contains(&name.as_str())) {
        return None;
    }
    let phrases =
        [how_often(repeat)?, days(repeat)?, times(repeat)?, events(repeat)?, how_long(repeat)?, how_many(repeat)?];
    let phrases: Vec<String> = phrases.into_iter().flatten().chain(bounds(repeat)?).collect();
    (!phrases.is_empty()).then_some(phrases)
}

/// The number of a member and its maximum; `None` if one is present and not a number.
fn numbers<V: JsonView>(holder: &V, member: &str) -> Option<Option<(f64, Option<f64>)>> {
    let number = |member: &str| match holder.member(member) {
        Some(value) => value.number().filter(|number| *number > 0.0).map(Some),
        None => Some(None),
    };
    match (number(member)?, number(&format!("{member}Max"))?) {
        (Some(least), most) => Some(Some((least, most.filter(|most| *most != least)))),
        (None, Some(_)) => None,
        (None, None) => Some(None),
    }
}

/// `4`, `4 to 6`.
fn span(least: f64, most: Option<f64>) -> String {
    let least = number_in_words(least);
    most.map_or_else(|| least.clone(), |most| format!("{least} to {}", number_in_words(most)))
}

/// `twice every day`, `once every 4 to 6 hours`.
fn how_often<V: JsonView>(repeat: &V) -> Option<Option<String>> {
    let (frequency, period) = (numbers(repeat, "frequency")?, numbers(repeat, "period")?);
    let is_timed = ["when", "timeOfDay"].iter().any(|member| repeat.member(member).is_some());
    let times = match frequency {
        Some((1.0, None)) => Some("once".to_owned()),
        Some((2.0, None)) => Some("twice".to_owned()),
        Some((least, most)) => Some(format!("{} times", span(least, most))),
        None if is_timed => None,
        None => Some("once".to_owned()),
    };
    let Some((least, most)) = period else {
        // Without a period, a frequency has no meaning. Days or times are enough by themselves.
        let has_none = frequency.is_none() && repeat.member("periodUnit").is_none();
        return has_none.then_some(None);
    };
    let unit = unit(&repeat.member_text("periodUnit")?)?;
    let every = match (least, most) {
        (1.0, None) => format!("every {unit}"),
        (least, most) => format!("every {} {unit}s", span(least, most)),
    };
    Some(Some(times.map_or_else(|| every.clone(), |times| format!("{times} {every}"))))
}

/// A unit of time (UCUM), in the singular.
fn unit(code: &str) -> Option<&'static str> {
    Some(match code {
        "s" => "second",
        "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "wk" => "week",
        "mo" => "month",
        "a" => "year",
        _ => return None,
    })
}

/// The text of each code of a member; `None` if one is unknown.
fn worded<V: JsonView>(repeat: &V, member: &str, words: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    let Some(codes) = repeat.member(member) else { return Some(Vec::new()) };
    let codes = codes.items()?;
    codes.iter().map(|code| words(&code.text()?)).collect()
}

/// `on Mondays and Fridays`; with `only` if the period alone would mean more often.
fn days<V: JsonView>(repeat: &V) -> Option<Option<String>> {
    let days = worded(repeat, "dayOfWeek", |code| {
        Some(
            match code {
                "mon" => "Mondays",
                "tue" => "Tuesdays",
                "wed" => "Wednesdays",
                "thu" => "Thursdays",
                "fri" => "Fridays",
                "sat" => "Saturdays",
                "sun" => "Sundays",
                _ => return None,
            }
            .to_owned(),
        )
    })?;
    let is_shorter =
        ["s", "min", "h", "d"].iter().any(|unit| repeat.member_text("periodUnit").as_deref() == Some(unit));
    let only = if is_shorter { "only " } else { "" };
    Some((!days.is_empty()).then(|| format!("{only}on {}", listed(&days))))
}

/// `at 8:00 AM and 8:00 PM`.
fn times<V: JsonView>(repeat: &V) -> Option<Option<String>> {
    let times = worded(repeat, "timeOfDay", clock_time)?;
    Some((!times.is_empty()).then(|| format!("at {}", listed(&times))))
}

/// `30 minutes before a meal`, `in the morning and at bedtime`.
fn events<V: JsonView>(repeat: &V) -> Option<Option<String>> {
    let events = worded(repeat, "when", |code| event(code).map(str::to_owned))?;
    let offset = match repeat.member("offset") {
        Some(offset) => Some(offset.number()?),
        None => None,
    };
    let has_side = |event: &String| event.starts_with("before ") || event.starts_with("after ");
    match offset.filter(|minutes| *minutes != 0.0) {
        None => Some((!events.is_empty()).then(|| listed(&events))),
        Some(minutes) if !events.is_empty() && events.iter().all(has_side) => {
            Some(Some(format!("{} {}", counted_number(minutes, "minute"), listed(&events))))
        }
        Some(_) => None,
    }
}

/// An event of the day (FHIR R4, value set event-timing; HL7 V3, TimingEvent).
fn event(code: &str) -> Option<&'static str> {
    Some(match code {
        "MORN" => "in the morning",
        "MORN.early" => "early in the morning",
        "MORN.late" => "late in the morning",
        "NOON" => "at noon",
        "AFT" => "in the afternoon",
        "AFT.early" => "early in the afternoon",
        "AFT.late" => "late in the afternoon",
        "EVE" => "in the evening",
        "EVE.early" => "early in the evening",
        "EVE.late" => "late in the evening",
        "NIGHT" => "at night",
        "PHS" => "after falling asleep",
        "HS" => "before bedtime",
        "WAKE" => "after waking up",
        "C" => "with a meal",
        "CM" => "with breakfast",
        "CD" => "with lunch",
        "CV" => "with dinner",
        "AC" => "before a meal",
        "ACM" => "before breakfast",
        "ACD" => "before lunch",
        "ACV" => "before dinner",
        "PC" => "after a meal",
        "PCM" => "after breakfast",
        "PCD" => "after lunch",
        "PCV" => "after dinner",
        _ => return None,
    })
}

/// `for 30 to 60 minutes each time`.
fn how_long<V: JsonView>(repeat: &V) -> Option<Option<String>> {
    let Some((least, most)) = numbers(repeat, "duration")? else { return Some(None) };
    let unit = unit(&repeat.member_text("durationUnit")?)?;
    Some(Some(format!("for {} each time", in_units(least, most, unit))))
}

fn in_units(least: f64, most: Option<f64>, unit: &str) -> String {
    match most {
        None => counted_number(least, unit),
        most => format!("{} {unit}s", span(least, most)),
    }
}

/// `10 times in all`.
fn how_many<V: JsonView>(repeat: &V) -> Option<Option<String>> {
    let count = numbers(repeat, "count")?;
    Some(count.map(|(least, most)| match (least, most) {
        (1.0, None) => "1 time in all".to_owned(),
        _ => format!("{} times in all", span(least, most)),
    }))
}

/// `for 10 days`, `from March 1, 2024 to March 10, 2024`.
fn bounds<V: JsonView>(repeat: &V) -> Option<Vec<String>> {
    let mut phrases = Vec::new();
    if let Some(duration) = repeat.member("boundsDuration") {
        let (value, unit) = amount(&duration)?;
        phrases.push(format!("for {}", counted_number(value, unit)));
    }
    if let Some(range) = repeat.member("boundsRange") {
        let ((low, own), (high, unit)) = (amount(&range.member("low")?)?, amount(&range.member("high")?)?);
        if own != unit {
            return None;
        }
        phrases.push(format!("for {}", in_units(low, Some(high).filter(|high| *high != low), unit)));
    }
    if let Some(period) = repeat.member("boundsPeriod") {
        let end = |member: &str| match period.member(member) {
            Some(_) => date(&period, member).map(|date| Some(date.in_words())),
            None => Some(None),
        };
        phrases.push(match (end("start")?, end("end")?) {
            (Some(start), Some(end)) => format!("from {start} to {end}"),
            (Some(start), None) => format!("from {start}"),
            (None, Some(end)) => format!("until {end}"),
            (None, None) => return None,
        });
    }
    Some(phrases)
}

/// The number of a Duration and its unit.
fn amount<V: JsonView>(duration: &V) -> Option<(f64, &'static str)> {
    let value = duration.member("value")?.number()?;
    let written = text(duration, "code").or_else(|| text(duration, "unit"))?;
    let unit = unit(&written).or_else(|| {
        let units = ["second", "minute", "hour", "day", "week", "month", "year"];
        units.into_iter().find(|unit| written.strip_suffix('s').unwrap_or(&written).eq_ignore_ascii_case(unit))
    });
    comparator(duration).is_empty().then_some((value, unit?))
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(timing: Value) -> (String, bool) {
        let when = when(&json!({ "timing": timing }));
        (when.phrases.join(", "), when.has_more)
    }

    #[test]
    fn l2_every_part_of_a_timing_becomes_text() {
        for (repeat, words) in [
            (json!({"frequency": 2, "period": 1, "periodUnit": "d"}), "twice every day"),
            (json!({"period": 4, "periodMax": 6, "periodUnit": "h"}), "once every 4 to 6 hours"),
            (json!({"frequency": 1, "frequencyMax": 2, "period": 8, "periodUnit": "h"}), "1 to 2 times every 8 hours"),
            (
                json!({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}),
                "once every week, on Mondays",
            ),
            (
                json!({"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "fri"]}),
                "once every day, only on Mondays and Fridays",
            ),
            (json!({"dayOfWeek": ["sun"]}), "on Sundays"),
            (json!({"timeOfDay": ["08:00:00", "20:00:00"]}), "at 8:00 AM and 8:00 PM"),
            (json!({"period": 1, "periodUnit": "d", "when": ["HS"]}), "every day, before bedtime"),
            (json!({"when": ["AC"], "offset": 30}), "30 minutes before a meal"),
            (
                json!({"frequency": 1, "period": 1, "periodUnit": "d", "duration": 30, "durationUnit": "min", "count": 10}),
                "once every day, for 30 minutes each time, 10 times in all",
            ),
            (
                json!({"frequency": 3, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 10, "code": "d"}}),
                "3 times every day, for 10 days",
            ),
            (
                json!({"frequency": 3, "period": 1, "periodUnit": "d",
                    "boundsRange": {"low": {"value": 7, "unit": "days"}, "high": {"value": 10, "unit": "days"}}}),
                "3 times every day, for 7 to 10 days",
            ),
            (
                json!({"period": 1, "periodUnit": "mo", "boundsPeriod": {"start": "2024-03-01", "end": "2024-05"}}),
                "once every month, from March 1, 2024 to May 2024",
            ),
        ] {
            assert_eq!(read(json!({ "repeat": repeat })), (words.to_owned(), false));
        }
        assert_eq!(read(json!({"event": ["2024-03-04"]})), ("on March 4, 2024".to_owned(), false));
    }

    #[test]
    fn l2_a_timing_with_an_unknown_part_is_not_translated() {
        let daily = json!({"frequency": 1, "period": 1, "periodUnit": "d"});
        for (member, odd) in [
            ("when", json!(["MOON"])),
            ("dayOfWeek", json!(["someday"])),
            ("dayOfWeek", json!("mon")),
            ("periodUnit", json!("fortnight")),
            ("frequencyMax", json!("2")),
            ("period", json!(-1)),
            ("offset", json!(30)),
            ("duration", json!(30)),
            ("boundsDuration", json!({"value": 10, "code": "d", "comparator": "<"})),
            ("boundsPeriod", json!({"end": "soon"})),
            ("timeOfDay", json!(["morning"])),
            ("extension", json!([{"url": "https://clinic.example/x"}])),
            ("newMember", json!(1)),
        ] {
            let mut repeat = daily.clone();
            repeat[member] = odd;
            assert_eq!(read(json!({ "repeat": repeat })), (String::new(), true), "{member}");
        }
        for odd in [json!({}), json!({"repeat": {}}), json!("daily"), json!({"event": ["soon"]})] {
            assert_eq!(read(odd), (String::new(), true));
        }
    }

    #[test]
    fn l2_a_code_replaces_everything_but_the_bounds() {
        let timing = |bounds: Value| json!({"code": {"text": "BID"}, "repeat": {"frequency": 2, "when": ["MOON"], "boundsDuration": bounds}});
        assert_eq!(read(timing(json!({"value": 1, "code": "wk"}))), ("BID, for 1 week".to_owned(), false));
        assert_eq!(read(timing(json!({"code": "wk"}))), ("BID".to_owned(), true));
    }
}
