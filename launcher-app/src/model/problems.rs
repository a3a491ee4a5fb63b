//! The problem list (FHIR R4, Condition).

use smartrust::platform::JsonView;

use super::coding::has_code;
use super::date::PartialDate;
use super::entry::{Entry, Tag};
use super::measurement::{quantity_in_words, range_in_words};
use super::phrase::after;
use super::resource::{concept, concepts, date, is_coded, period, text};

/// Reads a Condition, with whether it is past.
pub fn problem<V: JsonView>(condition: &V) -> (bool, Entry) {
    let begins = start(condition);
    let name = concept(condition, "code").unwrap_or_else(|| "A problem without a name".to_owned());
    let recorded = || date(condition, "recordedDate").map(|date| format!("On record since {}", date.in_words()));
    let entry = Entry::new(name, begins.or_else(|| date(condition, "recordedDate")))
        .tag(remark(condition).map(Tag::plain))
        .line(after("Where:", &concepts(condition, "bodySite")))
        .line(course(condition, begins).or_else(recorded))
        .line(ended(condition));
    (is_over(condition), entry)
}

/// Whether a Condition is a diagnosis of one visit and nothing else (US Core, Condition: encounter diagnosis).
pub fn is_of_one_visit<V: JsonView>(condition: &V) -> bool {
    let categories = condition.member_items("category");
    !categories.is_empty() && categories.iter().all(|category| has_code(category, "encounter-diagnosis"))
}

fn is_over<V: JsonView>(condition: &V) -> bool {
    match condition.member("clinicalStatus") {
        Some(_) => is_coded(condition, "clinicalStatus", &["resolved", "inactive", "remission"]),
        None => {
            let kinds = ["abatementDateTime", "abatementPeriod", "abatementString", "abatementAge", "abatementRange"];
            kinds.iter().any(|member| condition.member(member).is_some() && !is_yet_to_end(condition, member))
        }
    }
}

fn start<V: JsonView>(condition: &V) -> Option<PartialDate> {
    date(condition, "onsetDateTime").or_else(|| period(condition, "onsetPeriod").0)
}

fn end<V: JsonView>(condition: &V) -> Option<PartialDate> {
    date(condition, "abatementDateTime").or_else(|| period(condition, "abatementPeriod").1)
}

/// Whether a period has a start and no end.
fn is_yet_to_end<V: JsonView>(condition: &V, member: &str) -> bool {
    member == "abatementPeriod" && end(condition).is_none()
}

/// When it ended, if that is not a date: `in childhood`, `at age 7 years`.
fn ended<V: JsonView>(condition: &V) -> Option<String> {
    let age = condition.member("abatementAge").as_ref().and_then(quantity_in_words);
    let ages = condition.member("abatementRange").as_ref().and_then(range_in_words);
    let age = age.or(ages).map(|age| format!("at age {age}"));
    text(condition, "abatementString").or(age).map(|end| format!("Ended: {end}"))
}

fn course<V: JsonView>(condition: &V, begins: Option<PartialDate>) -> Option<String> {
    match (begins.map(PartialDate::in_words), end(condition).map(PartialDate::in_words)) {
        (Some(start), Some(end)) if start == end => Some(start),
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (Some(start), None) if is_over(condition) => Some(format!("Began {start}")),
        (Some(start), None) => Some(format!("Since {start}")),
        (None, Some(end)) => Some(format!("Until {end}")),
        (None, None) => text(condition, "onsetString").map(|onset| format!("Began: {onset}")),
    }
}

