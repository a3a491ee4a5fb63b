//! Exports for JavaScript.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::error::json_argument;
use super::instance::promise;
use super::options::is_true;
use super::value::{object, optional_text, text};
use crate::abort::AbortSignal;
use crate::client::bulk::{Export, ExportDownload, ExportProgress, ExportReader, ReadOptions};
use crate::client::server::config_json::{members, optional, strings};
use crate::error::{Error, Failure};
use crate::fhir::export::{ExportFile, ExportLevel, ExportManifest, ExportRequest};
use crate::fhir::ndjson::Resources;
use crate::platform::{Json, JsonView};
use crate::web::{JsonValue, WebPlatform};

/// An export at the server.
#[wasm_bindgen(js_name = Export)]
pub struct JsExport {
    export: Export<WebPlatform>,
}

impl JsExport {
    pub(super) fn new(export: Export<WebPlatform>) -> Self {
        Self { export }
    }
}

#[wasm_bindgen(js_class = Export)]
impl JsExport {
    /// The status URL.
    #[wasm_bindgen(getter, js_name = statusUrl)]
    pub fn status_url(&self) -> String {
        self.export.status_url().to_owned()
    }

    /// Waits for the manifest, and returns it.
    pub fn wait(&self, on_progress: Option<Function>, signal: JsValue) -> Promise {
        let export = self.export.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let report = |progress: &ExportProgress| {
                let Some(on_progress) = &on_progress else { return };
                let text = optional_text(progress.text.as_deref());
                let progress = object(&[("text", text), ("pause", JsValue::from_f64(progress.pause))]);
                // An exception of the listener does not affect the export.
                let _ = on_progress.call1(&JsValue::UNDEFINED, &progress);
            };
            let manifest = export.wait(&forwarded.signal(), &report).await?;
            Ok(manifest_to_js(&manifest))
        })
    }

    /// Cancels the job.
    pub fn cancel(&self, signal: JsValue) -> Promise {
        let export = self.export.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            export.cancel(&forwarded.signal()).await.map(|()| JsValue::UNDEFINED)
        })
    }

    /// Reads files as resources.
    #[wasm_bindgen(js_name = readFiles)]
    pub fn read_files(
        &self,
        manifest: JsValue,
        files: Vec<JsValue>,
        options: JsValue,
        signal: JsValue,
    ) -> Result<JsExportReader, JsValue> {
        let forwarded = Forwarded::new(signal)?;
        let manifest = read_manifest(manifest)?;
        let files: Vec<ExportFile> = files.into_iter().map(read_file).collect::<Result<_, _>>()?;
        let options = read_options(&JsonValue::from_js(options), forwarded.signal())?;
        let reader = self.export.read_files(&manifest, &files, options)?;
        Ok(JsExportReader { reader: Rc::new(RefCell::new(Some(reader))), _forwarded: forwarded })
    }

    /// Reads a file as bytes.
    pub fn download(&self, manifest: JsValue, file: JsValue, signal: JsValue) -> Result<JsExportDownload, JsValue> {
        let forwarded = Forwarded::new(signal)?;
        let download = self.export.download(&read_manifest(manifest)?, &read_file(file)?, &forwarded.signal())?;
        Ok(JsExportDownload { download: Rc::new(RefCell::new(Some(download))), _forwarded: forwarded })
    }
}

/// Reads resources in batches.
#[wasm_bindgen(js_name = ExportReader)]
pub struct JsExportReader {
    reader: Rc<RefCell<Option<ExportReader<WebPlatform>>>>,
    _forwarded: Forwarded,
}

#[wasm_bindgen(js_class = ExportReader)]
impl JsExportReader {
    /// Returns the next batch, or `undefined`: its resources, their header row, the number of its file, and the progress. It is an array,
    /// which takes less time than an object for many thousand batches.
    pub fn next(&self) -> Promise {
        let slot = self.reader.clone();
        promise(async move {
            let mut reader = slot.take().ok_or_else(in_use)?;
            let outcome = reader.next().await;
            let progress = reader.progress();
            *slot.borrow_mut() = Some(reader);
            let Some(batch) = outcome? else { return Ok(JsValue::UNDEFINED) };
            let resources = match batch.resources {
                Resources::Array(together) => together.array.into_js(),
                Resources::Each(resources) => resources.into_iter().map(JsonValue::into_js).collect::<Array>().into(),
            };
            let header = batch.header.map_or(JsValue::UNDEFINED, JsonValue::into_js);
            let numbers = [
                batch.file as f64,
                progress.files as f64,
                progress.total_files as f64,
                progress.resources as f64,
                progress.bytes as f64,
                progress.skipped as f64,
            ];
            let array: Array = numbers.into_iter().map(JsValue::from_f64).collect();
            array.push(&progress.total_resources.map_or(JsValue::UNDEFINED, JsValue::from_f64));
            array.unshift(&header);
            array.unshift(&resources);
            Ok(array.into())
        })
    }
}

