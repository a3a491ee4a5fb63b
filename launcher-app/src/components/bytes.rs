//! Loads bytes, such as the contents of a document.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::AbortHandle;
use smartrust::client::record::ContentProgress;
use smartrust::fhir::content::Content;
use smartrust::{Error, Failure};

use super::draw::{element, reactive_text};
use super::load::abort_on_cleanup;
use crate::launcher::{Launcher, OpenSession};

/// The state of a load.
#[derive(Clone, Debug)]
pub enum Bytes {
    /// It is loading.
    Waiting,
    /// It is complete.
    Ready(Rc<Content>),
    /// It failed.
    Failed(Failure),
}

/// Loads bytes for a page. It is aborted when the page is closed.
#[derive(Clone, Copy)]
pub struct BytesLoad {
    launcher: Launcher,
    session: OpenSession,
    state: RwSignal<Bytes, LocalStorage>,
    progress: RwSignal<ContentProgress>,
    request: StoredValue<(String, String)>,
    abort: StoredValue<AbortHandle, LocalStorage>,
}

impl BytesLoad {
    /// Loads a URL. `content_type` is the declared media type; it may be empty.
    pub fn read(session: OpenSession, url: String, content_type: String) -> Self {
        let load = Self {
            launcher: expect_context::<Launcher>(),
            session,
            state: RwSignal::new_local(Bytes::Waiting),
            progress: RwSignal::new(ContentProgress::default()),
            request: StoredValue::new((url, content_type)),
            abort: abort_on_cleanup(),
        };
        load.reload();
        load
    }

    /// Its state. Tracks changes.
    pub fn state(self) -> Bytes {
        self.state.get()
    }

    /// The progress as text.
    pub fn progress(self) -> AnyView {
        let words = reactive_text(move || match self.progress.get() {
            ContentProgress { bytes: 0, .. } => "Loading…".to_owned(),
            ContentProgress { bytes, total: Some(total), .. } if total > 0 => {
                format!("Loading… {} percent", (bytes * 100 / total).min(100))
            }
            ContentProgress { bytes, .. } => format!("Loading… {} kB", bytes / 1000),
        });
        element("p", &[("class", "hint")], vec![words])
    }

    /// Loads it again.
    pub fn reload(self) {
        self.state.set(Bytes::Waiting);
        let session = self.session.get_value();
        let (url, content_type) = self.request.get_value();
        let abort = self.abort.with_value(AbortHandle::signal);
        spawn_local(async move {
            let is_type = |text: &&str| text.contains('/') && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            let accept = Some(content_type.as_str()).filter(is_type);
            let on_progress = |progress: &ContentProgress| {
                self.progress.try_set(*progress);
            };
            let outcome = match session.read_bytes(&url, accept, &abort, &on_progress).await {
                Ok(content) => Bytes::Ready(Rc::new(content)),
                // The page that aborted it is closed.
                Err(failure) if matches!(*failure, Error::Aborted) => return,
                Err(error) => {
                    self.launcher.handle_failure(&session, &error);
                    Bytes::Failed(error)
                }
            };
            self.state.try_set(outcome);
        });
    }
}
