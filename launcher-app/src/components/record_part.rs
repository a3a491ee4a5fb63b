//! A kind of data on the record page: its heading, its progress and its contents.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::{Error, Failure};

use super::documents::document_list;
use super::draw::{element, nothing, paragraph, reactive, reactive_text, text};
use super::entries::{entry_list, items};
use super::measured::measured_list;
use super::page::focus;
use super::record_load::{Part, Progress, RecordLoad};
use super::reports::report_list;
use super::section::{absent, actions, button_about, section, skeleton};
use super::trouble::trouble_note;
use crate::launcher::{Launcher, OpenSession};
use crate::model::content::{Content, Shown};
use crate::model::kinds::{KINDS, Kind};
use crate::model::sharing::scopes_with;
use crate::model::trouble::{Audience, Trouble, is_unreachable};

/// The note if the server searches by category only.
const BY_CATEGORY: &str =
    "The clinic lists these by category only. Entries without a usual category are not shown here.";

/// The note if the scope was narrowed.
const SHARED_IN_PART: &str = "Only a part of these was shared with this app.";

fn noticed(mut views: Vec<AnyView>, notice: &str) -> Vec<AnyView> {
    views.push(paragraph("notice", notice));
    views
}

/// The part of the page for the kind with this index in [`KINDS`].
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
            (Progress::Complete, Some(content)) => show(kind, content, load, session, audience),
            (Progress::ByCategory, Some(content)) => noticed(show(kind, content, load, session, audience), BY_CATEGORY),
            (Progress::SharedInPart, Some(content)) => {
                noticed(show(kind, content, load, session, audience), SHARED_IN_PART)
            }
            (Progress::Complete | Progress::ByCategory | Progress::SharedInPart, None) => Vec::new(),
        };
        views.extend(part.content.iter().flat_map(|content| gaps(content)));
        views.extend(part.messages.iter().map(|message| paragraph("notice", format!("The clinic says: {message}"))));
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

fn show(
    kind: &'static Kind,
    content: &Content,
    load: RecordLoad,
    session: OpenSession,
    audience: Audience,
) -> Vec<AnyView> {
    if content.is_empty() {
        let whose = if audience == Audience::Patient { "your" } else { "the" };
        return vec![absent(match content.left_out.is_empty() {
            true => format!("There is nothing of this kind in {whose} record."),
            false => "There is nothing to show.".to_owned(),
        })];
    }
    let mut views = match &content.shown {
        Shown::Entries(list) if list.is_empty() => Vec::new(),
        Shown::Entries(list) => entry_list(list, kind.past),
        Shown::Measured(series) => measured_list(series, session),
        Shown::Documents(documents) => document_list(documents, session),
        Shown::Reports(reports) => report_list(reports, load, session),
    };
    if !content.unreadable.is_empty() {
        views.push(items(&content.unreadable));
    }
    views
}

/// The notes on entries that are not shown.
fn gaps(content: &Content) -> Vec<AnyView> {
    let unnamed = match content.unnamed {
        0 => None,
        1 => Some("1 entry has no name here, because the clinic did not send it.".to_owned()),
        count => Some(format!("{count} entries have no name here, because the clinic did not send it.")),
    };
    let left_out = content.left_out.sentences().into_iter().map(|words| paragraph("hint", words));
    left_out.chain(unnamed.map(|words| paragraph("notice", words))).collect()
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
        let scope = scopes_with(&session.scopes().requested, kind);
        spawn_local(async move {
            let keeps = session.is_kept();
            if let Err(error) = launcher.launch_again(session, Some(scope), keeps).await {
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
        load.reload(index);
    };
    let again = button_about("quiet", "Try again", kind.heading, Box::new(again));
    let mut parts = match is_unreachable(error) {
        // The page reports an unreachable server once, above.
        true => vec![absent(format!("{} could not be loaded.", kind.heading)), actions(vec![again])],
        false => vec![trouble_note(Trouble::of(error, audience), Some(again))],
    };
    if let Some(content) = content.filter(|content| !content.is_empty()) {
        parts.push(paragraph("notice", "Only a part of it came. This is what came:"));
        parts.extend(show(kind, content, load, session, audience));
    }
    parts
}

/// Links to all kinds, with the number of their entries.
pub fn contents_of_the_page(load: RecordLoad) -> AnyView {
    let items = KINDS.iter().enumerate().map(|(index, kind)| {
        let address = format!("#{}", kind.id);
        let count = reactive_text(move || {
            let part = load.part(index);
            match (part.progress, part.content) {
                (Progress::Loading, _) => "…".to_owned(),
                (Progress::NotShared, _) => "not shared".to_owned(),
                (Progress::Failed(_), _) => "failed".to_owned(),
                (Progress::Complete | Progress::ByCategory | Progress::SharedInPart, content) => {
                    content.map_or(0, |content| content.len()).to_string()
                }
            }
        });
        let words = vec![text(kind.heading), element("span", &[("class", "count")], vec![count])];
        element("li", &[], vec![element("a", &[("href", &address), ("rel", "external")], words)])
    });
    let list = element("ul", &[], items.collect());
    element("nav", &[("class", "page-ways"), ("aria-label", "Parts of the record")], vec![list])
}
