//! Requests of several callers in one batch.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use crate::abort::{AbortHandle, AbortSignal};
use crate::client::fhir::options::{RequestOptions, Retries, unless_aborted};
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::batch::{batch, read_batch};
use crate::fhir::request::{FhirRequest, Interaction};
use crate::fhir::response::FhirResponse;
use crate::platform::Platform;
use crate::protocol::redaction::Secrets;

type Outcome<P> = Result<FhirResponse<Value<P>>, Failure>;

/// Collects requests, sends them as one batch, and returns to each caller its own response. A clone is a handle to the same batcher.
pub struct Batcher<P: Platform> {
    inner: Rc<Inner<P>>,
}

struct Inner<P: Platform> {
    session: Session<P>,
    options: RequestOptions,
    at_most: usize,
    milliseconds: u32,
    waiting: RefCell<Vec<Waiting<P>>>,
}

/// A request that a caller waits for.
struct Waiting<P: Platform> {
    entry: String,
    request: FhirRequest,
    outcome: Rc<RefCell<Option<Outcome<P>>>>,
    finish: AbortHandle,
}

impl<P: Platform> Clone for Batcher<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<P: Platform> Batcher<P> {
    /// A batcher that sends at most `at_most` requests in a batch, at the latest this number of milliseconds after the first of them.
    /// `options` are for the batches.
    ///
    /// For an example, see [`Self::request`].
    pub fn new(session: &Session<P>, at_most: usize, milliseconds: u32, options: impl Into<RequestOptions>) -> Self {
        let (session, options, at_most) = (session.clone(), options.into(), at_most.max(1));
        let inner = Inner { session, options, at_most, milliseconds, waiting: RefCell::default() };
        Self { inner: Rc::new(inner) }
    }

    /// Sends a request within a batch. `abort` only aborts this request.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use futures_util::future::join;
    /// use smartrust::client::record::Batcher;
    /// use smartrust::fhir::request::{FhirRequest, Interaction};
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let never = AbortSignal::never();
    /// let batcher = Batcher::new(session, 20, 10, &never);
    /// let patient = FhirRequest::read("Patient/1");
    /// let allergies = FhirRequest::new(Interaction::Search, "AllergyIntolerance").with("patient", "1");
    /// let (patient, allergies) = join(batcher.request(&patient, &never), batcher.request(&allergies, &never)).await;
    /// assert!(patient?.resource.is_some() && allergies?.resource.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Fhir`] if this entry failed, [`Error::BatchResponse`] if the response is not a batch response, and as
    /// [`Session::request`], for all requests of a batch.
    pub async fn request(&self, request: &FhirRequest, abort: &AbortSignal) -> Outcome<P> {
        let entry = request.entry(self.inner.session.inner.guard.base())?;
        let (finish, outcome) = (AbortHandle::new(), Rc::new(RefCell::new(None)));
        let finished = finish.signal();
        let waiting = Waiting { entry, request: request.clone(), outcome: outcome.clone(), finish };
        self.inner.waiting.borrow_mut().push(waiting);
        let count = self.inner.waiting.borrow().len();
        if count >= self.inner.at_most {
            self.flush();
        } else if count == 1 {
            self.flush_later();
        }
        let wait = async {
            finished.aborted().await;
            outcome.borrow_mut().take().unwrap_or_else(|| Err(Error::Aborted.into()))
        };
        unless_aborted(abort, wait).await
    }

    /// Sends the waiting requests now.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::record::Batcher, platform::Platform};
    /// use futures_util::future::join;
    /// use smartrust::fhir::request::FhirRequest;
    ///
    /// # async fn example<P: Platform>(batcher: &Batcher<P>) -> Result<(), Failure> {
    /// let (request, never) = (FhirRequest::read("Patient/1"), AbortSignal::never());
    /// let (patient, ()) = join(batcher.request(&request, &never), async { batcher.flush() }).await;
    /// assert!(patient?.resource.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn flush(&self) {
        let waiting = self.inner.waiting.take();
        if waiting.is_empty() {
            return;
        }
        let inner = self.inner.clone();
        self.inner.session.inner.platform.spawn(Box::pin(async move { inner.send(waiting).await }));
    }

    fn flush_later(&self) {
        let (batcher, platform) = (self.clone(), self.inner.session.inner.platform.clone());
        self.inner.session.inner.platform.spawn(Box::pin(async move {
            platform.sleep(batcher.inner.milliseconds).await;
            batcher.flush();
        }));
    }
}

impl<P: Platform> Inner<P> {
    async fn send(&self, waiting: Vec<Waiting<P>>) {
        let outcomes = self.exchange(&waiting).await;
        let of_all = outcomes.as_ref().err().cloned();
        let mut outcomes = outcomes.unwrap_or_default().into_iter();
        for caller in waiting {
            let own = outcomes.next().or_else(|| of_all.clone().map(Err));
            *caller.outcome.borrow_mut() = own;
            caller.finish.abort();
        }
    }

    async fn exchange(&self, waiting: &[Waiting<P>]) -> Result<Vec<Outcome<P>>, Failure> {
        let mut options = self.options.clone();
        if options.retries == Retries::WhenSafe && waiting.iter().all(|caller| caller.request.is_read_only()) {
            options.retries = Retries::Always;
        }
        let body = batch(waiting.iter().map(|caller| caller.entry.clone()));
        let request = FhirRequest::new(Interaction::Bundle, "").body(body);
        let response = self.session.request(&request, options).await?;
        let bundle = response.resource.ok_or(Error::BatchResponse { problem: "it is empty" })?;
        let requests: Vec<FhirRequest> = waiting.iter().map(|caller| caller.request.clone()).collect();
        let outcomes = read_batch(&bundle, &requests, self.session.inner.guard.base().host())?;
        let secrets = Secrets::of_token(&self.session.inner.record.borrow().access_token);
        Ok(outcomes.into_iter().map(|outcome| outcome.map_err(|failure| failure.without(&secrets))).collect())
    }
}

impl<P: Platform> fmt::Debug for Batcher<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batcher").finish_non_exhaustive()
    }
}
