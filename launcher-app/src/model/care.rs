//! Vaccinations, procedures, visits, the care team and insurance (FHIR R4, Immunization,
//! Procedure, Encounter, CareTeam, Coverage).

use smartrust::platform::JsonView;

use super::coding::coding_in_words;
use super::date::PartialDate;
use super::entry::{Entry, Tag};
use super::names::Names;
use super::number::number_in_words;
use super::phrase::{after, capitalized};
use super::resource::{concept, concepts, date, display, displays, is_code, period, span, text};

/// Reads an Immunization.
pub fn vaccination<V: JsonView>(immunization: &V) -> Entry {
    let when = date(immunization, "occurrenceDateTime");
    let told = when.map(PartialDate::in_words).or_else(|| text(immunization, "occurrenceString"));
    let was_given = !is_code(immunization, "status", &["not-done"]);
    let is_too_weak = immunization.member("isSubpotent").and_then(|flag| flag.flag()).unwrap_or_default();
    let reason = if was_given { None } else { concept(immunization, "statusReason") };
    Entry::new(concept(immunization, "vaccineCode").unwrap_or_else(|| "A vaccine without a name".to_owned()), when)
        .tag((!was_given).then(|| Tag::plain("Not given")))
        .tag(is_too_weak.then(|| Tag::warning("Did not count in full")))
        .line(told)
        .line(dose(immunization))
        .line(concept(immunization, "site").map(|place| format!("Where: {place}")))
        .line(after("Why it did not count in full:", &concepts(immunization, "subpotentReason")))
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

/// Reads a Procedure.
pub fn procedure<V: JsonView>(procedure: &V) -> Entry {
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
        .line(after("Where:", &concepts(procedure, "bodySite")))
        .line(after("For", &concepts(procedure, "reasonCode")))
        .line(after("By", &displays(procedure, "performer", "actor")))
}

/// Reads an Encounter.
pub fn visit<V: JsonView>(encounter: &V) -> Entry {
    let (start, end) = period(encounter, "period");
    let name = concepts(encounter, "type").into_iter().next().or_else(|| class(encounter));
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

/// The name and the date of a visit.
pub fn visit_in_one_line<V: JsonView>(encounter: &V) -> String {
    let (start, end) = period(encounter, "period");
    let parts = [Some(visit(encounter).title), span(start, end)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The class of a visit (HL7 V3, ActEncounterCode).
fn class<V: JsonView>(encounter: &V) -> Option<String> {
    let class = encounter.member("class")?;
    let known = match class.member_text("code").unwrap_or_default().as_str() {
        "AMB" => "Visit to the clinic",
        "EMER" => "Emergency visit",
        "IMP" | "ACUTE" | "NONAC" => "Hospital stay",
        "OBSENC" => "Hospital stay, for watching",
        "SS" => "Short hospital stay",
        "HH" => "Visit at home",
        "VR" => "Visit by phone or video",
        _ => return coding_in_words(&class),
    };
    text(&class, "display").or_else(|| Some(known.to_owned()))
}

fn places<V: JsonView>(encounter: &V) -> Vec<String> {
    let mut places = displays(encounter, "location", "location");
    if places.is_empty() {
        places.extend(display(encounter, "serviceProvider"));
    }
    places
}

/// Reads a CareTeam: an entry for each member, with whether it is past, or one for the team if no member is named.
pub fn care_team<V: JsonView>(team: &V, names: &Names) -> Vec<(bool, Entry)> {
    let is_over = is_code(team, "status", &["inactive", "suspended"]);
    let is_proposed = is_code(team, "status", &["proposed"]);
    let state = || is_proposed.then(|| Tag::plain("Planned"));
    let team_name = text(team, "name");
    let members = team.member_items("participant");
    if members.is_empty() {
        let name = team_name.unwrap_or_else(|| "A care team without a name".to_owned());
        return vec![(is_over, Entry::new(name, period(team, "period").0).tag(state()))];
    }
    let entries = members.iter().map(|participant| {
        let roles = Some(concepts(participant, "role").join(", ")).filter(|roles| !roles.is_empty());
        let organization = display(participant, "onBehalfOf");
        let name = participant.member("member").and_then(|member| names.of(team, &member));
        let title = name.clone().or_else(|| roles.clone()).unwrap_or_else(|| "A member without a name".to_owned());
        let entry = Entry::new(title, period(participant, "period").0).tag(state());
        (is_over, entry.line(name.and(roles)).line(organization.or_else(|| team_name.clone())))
    });
    entries.collect()
}

/// Reads a Coverage, with whether it is past.
pub fn insurance<V: JsonView>(coverage: &V, names: &Names) -> (bool, Entry) {
    let (start, end) = period(coverage, "period");
    let payor = coverage.member_items("payor").iter().find_map(|payor| names.of(coverage, payor));
    let kind = concept(coverage, "type");
    let title = payor.clone().or_else(|| kind.clone()).unwrap_or_else(|| "An insurance without a name".to_owned());
    let since = match (start, end) {
        (Some(start), None) => Some(format!("Since {}", start.in_words())),
        (start, end) => span(start, end),
    };
    let entry = Entry::new(title, start)
        .tag(is_code(coverage, "status", &["draft"]).then(|| Tag::plain("Not in force")))
        .line(payor.and(kind))
        .line(text(coverage, "subscriberId").map(|number| format!("Member number {number}")))
        .line(since);
    (is_code(coverage, "status", &["cancelled", "draft"]), entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::EntryList;
    use serde_json::{Value, json};

    fn list(resources: &[Value], read: fn(&Value) -> Entry) -> EntryList {
        EntryList::of(resources.iter().map(|resource| (false, read(resource))))
    }

    fn teams(teams: &[Value], names: &Names) -> EntryList {
        EntryList::of(teams.iter().flat_map(|team| care_team(team, names)))
    }

    #[test]
    fn fhir_r4_a_vaccination_has_its_date_and_dose() {
        let list = list(
            &[
                json!({
                    "status": "completed", "vaccineCode": {"text": "Influenza"}, "occurrenceDateTime": "2023-10-02",
                    "protocolApplied": [{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 3}],
                }),
                json!({"status": "not-done", "vaccineCode": {"text": "Measles"}, "statusReason": {"text": "Patient objection"}}),
                json!({"occurrenceString": "as a child"}),
            ],
            vaccination,
        );
        let [flu, measles, unknown] = &list.present[..] else { panic!("{list:?}") };
        assert_eq!(flu.lines, ["October 2, 2023", "Dose 2 of 3"]);
        assert_eq!(
            (measles.tags[0].words.as_str(), measles.lines.as_slice()),
            ("Not given", &["Patient objection".to_owned()][..])
        );
        assert_eq!((unknown.title.as_str(), unknown.lines[0].as_str()), ("A vaccine without a name", "as a child"));
    }

    #[test]
    fn fhir_r4_a_procedure_has_its_date_reason_and_performer() {
        let list = list(
            &[
                json!({
                    "status": "completed", "code": {"text": "Colonoscopy"}, "reasonCode": [{"text": "Screening"}],
                    "performedPeriod": {"start": "2021-02-03T08:00:00Z", "end": "2021-02-03T09:00:00Z"},
                    "performer": [{"actor": {"display": "Dr. Lee"}}],
                }),
                json!({"status": "not-done", "performedString": "never"}),
            ],
            procedure,
        );
        assert_eq!(list.present[0].lines, ["February 3, 2021", "For Screening", "By Dr. Lee"]);
        assert_eq!(list.present[1].tags, [Tag::plain("Not done")]);
    }

    #[test]
    fn l2_l3_care_has_the_body_site_and_negations() {
        let fixed = procedure(&json!({"code": {"text": "Knee repair"}, "bodySite": [{"text": "Left knee"}]}));
        assert_eq!(fixed.lines, ["Where: Left knee"]);
        let weak = vaccination(&json!({"isSubpotent": true, "subpotentReason": [{"text": "Too warm"}],
            "site": {"text": "Left arm"}}));
        assert_eq!(weak.tags, [Tag::warning("Did not count in full")]);
        assert_eq!(weak.lines, ["Where: Left arm", "Why it did not count in full: Too warm"]);
        let team = json!({"status": "proposed", "participant": [{"member": {"display": "Dr. Lee"}}]});
        assert_eq!(teams(&[team], &Names::default()).present[0].tags, [Tag::plain("Planned")]);
        let (is_over, draft) = insurance(&json!({"status": "draft"}), &Names::default());
        assert_eq!((is_over, draft.tags), (true, vec![Tag::plain("Not in force")]));
    }

    #[test]
    fn fhir_r4_a_visit_has_its_type_date_and_participants() {
        let list = list(
            &[
                json!({
                    "status": "finished", "type": [{"text": "follow-up visit"}], "class": {"display": "ambulatory"},
                    "period": {"start": "2024-01-02T09:00:00-05:00", "end": "2024-01-02T09:30:00-05:00"},
                    "reasonCode": [{"text": "Hypertension"}], "participant": [{"individual": {"display": "Dr. Lee"}}],
                    "serviceProvider": {"display": "Sandbox Clinic"},
                }),
                json!({"status": "planned", "class": {"display": "ambulatory"}}),
                json!({}),
                json!({"class": {"code": "EMER"}}),
            ],
            visit,
        );
        assert_eq!(list.present[0].title, "Follow-up visit");
        assert_eq!(list.present[0].lines, ["January 2, 2024", "For Hypertension", "With Dr. Lee", "At Sandbox Clinic"]);
        assert_eq!((list.present[1].title.as_str(), list.present[1].tags[0].words.as_str()), ("Ambulatory", "Planned"));
        assert_eq!(list.present[2].title, "A visit");
        assert_eq!(list.present[3].title, "Emergency visit");
    }

    #[test]
    fn m6_a_visit_in_one_line_has_its_name_and_date() {
        let encounter = json!({"type": [{"text": "follow-up visit"}], "period": {"start": "2024-01-02"}});
        assert_eq!(visit_in_one_line(&encounter), "Follow-up visit, January 2, 2024");
        assert_eq!(visit_in_one_line(&json!({"class": {"code": "EMER"}})), "Emergency visit");
    }

    #[test]
    fn fhir_r4_each_member_of_a_care_team_is_an_entry() {
        let list = teams(
            &[
                json!({"status": "active", "name": "Primary care", "participant": [
                    {"member": {"display": "Dr. Lee"}, "role": [{"text": "Family physician"}]},
                    {"role": [{"text": "Nurse"}]},
                    {},
                ]}),
                json!({"status": "inactive", "participant": [{"member": {"display": "Dr. Old"}}]}),
            ],
            &Names::default(),
        );
        let titles: Vec<_> = list.present.iter().chain(&list.past).map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, ["Dr. Lee", "Nurse", "A member without a name", "Dr. Old"]);
        assert_eq!(list.present[0].lines, ["Family physician", "Primary care"]);
        assert_eq!(list.past.len(), 1);
    }

    #[test]
    fn l4_people_and_payers_are_named_by_their_resources() {
        let mut names = Names::default();
        names.add(
            "Practitioner/1",
            &json!({"resourceType": "Practitioner", "name": [{"family": "Lee", "given": ["Ann"]}]}),
        );
        names.add("Organization/2", &json!({"resourceType": "Organization", "name": "Acme Health"}));
        let team = json!({"participant": [{"member": {"reference": "Practitioner/1"}}]});
        assert_eq!(teams(&[team], &names).present[0].title, "Ann Lee");
        let policy = json!({"payor": [{"reference": "Organization/2"}]});
        assert_eq!(insurance(&policy, &names).1.title, "Acme Health");
    }

    #[test]
    fn l1_a_care_team_without_members_is_still_shown() {
        let list = teams(&[json!({"name": "Home care"}), json!({})], &Names::default());
        assert_eq!([&*list.present[0].title, &*list.present[1].title], ["Home care", "A care team without a name"]);
    }

    #[test]
    fn fhir_r4_an_insurance_has_its_payer_and_number() {
        let policies = [
            json!({"status": "active", "payor": [{"display": "Acme Health"}], "type": {"text": "PPO"},
                "subscriberId": "A1", "period": {"start": "2020"}}),
            json!({"status": "cancelled"}),
        ];
        let list = EntryList::of(policies.iter().map(|policy| insurance(policy, &Names::default())));
        assert_eq!(list.present[0].title, "Acme Health");
        assert_eq!(list.present[0].lines, ["PPO", "Member number A1", "Since 2020"]);
        assert_eq!(list.past[0].title, "An insurance without a name");
    }
}
