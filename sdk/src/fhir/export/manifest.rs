//! The manifest of a bulk export, with its files (Bulk Data Access 2.0, export: response - complete status).

use std::collections::HashSet;

use crate::error::{Error, Failure};
use crate::fhir::outcome::OperationOutcome;
use crate::json::JsonView;

/// The result of an export.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExportManifest {
    /// The instant of the data: pass it as `since` to the next export.
    pub transaction_time: Option<String>,
    /// Whether the files are fetched with the access token.
    pub requires_access_token: bool,
    /// The resource type by which the files are organized (`outputOrganizedBy`).
    pub organized_by: Option<String>,
    /// Files of resources.
    pub output: Vec<ExportFile>,
    /// Files of Bundles with the deletions since.
    pub deleted: Vec<ExportFile>,
    /// Files of OperationOutcomes (`error`; `outcome` in newer drafts of the guide).
    pub error: Vec<ExportFile>,
    /// The URL of the manifest's next page (a `link` with the relation `next`). A manifest that
    /// [`Export`](crate::client::bulk::Export) returns has all pages, and this is `None`.
    pub next: Option<String>,
    /// The document of each page.
    pub documents: Vec<String>,
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExportFile {
    /// The type of its resources.
    pub resource_type: Option<String>,
    /// Its URL.
    pub url: String,
    /// Its number of resources, if the server reports it.
    pub count: Option<f64>,
    /// The file that continues the last block of this one, if files are organized by a type (`continuesInFile`).
    pub continues_in_file: Option<String>,
}

impl ExportManifest {
    /// Reads a manifest, or one page of it.
    ///
    /// For an example, see [`status_request`](super::status_request).
    ///
    /// # Errors
    /// [`Error::Export`] for anything else: neither `output` nor `transactionTime`, a file without a URL, a link without one.
    pub fn read<V: JsonView>(document: &V) -> Result<Self, Failure> {
        let files = |member: &str| -> Result<Vec<ExportFile>, Failure> {
            document.member_items(member).iter().map(ExportFile::read).collect()
        };
        let transaction_time = document.member_text("transactionTime");
        match document.member("output") {
            Some(output) if output.items().is_some() => {}
            // In a newer draft of the guide, a manifest without resources may have no `output`.
            None if transaction_time.is_some() => {}
            _ => {
                // Some servers report a failure with the status 200.
                let outcome = OperationOutcome::read(document);
                let message = outcome.as_ref().and_then(OperationOutcome::first_text);
                let problem = message.map_or("its manifest has no output".into(), |message| {
                    format!("the server returned no manifest: {}", message.trim_end_matches('.'))
                });
                return Err(Error::Export { problem: problem.into() }.into());
            }
        }
        let requires = document.member("requiresAccessToken");
        // Some servers write the flag as a string. If it is absent, the guard still decides where the token is sent.
        let text = requires.as_ref().and_then(|requires| requires.text());
        let flag = requires.and_then(|requires| requires.flag());
        let mut error = files("error")?;
        error.extend(files("outcome")?);
        Ok(Self {
            transaction_time,
            requires_access_token: flag.unwrap_or_else(|| text.as_deref() != Some("false")),
            organized_by: document.member_text("outputOrganizedBy"),
            output: files("output")?,
            deleted: files("deleted")?,
            error,
            next: next_page(document)?,
            documents: vec![document.to_json()],
        })
    }

    /// Adds the next page. Files that an earlier page has are not added again.
    ///
    /// # Errors
    /// [`Error::Export`] if the pages disagree on `requiresAccessToken`.
    pub fn append(&mut self, page: Self) -> Result<(), Failure> {
        if page.requires_access_token != self.requires_access_token {
            let problem = "the pages of its manifest disagree on requiresAccessToken".into();
            return Err(Error::Export { problem }.into());
        }
        let lists = [(&mut self.output, page.output), (&mut self.deleted, page.deleted), (&mut self.error, page.error)];
        for (files, more) in lists {
            let known: HashSet<String> = files.iter().map(|file| file.url.clone()).collect();
            files.extend(more.into_iter().filter(|file| !known.contains(&file.url)));
        }
        self.next = page.next;
        self.documents.extend(page.documents);
        Ok(())
    }
}

