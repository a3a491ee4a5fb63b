//! Loads a record with one search for each resource type. A type may be shown as several kinds.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::{AbortHandle, AbortSignal};
use smartrust::client::record::{PartState, RecordPart, RecordQuery, Resolver};
use smartrust::platform::Json;
use smartrust::web::{JsonValue, WebPlatform};
use smartrust::{Error, Failure};

use super::load::abort_on_cleanup;
use crate::launcher::{Launcher, OpenSession, Session};
use crate::model::content::{self, Content};
use crate::model::kinds::{Access, KINDS, kinds_of, query, types};
use crate::model::names::{Names, list_of, to_read};
use crate::model::reports::Findings;
use crate::model::server_messages::server_messages;
use crate::model::summary::Summary;
use crate::model::trouble::is_unreachable;

/// One kind of data, as far as it is loaded.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its progress.
    pub progress: Progress,
    /// The number of resources of its type that are loaded.
    pub loaded: usize,
    /// The total number, if the server reports it.
    pub total: Option<usize>,
    /// The server's messages about the data.
    pub messages: Vec<String>,
    /// The contents, when loading has ended.
    pub content: Option<Arc<Content>>,
}

/// The progress of a kind of data.
#[derive(Clone, Debug)]
pub enum Progress {
    /// More will be loaded.
    Loading,
    /// Everything is loaded.
    Complete,
    /// Everything in the usual categories is loaded.
    ByCategory,
    /// Everything that was granted is loaded.
    SharedInPart,
    /// It was not granted.
    NotShared,
    /// Loading failed.
    Failed(Failure),
}

impl Part {
    const BEGUN: Self =
        Self { progress: Progress::Loading, loaded: 0, total: None, messages: Vec::new(), content: None };

    fn not_shared() -> Self {
        Self { progress: Progress::NotShared, ..Self::BEGUN }
    }

    /// Whether a part of it is missing, although it was shared and loaded.
    fn has_gaps(&self) -> bool {
        let lacks_names = self.content.as_ref().is_some_and(|content| content.unnamed > 0);
        matches!(self.progress, Progress::ByCategory) || !self.messages.is_empty() || lacks_names
    }
}

/// Loads a record. It is aborted when the page is closed.
#[derive(Clone, Copy)]
pub struct RecordLoad {
    launcher: Launcher,
    session: OpenSession,
    parts: StoredValue<Vec<RwSignal<Part>>>,
    findings: RwSignal<Option<Arc<Findings>>>,
    abort: StoredValue<AbortHandle, LocalStorage>,
}

impl RecordLoad {
    /// Starts loading all kinds.
    pub fn start(launcher: Launcher, session: OpenSession) -> Self {
        let parts = KINDS.iter().map(|_| RwSignal::new(Part::BEGUN)).collect();
        let findings = RwSignal::new(None);
        let load = Self { launcher, session, parts: StoredValue::new(parts), findings, abort: abort_on_cleanup() };
        load.run(types());
        load
    }

    /// One kind, by its index in [`KINDS`]. Tracks changes.
    pub fn part(self, index: usize) -> Part {
        self.signal(index).map_or(Part::BEGUN, |signal| signal.get())
    }

    /// The values of the Observations by ID; `None` while they are loading. Tracks changes.
    pub fn findings(self) -> Option<Arc<Findings>> {
        self.findings.get()
    }

    /// The number of kinds with each result. Tracks changes.
    pub fn summary(self) -> Summary {
        let mut summary = Summary { parts: KINDS.len(), ..Summary::default() };
        for part in (0..KINDS.len()).map(|index| self.part(index)) {
            match &part.progress {
                Progress::Loading => summary.loading += 1,
                Progress::NotShared | Progress::SharedInPart => summary.not_shared += 1,
                Progress::Failed(_) => summary.failed += 1,
                Progress::Complete | Progress::ByCategory if part.has_gaps() => summary.incomplete += 1,
                Progress::Complete | Progress::ByCategory => {}
            }
        }
        summary
    }

    /// The number of kinds that failed because the server was unreachable. Tracks changes.
    pub fn unreachable(self) -> usize {
        let is_unreachable = |part: &Part| matches!(&part.progress, Progress::Failed(error) if is_unreachable(error));
        self.parts.with_value(|parts| parts.iter().filter(|part| part.with(is_unreachable)).count())
    }

    /// Loads one kind again, with the others of its type.
    pub fn reload(self, index: usize) {
        self.run(KINDS.get(index).map(|kind| kind.resource_type).into_iter().collect());
    }

