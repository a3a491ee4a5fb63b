//! Reports: their text, their results and their files.

use std::sync::Arc;

use leptos::prelude::*;

use super::documents::show_attachment;
use super::draw::{element, nothing, paragraph, reactive, text};
use super::entries::entry_parts;
use super::record_load::RecordLoad;
use super::table::more;
use crate::launcher::OpenSession;
use crate::model::reports::Report;

const AT_FIRST: usize = 6;

/// A list of reports.
pub fn report_list(reports: &[Report], load: RecordLoad, session: OpenSession) -> Vec<AnyView> {
    let (first, rest) = reports.split_at(reports.len().min(AT_FIRST));
    let list = |reports: &[Report]| {
        let items = reports.iter().map(|report| element("li", &[], show_report(report, load, session)));
        element("ul", &[("class", "entries")], items.collect())
    };
    let mut parts = vec![list(first)];
    if !rest.is_empty() {
        parts.push(more(format!("{} more", rest.len()), list(rest)));
    }
    parts
}

fn show_report(report: &Report, load: RecordLoad, session: OpenSession) -> Vec<AnyView> {
    let mut parts = entry_parts(&report.document.entry);
    if !report.results.is_empty() {
        parts.push(show_results(Arc::new(report.clone()), load));
    }
    let is_single = report.document.attachments.len() == 1;
    parts.extend(report.document.attachments.iter().map(|attachment| {
        let about = match is_single {
            true => report.document.entry.title.clone(),
            false => format!("{}, {}", attachment.title, attachment.form_in_words()),
        };
        show_attachment(attachment.clone(), about, session)
    }));
    parts
}

/// The results. They are loaded with another part of the record, perhaps later.
fn show_results(report: Arc<Report>, load: RecordLoad) -> AnyView {
    reactive(move || match load.findings() {
        None => paragraph("hint", "Its results are still loading."),
        Some(findings) => {
            let lines = report.results_in_words(&findings);
            if lines.is_empty() {
                return nothing();
            }
            let count = lines.len();
            let items = lines.into_iter().map(|line| element("li", &[], vec![text(line)])).collect();
            let list = element("ul", &[("class", "findings")], items);
            more(if count == 1 { "1 result".to_owned() } else { format!("{count} results") }, list)
        }
    })
}
