//! Reports (FHIR R4, DiagnosticReport) about laboratory tests, images and tissue samples.

use std::collections::HashMap;

use smartrust::fhir::reference::ResourceId;
use smartrust::platform::JsonView;

use super::coding::{codes, loinc_codes};
use super::date::PartialDate;
use super::documents::{Attachment, Document, Source};
use super::entry::{Entry, Tag};
use super::left_out::{Reason, results_left_out};
use super::loinc::known_report;
use super::measurement::{Measurement, Members, measurements_of};
use super::phrase::after;
use super::resource::{concept, concepts, date, period, result_status, text};

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name, its text and its files.
    pub document: Document,
    /// Its results.
    pub results: Vec<Finding>,
    /// The order among reports.
    pub order: i64,
}

/// A result of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// As text.
    Words(String),
    /// The ID of an Observation, and its name in the report.
    Reference(Option<String>, Option<String>),
    /// A result that is not shown, and why.
    LeftOut(Reason),
}

/// Results as text, by the IDs of Observations, or the reason why one is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(HashMap<String, Result<Vec<String>, Reason>>);

impl Findings {
    /// Reads Observations.
    pub fn read<V: JsonView>(observations: &[V]) -> Self {
        let members = Members::of(observations);
        let one = |observation: &V| Some((observation.member_text("id")?, in_words(observation, &members)));
        Self(observations.iter().filter_map(one).collect())
    }

    fn of(&self, id: &str) -> Option<&Result<Vec<String>, Reason>> {
        self.0.get(id)
    }
}

fn in_words<V: JsonView>(observation: &V, members: &Members) -> Result<Vec<String>, Reason> {
    match Reason::of(observation) {
        Some(reason) => Err(reason),
        None => Ok(measurements_of(std::slice::from_ref(observation), members).iter().map(finding).collect()),
    }
}

/// `Sodium: 140 mmol/L (high, not final)`.
fn finding(measurement: &Measurement) -> String {
    let tags = measurement.flag.iter().chain(&measurement.reliability).map(|tag| tag.words.to_ascii_lowercase());
    let tags: Vec<String> = tags.collect();
    let remark = if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
    format!("{}: {}{remark}", measurement.kind.name, measurement.value.in_words())
}

impl Report {
    /// Reads a DiagnosticReport.
    pub fn read<V: JsonView>(report: &V) -> Self {
        let (start, end) = period(report, "effectivePeriod");
        let when = date(report, "effectiveDateTime").or(end).or(start).or_else(|| date(report, "issued"));
        let performers: Vec<String> =
            report.member_items("performer").iter().filter_map(|performer| text(performer, "display")).collect();
        let loinc = report.member("code").as_ref().map(loinc_codes).unwrap_or_default();
        let known = known_report(&loinc).map(str::to_owned);
        let name = known.or_else(|| concept(report, "code")).unwrap_or_else(|| "A report without a name".to_owned());
        let entry = Entry::new(name, when)
            .tag(result_status(report))
            .tag(area(report).map(Tag::plain))
            .line(when.map(PartialDate::in_words))
            .line(after("By", &performers))
            .line(text(report, "conclusion").map(|conclusion| format!("Conclusion: {conclusion}")))
            .line(after("Found:", &concepts(report, "conclusionCode")))
            .with_modifier_warning(report);
        let results = report.member_items("result").iter().flat_map(|reference| results(report, reference)).collect();
        let forms = report.member_items("presentedForm");
        let files = forms.iter().map(|form| Attachment::read(form, report));
        let files = files.filter(|file| file.source != Source::Missing).collect();
        let order = entry.newest_first();
        Self { document: Document { entry, attachments: files }, results, order }
    }

    /// The results as text. Those that are missing are counted.
    pub fn results_in_words(&self, findings: &Findings) -> Vec<String> {
        let mut words = Vec::new();
        let mut missing = 0;
        let mut left_out = Vec::new();
        for result in &self.results {
            match result {
                Finding::Words(finding) => words.push(finding.clone()),
                Finding::LeftOut(reason) => left_out.push(*reason),
                Finding::Reference(id, display) => match id.as_deref().and_then(|id| findings.of(id)) {
                    Some(Ok(found)) => words.extend(found.iter().cloned()),
                    Some(Err(reason)) => left_out.push(*reason),
                    None => match display {
                        Some(display) => words.push(display.clone()),
                        None => missing += 1,
                    },
                },
            }
        }
        words.extend(results_left_out(&left_out));
        match missing {
            0 => {}
            1 => words.push("1 result that is not here".to_owned()),
            count => words.push(format!("{count} results that are not here")),
        }
        words
    }
}

fn results<V: JsonView>(report: &V, reference: &V) -> Vec<Finding> {
    let address = text(reference, "reference").unwrap_or_default();
    if let Some(id) = address.strip_prefix('#') {
        let contained = report.member_items("contained");
        let found = contained.iter().find(|resource| resource.member_text("id").as_deref() == Some(id));
        if let Some(observation) = found {
            return match in_words(observation, &Members::of(&contained)) {
                Ok(words) => words.into_iter().map(Finding::Words).collect(),
                Err(reason) => vec![Finding::LeftOut(reason)],
            };
        }
    }
    vec![Finding::Reference(ResourceId::read(&address).map(|read| read.id), text(reference, "display"))]
}

