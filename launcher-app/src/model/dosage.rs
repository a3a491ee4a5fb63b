//! How a medicine is taken (FHIR R4, datatypes: Dosage): the prescriber's text, otherwise text made from
//! the coded members. If a member cannot be translated, the text says so, because the rest might mean another dose.

use smartrust::platform::JsonView;

use super::measurement::{quantity_in_words, range_in_words, ratio_in_words};
use super::order::ordered;
use super::phrase::capitalized;
use super::resource::{concept, concepts, text};
use super::timing::when;

/// How a medicine is taken: all instructions in their order.
pub fn dosage<V: JsonView>(request: &V) -> Option<String> {
    let sequence = |dosage: &V| dosage.member("sequence")?.number().map(|number| number as i64);
    let steps = ordered(request.member_items("dosageInstruction"), |step| sequence(step).unwrap_or(i64::MIN));
    let mut text = String::new();
    let mut before = None;
    for step in &steps {
        let Some(words) = instruction(step) else { continue };
        let is_later = sequence(step) > before && before.is_some();
        text.push_str(match (text.is_empty(), is_later) {
            (true, _) => "",
            (false, true) => "; then ",
            (false, false) => "; ",
        });
        text.push_str(&words);
        before = sequence(step);
    }
    (!text.is_empty()).then_some(text)
}

fn instruction<V: JsonView>(dosage: &V) -> Option<String> {
    let mut sentences = Sentences::default();
    match text(dosage, "text") {
        Some(words) => sentences.add(words),
        None => coded(dosage).into_iter().for_each(|sentence| sentences.add(sentence)),
    }
    sentences.extend(text(dosage, "patientInstruction"));
    sentences.extend(concepts(dosage, "additionalInstruction"));
    sentences.extend(as_needed(dosage).filter(|words| !sentences.mentions(words)).map(|words| capitalized(&words)));
    sentences.extend(most(dosage));
    sentences.in_words()
}

/// Sentences without repetition.
#[derive(Default)]
struct Sentences(Vec<String>);

impl Sentences {
    fn add(&mut self, sentence: String) {
        let plain = |sentence: &str| sentence.trim_end_matches('.').to_lowercase();
        if !self.0.iter().any(|other| plain(other) == plain(&sentence)) {
            self.0.push(sentence);
        }
    }

    fn extend(&mut self, sentences: impl IntoIterator<Item = String>) {
        sentences.into_iter().for_each(|sentence| self.add(sentence));
    }

    /// Whether a sentence contains this text.
    fn mentions(&self, words: &str) -> bool {
        self.0.iter().any(|sentence| sentence.to_lowercase().contains(&words.to_lowercase()))
    }

    fn in_words(&self) -> Option<String> {
        let mut all = String::new();
        for sentence in &self.0 {
            all.push_str(match all.chars().last() {
                None => "",
                Some('.' | '!' | '?' | ';' | ':') => " ",
                Some(_) => ". ",
            });
            all.push_str(sentence);
        }
        (!all.is_empty()).then_some(all)
    }
}

/// The dose, the route and the timing in a sentence, and a note if something could not be translated.
fn coded<V: JsonView>(dosage: &V) -> Vec<String> {
    let doses = doses(dosage);
    let when = when(dosage);
    let way = ["method", "route", "site"].iter().filter_map(|member| concept(dosage, member));
    let phrases = doses.iter().flatten().cloned().chain(way).chain(when.phrases).chain(as_needed(dosage));
    let sentence = phrases.collect::<Vec<_>>().join(", ");
    let more = match (doses.is_none(), when.has_more) {
        (false, false) => None,
        (false, true) => Some("when"),
        (true, false) => Some("how much"),
        (true, true) => Some("how much and when"),
    };
    let more = more.map(|what| format!("There are more details about {what}: ask the clinic"));
    std::iter::once(sentence).filter(|sentence| !sentence.is_empty()).chain(more).collect()
}

/// The dose and the rate; `None` if a part of it cannot be translated.
fn doses<V: JsonView>(dosage: &V) -> Option<Vec<String>> {
    let Some(all) = dosage.member("doseAndRate") else { return Some(Vec::new()) };
    let mut phrases: Vec<String> = Vec::new();
    let all = all.items()?;
    for dose in &all {
        let kind = concept(dose, "type").filter(|_| all.len() > 1).map(|kind| format!(" ({kind})")).unwrap_or_default();
        let has_unknown = dose.names().iter().any(|name| !PARTS.contains(&name.as_str()));
        let parts = [
            part(dose, "doseQuantity", quantity_in_words)?,
            part(dose, "doseRange", range_in_words)?,
            part(dose, "rateQuantity", quantity_in_words)?.map(|rate| format!("at a rate of {rate}")),
            part(dose, "rateRange", range_in_words)?.map(|rate| format!("at a rate of {rate}")),
            part(dose, "rateRatio", ratio_in_words)?.map(|rate| format!("at a rate of {rate}")),
        ];
        let words = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if words.is_empty() || has_unknown {
            return None;
        }
        phrases.push(format!("{words}{kind}"));
    }
    // Several doses without a distinction would be read as a sum.
    let is_clear = all.len() < 2 || all.iter().all(|dose| concept(dose, "type").is_some());
    is_clear.then_some(phrases)
}

