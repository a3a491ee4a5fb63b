//! The connection of an export file: with or without the access token, and opened again if it breaks.

use super::export::{Backoff, Export, read_whole};
use crate::abort::AbortSignal;
use crate::client::server::transport::{READ_TIMEOUT, fhir_error, with_timeout};
use crate::error::{Error, Failure};
use crate::fhir::export::{ExportFile, ExportManifest, file_request};
use crate::fhir::ndjson::{JsonLines, LineRules};
use crate::platform::{HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::redaction::Secrets;
use crate::protocol::url::Url;

/// How many transient errors in a row a file may have.
const TRIES: u32 = 5;

/// The result of reading.
pub(crate) enum Progress<T> {
    Some(T),
    /// The connection broke. The next read opens a new one.
    Reconnect,
    End,
}

/// The connection of a file, with its retries.
pub(super) struct Source<P: Platform> {
    export: Export<P>,
    pub url: Url,
    with_token: bool,
    abort: AbortSignal,
    response: Option<P::Response>,
    backoff: Backoff,
}

impl<P: Platform> Source<P> {
    /// A file that was not requested yet.
    ///
    /// # Errors
    /// [`Error::Url`] for an invalid URL.
    pub fn of(
        export: &Export<P>,
        manifest: &ExportManifest,
        file: &ExportFile,
        abort: &AbortSignal,
    ) -> Result<Self, Failure> {
        let url = export.status_url.join(&file.url);
        Ok(Self {
            export: export.clone(),
            url: url.map_err(|problem| Error::Url { what: "the export's file".into(), problem })?,
            with_token: manifest.requires_access_token,
            abort: abort.clone(),
            response: None,
            backoff: Backoff::new(TRIES),
        })
    }

    /// Whether the connection is open. If not, the next read starts at the beginning of the file.
    pub fn is_connected(&self) -> bool {
        self.response.is_some()
    }

    /// The secrets that no error about the file may contain.
    pub fn secrets(&self) -> Secrets {
        self.export.client.secrets()
    }

    /// The file has progressed, so that a later error is the first in a row.
    pub fn reset_backoff(&mut self) {
        self.backoff = Backoff::new(TRIES);
    }

    pub async fn lines(&mut self, rules: LineRules) -> Result<Progress<JsonLines<<P as Json>::Value>>, Failure> {
        let response = self.take_response().await?;
        self.read_next(response, async |response| response.json_lines(rules).await).await
    }

    pub async fn bytes(&mut self) -> Result<Progress<Vec<u8>>, Failure> {
        let response = self.take_response().await?;
        self.read_next(response, async |response| response.chunk().await).await
    }

    /// The open response, or a new one.
    async fn take_response(&mut self) -> Result<P::Response, Failure> {
        if let Some(response) = self.response.take() {
            return Ok(response);
        }
        let request = file_request(&self.url);
        loop {
            let failure = match self.export.client.open(&request, self.with_token, &self.abort).await {
                Ok(response) if (200..300).contains(&response.status()) => return Ok(response),
                Ok(response) => match read_whole(&self.export.client, response, &request.url, &self.abort).await {
                    Ok(response) => fhir_error(*response, &request.url),
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            self.wait(failure).await?;
        }
    }

    async fn read_next<T>(
        &mut self,
        mut response: P::Response,
        next: impl AsyncFnOnce(&mut P::Response) -> Result<Option<T>, HttpFailure>,
    ) -> Result<Progress<T>, Failure> {
        let platform = &self.export.client.inner.platform;
        let outcome = with_timeout(platform, &self.url, READ_TIMEOUT, &self.abort, next(&mut response)).await;
        match outcome {
            Ok(Some(piece)) => {
                self.response = Some(response);
                Ok(Progress::Some(piece))
            }
            Ok(None) => Ok(Progress::End),
            Err(failure) => self.wait(failure).await.map(|()| Progress::Reconnect),
        }
    }

    async fn wait(&mut self, failure: Failure) -> Result<(), Failure> {
        let client = &self.export.client;
        let pause = self.backoff.wait(&client.inner.platform, failure)?;
        client.sleep(pause, &self.abort).await
    }
}
