//! A kind of data on the record's page: its heading, how far it is, and what came.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::{Error, Failure};

use super::documents::document_list;
use super::draw::{element, nothing, paragraph, reactive, reactive_text, text};
use super::entries::entry_list;
use super::measured::measured_list;
use super::page::focus;
use super::record_load::{Part, Progress, RecordLoad};
use super::section::{absent, actions, button_about, section, skeleton};
use super::trouble::trouble_note;
use crate::launcher::{Launcher, OpenSession};
use crate::model::kinds::{Content, KINDS, Kind};
use crate::model::sharing::asking_again;
use crate::model::trouble::{Audience, Trouble, is_unreachable};

/// The part of the page for the kind of this place in [`KINDS`].
pub fn record_part(index: usize, kind: &'static Kind, load: RecordLoad, session: OpenSession) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let audience = launcher.audience(&session.get_value());
    let contents = reactive(move || {
        let part = load.part(index);
        let mut views = match (&part.progress, &part.content) {
            (Progress::Loading, _) => vec![skeleton(), paragraph("hint", so_far(&part))],
            (Progress::NotShared, _) => not_shared(kind, launcher, session, audience),
            (Progress::Failed(error), content) => {
                failed(index, kind, load, error, audience, content.as_deref(), session)
            }
            (Progress::Complete, Some(content)) => show(kind, content, session, audience),
            (Progress::Complete, None) => Vec::new(),
        };
        views.push(left_out(part.left_out));
        element("div", &[("class", "contents")], views)
    });
    section(kind.id, kind.heading, vec![contents])
}

fn so_far(part: &Part) -> String {
    match (part.loaded, part.total) {
        (0, _) => "Loading…".to_owned(),
        (loaded, Some(total)) if total > loaded => format!("Loading… {loaded} of {total}"),
        (loaded, _) => format!("Loading… {loaded} so far"),
    }
}

fn show(kind: &'static Kind, content: &Content, session: OpenSession, audience: Audience) -> Vec<AnyView> {
    if content.len() == 0 {
        let whose = if audience == Audience::Patient { "your" } else { "the" };
        return vec![absent(format!("There is nothing in {whose} record."))];
    }
    match content {
        Content::Entries(list) => entry_list(list, kind.past),
        Content::Measured(series) => measured_list(series),
        Content::Documents(documents) => document_list(documents, session),
    }
}

fn not_shared(kind: &'static Kind, launcher: Launcher, session: OpenSession, audience: Audience) -> Vec<AnyView> {
    let what = kind.heading;
    if audience == Audience::Provider {
        return vec![absent(format!("{what} were not shared: the clinic did not give this app access to them."))];
    }
    let failure = RwSignal::new(None::<Failure>);
    let ask = move || {
        failure.set(None);
        let session = session.get_value();
        let scope = asking_again(&session.scopes().requested, kind);
        spawn_local(async move {
            if let Err(error) = launcher.ask_again(session, Some(scope)).await {
                failure.try_set(Some(error));
            }
        });
    };
    let outcome = reactive(move || match failure.get() {
        Some(error) => trouble_note(Trouble::of(&error, audience), None),
        None => nothing(),
    });
    vec![
        absent(format!("{what} were not shared.")),
        actions(vec![button_about("quiet", "Ask again", what, Box::new(ask))]),
        outcome,
    ]
}

fn failed(
    index: usize,
    kind: &'static Kind,
    load: RecordLoad,
    error: &Error,
    audience: Audience,
    content: Option<&Content>,
    session: OpenSession,
) -> Vec<AnyView> {
    let again = move || {
        focus(kind.id);
        load.again(index);
    };
    let again = button_about("quiet", "Try again", kind.heading, Box::new(again));
    let mut parts = match is_unreachable(error) {
        // What keeps all of them away is told once, above.
        true => vec![absent(format!("{} could not be loaded.", kind.heading)), actions(vec![again])],
        false => vec![trouble_note(Trouble::of(error, audience), Some(again))],
    };
    if let Some(content) = content.filter(|content| content.len() > 0) {
        parts.push(paragraph("notice", "Only a part of it came. This is what came:"));
        parts.extend(show(kind, content, session, audience));
    }
    parts
}

fn left_out(count: usize) -> AnyView {
    match count {
        0 => nothing(),
        1 => paragraph("notice", "1 entry was left out: it belongs to another patient."),
        _ => paragraph("notice", format!("{count} entries were left out: they belong to another patient.")),
    }
}

/// The way from kind to kind, each with how much there is of it.
pub fn contents_of_the_page(load: RecordLoad) -> AnyView {
    let items = KINDS.iter().enumerate().map(|(index, kind)| {
        let address = format!("#{}", kind.id);
        let count = reactive_text(move || {
            let part = load.part(index);
            match (part.progress, part.content) {
                (Progress::Loading, _) => "…".to_owned(),
                (Progress::NotShared, _) => "not shared".to_owned(),
                (Progress::Failed(_), _) => "failed".to_owned(),
                (Progress::Complete, content) => content.map_or(0, |content| content.len()).to_string(),
            }
        });
        let words = vec![text(kind.heading), element("span", &[("class", "count")], vec![count])];
        element("li", &[], vec![element("a", &[("href", &address), ("rel", "external")], words)])
    });
    let list = element("ul", &[], items.collect());
    element("nav", &[("class", "page-ways"), ("aria-label", "Parts of the record")], vec![list])
}
