//! What was done and by whom: vaccinations, procedures, visits, the care team and the insurance (FHIR R4, Immunization,
//! Procedure, Encounter, CareTeam, Coverage).

use smartrust::platform::JsonView;

use super::date::PartialDate;
use super::entry::{Entry, EntryList, Tag};
use super::measurement::number_in_words;
use super::resource::{after, capitalized, concept, concepts, date, display, displays, is_code, period, span, text};

/// Reads Immunizations. Those entered in error are left out.
pub fn vaccinations<V: JsonView>(immunizations: &[V]) -> EntryList {
    EntryList::of(valid(immunizations).map(|immunization| (false, vaccination(immunization))))
}

fn vaccination<V: JsonView>(immunization: &V) -> Entry {
    let when = date(immunization, "occurrenceDateTime");
    let told = when.map(PartialDate::in_words).or_else(|| text(immunization, "occurrenceString"));
    let was_given = !is_code(immunization, "status", &["not-done"]);
    let reason = if was_given { None } else { concept(immunization, "statusReason") };
    Entry::new(concept(immunization, "vaccineCode").unwrap_or_else(|| "A vaccine without a name".to_owned()), when)
        .tag((!was_given).then(|| Tag::plain("Not given")))
        .line(told)
        .line(dose(immunization))
        .line(reason)
}

fn dose<V: JsonView>(immunization: &V) -> Option<String> {
    let protocol = immunization.member_items("protocolApplied").into_iter().next()?;
    let number = |member: &str| {
        let counted = protocol.member(&format!("{member}PositiveInt")).and_then(|value| value.number());
        counted.map(number_in_words).or_else(|| text(&protocol, &format!("{member}String")))
    };
    let of = number("seriesDoses").map(|all| format!(" of {all}")).unwrap_or_default();
    Some(format!("Dose {}{of}", number("doseNumber")?))
}

/// Reads Procedures. Those entered in error are left out.
pub fn procedures<V: JsonView>(procedures: &[V]) -> EntryList {
    EntryList::of(valid(procedures).map(|procedure| (false, procedure_entry(procedure))))
}

fn procedure_entry<V: JsonView>(procedure: &V) -> Entry {
    let (start, end) = period(procedure, "performedPeriod");
    let start = date(procedure, "performedDateTime").or(start);
    let state = match procedure.member_text("status").as_deref() {
        Some("preparation") => Some("Planned"),
        Some("in-progress") => Some("Under way"),
        Some("not-done") => Some("Not done"),
        Some("stopped") => Some("Stopped"),
        _ => None,
    };
    Entry::new(concept(procedure, "code").unwrap_or_else(|| "A procedure without a name".to_owned()), start.or(end))
        .tag(state.map(Tag::plain))
        .line(span(start, end).or_else(|| text(procedure, "performedString")))
        .line(after("For", &concepts(procedure, "reasonCode")))
        .line(after("By", &displays(procedure, "performer", "actor")))
}

/// Reads Encounters. Those entered in error are left out.
pub fn visits<V: JsonView>(encounters: &[V]) -> EntryList {
    EntryList::of(valid(encounters).map(|encounter| (false, visit(encounter))))
}

fn visit<V: JsonView>(encounter: &V) -> Entry {
    let (start, end) = period(encounter, "period");
    let class = encounter.member("class").and_then(|class| text(&class, "display"));
    let name = concepts(encounter, "type").into_iter().next().or(class);
    let state = match encounter.member_text("status").as_deref() {
        Some("planned") => Some("Planned"),
        Some("arrived" | "triaged" | "in-progress" | "onleave") => Some("Under way"),
        Some("cancelled") => Some("Cancelled"),
        _ => None,
    };
    Entry::new(name.map_or_else(|| "A visit".to_owned(), |name| capitalized(&name)), start.or(end))
        .tag(state.map(Tag::plain))
        .line(span(start, end))
        .line(after("For", &concepts(encounter, "reasonCode")))
        .line(after("With", &displays(encounter, "participant", "individual")))
        .line(after("At", &places(encounter)))
}

fn places<V: JsonView>(encounter: &V) -> Vec<String> {
    let mut places = displays(encounter, "location", "location");
    if places.is_empty() {
        places.extend(display(encounter, "serviceProvider"));
    }
    places
}

/// Reads CareTeams: one entry for each member.
pub fn care_team<V: JsonView>(teams: &[V]) -> EntryList {
    EntryList::of(valid(teams).flat_map(|team| {
        let is_over = is_code(team, "status", &["inactive", "suspended"]);
        let team_name = text(team, "name");
        let members = team.member_items("participant").into_iter();
        members
            .filter_map(move |participant| {
                let roles = concepts(&participant, "role").join(", ");
                let organization = display(&participant, "onBehalfOf");
                let name = display(&participant, "member");
                let title = name.clone().or_else(|| (!roles.is_empty()).then(|| roles.clone()))?;
                let entry = Entry::new(title, period(&participant, "period").0);
                let role = name.is_some().then_some(roles);
                Some((is_over, entry.line(role).line(organization.or_else(|| team_name.clone()))))
            })
            .collect::<Vec<_>>()
    }))
}

