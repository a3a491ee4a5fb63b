//! A bulk export: begun, followed until its files are there, taken up again, given up.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::{Either, select};

use super::backend::BackendClient;
use super::export_manifest::ManifestPages;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::server::transport::{JsonResponse, REQUEST_TIMEOUT, fhir_error, with_timeout};
use crate::error::{Error, Failure, FhirError};
use crate::fhir::export::{ExportManifest, ExportRequest, delete_request, status_request};
use crate::fhir::retry::retry_after;
use crate::platform::{Body, HttpResponse, Json, Platform};
use crate::protocol::url::Url;

/// The first pause between two questions, where the server does not say how long, in seconds. Each next is longer.
const FIRST_PAUSE: f64 = 1.0;
/// The longest pause where the server does not say how long, in seconds.
const LONGEST_PAUSE: f64 = 120.0;
/// The longest pause that a server may ask for, in seconds.
const LONGEST_RETRY_AFTER: f64 = 3600.0;
/// How often in a row a question may fail in a way that passes.
const TRIES: u32 = 6;

/// An export at the server.
pub struct Export<P: Platform> {
    pub(crate) client: BackendClient<P>,
    pub(crate) status_url: Url,
    /// Ends every [`Export::wait`] that is under way. All handles to the export share it.
    waits: Rc<RefCell<AbortHandle>>,
}

impl<P: Platform> Clone for Export<P> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), status_url: self.status_url.clone(), waits: self.waits.clone() }
    }
}

/// How far the server has come with an export.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportProgress {
    /// What the server says of it (`X-Progress`), for people.
    pub text: Option<String>,
    /// After how many seconds it will be asked again.
    pub pause: f64,
}

/// What the server says of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportStatus {
    /// It is at work.
    Running {
        /// `X-Progress`, as it came.
        progress: Option<String>,
        /// After how many seconds it wants to be asked again.
        retry_after: Option<f64>,
    },
    /// Its files are there.
    Done(Box<ExportManifest>),
}

impl<P: Platform> BackendClient<P> {
    /// Begins an export. Keep [`Export::status_url`]: by it the job can be taken up after a crash or a reload.
    ///
    /// # Errors
    /// [`Error::Fhir`] where the server refuses, [`Error::Export`] where it does not say where to ask how far the job is,
    /// [`Error::Reference`] for an id that is not one, and as [`Self::read`].
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
        let hidden = "its address cannot be read: the header Content-Location is absent, or hidden from this page by CORS \
                      (the server must list it in Access-Control-Expose-Headers)";
        let location = response.header("Content-Location").ok_or_else(|| Error::Export { problem: hidden.into() })?;
        let status_url = request.url.join(&location);
        let status_url = status_url.map_err(|problem| Error::Url { what: "the export's status".into(), problem })?;
        Ok(self.export_of(status_url))
    }

    /// Takes up an export that was begun before, by its status URL.
    ///
    /// # Errors
    /// [`Error::Url`] for an address that cannot be used. Whether the access token may go there is found out when it is asked.
    pub fn export_at(&self, status_url: &str) -> Result<Export<P>, Failure> {
        let url = Url::parse(status_url);
        let status_url = url.map_err(|problem| Error::Url { what: "the export's status".into(), problem })?;
        Ok(self.export_of(status_url))
    }

    fn export_of(&self, status_url: Url) -> Export<P> {
        Export { client: self.clone(), status_url, waits: Rc::default() }
    }

    /// Waits, unless the caller calls it off.
    pub(crate) async fn sleep(&self, seconds: f64, abort: &AbortSignal) -> Result<(), Failure> {
        // A cast of a number out of range gives the nearest.
        let pause = self.inner.platform.sleep((seconds * 1000.0) as u32);
        match select(Box::pin(pause), abort.aborted()).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => Err(Error::Aborted.into()),
        }
    }
}

impl<P: Platform> Export<P> {
    /// Where the server tells how far the job is.
    pub fn status_url(&self) -> &str {
        self.status_url.as_str()
    }