fn remark<V: JsonView>(condition: &V) -> Option<&'static str> {
    if is_coded(condition, "verificationStatus", &["unconfirmed", "provisional", "differential"]) {
        Some("Not confirmed")
    } else if is_coded(condition, "clinicalStatus", &["recurrence", "relapse"]) {
        Some("Came back")
    } else if is_coded(condition, "clinicalStatus", &["remission"]) {
        Some("In remission")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::EntryList;
    use serde_json::{Value, json};

    fn problems(conditions: &[Value]) -> EntryList {
        EntryList::of(conditions.iter().map(problem))
    }

    fn condition(name: &str, status: &str, onset: &str) -> Value {
        json!({
            "code": {"text": name},
            "clinicalStatus": {"coding": [{"code": status}]},
            "onsetDateTime": onset,
        })
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.title.as_str()).collect()
    }

    fn only(condition: Value) -> Entry {
        let list = problems(&[condition]);
        list.present.into_iter().chain(list.past).next().unwrap()
    }

    #[test]
    fn fhir_r4_present_and_past_problems_are_separate_the_newest_first() {
        let list = problems(&[
            condition("Asthma", "active", "1999"),
            condition("Cystitis", "resolved", "2020-03-01"),
            condition("Migraine", "recurrence", "2024-11"),
            condition("Sprain", "inactive", "2022-05-05"),
        ]);
        assert_eq!(names(&list.present), ["Migraine", "Asthma"]);
        assert_eq!(names(&list.past), ["Sprain", "Cystitis"]);
        assert_eq!(list.present[0].tags, [Tag::plain("Came back")]);
        assert_eq!(list.present[1].lines, ["Since 1999"]);
    }

    #[test]
    fn fhir_r4_a_problem_has_its_known_dates_and_status() {
        let mut sprain = condition("Sprain", "resolved", "2022-05-05");
        assert_eq!(only(sprain.clone()).lines, ["Began May 5, 2022"]);
        sprain["abatementDateTime"] = json!("2022-06-01");
        assert_eq!(only(sprain.clone()).lines, ["May 5, 2022 to June 1, 2022"]);
        sprain["onsetDateTime"] = Value::Null;
        assert_eq!(only(sprain).lines, ["Until June 1, 2022"]);
        assert_eq!(only(json!({"onsetString": "in childhood"})).lines, ["Began: in childhood"]);
        assert_eq!(only(json!({"onsetPeriod": {"start": "2001-02"}})).lines, ["Since February 2001"]);
    }

    #[test]
    fn l6_a_diagnosis_of_one_visit_is_not_a_problem() {
        let with = |categories: &[&str]| {
            let categories: Vec<Value> = categories.iter().map(|code| json!({"coding": [{"code": code}]})).collect();
            is_of_one_visit(&json!({ "category": categories }))
        };
        assert!(with(&["encounter-diagnosis"]));
        for others in [&["problem-list-item", "encounter-diagnosis"][..], &["health-concern"], &[]] {
            assert!(!with(others), "{others:?}");
        }
    }

    #[test]
    fn l2_a_problem_has_its_body_site() {
        let problem = only(json!({"code": {"text": "Fracture"}, "bodySite": [{"text": "Left wrist"}]}));
        assert_eq!(problem.lines, ["Where: Left wrist"]);
    }

    #[test]
    fn l3_a_problem_that_ended_without_a_date_is_over() {
        for (member, end, words) in [
            ("abatementString", json!("in childhood"), "Ended: in childhood"),
            ("abatementAge", json!({"value": 7, "unit": "years"}), "Ended: at age 7 years"),
        ] {
            let mut condition = json!({"code": {"text": "Asthma"}});
            condition[member] = end;
            let list = problems(&[condition]);
            assert_eq!((list.present.len(), list.past[0].lines.as_slice()), (0, &[words.to_owned()][..]));
        }
        assert_eq!(problems(&[json!({"abatementPeriod": {"start": "2020"}})]).past.len(), 0);
    }

    #[test]
    fn an_unconfirmed_problem_is_marked() {
        let mut suspected = condition("Asthma", "active", "2020");
        suspected["verificationStatus"] = json!({"coding": [{"code": "provisional"}]});
        assert_eq!(only(suspected).tags, [Tag::plain("Not confirmed")]);
    }

    #[test]
    fn a_condition_without_members_is_still_shown() {
        let problem = only(json!({}));
        assert_eq!((problem.title.as_str(), problem.lines.len()), ("A problem without a name", 0));
    }
}
