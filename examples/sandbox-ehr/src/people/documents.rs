//! Documents in the chart: notes of visits, instructions for the patient, a summary.

use chrono::NaiveDateTime;

use super::chart::Measured;
use super::visits::VisitKind;
use super::{AS_OF, Chart, measures};

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// Plain text.
    Note,
    /// HTML.
    Instructions,
    /// XML after C-CDA.
    Summary,
    /// A PDF.
    Letter,
    /// A PDF in another system.
    Directive,
}

impl DocumentKind {
    /// Every kind.
    #[cfg(test)]
    pub const ALL: [Self; 5] = [Self::Note, Self::Instructions, Self::Summary, Self::Letter, Self::Directive];
}

impl DocumentKind {
    /// The LOINC code and its name.
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Note => ("11506-3", "Progress note"),
            Self::Instructions => ("69730-0", "Instructions"),
            Self::Summary => ("34133-9", "Summary of episode note"),
            Self::Letter => ("11488-4", "Consult note"),
            Self::Directive => ("42348-3", "Advance directives"),
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Note => "text/plain; charset=utf-8",
            Self::Instructions => "text/html; charset=utf-8",
            Self::Summary => "application/xml",
            Self::Letter | Self::Directive => "application/pdf",
        }
    }
}

/// A document of a person. Its text is generated when it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub kind: DocumentKind,
    pub at: NaiveDateTime,
    /// The position of its visit in the chart.
    pub visit: usize,
}

/// The number of the last visits that have a note.
const NOTES: usize = 12;

/// The documents of a chart with these visits, the oldest first: the notes, then one of each other kind from the last visit.
pub fn list(visits: &[super::Visit]) -> Vec<Document> {
    let ended = visits.iter().enumerate().filter_map(|(position, visit)| Some((position, visit.end?)));
    let mut documents: Vec<Document> =
        ended.map(|(visit, at)| Document { kind: DocumentKind::Note, at, visit }).collect();
    documents.drain(..documents.len().saturating_sub(NOTES));
    if let Some(last) = documents.last().cloned() {
        use DocumentKind::{Directive, Instructions, Letter, Summary};
        documents.extend([Instructions, Summary, Letter, Directive].map(|kind| Document { kind, ..last.clone() }));
    }
    documents
}

/// The text of a document.
pub fn text(chart: &Chart, document: &Document) -> String {
    match document.kind {
        DocumentKind::Note => note(chart, document),
        DocumentKind::Instructions => instructions(chart, document),
        DocumentKind::Summary => summary(chart, document),
        DocumentKind::Letter | DocumentKind::Directive => letter(chart, document),
    }
}

fn note(chart: &Chart, document: &Document) -> String {
    let visit = &chart.visits[document.visit];
    let person = &chart.person;
    let reason = visit.reason.as_ref().map_or(visit.kind.code().1, |problem| problem.kind.display);
    let age = visit.start.date().years_since(person.born).unwrap_or(0);
    let plan = match visit.kind {
        VisitKind::WellChild => "Growing as expected. Vaccines as scheduled. Next well child visit as planned.",
        VisitKind::CheckUp => "Screening discussed and ordered by age. Return in a year, sooner if something changes.",
        VisitKind::FollowUp => "Medications reviewed and continued. Return in four months with laboratory results.",
        VisitKind::Problem => "Explained what to expect. Return if it does not get better within a week.",
    };
    format!(
        "PROGRESS NOTE\n{}\nPatient: {}, {age} years\n\nREASON\n{reason}\n\nFINDINGS\n{}\n\nASSESSMENT AND PLAN\n{plan}\n\nSigned by {}\n",
        visit.start.format("%B %-d, %Y"),
        person.name(),
        findings(chart, document.visit),
        super::care::responsible(person).name(),
    )
}