    /// Asks once how far the job is. Where the server has split the manifest, its further pages are read, too; as long as one of
    /// them is not there, the job is running.
    ///
    /// # Errors
    /// [`Error::Fhir`] where the job failed or is gone, [`Error::Export`] for a manifest that is none, [`Error::PageCycle`] and
    /// [`Error::ForeignUrl`] where a page's link leads back or away, and as [`BackendClient::read`].
    pub async fn status(&self, abort: &AbortSignal) -> Result<ExportStatus, Failure> {
        self.read_pages(&mut ManifestPages::at(self.status_url.clone()), abort).await
    }

    /// Reads the pages that are still to be read, until one is not there yet.
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

    /// Waits until the files are there, and reads all pages of the manifest. The server is asked as often as it says, else ever
    /// less often; what fails in a way that passes is tried again, so many times in a row.
    ///
    /// # Errors
    /// As [`Self::status`], and [`Error::ExportCancelled`] as soon as [`Self::cancel`] is called. After any other error the job
    /// stands and can be waited for again.
    pub async fn wait(
        &self,
        abort: &AbortSignal,
        on_progress: &dyn Fn(&ExportProgress),
    ) -> Result<ExportManifest, Failure> {
        let cancelled = self.waits.borrow().signal();
        let waiting = Box::pin(self.poll(abort, on_progress));
        // The cancellation is looked at first, so that nothing more is sent after it.
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

    /// Gives the job up: the server may forget it and its files (`DELETE` of the status URL). Every [`Self::wait`] that is under
    /// way ends at once. A job that is gone already is no failure.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn cancel(&self, abort: &AbortSignal) -> Result<(), Failure> {
        // Whoever waits from now on asks the server whether the job is gone.
        self.waits.replace(AbortHandle::new()).abort();
        let request = delete_request(&self.status_url);
        let response = self.client.send(&request, abort).await?;
        match response.status {
            200..300 | 404 | 410 => Ok(()),
            _ => Err(fhir_error(*response, &request.url)),
        }
    }
}

/// How often in a row something may fail in a way that passes.
pub(super) struct Backoff {
    left: u32,
    pause: f64,
}

impl Backoff {
    pub fn new(tries: u32) -> Self {
        Self { left: tries, pause: FIRST_PAUSE }
    }

    /// How many seconds to wait before another try.
    ///
    /// # Errors
    /// The failure itself, where it does not pass or came too often.
    pub fn wait<P: Platform>(&mut self, platform: &P, failure: Failure) -> Result<f64, Failure> {
        let requested = match &*failure {
            Error::Network { .. } | Error::Timeout { .. } => None,
            // The token endpoint is out of order while a new token is needed.
            Error::TokenResponse { status: 429 | 502 | 503 | 504, .. } => None,
            Error::Fhir(error) if is_transient(error) => {
                error.retry_after.as_deref().and_then(|text| retry_after(text, platform.now()))
            }
            _ => return Err(failure),
        };
        if self.left == 0 {
            return Err(failure);
        }
        self.left -= 1;
        // Spread, so that many who failed together do not come back together.
        let mut random_fraction = [0];
        platform.fill(&mut random_fraction).map_err(|_| Error::Entropy)?;
        let pause = self.pause * (1.0 + f64::from(random_fraction[0]) / 256.0);
        self.pause *= 2.0;
        Ok(requested.map_or(pause.min(LONGEST_PAUSE), |seconds| seconds.min(LONGEST_RETRY_AFTER)))
    }
}

/// Whether an error status may pass by itself: by the status, or because the server says so of a failure that does not end the job
/// (Bulk Data Access 2.0, "Response - Error Status").
fn is_transient(error: &FhirError) -> bool {
    let outcome = error.operation_outcome.as_ref().filter(|_| error.status >= 400);
    matches!(error.status, 408 | 429 | 502 | 503 | 504) || outcome.is_some_and(|outcome| outcome.is_transient())
}

/// A response with its whole body.
pub(crate) async fn read_whole<P: Platform>(
    client: &BackendClient<P>,
    response: P::Response,
    url: &Url,
    abort: &AbortSignal,
) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
    let reading = JsonResponse::read(response, false, client.secrets());
    with_timeout(&client.inner.platform, url, REQUEST_TIMEOUT, abort, reading).await
}
