//! A resource that a page reads, and can read again.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::AbortHandle;
use smartrust::web::JsonValue;
use smartrust::{Error, Failure};

use crate::launcher::{Launcher, OpenSession};
use crate::model::trouble::is_unreachable;

/// How far a load is.
#[derive(Clone, Debug)]
pub enum Loading {
    /// It was not granted, so nothing is asked for.
    NotShared,
    /// It is under way.
    Waiting,
    /// It is there.
    Ready(JsonValue),
    /// It failed.
    Failed(Failure),
}

/// The reading of a resource for a page. It is called off when the page goes.
#[derive(Clone, Copy)]
pub struct Load {
    launcher: Launcher,
    session: OpenSession,
    state: RwSignal<Loading, LocalStorage>,
    reference: StoredValue<String>,
    abort: StoredValue<AbortHandle, LocalStorage>,
}

/// A signal that fires when the part of the page that asks goes.
pub fn until_gone() -> StoredValue<AbortHandle, LocalStorage> {
    let abort = StoredValue::new_local(AbortHandle::new());
    on_cleanup(move || {
        abort.try_with_value(AbortHandle::abort);
    });
    abort
}

impl Load {
    /// Reads a resource, if there is a reference to one.
    pub fn read(session: OpenSession, reference: Option<String>) -> Self {
        let is_wanted = reference.is_some();
        let load = Self {
            launcher: expect_context::<Launcher>(),
            session,
            state: RwSignal::new_local(Loading::NotShared),
            reference: StoredValue::new(reference.unwrap_or_default()),
            abort: until_gone(),
        };
        if is_wanted {
            load.again();
        }
        load
    }

    /// Whether it failed because the clinic could not be reached. Whoever asks is told of changes.
    pub fn is_unreachable(self) -> bool {
        self.state.with(|state| matches!(state, Loading::Failed(error) if is_unreachable(error)))
    }

    /// How far it is. Whoever asks is told of changes.
    pub fn state(self) -> Loading {
        self.state.get()
    }

    /// Reads once more what failed.
    pub fn again_if_failed(self) {
        if matches!(self.state.get_untracked(), Loading::Failed(_)) {
            self.again();
        }
    }

    /// Reads once more.
    pub fn again(self) {
        self.state.set(Loading::Waiting);
        let session = self.session.get_value();
        let (reference, abort) = (self.reference.get_value(), self.abort.with_value(AbortHandle::signal));
        spawn_local(async move {
            let outcome = match session.read(&reference, &abort).await {
                Ok(resource) => Loading::Ready(resource),
                // The page that called it off is gone.
                Err(failure) if matches!(*failure, Error::Aborted) => return,
                Err(error) => {
                    self.launcher.handle_failure(&session, &error);
                    Loading::Failed(error)
                }
            };
            self.state.try_set(outcome);
        });
    }
}
