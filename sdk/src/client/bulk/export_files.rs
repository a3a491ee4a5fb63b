//! The files of an export, as resources or as bytes: several at a time, and continued after a connection breaks.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::export::Export;
use super::export_source::{Progress, Source};
use super::read_options::ReadOptions;
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::fhir::export::{ExportFile, ExportManifest};
use crate::fhir::ndjson::{JsonLines, LineRules, Resources};
use crate::fhir::resource_lines::{FileLines, LineFault, Section};
use crate::platform::{Json, Platform};

/// Resources of one file that were read together.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch<V> {
    /// The index of the file.
    pub file: usize,
    /// The header of the resources, if files are organized by a resource type
    /// ([`organize_output_by`](crate::fhir::export::ExportRequest::organize_output_by)): a Parameters resource whose parameter `header` refers
    /// to the resource that they belong to.
    pub header: Option<V>,
    /// The resources, in the order of the file.
    pub resources: Resources<V>,
}

/// The progress of reading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadProgress {
    /// The number of files that are completely read.
    pub files: usize,
    /// The number of all files.
    pub total_files: usize,
    /// The number of resources that were returned.
    pub resources: u64,
    /// The number of all resources, if the manifest has a count for each file.
    pub total_resources: Option<f64>,
    /// The number of bytes that were read.
    pub bytes: u64,
    /// The number of invalid lines that were left out.
    pub skipped: u64,
}

type NextBatch<P> = Pin<Box<dyn Future<Output = (FileReader<P>, Result<Option<Piece<P>>, Failure>)>>>;

/// A part of a file: its resources, its size, and the number of its invalid lines.
struct Piece<P: Platform> {
    sections: Vec<Section<<P as Json>::Value>>,
    bytes: usize,
    skipped: u64,
}

/// Reads several files concurrently, in batches. At most the last batch of each file is in memory.
pub struct ExportReader<P: Platform> {
    waiting: std::vec::IntoIter<FileReader<P>>,
    running: FuturesUnordered<NextBatch<P>>,
    /// Batches that were read and not returned yet.
    ready: VecDeque<Batch<<P as Json>::Value>>,
    parallel: usize,
    progress: ReadProgress,
    /// The indices of files that are not completely read.
    unread: Vec<usize>,
    failed: bool,
}

impl<P: Platform> Export<P> {
    /// Reads files of the manifest, such as all of its `output`.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, client::bulk::Export, fhir::export::ExportManifest, platform::Platform};
    /// use smartrust::client::bulk::ReadOptions;
    ///
    /// # async fn example<P: Platform>(export: &Export<P>, manifest: &ExportManifest) -> Result<(), Failure> {
    /// let mut reader = export.read_files(manifest, &manifest.output, ReadOptions::default().parallel(2))?;
    /// while let Some(batch) = reader.next().await? {
    ///     println!("{} resources of file {}", batch.resources.len(), batch.file);
    /// }
    /// println!("{} bytes, unread files: {:?}", reader.progress().bytes, reader.unread());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Url`] for a file with an invalid URL, [`Error::Export`] for a manifest without its further pages.
    pub fn read_files(
        &self,
        manifest: &ExportManifest,
        files: &[ExportFile],
        options: ReadOptions,
    ) -> Result<ExportReader<P>, Failure> {
        if manifest.next.is_some() {
            let problem = "the manifest has further pages; wait for the export, which reads them all".into();
            return Err(Error::Export { problem }.into());
        }
        let rules = LineRules::of_resources(options.max_line_bytes);
        let mut readers = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let is_of_errors = manifest.error.iter().any(|error| error.url == file.url);
            let holds_outcomes = is_of_errors || file.resource_type.as_deref() == Some("OperationOutcome");
            readers.push(FileReader {
                source: Source::of(self, manifest, file, &options.abort)?,
                index,
                expected: file.count.filter(|_| options.check_counts && !holds_outcomes),
                lines: FileLines::new(rules, options.skips_bad_lines, holds_outcomes),
                failure: None,
            });
        }
        let totals = files.iter().map(|file| file.count);
        let progress =
            ReadProgress { total_files: files.len(), total_resources: totals.sum(), ..ReadProgress::default() };
        Ok(ExportReader {
            waiting: readers.into_iter(),
            running: FuturesUnordered::new(),
            ready: VecDeque::new(),
            parallel: options.parallel.max(1),
            progress,
            unread: (0..files.len()).collect(),
            failed: false,
        })
    }

    /// Reads the bytes of one file, for example to save it.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::bulk::Export, fhir::export::ExportManifest, platform::Platform};
    /// # async fn example<P: Platform>(export: &Export<P>, manifest: &ExportManifest) -> Result<(), Failure> {
    /// for file in &manifest.output {
    ///     let mut download = export.download(manifest, file, &AbortSignal::never())?;
    ///     while let Some(bytes) = download.next().await? {
    ///         println!("{} bytes of {}", bytes.len(), file.url);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Url`] for an invalid URL.
    pub fn download(
        &self,
        manifest: &ExportManifest,
        file: &ExportFile,
        abort: &AbortSignal,
    ) -> Result<ExportDownload<P>, Failure> {
        Ok(ExportDownload {
            source: Source::of(self, manifest, file, abort)?,
            received: 0,
            delivered: 0,
            has_ended: false,
        })
    }
}