/// Reads Coverages.
pub fn insurance<V: JsonView>(coverages: &[V]) -> EntryList {
    let is_over = |coverage: &V| is_code(coverage, "status", &["cancelled", "draft"]);
    EntryList::of(valid(coverages).map(|coverage| (is_over(coverage), policy(coverage))))
}

fn policy<V: JsonView>(coverage: &V) -> Entry {
    let (start, end) = period(coverage, "period");
    let payor = coverage.member_items("payor").iter().find_map(|payor| text(payor, "display"));
    let kind = concept(coverage, "type");
    let title = payor.clone().or_else(|| kind.clone()).unwrap_or_else(|| "An insurance without a name".to_owned());
    let since = match (start, end) {
        (Some(start), None) => Some(format!("Since {}", start.in_words())),
        (start, end) => span(start, end),
    };
    Entry::new(title, start)
        .line(payor.and(kind))
        .line(text(coverage, "subscriberId").map(|number| format!("Member number {number}")))
        .line(since)
}

fn valid<V: JsonView>(resources: &[V]) -> impl Iterator<Item = &V> {
    resources.iter().filter(|resource| !is_code(*resource, "status", &["entered-in-error"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fhir_r4_a_vaccination_says_when_and_which_dose() {
        let list = vaccinations(&[
            json!({
                "status": "completed", "vaccineCode": {"text": "Influenza"}, "occurrenceDateTime": "2023-10-02",
                "protocolApplied": [{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 3}],
            }),
            json!({"status": "not-done", "vaccineCode": {"text": "Measles"}, "statusReason": {"text": "Patient objection"}}),
            json!({"status": "entered-in-error", "vaccineCode": {"text": "Void"}}),
            json!({"occurrenceString": "as a child"}),
        ]);
        let [flu, measles, unknown] = &list.present[..] else { panic!("{list:?}") };
        assert_eq!(flu.lines, ["October 2, 2023", "Dose 2 of 3"]);
        assert_eq!(
            (measles.tags[0].words.as_str(), measles.lines.as_slice()),
            ("Not given", &["Patient objection".to_owned()][..])
        );
        assert_eq!((unknown.title.as_str(), unknown.lines[0].as_str()), ("A vaccine without a name", "as a child"));
    }

    #[test]
    fn fhir_r4_a_procedure_says_when_why_and_by_whom() {
        let list = procedures(&[
            json!({
                "status": "completed", "code": {"text": "Colonoscopy"}, "reasonCode": [{"text": "Screening"}],
                "performedPeriod": {"start": "2021-02-03T08:00:00Z", "end": "2021-02-03T09:00:00Z"},
                "performer": [{"actor": {"display": "Dr. Lee"}}],
            }),
            json!({"status": "not-done", "performedString": "never"}),
        ]);
        assert_eq!(list.present[0].lines, ["February 3, 2021", "For Screening", "By Dr. Lee"]);
        assert_eq!(list.present[1].tags, [Tag::plain("Not done")]);
    }

    #[test]
    fn fhir_r4_a_visit_says_what_when_and_with_whom() {
        let list = visits(&[
            json!({
                "status": "finished", "type": [{"text": "follow-up visit"}], "class": {"display": "ambulatory"},
                "period": {"start": "2024-01-02T09:00:00-05:00", "end": "2024-01-02T09:30:00-05:00"},
                "reasonCode": [{"text": "Hypertension"}], "participant": [{"individual": {"display": "Dr. Lee"}}],
                "serviceProvider": {"display": "Sandbox Clinic"},
            }),
            json!({"status": "planned", "class": {"display": "ambulatory"}}),
            json!({}),
        ]);
        assert_eq!(list.present[0].title, "Follow-up visit");
        assert_eq!(list.present[0].lines, ["January 2, 2024", "For Hypertension", "With Dr. Lee", "At Sandbox Clinic"]);
        assert_eq!((list.present[1].title.as_str(), list.present[1].tags[0].words.as_str()), ("Ambulatory", "Planned"));
        assert_eq!(list.present[2].title, "A visit");
    }

    #[test]
    fn fhir_r4_each_member_of_a_care_team_is_an_entry() {
        let list = care_team(&[
            json!({"status": "active", "name": "Primary care", "participant": [
                {"member": {"display": "Dr. Lee"}, "role": [{"text": "Family physician"}]},
                {"role": [{"text": "Nurse"}]},
                {},
            ]}),
            json!({"status": "inactive", "participant": [{"member": {"display": "Dr. Old"}}]}),
        ]);
        let titles: Vec<_> = list.present.iter().chain(&list.past).map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, ["Dr. Lee", "Nurse", "Dr. Old"]);
        assert_eq!(list.present[0].lines, ["Family physician", "Primary care"]);
        assert_eq!(list.past.len(), 1);
    }

    #[test]
    fn fhir_r4_an_insurance_names_who_pays_and_the_number() {
        let list = insurance(&[
            json!({"status": "active", "payor": [{"display": "Acme Health"}], "type": {"text": "PPO"},
                "subscriberId": "A1", "period": {"start": "2020"}}),
            json!({"status": "cancelled"}),
        ]);
        assert_eq!(list.present[0].title, "Acme Health");
        assert_eq!(list.present[0].lines, ["PPO", "Member number A1", "Since 2020"]);
        assert_eq!(list.past[0].title, "An insurance without a name");
    }
}
