//! A bulk export: started, polled until it is complete, resumed, cancelled.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use futures_util::future::{Either, select};

use super::backend::BackendClient;
use super::export_manifest::ManifestPages;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::server::transport::{JsonResponse, REQUEST_TIMEOUT, fhir_error, random_fraction, with_timeout};
use crate::error::{Error, Failure, FhirError};
use crate::fhir::export::{ExportManifest, ExportRequest, delete_request, status_request};
use crate::fhir::retry::retry_after;
use crate::platform::{Body, HttpResponse, Json, Platform};
use crate::protocol::url::Url;

/// The first pause between two status requests without `Retry-After`, in seconds. Each further pause is longer.
const FIRST_PAUSE: f64 = 1.0;
/// The longest pause without `Retry-After`, in seconds.
const LONGEST_PAUSE: f64 = 120.0;
/// The longest pause with `Retry-After`, in seconds.
const LONGEST_RETRY_AFTER: f64 = 3600.0;
/// How many transient errors in a row a status request may have.
const TRIES: u32 = 6;

/// A bulk export at the server. A clone is a handle to the same export.
pub struct Export<P: Platform> {
    pub(crate) client: BackendClient<P>,
    pub(crate) status_url: Url,
    /// Ends every running [`Export::wait`]. All handles to the export share it.
    waits: Rc<RefCell<AbortHandle>>,
}

impl<P: Platform> Clone for Export<P> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), status_url: self.status_url.clone(), waits: self.waits.clone() }
    }
}

/// The progress of an export at the server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExportProgress {
    /// The description of the progress, for users (`X-Progress`).
    pub text: Option<String>,
    /// The pause before the next status request, in seconds.
    pub pause: f64,
}

/// The status of an export.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExportStatus {
    /// The server is still working.
    Running {
        /// The header `X-Progress`.
        progress: Option<String>,
        /// The header `Retry-After`, in seconds.
        retry_after: Option<f64>,
    },
    /// The export is complete.
    Done(Box<ExportManifest>),
}

impl<P: Platform> BackendClient<P> {
    /// Starts an export. Store [`Export::status_url`] to resume it with [`Self::export_at`] after a crash or a reload.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::BackendClient, platform::Platform};
    /// use smartrust::fhir::export::{ExportLevel, ExportRequest};
    ///
    /// # async fn example<P: Platform>(client: &BackendClient<P>) -> Result<(), Failure> {
    /// let request = ExportRequest::default().level(ExportLevel::Group("diabetes".into()));
    /// let export = client.start_export(&request, &AbortSignal::never()).await?;
    /// println!("to resume it: {}", export.status_url());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Fhir`] if the server refuses, [`Error::Export`] if the response has no status URL, [`Error::Reference`] for an
    /// invalid id, and as [`Self::read`].
    pub async fn start_export(&self, export: &ExportRequest, abort: &AbortSignal) -> Result<Export<P>, Failure> {
        let request = export.kick_off(&self.inner.connection.server.fhir_base)?;
        let response = self.open(&request, true, abort).await?;
        if response.status() != 202 {
            let response = read_whole(self, response, &request.url, abort).await?;
            return Err(match response.status {
                200..300 => Error::Export { problem: "the server did not start a job (status 202)".into() }.into(),
                _ => fhir_error(*response, &request.url),
            });
        }
        let hidden = "its status URL cannot be read: the header Content-Location is absent, or hidden from this page by CORS \
                      (the server must list it in Access-Control-Expose-Headers)";
        let location = response.header("Content-Location").ok_or_else(|| Error::Export { problem: hidden.into() })?;
        let status_url = request.url.join(&location);
        let status_url = status_url.map_err(|problem| Error::Url { what: "the export's status".into(), problem })?;
        Ok(self.export_of(status_url))
    }

    /// Resumes an export by its status URL.
    ///
    /// For an example, see [`Export::wait`].
    ///
    /// # Errors
    /// [`Error::Url`] for an invalid URL. Whether the access token may be sent there is checked in the first request.
    pub fn export_at(&self, status_url: &str) -> Result<Export<P>, Failure> {
        let url = Url::parse(status_url);
        let status_url = url.map_err(|problem| Error::Url { what: "the export's status".into(), problem })?;
        Ok(self.export_of(status_url))
    }

