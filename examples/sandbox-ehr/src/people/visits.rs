//! When a person came to the clinic, and why.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::problems::{self, Problem};
use super::{AS_OF, Person};

/// How far an adult's record goes back.
const ADULT_YEARS: u64 = 8;

/// Months of age at which infants are seen.
const INFANT_MONTHS: [u32; 10] = [1, 2, 4, 6, 9, 12, 15, 18, 24, 30];

/// Why a visit takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitKind {
    WellChild,
    CheckUp,
    FollowUp,
    Problem,
}

impl VisitKind {
    /// The SNOMED CT code and its term.
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::WellChild => ("410620009", "Well child visit"),
            Self::CheckUp => ("185349003", "Encounter for check up"),
            Self::FollowUp => ("390906007", "Follow-up encounter"),
            Self::Problem => ("185347001", "Encounter for problem"),
        }
    }
}

/// A visit to the clinic, in the clinic's local time.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub kind: VisitKind,
    pub start: NaiveDateTime,
    /// `None` if the visit has not ended.
    pub end: Option<NaiveDateTime>,
    /// The problem that the visit is about.
    pub reason: Option<Problem>,
}

/// All visits of a person, the oldest first.
pub fn draw(person: &Person, known: &[Problem], random: &mut ChaCha8Rng) -> Vec<Visit> {
    let since = if person.age() < 18 { person.born } else { AS_OF - Days::new(ADULT_YEARS * 365) };
    let mut plan = routine(person, known, since, random);
    for problem in known.iter().filter(|problem| problem.onset > since) {
        plan.push((problem.onset, VisitKind::Problem, Some(problem.clone())));
    }
    let is_here = random.gen_bool(0.4);
    let mut visits: Vec<Visit> = plan
        .into_iter()
        .map(|(day, kind, reason)| (next_workday(day), kind, reason))
        .filter(|(day, ..)| *day < AS_OF)
        .map(|(day, kind, reason)| make(day, kind, reason, random))
        .collect();
    visits.sort_by_key(|visit| visit.start);
    visits.dedup_by_key(|visit| visit.start.date());
    if is_here {
        let kind = if person.age() < 18 { VisitKind::WellChild } else { VisitKind::CheckUp };
        visits.push(Visit { end: None, ..make(AS_OF, kind, None, random) });
    }
    visits
}

type Planned = (NaiveDate, VisitKind, Option<Problem>);

/// Well-child visits by age, then one check-up a year; every four months with a chronic illness.
fn routine(person: &Person, known: &[Problem], since: NaiveDate, random: &mut ChaCha8Rng) -> Vec<Planned> {
    let mut plan: Vec<Planned> = Vec::new();
    if person.age() < 18 {
        let months = INFANT_MONTHS.into_iter().chain((3..18).map(|year| year * 12));
        plan.extend(months.map(|month| {
            let day = person.born + Days::new(u64::from(month) * 30 + u64::from(month) * 7 / 16);
            (day + Days::new(random.gen_range(0..12)), VisitKind::WellChild, None)
        }));
        return plan;
    }
    let mut day = since + Days::new(random.gen_range(5..200));
    let mut last_check_up: Option<NaiveDate> = None;
    while day < AS_OF {
        let is_yearly = last_check_up.is_none_or(|last| (day - last).num_days() > 330);
        let chronic = followed(known, day);
        if is_yearly {
            last_check_up = Some(day);
            plan.push((day, VisitKind::CheckUp, None));
        } else {
            plan.push((day, VisitKind::FollowUp, chronic.cloned()));
        }
        let pause = if chronic.is_some() { 122 } else { 365 };
        day = day + Days::new(pause) + Days::new(random.gen_range(0..30)) - Days::new(15);
    }
    plan
}

/// The chronic illness that is followed on a day.
fn followed(known: &[Problem], day: NaiveDate) -> Option<&Problem> {
    [&problems::DIABETES, &problems::CORONARY, &problems::KIDNEY, &problems::HYPERTENSION, &problems::FIBRILLATION]
        .into_iter()
        .find_map(|kind| problems::find(known, kind).filter(|problem| problem.is_active_on(day)))
}

fn make(day: NaiveDate, kind: VisitKind, reason: Option<Problem>, random: &mut ChaCha8Rng) -> Visit {
    let quarter = random.gen_range(0..32);
    let opening = NaiveTime::from_hms_opt(8, 0, 0).expect("a time of day");
    let start = day.and_time(opening) + TimeDelta::minutes(15 * quarter);
    Visit { kind, start, end: Some(start + TimeDelta::minutes(random.gen_range(3..8) * 5)), reason }
}

fn next_workday(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}
