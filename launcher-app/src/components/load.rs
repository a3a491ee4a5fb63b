//! Loads a resource for a page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::AbortHandle;
use smartrust::web::JsonValue;
use smartrust::{Error, Failure};

use crate::launcher::{Launcher, OpenSession};
use crate::model::trouble::is_unreachable;

/// The state of a load.
#[derive(Clone, Debug)]
pub enum Loading {
    /// The scope was not granted, so there is no request.
    NotShared,
    /// It is loading.
    Waiting,
    /// It is complete.
    Ready(JsonValue),
    /// It failed.
    Failed(Failure),
}

/// Loads a resource for a page. It is aborted when the page is closed.
#[derive(Clone, Copy)]
pub struct Load {
    launcher: Launcher,
    session: OpenSession,
    state: RwSignal<Loading, LocalStorage>,
    reference: StoredValue<String>,
    abort: StoredValue<AbortHandle, LocalStorage>,
}

/// A handle that aborts when the caller's part of the page is removed.
pub fn abort_on_cleanup() -> StoredValue<AbortHandle, LocalStorage> {
    let abort = StoredValue::new_local(AbortHandle::new());
    on_cleanup(move || {
        abort.try_with_value(AbortHandle::abort);
    });
    abort
}

impl Load {
    /// Loads a resource, if there is a reference.
    pub fn read(session: OpenSession, reference: Option<String>) -> Self {
        let is_wanted = reference.is_some();
        let load = Self {
            launcher: expect_context::<Launcher>(),
            session,
            state: RwSignal::new_local(Loading::NotShared),
            reference: StoredValue::new(reference.unwrap_or_default()),
            abort: abort_on_cleanup(),
        };
        if is_wanted {
            load.reload();
        }
        load
    }

    /// Whether it failed because the clinic could not be reached. Tracks changes.
    pub fn is_unreachable(self) -> bool {
        self.state.with(|state| matches!(state, Loading::Failed(error) if is_unreachable(error)))
    }

    /// Its state. Tracks changes.
    pub fn state(self) -> Loading {
        self.state.get()
    }

    /// Loads it again if it failed.
    pub fn reload_if_failed(self) {
        if matches!(self.state.get_untracked(), Loading::Failed(_)) {
            self.reload();
        }
    }

    /// Loads it again.
    pub fn reload(self) {
        self.state.set(Loading::Waiting);
        let session = self.session.get_value();
        let (reference, abort) = (self.reference.get_value(), self.abort.with_value(AbortHandle::signal));
        spawn_local(async move {
            let outcome = match session.read(&reference, &abort).await {
                Ok(resource) => Loading::Ready(resource),
                // The page that aborted it is closed.
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