/// The URL of a manifest's next page.
fn next_page<V: JsonView>(document: &V) -> Result<Option<String>, Failure> {
    let links = document.member_items("link");
    let Some(next) = links.iter().find(|link| link.member_text("relation").as_deref() == Some("next")) else {
        return Ok(None);
    };
    let url = next.member_text("url");
    Ok(Some(url.ok_or_else(|| Error::Export { problem: "the link to its manifest's next page has no url".into() })?))
}

impl ExportFile {
    /// Reads an entry of a manifest.
    ///
    /// # Errors
    /// [`Error::Export`] for one without a URL.
    pub fn read<V: JsonView>(file: &V) -> Result<Self, Failure> {
        let url = file.member_text("url");
        Ok(Self {
            resource_type: file.member_text("type"),
            url: url.ok_or_else(|| Error::Export { problem: "a file of its manifest has no url".into() })?,
            count: file.member("count").and_then(|count| count.number()),
            continues_in_file: file.member_text("continuesInFile"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn b4_a_manifest_is_read_with_all_its_files() {
        let manifest = ExportManifest::read(&json!({
            "transactionTime": "2026-01-01T00:00:00Z", "request": "…", "requiresAccessToken": true,
            "output": [{"type": "Patient", "url": "https://ehr.example/f/1", "count": 3}, {"type": "Patient", "url": "u"}],
            "deleted": [{"type": "Bundle", "url": "d"}], "error": [{"type": "OperationOutcome", "url": "e"}],
        }))
        .unwrap();
        assert_eq!(manifest.transaction_time.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!((manifest.output.len(), manifest.deleted.len(), manifest.error.len()), (2, 1, 1));
        assert_eq!((manifest.output[0].count, manifest.output[1].count), (Some(3.0), None));
    }

    #[test]
    fn b7_a_manifest_has_its_next_page_and_adds_it() {
        let page = |url: &str, more: Value| {
            let mut page = json!({"requiresAccessToken": true, "output": [{"url": "1"}, {"url": url}]});
            page.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ExportManifest::read(&page)
        };
        let links = json!({"link": [{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}]});
        let mut first = page("2", links).unwrap();
        assert_eq!(first.next.as_deref(), Some("b"));
        let last = json!({"deleted": [{"url": "3"}], "outcome": [{"url": "4"}], "outputOrganizedBy": "Patient"});
        first.append(page("5", last).unwrap()).unwrap();
        let urls = |files: &[ExportFile]| files.iter().map(|file| file.url.clone()).collect::<Vec<_>>();
        assert_eq!(urls(&first.output), ["1", "2", "5"], "a file that both pages have is one file");
        assert_eq!((urls(&first.deleted), urls(&first.error)), (vec!["3".into()], vec!["4".into()]));
        assert_eq!((first.next.clone(), first.documents.len()), (None, 2));

        let disagreeing = page("6", json!({"requiresAccessToken": false})).unwrap();
        assert_eq!(first.append(disagreeing).unwrap_err().code(), "export_failed");
        assert_eq!(page("7", json!({"link": [{"relation": "next"}]})).unwrap_err().code(), "export_failed");
    }

    #[test]
    fn b7_a_manifest_without_resources_may_have_no_output() {
        let empty = ExportManifest::read(&json!({"transactionTime": "2026-01-01T00:00:00Z"})).unwrap();
        assert!(empty.output.is_empty());
    }

    #[test]
    fn b4_requires_access_token_is_read_as_boolean_and_as_string() {
        let requires = |value: Value| {
            ExportManifest::read(&json!({"output": [], "requiresAccessToken": value})).unwrap().requires_access_token
        };
        assert!(requires(json!(true)) && requires(json!("true")) && requires(Value::Null));
        assert!(!requires(json!(false)) && !requires(json!("false")));
    }

    #[test]
    fn b4_an_invalid_manifest_is_an_error() {
        for document in [json!({}), json!([]), json!({"output": "x"}), json!({"output": [{"type": "Patient"}]})] {
            assert_eq!(ExportManifest::read(&document).unwrap_err().code(), "export_failed");
        }
        let outcome = json!({"resourceType": "OperationOutcome", "issue": [{"diagnostics": "The job has failed."}]});
        let failure = ExportManifest::read(&outcome).unwrap_err();
        assert!(failure.message().contains("The job has failed"), "{}", failure.message());
    }
}
