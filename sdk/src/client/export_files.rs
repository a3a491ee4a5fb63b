//! The files of an export, as resources or as bytes: so many at a time, each read on where its connection broke off.

use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::export::{Export, Patience, whole};
use super::fhir::fhir_error;
use super::transport::in_time;
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::fhir::export::{ExportFile, ExportManifest, file_request};
use crate::fhir::ndjson::{JsonLines, LineCount, Resources};
use crate::platform::{HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::url::Url;

/// How often in a row a file may fail in a way that passes.
const TRIES: u32 = 5;
/// How long a file may be silent, in milliseconds.
const SILENCE: u32 = 60_000;

/// How files are read.
#[derive(Clone)]
pub struct ReadOptions {
    /// How many are read at the same time, at least one.
    pub parallel: usize,
    /// Leaves lines out that are not JSON, and counts them. By default such a line is an error.
    pub skips_bad_lines: bool,
    /// Stops it all.
    pub abort: AbortSignal,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { parallel: 4, skips_bad_lines: false, abort: AbortSignal::never() }
    }
}

/// Resources of one file that arrived together.
#[derive(Clone, Debug)]
pub struct Batch<V> {
    /// Which file of those that are read.
    pub file: usize,
    /// The resources, in the file's order.
    pub resources: Resources<V>,
}

/// How far the reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReadProgress {
    /// How many files are read to their end.
    pub files: usize,
    /// How many there are.
    pub total_files: usize,
    /// How many resources were given.
    pub resources: u64,
    /// How many there should be in all, where the manifest says so of every file.
    pub total_resources: Option<f64>,
    /// How many bytes have arrived.
    pub bytes: u64,
    /// How many bad lines were left out.
    pub skipped: u64,
}

type NextBatch<P> = Pin<Box<dyn Future<Output = (FileReader<P>, Result<Option<Piece<P>>, Failure>)>>>;

/// What arrived of a file: its resources, and the bytes and bad lines that they came with.
struct Piece<P: Platform> {
    resources: Resources<<P as Json>::Value>,
    bytes: usize,
    skipped: u64,
}

/// Reads files side by side, a batch at a time. Of each file no more is held than the batch that arrived last.
pub struct ExportReader<P: Platform> {
    waiting: std::vec::IntoIter<FileReader<P>>,
    running: FuturesUnordered<NextBatch<P>>,
    parallel: usize,
    progress: ReadProgress,
    /// Which files are not read to their end.
    unread: Vec<usize>,
    failed: bool,
}

impl<P: Platform> Export<P> {
    /// Reads files of the manifest, such as all of its `output`.
    ///
    /// # Errors
    /// [`Error::Url`] for a file's address that cannot be used.
    pub fn read_files(
        &self,
        manifest: &ExportManifest,
        files: &[ExportFile],
        options: ReadOptions,
    ) -> Result<ExportReader<P>, Failure> {
        let mut readers = Vec::new();
        for (index, file) in files.iter().enumerate() {
            readers.push(FileReader {
                source: self.source(manifest, file, &options.abort)?,
                index,
                expected: file.count,
                skips_bad_lines: options.skips_bad_lines,
                count: LineCount::default(),
                delivered: 0,
                skipped: 0,
                failure: None,
            });
        }
        let totals = files.iter().map(|file| file.count);
        let progress =
            ReadProgress { total_files: files.len(), total_resources: totals.sum(), ..ReadProgress::default() };
        Ok(ExportReader {
            waiting: readers.into_iter(),
            running: FuturesUnordered::new(),
            parallel: options.parallel.max(1),
            progress,
            unread: (0..files.len()).collect(),
            failed: false,
        })
    }

    /// Reads one file's bytes, to save them as they are.
    ///
    /// # Errors
    /// [`Error::Url`] for an address that cannot be used.
    pub fn download(
        &self,
        manifest: &ExportManifest,
        file: &ExportFile,
        abort: &AbortSignal,
    ) -> Result<ExportDownload<P>, Failure> {
        Ok(ExportDownload { source: self.source(manifest, file, abort)?, received: 0, delivered: 0, has_ended: false })
    }

