//! Bulk export: its kick-off, the status of its job, and the manifest of its files (Bulk Data Access 2.0, export).

use std::collections::HashSet;

use super::outcome::OperationOutcome;
use super::reference::is_id;
use super::request::FHIR_JSON;
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::protocol::http::{Method, Redirect, Request};
use crate::protocol::json::{ObjectWriter, array};
use crate::protocol::url::{Url, UrlError};

/// Whose data is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExportLevel {
    /// Everything that the server has.
    System,
    /// All patients.
    #[default]
    Patient,
    /// The members of a Group, by its id.
    Group(String),
}

/// What to export. What is left empty is left to the server.
///
/// ```
/// use smartrust::fhir::export::{ExportLevel, ExportRequest};
///
/// let export = ExportRequest {
///     level: ExportLevel::Group("diabetes".into()),
///     types: vec!["Patient".into(), "Observation".into()],
///     since: Some("2026-01-01T00:00:00Z".into()),
///     ..ExportRequest::default()
/// };
/// # let _ = export;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportRequest {
    /// Whose data.
    pub level: ExportLevel,
    /// The resource types (`_type`).
    pub types: Vec<String>,
    /// Only what changed since an instant (`_since`), such as `2026-01-01T00:00:00Z`.
    pub since: Option<String>,
    /// Searches that narrow types (`_typeFilter`), such as `Observation?category=laboratory`.
    pub type_filters: Vec<String>,
    /// The elements of each resource (`_elements`), such as `id` or `Patient.name`.
    pub elements: Vec<String>,
    /// Related data (`includeAssociatedData`), such as `LatestProvenanceResources`.
    pub include_associated_data: Vec<String>,
    /// The files' media type (`_outputFormat`); servers write `application/fhir+ndjson` by default.
    pub output_format: Option<String>,
    /// Only these patients, by their ids. They are sent by POST.
    pub patients: Vec<String>,
    /// Sends the parameters by POST, as servers of the newer guide ask, also where there are no patients among them.
    pub by_post: bool,
    /// Has the resources of each file stand in blocks, one for each resource of this type, such as `Patient` (`organizeOutputBy`,
    /// Bulk Data Access 3.0). Each block begins with a header row, which [`Batch::header`](crate::client::bulk::Batch::header) has.
    pub organize_output_by: Option<String>,
    /// Lets the server spread the manifest over several pages (`allowPartialManifests`, Bulk Data Access 3.0). All pages are read
    /// in any case, whether or not this was asked for.
    pub allow_partial_manifests: bool,
    /// Parameters that this list lacks, each a name and a value.
    pub extra: Vec<(String, String)>,
}

impl ExportRequest {
    /// The request that begins the export.
    ///
    /// # Errors
    /// [`Error::Reference`] for an id that is not one, [`Error::Url`].
    pub fn kick_off(&self, fhir_base: &Url) -> Result<Request, Failure> {
        let path = match &self.level {
            ExportLevel::System => "$export".to_owned(),
            ExportLevel::Patient => "Patient/$export".to_owned(),
            ExportLevel::Group(id) => format!("Group/{}/$export", checked(id)?),
        };
        let unusable = |problem: UrlError| Error::Url { what: "the export".into(), problem };
        let url = fhir_base.child(&path).map_err(unusable)?;
        let mut request = if self.by_post || !self.patients.is_empty() {
            let mut request = Request::get(url, FHIR_JSON);
            request.method = Method::Post;
            request.body = Some(self.parameters()?);
            request.set_header("Content-Type", FHIR_JSON);
            request
        } else {
            let pairs: Vec<_> = self.pairs();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Request::get(if pairs.is_empty() { url } else { url.with_query(&pairs) }, FHIR_JSON)
        };
        request.set_header("Prefer", "respond-async");
        request.no_store = true;
        // The answer must come from where the export was asked for.
        request.redirect = Redirect::Manual;
        Ok(request)
    }

    fn pairs(&self) -> Vec<(&str, String)> {
        let lists = [
            ("_type", &self.types),
            ("_elements", &self.elements),
            ("includeAssociatedData", &self.include_associated_data),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, list.join(",")));
        let single = [
            ("_since", &self.since),
            ("_outputFormat", &self.output_format),
            ("organizeOutputBy", &self.organize_output_by),
        ];
        let single = single.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let partial = self.allow_partial_manifests.then(|| ("allowPartialManifests", "true".to_owned()));
        // A comma may stand in a filter itself, so each is a parameter of its own.
        let filters = self.type_filters.iter().map(|filter| ("_typeFilter", filter.clone()));
        let extra = self.extra.iter().map(|(name, value)| (name.as_str(), value.clone()));
        lists.chain(single).chain(partial).chain(filters).chain(extra).collect()
    }

    /// The parameters as a Parameters resource.
    fn parameters(&self) -> Result<String, Failure> {
        let pairs = self.pairs();
        let plain = pairs.iter().map(|(name, value)| {
            let parameter = ObjectWriter::new().text("name", name);
            match *name {
                "_since" => parameter.text("valueInstant", value),
                "allowPartialManifests" => parameter.flag("valueBoolean", value == "true"),
                _ => parameter.text("valueString", value),
            }
            .finish()
        });
        let mut parameters: Vec<String> = plain.collect();
        for patient in &self.patients {
            let reference = format!("Patient/{}", checked(patient)?);
            let reference = ObjectWriter::new().text("reference", &reference).finish();
            parameters.push(ObjectWriter::new().text("name", "patient").raw("valueReference", &reference).finish());
        }
        Ok(ObjectWriter::new().text("resourceType", "Parameters").raw("parameter", &array(parameters)).finish())
    }
}