/// The vital signs of a visit, one a line.
fn findings(chart: &Chart, visit: usize) -> String {
    let lines = chart.observations.iter().filter(|observation| observation.visit == visit).filter_map(|observation| {
        let measure = observation.measure;
        let shown = [&measures::WEIGHT, &measures::HEART_RATE, &measures::TEMPERATURE, &measures::BLOOD_PRESSURE];
        let value = match observation.result {
            Measured::Quantity(value) => format!("{value:.*}", measure.decimals as usize),
            Measured::BloodPressure { systolic, diastolic } => format!("{systolic:.0}/{diastolic:.0}"),
            Measured::Coded { .. } => return None,
        };
        let name = if measure == &measures::BLOOD_PRESSURE { "Blood pressure" } else { measure.display };
        shown.iter().any(|one| one.loinc == measure.loinc).then(|| format!("{name} {value} {}", measure.unit))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn instructions(chart: &Chart, document: &Document) -> String {
    let medications = chart.medications.iter().filter(|prescription| prescription.is_active());
    let rows = list_items(medications.map(|one| format!("{}: {}", one.drug.display, one.drug.instruction)));
    let stopped = chart.medications.iter().rfind(|prescription| !prescription.is_active());
    maud::html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "After your visit" } }
            body {
                h1 { "After your visit" }
                p { "Dear " (chart.person.name()) ", thank you for coming on " (document.at.format("%B %-d, %Y")) "." }
                h2 { "Your medications" }
                (rows)
                @if let Some(stopped) = stopped {
                    p { "No longer: " span style="text-decoration: line-through" { (stopped.drug.display) } }
                }
                h2 { "Your next visit" }
                p { "At " del { "9:00" } " " ins { "10:30" } " in the morning." }
                h2 { "Questions?" }
                p { "Call us at " (super::staff::CLINIC.phone) "." }
            }
        }
    }
    .into_string()
}

fn list_items(texts: impl Iterator<Item = String>) -> maud::Markup {
    let texts: Vec<String> = texts.collect();
    maud::html! {
        @if texts.is_empty() { p { "None." } } @else { ul { @for text in &texts { li { (text) } } } }
    }
}

/// The header and three sections of a Continuity of Care Document.
fn summary(chart: &Chart, document: &Document) -> String {
    let person = &chart.person;
    let problems = chart.problems.iter().filter(|problem| problem.is_active_on(AS_OF));
    let rows = problems.map(|problem| {
        format!("<tr><td>{}</td><td>{}</td></tr>", escaped(problem.kind.display), problem.onset.format("%B %-d, %Y"))
    });
    let problems = match rows.collect::<String>() {
        rows if rows.is_empty() => "None known".to_owned(),
        rows => format!("<table><thead><tr><th>Problem</th><th>Since</th></tr></thead><tbody>{rows}</tbody></table>"),
    };
    let medications = chart.medications.iter().filter(|prescription| prescription.is_active());
    let allergies = chart.allergies.iter().map(|allergy| allergy.kind.code.2);
    let tobacco = "<paragraph>Tobacco: <content revised=\"delete\">smokes</content> \
        <content revised=\"insert\">has never smoked</content></paragraph>";
    format!(
        concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><realmCode code=\"US\"/>",
            "<typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>",
            "<code code=\"34133-9\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"Summary of episode note\"/>",
            "<title>Summary of care</title><effectiveTime value=\"{}\"/>",
            "<recordTarget><patientRole><id extension=\"{}\"/><patient><name><given>{}</given><family>{}</family></name>",
            "<birthTime value=\"{}\"/></patient></patientRole></recordTarget>",
            "<component><structuredBody>{}{}{}{}</structuredBody></component></ClinicalDocument>\n"
        ),
        document.at.format("%Y%m%d"),
        escaped(&person.record_number()),
        escaped(person.given),
        escaped(person.family),
        person.born.format("%Y%m%d"),
        section("11450-4", "Problems", &problems),
        section("10160-0", "Medications", &narrative_list(medications.map(|one| one.drug.display))),
        section("48765-2", "Allergies", &narrative_list(allergies)),
        section("29762-2", "Social history", tobacco),
    )
}

fn section(code: &str, title: &str, text: &str) -> String {
    format!(
        "<component><section><code code=\"{code}\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>{title}</title><text>{text}</text></section></component>"
    )
}

/// A list of a clinical document's narrative.
fn narrative_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let items: String = texts.map(|text| format!("<item>{}</item>", escaped(text))).collect();
    if items.is_empty() { "None known".to_owned() } else { format!("<list>{items}</list>") }
}

/// A PDF of one page with three lines (ISO 32000-1, file structure), in ASCII.
fn letter(chart: &Chart, document: &Document) -> String {
    let person = &chart.person;
    let lines = [document.kind.code().1.to_owned(), person.name(), document.at.format("%B %-d, %Y").to_string()];
    let is_plain = |character: &char| character.is_ascii() && !"()\\".contains(*character);
    let shown = lines.map(|line| format!("({}) Tj T*", line.chars().filter(is_plain).collect::<String>()));
    let content = format!("BT /F1 16 Tf 20 TL 72 720 Td {} ET", shown.join(" "));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let (mut pdf, mut places) = ("%PDF-1.4\n".to_owned(), String::new());
    for (number, object) in (1..).zip(&objects) {
        places.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let count = objects.len() + 1;
    let start = pdf.len();
    format!(
        "{pdf}xref\n0 {count}\n0000000000 65535 f \n{places}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