    fn source(&self, manifest: &ExportManifest, file: &ExportFile, abort: &AbortSignal) -> Result<Source<P>, Failure> {
        let url = self.status_url.join(&file.url);
        Ok(Source {
            export: self.clone(),
            url: url.map_err(|problem| Error::Url { what: "the export's file".into(), problem })?,
            with_token: manifest.requires_access_token,
            abort: abort.clone(),
            response: None,
            patience: Patience::new(TRIES),
        })
    }
}

impl<P: Platform> ExportReader<P> {
    /// The next resources of any file; `None` when all files were read to their end.
    ///
    /// # Errors
    /// [`Error::BadLine`], [`Error::Count`] for a file that holds fewer or more resources than the manifest says,
    /// [`Error::ForeignUrl`] for a file that requires the token and lies where it must not go, [`Error::Fhir`], [`Error::Network`]
    /// after some tries. What came before the error was given; after it nothing more comes.
    pub async fn next(&mut self) -> Result<Option<Batch<<P as Json>::Value>>, Failure> {
        loop {
            while self.running.len() < self.parallel && !self.failed {
                let Some(reader) = self.waiting.next() else { break };
                self.running.push(reader.next());
            }
            let Some((reader, outcome)) = self.running.next().await else { return Ok(None) };
            match outcome {
                Err(failure) => {
                    self.failed = true;
                    self.running.clear();
                    return Err(failure);
                }
                Ok(None) => {
                    self.progress.files += 1;
                    self.unread.retain(|file| *file != reader.index);
                }
                Ok(Some(piece)) => {
                    let file = reader.index;
                    self.running.push(reader.next());
                    self.progress.bytes += piece.bytes as u64;
                    self.progress.skipped += piece.skipped;
                    self.progress.resources += piece.resources.len() as u64;
                    if !piece.resources.is_empty() {
                        return Ok(Some(Batch { file, resources: piece.resources }));
                    }
                }
            }
        }
    }

    /// Which of the files, counted from 0, are not read to their end. After an error these are what is missing, in whole or in
    /// part.
    pub fn unread(&self) -> &[usize] {
        &self.unread
    }

    /// How far it has come.
    pub fn progress(&self) -> ReadProgress {
        self.progress
    }
}

/// One file, on its way.
struct FileReader<P: Platform> {
    source: Source<P>,
    index: usize,
    expected: Option<f64>,
    skips_bad_lines: bool,
    /// What this connection has brought.
    count: LineCount,
    /// How many resources were given, over all connections.
    delivered: u64,
    /// How many bad lines were told of, over all connections.
    skipped: u64,
    /// What ended the file, to be told after what came before it.
    failure: Option<Failure>,
}

impl<P: Platform> FileReader<P> {
    fn next(mut self) -> NextBatch<P> {
        Box::pin(async move {
            let outcome = self.read().await;
            (self, outcome)
        })
    }

    async fn read(&mut self) -> Result<Option<Piece<P>>, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        loop {
            if self.source.response.is_none() {
                self.count = LineCount::default();
            }
            match self.source.lines().await? {
                Progress::Again => {}
                Progress::End => return self.check_count().map(|()| None),
                Progress::Some(lines) => {
                    let piece = self.take(lines);
                    if piece.resources.is_empty() && self.failure.is_some() {
                        return Err(self.failure.take().unwrap_or_else(|| Error::Aborted.into()));
                    }
                    return Ok(Some(piece));
                }
            }
        }
    }

    /// The resources that were not given before.
    fn take(&mut self, lines: JsonLines<<P as Json>::Value>) -> Piece<P> {
        let before = self.count.resources;
        let (mut resources, bad) = self.count.take(lines.lines, self.skips_bad_lines);
        if let Some(bad) = bad {
            self.failure = Some(Error::BadLine { file: self.source.url.as_str().into(), line: bad.line }.into());
        }
        let known = self.delivered.saturating_sub(before).min(resources.len() as u64);
        if known > 0 {
            resources = Resources::Each(resources.into_iter().skip(known as usize).collect());
        }
        self.delivered += resources.len() as u64;
        if !resources.is_empty() {
            self.source.patience = Patience::new(TRIES);
        }
        let skipped = self.count.skipped.saturating_sub(self.skipped);
        self.skipped += skipped;
        Piece { resources, bytes: lines.bytes, skipped }
    }

    fn check_count(&self) -> Result<(), Failure> {
        let found = self.count.resources + self.count.skipped;
        match self.expected {
            Some(expected) if expected != found as f64 => {
                Err(Error::Count { file: self.source.url.as_str().into(), expected: expected as u64, found }.into())
            }
            _ => Ok(()),
        }
    }
}