fn checked(id: &str) -> Result<&str, Failure> {
    if is_id(id) { Ok(id) } else { Err(Error::Reference { problem: format!("\"{id}\" is not an id").into() }.into()) }
}

/// Asks how far an export has come.
pub fn status_request(status_url: &Url) -> Request {
    let mut request = Request::get(status_url.clone(), "application/json");
    request.no_store = true;
    request
}

/// Gives an export up: the server may forget it and its files.
pub fn delete_request(status_url: &Url) -> Request {
    let mut request = status_request(status_url);
    request.method = Method::Delete;
    request
}

/// Asks for a file.
pub fn file_request(file: &Url) -> Request {
    let mut request = Request::get(file.clone(), "application/fhir+ndjson");
    request.no_store = true;
    request
}

/// What an export has made.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportManifest {
    /// The instant as of which the data was taken: what to give as `since` next time.
    pub transaction_time: Option<String>,
    /// Whether the files are fetched with the access token.
    pub requires_access_token: bool,
    /// The resource type by which the files are organized (`outputOrganizedBy`).
    pub organized_by: Option<String>,
    /// Files of resources.
    pub output: Vec<ExportFile>,
    /// Files of Bundles that name what was deleted since.
    pub deleted: Vec<ExportFile>,
    /// Files of OperationOutcomes (`error`; `outcome` in newer drafts of the guide).
    pub error: Vec<ExportFile>,
    /// Where the next page of the manifest is (a `link` with the relation `next`). A manifest that
    /// [`Export`](crate::client::bulk::Export) returns has all pages, and this is `None`.
    pub next: Option<String>,
    /// The document of each page, as the server sent it.
    pub documents: Vec<String>,
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportFile {
    /// The type of the resources in it.
    pub resource_type: Option<String>,
    /// Where it is.
    pub url: String,
    /// How many resources are in it, where the server says.
    pub count: Option<f64>,
    /// The file in which the last block of this one goes on, where files are organized by a type (`continuesInFile`).
    pub continues_in_file: Option<String>,
}

