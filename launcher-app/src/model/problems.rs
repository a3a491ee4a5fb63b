//! The problem list (FHIR R4, Condition).

use chrono::Datelike;
use smartrust::platform::JsonView;

use super::coding::{has_code, words};
use super::date::PartialDate;
use super::order::ordered;

/// Problems: what is present, and what is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProblemList {
    /// Present ones, the newest first.
    pub present: Vec<Problem>,
    /// Those that are over, the newest first.
    pub past: Vec<Problem>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is called.
    pub name: String,
    /// When it began and ended, in words.
    pub course: Option<String>,
    /// What is to be said of its certainty or state, such as `Not confirmed`.
    pub remark: Option<&'static str>,
    begins: Option<PartialDate>,
}

impl ProblemList {
    /// Reads Conditions. What was entered in error, was ruled out, or is a diagnosis of a single visit is no problem.
    pub fn read<V: JsonView>(conditions: &[V]) -> Self {
        let mut list = Self::default();
        for condition in conditions.iter().filter(|condition| is_problem(*condition)) {
            let of = if is_over(condition) { &mut list.past } else { &mut list.present };
            of.push(Problem::read(condition));
        }
        for problems in [&mut list.present, &mut list.past] {
            *problems = ordered(std::mem::take(problems), Problem::newest_first);
        }
        list
    }
}

impl Problem {
    /// The later it began, the smaller; without a date it comes last.
    fn newest_first(&self) -> i64 {
        let begins = self.begins.and_then(PartialDate::first_day);
        begins.map_or(i64::MAX, |day| -i64::from(day.num_days_from_ce()))
    }

    fn read<V: JsonView>(condition: &V) -> Self {
        let begins = start(condition);
        Self {
            name: condition
                .member("code")
                .as_ref()
                .and_then(words)
                .unwrap_or_else(|| "A problem without a name".to_owned()),
            course: course(condition, begins),
            remark: remark(condition),
            begins,
        }
    }
}

fn is_problem<V: JsonView>(condition: &V) -> bool {
    let is_void = condition
        .member("verificationStatus")
        .is_some_and(|status| has_code(&status, "entered-in-error") || has_code(&status, "refuted"));
    let categories = condition.member_items("category");
    let is_of_one_visit =
        !categories.is_empty() && categories.iter().all(|category| has_code(category, "encounter-diagnosis"));
    !is_void && !is_of_one_visit
}

fn is_over<V: JsonView>(condition: &V) -> bool {
    match condition.member("clinicalStatus") {
        Some(status) => ["resolved", "inactive", "remission"].iter().any(|code| has_code(&status, code)),
        None => end(condition).is_some(),
    }
}

fn date<V: JsonView>(resource: &V, member: &str) -> Option<PartialDate> {
    PartialDate::read(&resource.member_text(member)?)
}

fn start<V: JsonView>(condition: &V) -> Option<PartialDate> {
    date(condition, "onsetDateTime").or_else(|| date(&condition.member("onsetPeriod")?, "start"))
}

fn end<V: JsonView>(condition: &V) -> Option<PartialDate> {
    date(condition, "abatementDateTime").or_else(|| date(&condition.member("abatementPeriod")?, "end"))
}

fn course<V: JsonView>(condition: &V, begins: Option<PartialDate>) -> Option<String> {
    match (begins.map(PartialDate::in_words), end(condition).map(PartialDate::in_words)) {
        (Some(start), Some(end)) if start == end => Some(start),
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (Some(start), None) if is_over(condition) => Some(format!("Began {start}")),
        (Some(start), None) => Some(format!("Since {start}")),
        (None, Some(end)) => Some(format!("Until {end}")),
        (None, None) => condition.member_text("onsetString").map(|onset| format!("Began: {onset}")),
    }
}

fn remark<V: JsonView>(condition: &V) -> Option<&'static str> {
    let has = |member: &str, codes: &[&str]| {
        condition.member(member).is_some_and(|status| codes.iter().any(|code| has_code(&status, code)))
    };
    if has("verificationStatus", &["unconfirmed", "provisional", "differential"]) {
        Some("Not confirmed")
    } else if has("clinicalStatus", &["recurrence", "relapse"]) {
        Some("Came back")
    } else if has("clinicalStatus", &["remission"]) {
        Some("In remission")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn condition(name: &str, status: &str, onset: &str) -> Value {
        json!({
            "code": {"text": name},
            "clinicalStatus": {"coding": [{"code": status}]},
            "onsetDateTime": onset,
        })
    }

    fn names(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.name.as_str()).collect()
    }

    fn only(condition: Value) -> Problem {
        let list = ProblemList::read(&[condition]);
        list.present.into_iter().chain(list.past).next().unwrap()
    }

    #[test]
    fn fhir_r4_present_problems_are_told_from_past_ones_the_newest_first() {
        let list = ProblemList::read(&[
            condition("Asthma", "active", "1999"),
            condition("Cystitis", "resolved", "2020-03-01"),
            condition("Migraine", "recurrence", "2024-11"),
            condition("Sprain", "inactive", "2022-05-05"),
        ]);
        assert_eq!(names(&list.present), ["Migraine", "Asthma"]);
        assert_eq!(names(&list.past), ["Sprain", "Cystitis"]);
        assert_eq!(list.present[0].remark, Some("Came back"));
        assert_eq!(list.present[1].course.as_deref(), Some("Since 1999"));
    }

    #[test]
    fn fhir_r4_a_course_says_what_is_known_of_it() {
        let mut sprain = condition("Sprain", "resolved", "2022-05-05");
        assert_eq!(only(sprain.clone()).course.as_deref(), Some("Began May 5, 2022"));
        sprain["abatementDateTime"] = json!("2022-06-01");
        assert_eq!(only(sprain.clone()).course.as_deref(), Some("May 5, 2022 to June 1, 2022"));
        sprain["onsetDateTime"] = Value::Null;
        assert_eq!(only(sprain).course.as_deref(), Some("Until June 1, 2022"));
        assert_eq!(only(json!({"onsetString": "in childhood"})).course.as_deref(), Some("Began: in childhood"));
        assert_eq!(only(json!({"onsetPeriod": {"start": "2001-02"}})).course.as_deref(), Some("Since February 2001"));
    }

    #[test]
    fn fhir_r4_errors_refuted_problems_and_diagnoses_of_one_visit_are_left_out() {
        let mut entries = Vec::new();
        for status in ["entered-in-error", "refuted"] {
            let mut void = condition("Void", "active", "2020");
            void["verificationStatus"] = json!({"coding": [{"code": status}]});
            entries.push(void);
        }
        let mut visit = condition("Visit", "active", "2020");
        visit["category"] = json!([{"coding": [{"code": "encounter-diagnosis"}]}]);
        entries.push(visit);
        assert_eq!(ProblemList::read(&entries), ProblemList::default());
    }

    #[test]
    fn a_suspicion_is_marked_as_one() {
        let mut suspected = condition("Asthma", "active", "2020");
        suspected["verificationStatus"] = json!({"coding": [{"code": "provisional"}]});
        assert_eq!(only(suspected).remark, Some("Not confirmed"));
    }

    #[test]
    fn a_condition_without_members_is_still_shown() {
        let problem = only(json!({}));
        assert_eq!((problem.name.as_str(), problem.course, problem.remark), ("A problem without a name", None, None));
    }
}
