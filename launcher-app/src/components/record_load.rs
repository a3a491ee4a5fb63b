//! The loading of a record, kind by kind.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::AbortHandle;
use smartrust::client::record::{PartState, RecordPart, RecordQuery};
use smartrust::web::JsonValue;
use smartrust::{Error, Failure};

use super::load::until_gone;
use crate::launcher::{Launcher, OpenSession, Session};
use crate::model::kinds::{Content, KINDS, Kind};
use crate::model::trouble::is_unreachable;

/// One kind of data, as far as it is loaded.
#[derive(Clone, Debug)]
pub struct Part {
    /// How far it is.
    pub progress: Progress,
    /// How many resources have come so far.
    pub loaded: usize,
    /// How many there are in all, where the server says.
    pub total: Option<usize>,
    /// How many came that are another patient's. They are not shown.
    pub left_out: usize,
    /// What came, once it is no longer loading.
    pub content: Option<Arc<Content>>,
}

/// How far a kind of data is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// More is to come.
    Loading,
    /// All is there.
    Complete,
    /// All is there that is in one of the usual categories.
    ByCategory,
    /// It was not granted.
    NotShared,
    /// It failed on the way.
    Failed(Failure),
}

impl Part {
    const BEGUN: Self = Self { progress: Progress::Loading, loaded: 0, total: None, left_out: 0, content: None };

    fn of(kind: &Kind, part: &RecordPart<JsonValue>) -> Self {
        let progress = match &part.state {
            PartState::Loading => Progress::Loading,
            PartState::Complete => Progress::Complete,
            PartState::ByCategory(_) => Progress::ByCategory,
            PartState::NotGranted => Progress::NotShared,
            PartState::Failed(failure) => Progress::Failed(failure.clone()),
        };
        let is_over = !matches!(part.state, PartState::Loading | PartState::NotGranted);
        Self {
            progress,
            loaded: part.resources.len(),
            total: part.total.map(|total| total as usize),
            left_out: part.others.len(),
            content: is_over.then(|| Arc::new(kind.read(&part.resources))),
        }
    }
}

/// The loading of a record. It is called off when the page goes.
#[derive(Clone, Copy)]
pub struct RecordLoad {
    launcher: Launcher,
    session: OpenSession,
    parts: StoredValue<Vec<RwSignal<Part>>>,
    abort: StoredValue<AbortHandle, LocalStorage>,
}

impl RecordLoad {
    /// Starts loading all kinds.
    pub fn start(launcher: Launcher, session: OpenSession) -> Self {
        let parts = KINDS.iter().map(|_| RwSignal::new(Part::BEGUN)).collect();
        let load = Self { launcher, session, parts: StoredValue::new(parts), abort: until_gone() };
        load.run((0..KINDS.len()).collect());
        load
    }

    /// One kind, by its place in [`KINDS`]. Whoever asks is told of changes.
    pub fn part(self, index: usize) -> Part {
        let signal = self.parts.with_value(|parts| parts.get(index).copied());
        signal.map_or(Part::BEGUN, |signal| signal.get())
    }

    /// How many kinds are no longer loading. Whoever asks is told of changes.
    pub fn ended(self) -> usize {
        self.count(|part| !matches!(part.progress, Progress::Loading))
    }

    /// How many kinds failed because the clinic could not be reached. Whoever asks is told of changes.
    pub fn unreachable(self) -> usize {
        self.count(|part| matches!(&part.progress, Progress::Failed(error) if is_unreachable(error)))
    }

    /// Loads one kind once more.
    pub fn again(self, index: usize) {
        self.run(vec![index]);
    }

    /// Loads everything that failed once more.
    pub fn all_failed_again(self) {
        let failed = |index: &usize| matches!(untrack(|| self.part(*index)).progress, Progress::Failed(_));
        self.run((0..KINDS.len()).filter(failed).collect());
    }

    fn count(self, holds: fn(&Part) -> bool) -> usize {
        self.parts.with_value(|parts| parts.iter().filter(|part| part.with(holds)).count())
    }

    fn run(self, indexes: Vec<usize>) {
        let wanted: Vec<(&Kind, RwSignal<Part>)> = self.parts.with_value(|parts| {
            indexes.into_iter().filter_map(|index| Some((KINDS.get(index)?, *parts.get(index)?))).collect()
        });
        let session: Session = self.session.get_value();
        let abort = self.abort.with_value(AbortHandle::signal);
        wanted.iter().for_each(|(_, signal)| signal.set(Part::BEGUN));
        let launcher = self.launcher;
        spawn_local(async move {
            let queries: Vec<RecordQuery> = wanted.iter().map(|(kind, _)| kind.query()).collect();
            let told = |index: usize, part: &RecordPart<JsonValue>| {
                let is_called_off =
                    matches!(&part.state, PartState::Failed(failure) if matches!(**failure, Error::Aborted));
                if let PartState::Failed(failure) = &part.state {
                    launcher.take_note(&session, failure);
                }
                if let Some((kind, signal)) = wanted.get(index)
                    && !is_called_off
                {
                    signal.try_set(Part::of(kind, part));
                }
            };
            if let Err(failure) = session.load_record(&queries, &abort, &told).await {
                let failed = Part { progress: Progress::Failed(failure), ..Part::BEGUN };
                wanted.iter().for_each(|(_, signal)| drop(signal.try_set(failed.clone())));
            }
        });
    }
}