/// One file's bytes, on their way.
pub struct ExportDownload<P: Platform> {
    source: Source<P>,
    /// What this connection has brought.
    received: usize,
    /// What was given, over all connections.
    delivered: usize,
    has_ended: bool,
}

impl<P: Platform> ExportDownload<P> {
    /// The next bytes; `None` at the file's end. Where the connection breaks off, the file is asked for again and read on from where
    /// it was.
    ///
    /// # Errors
    /// As [`ExportReader::next`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        while !self.has_ended {
            if self.source.response.is_none() {
                self.received = 0;
            }
            match self.source.bytes().await? {
                Progress::Again => {}
                Progress::End if self.received < self.delivered => {
                    return Err(Error::Export { problem: "a file became shorter while it was read".into() }.into());
                }
                Progress::End => self.has_ended = true,
                Progress::Some(mut bytes) => {
                    let known = self.delivered.saturating_sub(self.received).min(bytes.len());
                    self.received += bytes.len();
                    bytes.drain(..known);
                    if !bytes.is_empty() {
                        self.delivered += bytes.len();
                        self.source.patience = Patience::new(TRIES);
                        return Ok(Some(bytes));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// What came of asking for more.
enum Progress<T> {
    Some(T),
    /// The connection broke off; the next question begins a new one.
    Again,
    End,
}

/// A file's connection, and what to do when it breaks off.
struct Source<P: Platform> {
    export: Export<P>,
    url: Url,
    with_token: bool,
    abort: AbortSignal,
    response: Option<P::Response>,
    patience: Patience,
}

impl<P: Platform> Source<P> {
    async fn lines(&mut self) -> Result<Progress<JsonLines<<P as Json>::Value>>, Failure> {
        let response = self.connected().await?;
        self.more(response, async |response| response.json_lines().await).await
    }

    async fn bytes(&mut self) -> Result<Progress<Vec<u8>>, Failure> {
        let response = self.connected().await?;
        self.more(response, async |response| response.chunk().await).await
    }

    /// The response whose body is being read.
    async fn connected(&mut self) -> Result<P::Response, Failure> {
        if let Some(response) = self.response.take() {
            return Ok(response);
        }
        let request = file_request(&self.url);
        loop {
            let failure = match self.export.client.open(&request, self.with_token, &self.abort).await {
                Ok(response) if (200..300).contains(&response.status()) => return Ok(response),
                Ok(response) => {
                    match whole(&self.export.client.inner.platform, response, &request.url, &self.abort).await {
                        Ok(answer) => fhir_error(*answer, &request.url),
                        Err(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            self.wait(failure).await?;
        }
    }

    async fn more<T>(
        &mut self,
        mut response: P::Response,
        next: impl AsyncFnOnce(&mut P::Response) -> Result<Option<T>, HttpFailure>,
    ) -> Result<Progress<T>, Failure> {
        let platform = &self.export.client.inner.platform;
        let outcome = in_time(platform, &self.url, SILENCE, &self.abort, next(&mut response)).await;
        match outcome {
            Ok(Some(piece)) => {
                self.response = Some(response);
                Ok(Progress::Some(piece))
            }
            Ok(None) => Ok(Progress::End),
            Err(failure) => self.wait(failure).await.map(|()| Progress::Again),
        }
    }

    async fn wait(&mut self, failure: Failure) -> Result<(), Failure> {
        let client = &self.export.client;
        let pause = self.patience.wait(&client.inner.platform, failure)?;
        client.pause(pause, &self.abort).await
    }
}