const PARTS: [&str; 7] = ["id", "type", "doseQuantity", "doseRange", "rateQuantity", "rateRange", "rateRatio"];

/// A member as text; `None` if it is present and cannot be translated.
fn part<V: JsonView>(holder: &V, member: &str, words: impl Fn(&V) -> Option<String>) -> Option<Option<String>> {
    match holder.member(member) {
        Some(value) => words(&value).map(Some),
        None => Some(None),
    }
}

fn as_needed<V: JsonView>(dosage: &V) -> Option<String> {
    let is_needed = dosage.member("asNeededBoolean").and_then(|flag| flag.flag()).unwrap_or_default();
    let reason = concept(dosage, "asNeededCodeableConcept").map(|reason| format!("as needed for {reason}"));
    reason.or_else(|| is_needed.then(|| "as needed".to_owned()))
}

/// The highest dose (R4 has one Ratio for a period, R5 several).
fn most<V: JsonView>(dosage: &V) -> Vec<String> {
    let periods = dosage.member("maxDosePerPeriod").map(|ratio| ratio.items().unwrap_or_else(|| vec![ratio]));
    let mut limits: Vec<Option<String>> = periods.into_iter().flatten().map(|ratio| ratio_in_words(&ratio)).collect();
    for (member, at) in [("maxDosePerAdministration", "at a time"), ("maxDosePerLifetime", "in a lifetime")] {
        let limit = dosage.member(member);
        limits.extend(limit.map(|limit| Some(format!("{} {at}", quantity_in_words(&limit)?))));
    }
    let sentence = |limit: Option<String>| match limit {
        Some(limit) => format!("No more than {limit}"),
        None => "There are more details about the most to take: ask the clinic".to_owned(),
    };
    limits.into_iter().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn words(dosage: Value) -> String {
        super::dosage(&json!({ "dosageInstruction": [dosage] })).unwrap()
    }

    #[test]
    fn l2_no_part_of_a_coded_dose_is_left_out() {
        let tablets = |count: u32| json!({"value": count, "unit": "tablets"});
        for (dosage, expected) in [
            (
                json!({"doseAndRate": [{"doseQuantity": tablets(1)}], "timing": {"repeat": {"dayOfWeek": ["mon"]}}}),
                "1 tablets, on Mondays",
            ),
            (
                json!({"doseAndRate": [{"doseQuantity": tablets(2)}],
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MOON"]}}}),
                "2 tablets. There are more details about when: ask the clinic",
            ),
            (
                json!({"doseAndRate": [{"doseQuantity": {"unit": "mg"}}], "route": {"text": "By mouth"}}),
                "By mouth. There are more details about how much: ask the clinic",
            ),
            (
                json!({"doseAndRate": [{"doseQuantity": tablets(1)}, {"doseQuantity": tablets(2)}]}),
                "There are more details about how much: ask the clinic",
            ),
            (
                json!({"doseAndRate": [{"rateRatio": {"numerator": {"value": 100, "unit": "mL"},
                    "denominator": {"value": 1, "unit": "h"}}}], "site": {"text": "Left arm"}}),
                "at a rate of 100 mL per 1 h, Left arm",
            ),
            (
                json!({"doseAndRate": [{"doseQuantity": tablets(1)}], "asNeededBoolean": true,
                    "maxDosePerPeriod": {"numerator": {"value": 4, "unit": "g"}, "denominator": {"value": 24, "unit": "h"}},
                    "maxDosePerAdministration": {"value": 1, "unit": "g"}}),
                "1 tablets, as needed. No more than 4 g per 24 h. No more than 1 g at a time",
            ),
            (
                json!({"text": "1 tablet", "maxDosePerPeriod": {"numerator": {"value": 4, "unit": "g"}}}),
                "1 tablet. There are more details about the most to take: ask the clinic",
            ),
        ] {
            assert_eq!(words(dosage), expected);
        }
    }

    #[test]
    fn l2_the_prescribers_text_is_shown_with_its_additions() {
        let mut written = json!({
            "text": "1 tablet twice a day.", "patientInstruction": "Swallow whole", "asNeededBoolean": true,
            "additionalInstruction": [{"text": "With food"}, {"text": "swallow whole"}],
        });
        assert_eq!(words(written.clone()), "1 tablet twice a day. Swallow whole. With food. As needed");
        written["patientInstruction"] = json!("1 tablet twice a day");
        assert_eq!(words(written.clone()), "1 tablet twice a day. With food. swallow whole. As needed");
        written["text"] = json!("11 tablets twice a day as needed");
        written["patientInstruction"] = json!("1 tablet");
        assert_eq!(words(written), "11 tablets twice a day as needed. 1 tablet. With food. swallow whole");
        let beside =
            json!({"patientInstruction": "With food", "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]});
        assert_eq!(words(beside), "5 mg. With food");
    }

    #[test]
    fn l2_steps_follow_one_another_in_their_order() {
        let step = |place: u32, text: &str| json!({"sequence": place, "text": text});
        let request = json!({"dosageInstruction": [step(2, "1 tablet for a week"), step(1, "2 tablets for a week")]});
        assert_eq!(super::dosage(&request).unwrap(), "2 tablets for a week; then 1 tablet for a week");
    }
}
