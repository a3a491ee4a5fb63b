//! Resolves references, each once.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::batch::Batcher;
use crate::abort::AbortSignal;
use crate::client::fhir::RequestOptions;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::client::tasks::join::{LocalWork, join_all};
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::fhir::reference::{ResourceId, find_within, references_in};
use crate::fhir::request::FhirRequest;
use crate::platform::{JsonView, LocalFuture, Platform};

/// The maximum number of ids in one grouped search.
const MAX_GROUP: usize = 100;

/// Resolves references and caches the results, so that each resource is fetched once. A clone is a handle to the same resolver.
pub struct Resolver<P: Platform> {
    inner: Rc<Inner<P>>,
}

struct Inner<P: Platform> {
    session: Session<P>,
    options: RequestOptions,
    is_grouped: bool,
    /// Reads a resource in place of the session.
    reader: Option<Reader<P>>,
    /// The tasks that fetch resources, by URL.
    tasks: RefCell<Vec<(String, SharedTask<Value<P>>)>>,
}

// A function, so that an app without a batcher does not contain its code.
type Reader<P> = Box<dyn Fn(String) -> LocalFuture<Result<Value<P>, Failure>>>;

/// A resolved reference.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resolved<V> {
    /// The reference.
    pub reference: String,
    /// The resource, or the error.
    pub outcome: Result<V, Failure>,
}

impl<P: Platform> Clone for Resolver<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<P: Platform> Resolver<P> {
    /// A resolver that reads each resource on its own. The abort signal in the options aborts all reads.
    ///
    /// For an example, see [`Self::resolve`].
    pub fn new(session: &Session<P>, options: impl Into<RequestOptions>) -> Self {
        Self::with(session, options.into(), false, None)
    }

    /// A resolver that searches by `_id` for several references of a type in [`Self::resolve_all`], and reads those that the search does
    /// not return.
    ///
    /// For an example, see [`Self::resolve_all`].
    pub fn grouped(session: &Session<P>, options: impl Into<RequestOptions>) -> Self {
        Self::with(session, options.into(), true, None)
    }

