//! Exports, until they are deleted or expire.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use tokio::sync::watch;

use super::selection::{Counts, Selection};
use crate::oauth::random_secret;

/// The exports, by the secret part of their URLs.
#[derive(Default)]
pub struct Jobs(HashMap<String, Arc<Job>>);

/// An export.
pub struct Job {
    pub id: String,
    /// The client that started it. For others, it does not exist.
    pub client_id: String,
    /// The URL of the request.
    pub request: String,
    /// When it started, in seconds since 1970.
    pub began: u64,
    /// When it expires, in seconds since 1970.
    pub expires: u64,
    pub selection: Arc<Selection>,
    /// The parts of the request that were left out.
    pub ignored: Vec<String>,
    /// The number of files on a page of the manifest; 0 if there is one page.
    pub files_per_page: usize,
    /// The number of status requests that still get a 202.
    pub polls: AtomicU32,
    progress: Arc<AtomicUsize>,
    counts: watch::Receiver<Option<Arc<Counts>>>,
}

/// The data of an export at its start.
pub struct Beginning {
    pub client_id: String,
    pub request: String,
    pub began: u64,
    pub expires: u64,
    pub selection: Selection,
    pub ignored: Vec<String>,
    pub files_per_page: usize,
    pub polls: u32,
}

impl Job {
    /// Starts to count on its own thread. The count ends when the job is dropped.
    fn begin(beginning: Beginning) -> Self {
        let Beginning { client_id, request, began, expires, selection, ignored, files_per_page, polls } = beginning;
        let (selection, progress) = (Arc::new(selection), Arc::new(AtomicUsize::new(0)));
        let (sender, counts) = watch::channel(None);
        let (counted, counter) = (selection.clone(), progress.clone());
        tokio::task::spawn_blocking(move || {
            let found = counted.count(|patients| {
                counter.store(patients, Ordering::Relaxed);
                !sender.is_closed()
            });
            sender.send_replace(found.map(Arc::new));
        });
        let polls = AtomicU32::new(polls);
        let id = random_secret();
        Self { id, client_id, request, began, expires, selection, ignored, files_per_page, polls, progress, counts }
    }

    /// Uses one of the configured polls before the manifest; false if none is left.
    pub fn is_pending(&self) -> bool {
        let less = |polls: u32| polls.checked_sub(1);
        self.polls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// The progress of the count, as text.
    pub fn progress(&self) -> String {
        format!("{} of {} patients", self.progress.load(Ordering::Relaxed), self.selection.patients.len())
    }

    /// The number of resources in each file, if it is known.
    pub fn counts(&self) -> Option<Arc<Counts>> {
        self.counts.borrow().clone()
    }

    /// Waits until it is known.
    pub async fn counted(&self) {
        // The sender is dropped only after it has sent.
        let _ = self.counts.clone().wait_for(Option::is_some).await;
    }
}

impl Jobs {
    pub fn begin(&mut self, beginning: Beginning) -> Arc<Job> {
        let now = beginning.began;
        self.0.retain(|_, job| job.expires > now);
        let job = Arc::new(Job::begin(beginning));
        self.0.insert(job.id.clone(), job.clone());
        job
    }

    pub fn find(&self, id: &str, now: u64) -> Option<Arc<Job>> {
        self.0.get(id).filter(|job| job.expires > now).cloned()
    }

    pub fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }
}