/// Reads bytes in chunks.
#[wasm_bindgen(js_name = ExportDownload)]
pub struct JsExportDownload {
    download: Rc<RefCell<Option<ExportDownload<WebPlatform>>>>,
    _forwarded: Forwarded,
}

#[wasm_bindgen(js_class = ExportDownload)]
impl JsExportDownload {
    /// Returns the next bytes, or `undefined`.
    pub fn next(&self) -> Promise {
        let slot = self.download.clone();
        promise(async move {
            let mut download = slot.take().ok_or_else(in_use)?;
            let outcome = download.next().await;
            *slot.borrow_mut() = Some(download);
            Ok(outcome?.map_or(JsValue::UNDEFINED, |bytes| Uint8Array::from(bytes.as_slice()).into()))
        })
    }
}

fn in_use() -> Failure {
    Error::Export { problem: "it is already being read; await each item before you request the next".into() }.into()
}

/// Reads an export request.
pub(super) fn read_export_request(request: &JsonValue) -> Result<ExportRequest, Failure> {
    let level = match (optional(request, "group")?, optional(request, "level")?.as_deref()) {
        (Some(group), None) => ExportLevel::Group(group),
        (None, Some("system")) => ExportLevel::System,
        (None, None | Some("patient")) => ExportLevel::Patient,
        _ => {
            return Err(Error::configuration(
                "level",
                "it must be \"patient\" or \"system\"; for a group, set only group",
            ));
        }
    };
    Ok(ExportRequest {
        level,
        types: strings(request, "types")?,
        since: optional(request, "since")?,
        type_filters: strings(request, "typeFilters")?,
        elements: strings(request, "elements")?,
        include_associated_data: strings(request, "includeAssociatedData")?,
        output_format: optional(request, "outputFormat")?,
        patients: strings(request, "patients")?,
        by_post: is_true(request, "byPost"),
        organize_output_by: optional(request, "organizeOutputBy")?,
        allow_partial_manifests: is_true(request, "allowPartialManifests"),
        extra: members(request, "parameters", JsonView::text)?,
    })
}

/// About the maximum length of a string in JavaScript engines, so that a longer line cannot be read.
const MAX_LINE: f64 = 512.0 * 1024.0 * 1024.0;

/// Reads the options for reading files.
fn read_options(options: &JsonValue, abort: AbortSignal) -> Result<ReadOptions, Failure> {
    let count = |name: &str| match options.member(name) {
        None => Ok(None),
        Some(value) => match value.number() {
            Some(number) if number >= 1.0 => Ok(Some(number)),
            _ => Err(Error::configuration(name, "it is not a number of at least 1")),
        },
    };
    let default = ReadOptions::default();
    Ok(ReadOptions {
        parallel: count("parallel")?.map_or(default.parallel, |parallel| parallel as usize),
        skips_bad_lines: is_true(options, "skipBadLines"),
        check_counts: options.member("checkCounts").and_then(|check| check.flag()).unwrap_or(default.check_counts),
        max_line_bytes: count("maxLineBytes")?.map_or(default.max_line_bytes, |bytes| bytes.min(MAX_LINE) as usize),
        abort,
    })
}

fn read_manifest(manifest: JsValue) -> Result<ExportManifest, Failure> {
    ExportManifest::read(&json_argument(manifest, "manifest")?)
}

fn read_file(file: JsValue) -> Result<ExportFile, Failure> {
    ExportFile::read(&json_argument(file, "file")?)
}

/// The manifest as an object, with the documents as the server sent them.
fn manifest_to_js(manifest: &ExportManifest) -> JsValue {
    let files = |files: &[ExportFile]| -> JsValue { files.iter().map(file_to_js).collect::<Array>().into() };
    let parse =
        |document: &String| WebPlatform::default().parse(document).map_or(JsValue::UNDEFINED, JsonValue::into_js);
    let documents: Array = manifest.documents.iter().map(parse).collect();
    object(&[
        ("transactionTime", optional_text(manifest.transaction_time.as_deref())),
        ("requiresAccessToken", manifest.requires_access_token.into()),
        ("outputOrganizedBy", optional_text(manifest.organized_by.as_deref())),
        ("output", files(&manifest.output)),
        ("deleted", files(&manifest.deleted)),
        ("error", files(&manifest.error)),
        ("document", documents.get(0)),
        ("documents", documents.into()),
    ])
}

fn file_to_js(file: &ExportFile) -> JsValue {
    object(&[
        ("type", optional_text(file.resource_type.as_deref())),
        ("url", text(&file.url)),
        ("count", file.count.map_or(JsValue::UNDEFINED, JsValue::from_f64)),
        ("continuesInFile", optional_text(file.continues_in_file.as_deref())),
    ])
}