/// The area of a report (HL7 V2, table 0074; LOINC, as in US Core).
fn area<V: JsonView>(report: &V) -> Option<String> {
    let known = |code: &str| {
        Some(match code {
            "LAB" | "CH" | "HM" | "SR" => "Laboratory",
            "MB" => "Germs (microbiology)",
            "RAD" | "RX" | "CT" | "NMR" | "RUS" | "NMS" | "LP29684-5" | "imaging" => "X-rays and other images",
            "PAT" | "SP" | "CP" | "CY" | "LP7839-6" => "Tissue samples (pathology)",
            "CUS" | "EC" | "LP29708-2" => "Heart",
            "GE" => "Genes",
            _ => return None,
        })
    };
    let categories = report.member_items("category");
    let by_code = categories.iter().flat_map(codes).find_map(|code| known(&code).map(str::to_owned));
    by_code.or_else(|| concepts(report, "category").into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn radiology() -> Value {
        json!({
            "resourceType": "DiagnosticReport", "status": "final",
            "category": [{"coding": [{"system": "http://loinc.org", "code": "LP29684-5"}]}],
            "code": {"text": "XR Chest 2 views"}, "effectiveDateTime": "2024-05-06T10:11:12.345-05:00",
            "conclusion": "No sign of pneumonia.", "performer": [{"display": "Dr. Ray"}],
            "conclusionCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "17621005"}]}],
            "presentedForm": [{"contentType": "text/plain", "data": "QWxsIHdlbGw=", "title": "Report"}, {}],
        })
    }

    #[test]
    fn l7_a_report_has_its_conclusion_its_results_and_its_files() {
        let report = Report::read(&radiology());
        assert_eq!(report.document.entry.title, "XR Chest 2 views");
        assert_eq!(report.document.entry.tags, [Tag::plain("X-rays and other images")]);
        assert_eq!(
            report.document.entry.lines,
            ["May 6, 2024", "By Dr. Ray", "Conclusion: No sign of pneumonia.", "Found: SNOMED CT 17621005"]
        );
        assert_eq!(report.document.attachments.len(), 1);
    }

    #[test]
    fn l7_the_results_of_a_report_are_shown_wherever_they_are() {
        let mut report = radiology();
        report["result"] = json!([
            {"reference": "Observation/a"}, {"reference": "https://ehr.example/fhir/Observation/b"},
            {"reference": "#c"}, {"display": "Culture"}, {"reference": "Observation/gone"}, {"reference": "#gone"},
        ]);
        report["contained"] = json!([{"id": "c", "code": {"text": "Spleen"}, "valueString": "as usual"}]);
        let findings = Findings::read(&[
            json!({"id": "b", "code": {"text": "Chloride"}, "valueQuantity": {"value": 110, "unit": "mmol/L"},
                "status": "preliminary", "interpretation": [{"coding": [{"code": "H"}]}]}),
            json!({"id": "a", "code": {"text": "Lungs"}, "valueString": "clear"}),
        ]);
        assert_eq!(
            Report::read(&report).results_in_words(&findings),
            [
                "Lungs: clear",
                "Chloride: 110 mmol/L (high, not final)",
                "Spleen: as usual",
                "Culture",
                "2 results that are not here"
            ]
        );
    }

    #[test]
    fn l2_l3_a_result_that_was_entered_by_mistake_is_counted_and_not_shown() {
        let mut report = radiology();
        report["result"] = json!([
            {"reference": "Observation/a", "display": "Potassium"}, {"reference": "#c"}, {"reference": "Observation/b"},
        ]);
        report["contained"] =
            json!([{"id": "c", "status": "entered-in-error", "code": {"text": "Spleen"}, "valueString": "gone"}]);
        let mistake = json!({"id": "a", "status": "entered-in-error", "code": {"text": "Potassium"},
            "valueQuantity": {"value": 9.9, "unit": "mmol/L"}});
        let panel = json!({"id": "b", "status": "final", "code": {"text": "Panel"}, "hasMember": [
            {"reference": "Observation/a", "display": "Potassium"}]});
        assert_eq!(
            Report::read(&report).results_in_words(&Findings::read(&[mistake, panel])),
            ["Panel: 1 result was entered by mistake", "2 results were entered by mistake"]
        );
    }

    #[test]
    fn l3_a_report_that_may_change_says_so() {
        for (status, words) in [
            ("preliminary", "Not final"),
            ("amended", "Corrected"),
            ("cancelled", "Cancelled"),
            ("registered", "Not ready yet"),
        ] {
            let report = Report::read(&json!({"status": status}));
            assert_eq!(report.document.entry.tags[0].words, words);
            assert_eq!(report.document.entry.title, "A report without a name");
        }
        for (loinc, name) in [("24331-1", "Cholesterol and blood fats"), ("4548-4", "Average blood sugar (HbA1c)")] {
            let report = json!({"code": {"text": "X", "coding": [{"system": "http://loinc.org", "code": loinc}]}});
            assert_eq!(Report::read(&report).document.entry.title, name);
        }
    }
}
