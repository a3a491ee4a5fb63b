//! Something that a page loads, and can load again.

use std::pin::Pin;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Error;
use smartrust::abort::{AbortHandle, AbortSignal};

use crate::launcher::{Launcher, OpenSession, Session};

/// How far a load is.
#[derive(Clone, Debug)]
pub enum Loading<T> {
    /// It was not granted, so nothing is asked for.
    NotShared,
    /// It is under way.
    Waiting,
    /// It is there.
    Ready(T),
    /// It failed.
    Failed(Error),
}

type Work<T> = Rc<dyn Fn(Session, AbortSignal) -> Pin<Box<dyn Future<Output = Result<T, Error>>>>>;

/// A load of a page. It is called off when the page goes.
pub struct Load<T: 'static> {
    launcher: Launcher,
    session: OpenSession,
    state: RwSignal<Loading<T>>,
    work: StoredValue<Work<T>, LocalStorage>,
    abort: StoredValue<AbortHandle, LocalStorage>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

/// A signal that fires when the part of the page that asks goes.
pub fn until_gone() -> StoredValue<AbortHandle, LocalStorage> {
    let abort = StoredValue::new_local(AbortHandle::new());
    on_cleanup(move || {
        abort.try_with_value(AbortHandle::abort);
    });
    abort
}

impl<T: Clone + Send + Sync + 'static> Load<T> {
    /// Starts loading, if `is_shared`.
    pub fn start<F>(session: OpenSession, is_shared: bool, work: impl Fn(Session, AbortSignal) -> F + 'static) -> Self
    where
        F: Future<Output = Result<T, Error>> + 'static,
    {
        let work: Work<T> = Rc::new(move |session, abort| Box::pin(work(session, abort)));
        let state = RwSignal::new(Loading::NotShared);
        let launcher = expect_context::<Launcher>();
        let load = Self { launcher, session, state, work: StoredValue::new_local(work), abort: until_gone() };
        if is_shared {
            load.again();
        }
        load
    }

    /// How far it is. Whoever asks is told of changes.
    pub fn state(self) -> Loading<T> {
        self.state.get()
    }

    /// Loads once more.
    pub fn again(self) {
        self.state.set(Loading::Waiting);
        let session = self.session.get_value();
        let future = (self.work.get_value())(session.clone(), self.abort.with_value(AbortHandle::signal));
        let (launcher, state) = (self.launcher, self.state);
        spawn_local(async move {
            let outcome = match future.await {
                Ok(value) => Loading::Ready(value),
                // The page that called it off is gone.
                Err(Error::Aborted) => return,
                Err(error) => {
                    launcher.take_note(&session, &error);
                    Loading::Failed(error)
                }
            };
            state.try_set(outcome);
        });
    }
}