    fn export_of(&self, status_url: Url) -> Export<P> {
        Export { client: self.clone(), status_url, waits: Rc::default() }
    }

    /// Sleeps, unless the caller aborts.
    pub(crate) async fn sleep(&self, seconds: f64, abort: &AbortSignal) -> Result<(), Failure> {
        // The cast saturates.
        let pause = self.inner.platform.sleep((seconds * 1000.0) as u32);
        match select(Box::pin(pause), abort.aborted()).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => Err(Error::Aborted.into()),
        }
    }
}

impl<P: Platform> Export<P> {
    /// The URL of the status requests.
    ///
    /// For an example, see [`BackendClient::start_export`].
    pub fn status_url(&self) -> &str {
        self.status_url.as_str()
    }

    /// Requests the status once. If the manifest has several pages, all are read; if one of them is not ready, the export is still
    /// running.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::Export, platform::Platform};
    /// use smartrust::client::bulk::ExportStatus;
    ///
    /// # async fn example<P: Platform>(export: &Export<P>) -> Result<(), Failure> {
    /// match export.status(&AbortSignal::never()).await? {
    ///     ExportStatus::Running { progress, retry_after } => println!("{progress:?}, ask again in {retry_after:?} s"),
    ///     ExportStatus::Done(manifest) => println!("{} files", manifest.output.len()),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Fhir`] if the export failed or does not exist any more, [`Error::Export`] for an invalid manifest,
    /// [`Error::PageCycle`] and [`Error::ForeignUrl`] if a page links to an earlier one or to another server, and as [`BackendClient::read`].
    pub async fn status(&self, abort: &AbortSignal) -> Result<ExportStatus, Failure> {
        self.read_pages(&mut ManifestPages::at(self.status_url.clone()), abort).await
    }

    /// Reads the remaining pages, until one is not ready.
    async fn read_pages(&self, pages: &mut ManifestPages, abort: &AbortSignal) -> Result<ExportStatus, Failure> {
        let platform = &self.client.inner.platform;
        loop {
            let request = status_request(pages.next());
            let response = self.client.open(&request, true, abort).await?;
            if response.status() == 202 {
                return Ok(ExportStatus::Running {
                    progress: response.header("X-Progress"),
                    retry_after: response.header("Retry-After").and_then(|text| retry_after(&text, platform.now())),
                });
            }
            let response = read_whole(&self.client, response, &request.url, abort).await?;
            let page = match &response.body {
                Body::Json(page) if response.status == 200 => {
                    ExportManifest::read(page).map_err(|failure| failure.without(&response.secrets))?
                }
                _ if response.status == 200 => {
                    return Err(Error::Export { problem: "its manifest is not JSON".into() }.into());
                }
                _ => return Err(fhir_error(*response, &request.url)),
            };
            if let Some(manifest) = pages.add(page)? {
                return Ok(ExportStatus::Done(Box::new(manifest)));
            }
        }
    }

    /// Waits until the export is complete, and reads all pages of the manifest. The pauses between status requests follow `Retry-After`, or
    /// else increase. Transient errors are retried.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::BackendClient, platform::Platform};
    /// # async fn example<P: Platform>(client: &BackendClient<P>, status_url: &str) -> Result<(), Failure> {
    /// let export = client.export_at(status_url)?;
    /// let manifest = export.wait(&AbortSignal::never(), &|progress| println!("{:?}", progress.text)).await?;
    /// println!("{} files, as of {:?}", manifest.output.len(), manifest.transaction_time);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::status`], and [`Error::ExportCancelled`] as soon as [`Self::cancel`] is called. After any other error, the
    /// export continues at the server, and this method can be called again.
    pub async fn wait(
        &self,
        abort: &AbortSignal,
        on_progress: &dyn Fn(&ExportProgress),
    ) -> Result<ExportManifest, Failure> {
        let cancelled = self.waits.borrow().signal();
        let waiting = Box::pin(self.poll(abort, on_progress));
        // The cancellation is polled first, so that nothing is sent after it.
        match select(cancelled.aborted(), waiting).await {
            Either::Left(_) => Err(Error::ExportCancelled.into()),
            Either::Right((outcome, _)) => outcome,
        }
    }