impl<P: Platform> ExportReader<P> {
    /// Returns the next resources of any file; `None` when all files are completely read.
    ///
    /// # Errors
    /// [`Error::BadLine`], [`Error::FileOutcome`] for a file with an OperationOutcome in place of a resource, [`Error::Count`] for a file
    /// with another number of resources than in the manifest, [`Error::ForeignUrl`] for a file that requires the token and has a URL that
    /// the token must not be sent to, [`Error::Fhir`], and [`Error::Network`] after several retries. Everything before the error was
    /// returned; after it, nothing more is.
    pub async fn next(&mut self) -> Result<Option<Batch<<P as Json>::Value>>, Failure> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                self.progress.resources += batch.resources.len() as u64;
                return Ok(Some(batch));
            }
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
                    let sections = piece.sections.into_iter();
                    self.ready.extend(sections.map(|Section { header, resources }| Batch { file, header, resources }));
                }
            }
        }
    }

    /// The indices of the files that are not completely read. After an error, their resources are incomplete.
    pub fn unread(&self) -> &[usize] {
        &self.unread
    }

    /// The progress so far.
    pub fn progress(&self) -> ReadProgress {
        self.progress
    }
}

/// A file that is being read.
struct FileReader<P: Platform> {
    source: Source<P>,
    index: usize,
    expected: Option<f64>,
    lines: FileLines<<P as Json>::Value>,
    /// The error that ended the file, which is returned after the resources before it.
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
            if !self.source.is_connected() {
                self.lines.restart();
            }
            match self.source.lines(self.lines.rules()).await? {
                Progress::Reconnect => {}
                Progress::End => return self.check_count().map(|()| None),
                Progress::Some(lines) => {
                    let piece = self.take(lines);
                    return match self.failure.take_if(|_| piece.sections.is_empty()) {
                        Some(failure) => Err(failure),
                        None => Ok(Some(piece)),
                    };
                }
            }
        }
    }

    /// The resources that were not returned before.
    fn take(&mut self, lines: JsonLines<<P as Json>::Value>) -> Piece<P> {
        let taken = self.lines.read(lines.lines);
        if let Some((line, fault)) = taken.fault {
            let file = self.source.url.as_str().into();
            self.failure = Some(match fault {
                LineFault::Bad(problem) => Error::BadLine { file, line, problem }.into(),
                LineFault::Outcome(outcome) => {
                    let failure = Failure::from(Error::FileOutcome { file, line, outcome });
                    failure.without(&self.source.secrets())
                }
            });
        }
        if !taken.sections.is_empty() {
            self.source.reset_backoff();
        }
        Piece { sections: taken.sections, bytes: lines.bytes, skipped: taken.skipped }
    }

    fn check_count(&self) -> Result<(), Failure> {
        match self.expected {
            Some(expected) if !self.lines.has_count(expected) => {
                let (file, found) = (self.source.url.as_str().into(), self.lines.count());
                Err(Error::Count { file, expected: expected as u64, found }.into())
            }
            _ => Ok(()),
        }
    }
}

/// The bytes of a file that is being read.
pub struct ExportDownload<P: Platform> {
    source: Source<P>,
    /// The bytes of this connection.
    received: usize,
    /// The bytes that were returned, of all connections.
    delivered: usize,
    has_ended: bool,
}

impl<P: Platform> ExportDownload<P> {
    /// Returns the next bytes; `None` at the end of the file. After a connection breaks, the file is requested again and continued.
    ///
    /// # Errors
    /// As [`ExportReader::next`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        while !self.has_ended {
            if !self.source.is_connected() {
                self.received = 0;
            }
            match self.source.bytes().await? {
                Progress::Reconnect => {}
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
                        self.source.reset_backoff();
                        return Ok(Some(bytes));
                    }
                }
            }
        }
        Ok(None)
    }
}

impl<P: Platform> fmt::Debug for ExportReader<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ExportReader").field("progress", &self.progress).finish_non_exhaustive()
    }
}

impl<P: Platform> fmt::Debug for ExportDownload<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ExportDownload").field("delivered", &self.delivered).finish_non_exhaustive()
    }
}
