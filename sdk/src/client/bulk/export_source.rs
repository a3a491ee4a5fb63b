//! A file's connection: opened with or without the access token, and opened again where it breaks off.

use super::export::{Backoff, Export, read_whole};
use crate::abort::AbortSignal;
use crate::client::server::transport::{fhir_error, with_timeout};
use crate::error::{Error, Failure};
use crate::fhir::export::{ExportFile, ExportManifest, file_request};
use crate::fhir::ndjson::{JsonLines, LineRules};
use crate::platform::{HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::redaction::Secrets;
use crate::protocol::url::Url;

/// How often in a row a file may fail in a way that passes.
const TRIES: u32 = 5;
/// How long a file may be silent, in milliseconds.
const SILENCE: u32 = 60_000;

/// What came of asking for more.
pub(crate) enum Progress<T> {
    Some(T),
    /// The connection broke off; the next question begins a new one.
    Reconnect,
    End,
}

/// A file's connection, and what to do when it breaks off.
pub(super) struct Source<P: Platform> {
    export: Export<P>,
    pub url: Url,
    with_token: bool,
    abort: AbortSignal,
    response: Option<P::Response>,
    backoff: Backoff,
}

impl<P: Platform> Source<P> {
    /// A file of which nothing was asked for yet.
    ///
    /// # Errors
    /// [`Error::Url`] for a URL that cannot be used.
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

    /// Whether the body that was read last goes on. If not, what is read next is the file's beginning.
    pub fn is_connected(&self) -> bool {
        self.response.is_some()
    }

    /// What an error about the file must not repeat.
    pub fn secrets(&self) -> Secrets {
        self.export.client.secrets()
    }

    /// Something new has arrived, so that a later failure is the first in a row.
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

    /// The response whose body is being read.
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
        let outcome = with_timeout(platform, &self.url, SILENCE, &self.abort, next(&mut response)).await;
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