    async fn poll(
        &self,
        abort: &AbortSignal,
        on_progress: &dyn Fn(&ExportProgress),
    ) -> Result<ExportManifest, Failure> {
        let mut pages = ManifestPages::at(self.status_url.clone());
        let (mut pause, mut backoff) = (FIRST_PAUSE, Backoff::new(TRIES));
        loop {
            let wait = match self.read_pages(&mut pages, abort).await {
                Ok(ExportStatus::Done(manifest)) => return Ok(*manifest),
                Ok(ExportStatus::Running { progress, retry_after }) => {
                    backoff = Backoff::new(TRIES);
                    let wait = retry_after.unwrap_or(pause).clamp(FIRST_PAUSE, LONGEST_RETRY_AFTER);
                    pause = (pause * 1.5).min(LONGEST_PAUSE);
                    on_progress(&ExportProgress { text: progress, pause: wait });
                    wait
                }
                Err(failure) => backoff.wait(&self.client.inner.platform, failure)?,
            };
            self.client.sleep(wait, abort).await?;
        }
    }

    /// Cancels the export: the server deletes it and its files (`DELETE` of the status URL). Every running [`Self::wait`] ends
    /// immediately. It is no error if the export does not exist any more.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::Export, platform::Platform};
    /// # async fn example<P: Platform>(export: &Export<P>) -> Result<(), Failure> {
    /// let manifest = export.wait(&AbortSignal::never(), &|_| {}).await?;
    /// // Without all resources, the files are not needed: the server may delete them.
    /// if !manifest.error.is_empty() {
    ///     export.cancel(&AbortSignal::never()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn cancel(&self, abort: &AbortSignal) -> Result<(), Failure> {
        // A later `wait` gets the state of the export from the server.
        self.waits.replace(AbortHandle::new()).abort();
        let request = delete_request(&self.status_url);
        let response = self.client.send(&request, abort).await?;
        match response.status {
            200..300 | 404 | 410 => Ok(()),
            _ => Err(fhir_error(*response, &request.url)),
        }
    }
}

/// The retries after transient errors in a row.
pub(super) struct Backoff {
    tries_left: u32,
    pause: f64,
}

impl Backoff {
    pub fn new(tries: u32) -> Self {
        Self { tries_left: tries, pause: FIRST_PAUSE }
    }

    /// The pause before the next attempt, in seconds.
    ///
    /// # Errors
    /// The failure itself, if it is not transient or there were too many.
    pub fn wait<P: Platform>(&mut self, platform: &P, failure: Failure) -> Result<f64, Failure> {
        let requested = match &*failure {
            Error::Network { .. } | Error::Timeout { .. } => None,
            // The token endpoint is unavailable.
            Error::TokenResponse { status: 429 | 502 | 503 | 504, .. } => None,
            Error::Fhir(error) if is_transient(error) => {
                error.retry_after.as_deref().and_then(|text| retry_after(text, platform.now()))
            }
            _ => return Err(failure),
        };
        if self.tries_left == 0 {
            return Err(failure);
        }
        self.tries_left -= 1;
        // Random, so that many clients that failed together do not retry together.
        let pause = self.pause * (1.0 + random_fraction(platform));
        self.pause *= 2.0;
        Ok(requested.map_or(pause.min(LONGEST_PAUSE), |seconds| seconds.min(LONGEST_RETRY_AFTER)))
    }
}

/// Whether an error is transient: by its status, or because its OperationOutcome says so (Bulk Data Access 2.0, "Response - Error
/// Status").
fn is_transient(error: &FhirError) -> bool {
    let outcome = error.operation_outcome.as_ref().filter(|_| error.status >= 400);
    matches!(error.status, 408 | 429 | 502 | 503 | 504) || outcome.is_some_and(|outcome| outcome.is_transient())
}

/// Reads the whole body of a response.
pub(crate) async fn read_whole<P: Platform>(
    client: &BackendClient<P>,
    response: P::Response,
    url: &Url,
    abort: &AbortSignal,
) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
    let reading = JsonResponse::read(response, false, client.secrets());
    with_timeout(&client.inner.platform, url, REQUEST_TIMEOUT, abort, reading).await
}

impl<P: Platform> fmt::Debug for Export<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Export").field("status_url", &self.status_url()).finish_non_exhaustive()
    }
}