    /// Loads again what failed.
    pub fn reload_failed(self) {
        let failed = |resource_type: &&'static str| {
            let mut parts = kinds_of(resource_type).map(|(index, _)| untrack(|| self.part(index)));
            parts.any(|part| matches!(part.progress, Progress::Failed(_)))
        };
        self.run(types().into_iter().filter(failed).collect());
    }

    fn signal(self, index: usize) -> Option<RwSignal<Part>> {
        // The page that shows it may be closed.
        self.parts.try_with_value(|parts| parts.get(index).copied()).flatten()
    }

    fn set(self, index: usize, part: Part) {
        self.signal(index).and_then(|signal| signal.try_set(part));
    }

    fn run(self, types: Vec<&'static str>) {
        let session: Session = self.session.get_value();
        let abort = self.abort.with_value(AbortHandle::signal);
        for (index, _) in types.iter().flat_map(|resource_type| kinds_of(resource_type)) {
            self.set(index, Part::BEGUN);
        }
        if types.contains(&"Observation") {
            self.findings.set(None);
        }
        spawn_local(async move {
            let queries: Vec<RecordQuery> = types.iter().map(|resource_type| query(resource_type)).collect();
            let on_progress = |index: usize, part: &RecordPart<JsonValue>| {
                let Some(resource_type) = types.get(index).copied() else { return };
                if let PartState::Failed(failure) = &part.state {
                    if matches!(**failure, Error::Aborted) {
                        return;
                    }
                    self.launcher.handle_failure(&session, failure);
                }
                self.show(resource_type, part, &session, &abort);
            };
            if let Err(failure) = session.load_record(&queries, &abort, &on_progress).await {
                let failed = Part { progress: Progress::Failed(failure), ..Part::BEGUN };
                let all = types.iter().flat_map(|resource_type| kinds_of(resource_type));
                all.for_each(|(index, _)| self.set(index, failed.clone()));
            }
        });
    }

    /// Shows the progress of a type, for each of its kinds. References are resolved before it is shown.
    fn show(self, resource_type: &'static str, part: &RecordPart<JsonValue>, session: &Session, abort: &AbortSignal) {
        match &part.state {
            PartState::Loading => return self.show_progress(resource_type, part, session),
            PartState::NotGranted => {
                kinds_of(resource_type).for_each(|(index, _)| self.set(index, Part::not_shared()));
            }
            _ => {
                let references = to_read(&part.resources);
                if references.is_empty() {
                    return self.show_contents(resource_type, part, session, &Names::default());
                }
                let (part, session, abort) = (part.clone(), session.clone(), abort.clone());
                spawn_local(async move {
                    let names = read_names(&references, &session, &abort).await;
                    if !abort.is_aborted() {
                        self.show_contents(resource_type, &part, &session, &names);
                    }
                });
            }
        }
        if resource_type == "Observation" {
            // There are no results that reports refer to.
            self.findings.try_set(Some(Arc::default()));
        }
    }

    fn show_progress(self, resource_type: &'static str, part: &RecordPart<JsonValue>, session: &Session) {
        let total = part.total.map(|total| total as usize);
        for (index, kind) in kinds_of(resource_type) {
            self.set(
                index,
                match kind.access(&session.scopes().granted) {
                    Access::None => Part::not_shared(),
                    _ => Part { loaded: part.resources.len(), total, ..Part::BEGUN },
                },
            );
        }
    }

    fn show_contents(
        self,
        resource_type: &'static str,
        part: &RecordPart<JsonValue>,
        session: &Session,
        names: &Names,
    ) {
        let messages = server_messages(part.outcomes.iter().chain(&part.resources));
        for (index, content) in content::read(resource_type, &part.resources, &part.others, names) {
            let Some(kind) = KINDS.get(index) else { continue };
            let is_empty = content.is_empty() && content.left_out.is_empty();
            let progress = match (&part.state, kind.access(&session.scopes().granted)) {
                (_, Access::None) if is_empty => Progress::NotShared,
                (PartState::Failed(failure), _) => Progress::Failed(failure.clone()),
                (_, Access::None | Access::Part) => Progress::SharedInPart,
                (PartState::ByCategory(asked), Access::All) if !kind.is_among(asked) => Progress::ByCategory,
                _ => Progress::Complete,
            };
            let content = Some(Arc::new(content));
            self.set(
                index,
                Part { progress, loaded: part.resources.len(), total: None, messages: messages.clone(), content },
            );
        }
        if resource_type == "Observation" {
            self.findings.try_set(Some(Arc::new(Findings::read(&part.resources))));
        }
    }
}

/// Resolves references to get names. A resource that cannot be read has no name.
async fn read_names(references: &[String], session: &Session, abort: &AbortSignal) -> Names {
    let mut names = Names::default();
    let Some(list) = WebPlatform::default().parse(&list_of(references)) else { return names };
    for resolved in Resolver::grouped(session, abort).resolve_all(&list, 1).await {
        if let Ok(resource) = &resolved.outcome {
            names.add(&resolved.reference, resource);
        }
    }
    names
}
