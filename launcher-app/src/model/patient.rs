//! A person's name, age and sex (FHIR R4, Patient and Practitioner).

use chrono::NaiveDate;
use smartrust::platform::JsonView;

use super::date::{PartialDate, age};

/// The contents of the patient banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientBanner {
    /// The name.
    pub name: String,
    /// The date of birth as text.
    pub birth_date: Option<String>,
    /// The age, if the patient is alive.
    pub age: Option<String>,
    /// The administrative sex.
    pub sex: Option<&'static str>,
    /// `Died`, with the date if it is known.
    pub died: Option<String>,
}

impl PatientBanner {
    /// Reads a Patient as of a day.
    pub fn read<V: JsonView>(patient: &V, today: NaiveDate) -> Self {
        let born = patient.member_text("birthDate").as_deref().and_then(PartialDate::read);
        let died = died(patient);
        Self {
            name: name(patient).unwrap_or_else(|| "No name on record".to_owned()),
            birth_date: born.map(PartialDate::in_words),
            age: born.filter(|_| died.is_none()).and_then(|born| age(born, today)),
            sex: patient.member_text("gender").as_deref().and_then(sex),
            died,
        }
    }
}

fn died<V: JsonView>(patient: &V) -> Option<String> {
    let date = patient.member_text("deceasedDateTime").map(|text| PartialDate::read(&text));
    match (date, patient.member("deceasedBoolean").and_then(|died| died.flag())) {
        (Some(Some(date)), _) => Some(format!("Died {}", date.in_words())),
        (Some(None), _) | (None, Some(true)) => Some("Died".to_owned()),
        (None, _) => None,
    }
}

fn sex(code: &str) -> Option<&'static str> {
    match code {
        "male" => Some("Male"),
        "female" => Some("Female"),
        "other" => Some("Other"),
        "unknown" => Some("Unknown"),
        _ => None,
    }
}

/// A person's name: the official one, otherwise the usual one, otherwise the first that is in use.
pub fn name<V: JsonView>(person: &V) -> Option<String> {
    let names = person.member_items("name");
    let has_use = |wanted: &'static str| move |name: &&V| name.member_text("use").as_deref() == Some(wanted);
    let in_use = |name: &&V| {
        !["old", "maiden"].contains(&name.member_text("use").unwrap_or_default().as_str())
            && name.member("period").and_then(|period| period.member("end")).is_none()
    };
    let mut candidates = names
        .iter()
        .filter(has_use("official"))
        .chain(names.iter().filter(has_use("usual")))
        .chain(names.iter().filter(in_use))
        .chain(&names);
    candidates.find_map(written)
}

fn written<V: JsonView>(name: &V) -> Option<String> {
    let texts = |member: &str| name.member_items(member).into_iter().filter_map(|part| part.text());
    let parts: Vec<String> = texts("given").chain(name.member_text("family")).chain(texts("suffix")).collect();
    let joined = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if joined.is_empty() { name.member_text("text").filter(|text| !text.trim().is_empty()) } else { Some(joined) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn banner(patient: Value) -> PatientBanner {
        PatientBanner::read(&patient, NaiveDate::from_ymd_opt(2025, 6, 30).unwrap())
    }

    #[test]
    fn fhir_r4_the_banner_has_name_birth_date_age_and_sex() {
        let banner = banner(json!({
            "name": [
                {"use": "old", "family": "Young", "given": ["Ana"]},
                {"use": "official", "family": "Rivera", "given": ["Ana", "Luz"]},
            ],
            "birthDate": "1961-07-01",
            "gender": "female",
        }));
        assert_eq!(banner.name, "Ana Luz Rivera");
        assert_eq!(banner.birth_date.as_deref(), Some("July 1, 1961"));
        assert_eq!(banner.age.as_deref(), Some("63 years"));
        assert_eq!(banner.sex, Some("Female"));
        assert_eq!(banner.died, None);
    }

    #[test]
    fn fhir_r4_names_in_use_come_before_old_ones() {
        let chosen = |names: Value| name(&json!({ "name": names }));
        let old = json!({"use": "old", "family": "Young"});
        assert_eq!(chosen(json!([old, {"use": "usual", "text": "Ana R."}])).as_deref(), Some("Ana R."));
        assert_eq!(
            chosen(json!([{"family": "Past", "period": {"end": "2001"}}, {"family": "Now"}])).as_deref(),
            Some("Now")
        );
        assert_eq!(chosen(json!([old])).as_deref(), Some("Young"));
        assert_eq!(chosen(json!([{"use": "official"}, {"given": [null, "Ana"]}])).as_deref(), Some("Ana"));
        assert_eq!(chosen(json!([])), None);
    }

    #[test]
    fn fhir_r4_a_patient_who_died_has_no_age() {
        let with = |member: &str, value: Value| {
            let mut patient = json!({"birthDate": "1940-01-01"});
            patient[member] = value;
            banner(patient)
        };
        assert_eq!(with("deceasedDateTime", json!("2020-05-01T10:00:00Z")).died.as_deref(), Some("Died May 1, 2020"));
        assert_eq!(with("deceasedDateTime", json!("2020-05-01T10:00:00Z")).age, None);
        assert_eq!(with("deceasedBoolean", json!(true)).died.as_deref(), Some("Died"));
        assert_eq!(with("deceasedBoolean", json!(false)).died, None);
        assert_eq!(with("deceasedBoolean", json!(false)).age.as_deref(), Some("85 years"));
    }

    #[test]
    fn an_empty_patient_still_has_a_banner() {
        let banner = banner(json!({"birthDate": 7, "gender": {}, "name": "x"}));
        assert_eq!(banner.name, "No name on record");
        assert_eq!((banner.birth_date, banner.age, banner.sex, banner.died), (None, None, None, None));
    }
}