impl ExportManifest {
    /// Reads a manifest, or one page of it.
    ///
    /// # Errors
    /// [`Error::Export`] for what is none: neither `output` nor `transactionTime`, a file without a URL, a link without one.
    pub fn read<V: JsonView>(document: &V) -> Result<Self, Failure> {
        let files = |member: &str| -> Result<Vec<ExportFile>, Failure> {
            document.member_items(member).iter().map(ExportFile::read).collect()
        };
        let transaction_time = document.member_text("transactionTime");
        match document.member("output") {
            Some(output) if output.items().is_some() => {}
            // A newer draft of the guide lets a manifest without resources have no `output`.
            None if transaction_time.is_some() => {}
            _ => {
                // Some servers tell of a failure with the status 200.
                let outcome = OperationOutcome::read(document);
                let said = outcome.as_ref().and_then(OperationOutcome::first_text);
                let problem = said.map_or("its manifest has no output".into(), |said| {
                    format!("in place of a manifest the server says: {}", said.trim_end_matches('.'))
                });
                return Err(Error::Export { problem: problem.into() }.into());
            }
        }
        let requires = document.member("requiresAccessToken");
        // Some servers write the flag as text. Where it is absent, the token goes only where it belongs anyway.
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

    /// Adds the next page. A file that an earlier page has already is not added again.
    ///
    /// # Errors
    /// [`Error::Export`] where the pages do not agree on `requiresAccessToken`.
    pub fn append(&mut self, page: Self) -> Result<(), Failure> {
        if page.requires_access_token != self.requires_access_token {
            let problem = "the pages of its manifest do not agree on requiresAccessToken".into();
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

/// Where the next page of a manifest is.
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
    /// [`Error::Export`] for one without an address.
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

    fn base() -> Url {
        Url::parse("https://ehr.example/fhir").unwrap()
    }

    fn full() -> ExportRequest {
        ExportRequest {
            level: ExportLevel::Group("g-1".into()),
            types: vec!["Patient".into(), "Observation".into()],
            since: Some("2026-01-01T00:00:00+01:00".into()),
            type_filters: vec!["Observation?code=a,b".into(), "Condition?category=x".into()],
            elements: vec!["id".into(), "Patient.name".into()],
            include_associated_data: vec!["LatestProvenanceResources".into()],
            output_format: Some("application/fhir+ndjson".into()),
            ..ExportRequest::default()
        }
    }

    #[test]
    fn b2_a_kick_off_asks_at_each_level_and_prefers_to_be_answered_later() {
        for (level, url) in [
            (ExportLevel::System, "https://ehr.example/fhir/$export"),
            (ExportLevel::Patient, "https://ehr.example/fhir/Patient/$export"),
            (ExportLevel::Group("g-1".into()), "https://ehr.example/fhir/Group/g-1/$export"),
        ] {
            let request = ExportRequest { level, ..ExportRequest::default() }.kick_off(&base()).unwrap();
            assert_eq!((request.method, request.url.as_str(), &request.body), (Method::Get, url, &None));
            let header = |name: &str| request.headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
            assert_eq!(header("Prefer"), "respond-async");
            assert_eq!(header("Accept"), "application/fhir+json");
        }
        let wrong = ExportRequest { level: ExportLevel::Group("../x".into()), ..ExportRequest::default() };
        assert_eq!(wrong.kick_off(&base()).unwrap_err().code(), "invalid_reference");
    }

    #[test]
    fn b2_every_parameter_is_named_as_the_guide_names_it() {
        let request = full().kick_off(&base()).unwrap();
        assert_eq!(
            request.url.as_str(),
            "https://ehr.example/fhir/Group/g-1/$export?_type=Patient%2CObservation&_elements=id%2CPatient.name\
             &includeAssociatedData=LatestProvenanceResources&_since=2026-01-01T00%3A00%3A00%2B01%3A00\
             &_outputFormat=application%2Ffhir%2Bndjson&_typeFilter=Observation%3Fcode%3Da%2Cb\
             &_typeFilter=Condition%3Fcategory%3Dx"
        );
    }

    #[test]
    fn b2_patients_travel_in_a_parameters_resource_by_post() {
        let export = ExportRequest { patients: vec!["p1".into(), "p2".into()], ..full() };
        let request = export.kick_off(&base()).unwrap();
        assert_eq!((request.method, request.url.query()), (Method::Post, None));
        assert!(request.headers.contains(&("Content-Type".into(), "application/fhir+json".into())));
        let body: Value = serde_json::from_str(&request.body.unwrap()).unwrap();
        assert_eq!(body["resourceType"], "Parameters");
        let parameter = body["parameter"].as_array().unwrap();
        assert!(parameter.contains(&json!({"name": "_type", "valueString": "Patient,Observation"})));
        assert!(parameter.contains(&json!({"name": "_since", "valueInstant": "2026-01-01T00:00:00+01:00"})));
        assert!(parameter.contains(&json!({"name": "patient", "valueReference": {"reference": "Patient/p2"}})));
        let wrong = ExportRequest { patients: vec!["p 1".into()], ..full() };
        assert_eq!(wrong.kick_off(&base()).unwrap_err().code(), "invalid_reference");
    }

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
    fn b7_b9_what_the_newer_guide_has_is_asked_for_by_its_names() {
        let export = ExportRequest {
            organize_output_by: Some("Patient".into()),
            allow_partial_manifests: true,
            ..ExportRequest::default()
        };
        let query = export.kick_off(&base()).unwrap().url.query().map(str::to_owned);
        assert_eq!(query.as_deref(), Some("organizeOutputBy=Patient&allowPartialManifests=true"));
        let posted = ExportRequest { by_post: true, ..export }.kick_off(&base()).unwrap();
        let body: Value = serde_json::from_str(&posted.body.unwrap()).unwrap();
        assert_eq!(
            body["parameter"],
            json!([
                {"name": "organizeOutputBy", "valueString": "Patient"},
                {"name": "allowPartialManifests", "valueBoolean": true},
            ])
        );
    }

    #[test]
    fn b7_a_manifest_names_its_next_page_and_takes_it_in() {
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
    fn b4_whether_a_token_is_required_is_read_as_flag_and_as_text() {
        let requires = |value: Value| {
            ExportManifest::read(&json!({"output": [], "requiresAccessToken": value})).unwrap().requires_access_token
        };
        assert!(requires(json!(true)) && requires(json!("true")) && requires(Value::Null));
        assert!(!requires(json!(false)) && !requires(json!("false")));
    }

    #[test]
    fn b4_what_is_no_manifest_is_an_error() {
        for document in [json!({}), json!([]), json!({"output": "x"}), json!({"output": [{"type": "Patient"}]})] {
            assert_eq!(ExportManifest::read(&document).unwrap_err().code(), "export_failed");
        }
        let outcome = json!({"resourceType": "OperationOutcome", "issue": [{"diagnostics": "The job has failed."}]});
        let failure = ExportManifest::read(&outcome).unwrap_err();
        assert!(failure.message().contains("The job has failed"), "{}", failure.message());
    }
}