    /// A resolver that reads in the batches of a batcher, with its headers.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::client::record::{Batcher, Resolver};
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let never = AbortSignal::never();
    /// let resolver = Resolver::batched(session, Batcher::new(session, 50, 10, &never), &never);
    /// let report = session.read("DiagnosticReport/1", &never).await?;
    /// println!("{} results", resolver.resolve_all(&report, 1).await.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn batched(session: &Session<P>, batcher: Batcher<P>, abort: &AbortSignal) -> Self {
        let signal = abort.clone();
        let reader: Reader<P> = Box::new(move |reference| {
            let (batcher, signal) = (batcher.clone(), signal.clone());
            Box::pin(async move {
                let response = batcher.request(&FhirRequest::read(reference), &signal).await?;
                response.resource.ok_or_else(|| Error::BatchResponse { problem: "an entry has no resource" }.into())
            })
        });
        Self::with(session, abort.into(), false, Some(reader))
    }

    fn with(session: &Session<P>, options: RequestOptions, is_grouped: bool, reader: Option<Reader<P>>) -> Self {
        let session = session.clone();
        Self { inner: Rc::new(Inner { session, options, is_grouped, reader, tasks: RefCell::default() }) }
    }

    /// Returns the resource of a reference: from `whole`, the resource or Bundle with the reference, or else from the server.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::client::record::Resolver;
    /// use smartrust::platform::JsonView;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let resolver = Resolver::new(session, &AbortSignal::never());
    /// let request = session.read("MedicationRequest/1", &AbortSignal::never()).await?;
    /// let reference = request.member("medicationReference").and_then(|medication| medication.member_text("reference"));
    /// if let Some(reference) = reference {
    ///     // It may be contained in the request (`#1`), or be another resource.
    ///     let medication = resolver.resolve(&reference, Some(&request)).await?;
    ///     # let _ = medication;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`] for a `#id` or `urn:` that is not within `whole`; otherwise as [`Session::read`].
    pub async fn resolve(&self, reference: &str, whole: Option<&Value<P>>) -> Result<Value<P>, Failure> {
        let base = self.inner.session.inner.guard.base();
        if let Some(found) = whole.and_then(|whole| find_within(whole, reference, base)) {
            return Ok(found);
        }
        if reference.starts_with('#') || reference.starts_with("urn:") {
            let problem = "the resource or Bundle with the reference does not contain it";
            return Err(Error::Reference { problem: problem.into() }.into());
        }
        let url = self.url(reference)?;
        let task = self.task(&url).unwrap_or_else(|| self.fetch(reference, &url));
        let outcome = task.outcome().await;
        if outcome.is_err() {
            // A later call may succeed.
            self.inner.tasks.borrow_mut().retain(|(known, _)| *known != url);
        }
        outcome
    }

    /// Resolves all references in a resource or Bundle, each once, concurrently. With a `depth` above 1, also the references in those
    /// resources, and so on. A reference that fails does not affect the others.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::{Json, Platform}};
    /// use smartrust::client::record::Resolver;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>, bundle: &<P as Json>::Value) -> Result<(), Failure> {
    /// let resolver = Resolver::grouped(session, &AbortSignal::never());
    /// for resolved in resolver.resolve_all(bundle, 2).await {
    ///     if let Err(failure) = resolved.outcome {
    ///         println!("{}: {failure}", resolved.reference);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resolve_all(&self, whole: &Value<P>, depth: usize) -> Vec<Resolved<Value<P>>> {
        let mut resolved: Vec<Resolved<Value<P>>> = Vec::new();
        let mut referring = vec![whole.clone()];
        let is_bundle = whole.member_text("resourceType").as_deref() == Some("Bundle");
        for level in 0..depth {
            let mut references: Vec<String> = Vec::new();
            for reference in referring.iter().flat_map(references_in) {
                // A reference to a contained resource is only valid within its container.
                let is_nameable = level == 0 && !is_bundle || !reference.starts_with('#');
                let is_known =
                    references.contains(&reference) || resolved.iter().any(|known| known.reference == reference);
                if is_nameable && !is_known {
                    references.push(reference);
                }
            }
            if references.is_empty() {
                break;
            }
            self.fetch_groups(&references, whole);
            let work = references.into_iter().map(|reference| -> LocalWork<'_, Resolved<Value<P>>> {
                Box::pin(async move {
                    let outcome = self.resolve(&reference, Some(whole)).await;
                    Resolved { reference, outcome }
                })
            });
            let found = join_all(work.collect()).await;
            referring = found.iter().filter_map(|found| found.outcome.as_ref().ok().cloned()).collect();
            resolved.extend(found);
        }
        resolved
    }

    fn url(&self, reference: &str) -> Result<String, Failure> {
        let request = FhirRequest::read(reference).build(self.inner.session.inner.guard.base())?;
        Ok(request.url.as_str().to_owned())
    }

    fn task(&self, url: &str) -> Option<SharedTask<Value<P>>> {
        let tasks = self.inner.tasks.borrow();
        tasks.iter().find(|(known, _)| known == url).map(|(_, task)| task.clone())
    }

    fn fetch(&self, reference: &str, url: &str) -> SharedTask<Value<P>> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        self.start(url, Box::pin(async move { inner.read(reference).await }))
    }

    fn start(&self, url: &str, work: LocalFuture<Result<Value<P>, Failure>>) -> SharedTask<Value<P>> {
        let task = SharedTask::spawn(&self.inner.session.inner.platform, work);
        self.inner.tasks.borrow_mut().push((url.to_owned(), task.clone()));
        task
    }

    /// Starts a search for references of the same type. Each reference waits for it in its own task.
    fn fetch_groups(&self, references: &[String], whole: &Value<P>) {
        if !self.inner.is_grouped {
            return;
        }
        let mut groups: Vec<Vec<Wanted>> = Vec::new();
        for reference in references {
            let Some(wanted) = self.wanted(reference, whole) else { continue };
            let is_known = groups.iter().flatten().any(|known| known.url == wanted.url);
            let fits = |group: &&mut Vec<Wanted>| {
                group.len() < MAX_GROUP
                    && group.first().is_some_and(|first| first.id.resource_type == wanted.id.resource_type)
            };
            match groups.iter_mut().find(fits) {
                _ if is_known => {}
                Some(group) => group.push(wanted),
                None => groups.push(vec![wanted]),
            }
        }
        groups.into_iter().filter(|group| group.len() > 1).for_each(|group| self.fetch_group(group));
    }

    /// The target of a reference, if a search by id can find it: the current version of a resource of the server without a task yet.
    fn wanted(&self, reference: &str, whole: &Value<P>) -> Option<Wanted> {
        let base = self.inner.session.inner.guard.base();
        let (id, url) = (ResourceId::read(reference)?, self.url(reference).ok()?);
        let current = base.child(&[&*id.resource_type, "/", &id.id].concat()).ok()?;
        let is_new = self.task(&url).is_none() && find_within(whole, reference, base).is_none();
        (is_new && current.as_str() == url).then_some(Wanted { id, url })
    }

    fn fetch_group(&self, group: Vec<Wanted>) {
        let Some(resource_type) = group.first().map(|first| first.id.resource_type.clone()) else { return };
        let ids: Vec<String> = group.iter().map(|wanted| wanted.id.id.clone()).collect();
        let inner = self.inner.clone();
        let search = Box::pin(async move { inner.search(&resource_type, &ids).await });
        let found = SharedTask::spawn(&self.inner.session.inner.platform, search);
        for Wanted { id, url } in group {
            let (inner, found) = (self.inner.clone(), found.clone());
            self.start(
                &url,
                Box::pin(async move {
                    let found = found.outcome().await.unwrap_or_default();
                    let own = found.iter().find(|resource| resource.member_text("id").as_deref() == Some(&*id.id));
                    match own {
                        Some(resource) => Ok(resource.clone()),
                        None => inner.read([id.resource_type, id.id].join("/")).await,
                    }
                }),
            );
        }
    }
}

/// A resource in a grouped search.
struct Wanted {
    id: ResourceId,
    url: String,
}

impl<P: Platform> Inner<P> {
    async fn read(&self, reference: String) -> Result<Value<P>, Failure> {
        match &self.reader {
            Some(reader) => reader(reference).await,
            None => self.session.read(&reference, self.options.clone()).await,
        }
    }

    async fn search(&self, resource_type: &str, ids: &[String]) -> Result<Rc<[Value<P>]>, Failure> {
        let request =
            FhirRequest::search(resource_type, &[]).with("_id", ids.join(",")).with("_count", ids.len().to_string());
        let search = self.session.pages(&request, self.options.clone())?;
        let mut found = Vec::new();
        while let Some(page) = search.next_page().await? {
            found.extend(page.resources);
        }
        Ok(found.into())
    }
}

impl<P: Platform> fmt::Debug for Resolver<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Resolver").finish_non_exhaustive()
    }
}
