//! Bulk export: its kick-off, and the requests for its status and its files (Bulk Data Access 2.0, export).

mod manifest;

pub use manifest::{ExportFile, ExportManifest};

use derive_setters::Setters;

use super::reference::is_id;
use super::request::FHIR_JSON;
use crate::error::{Error, Failure};
use crate::json::{ObjectWriter, array};
use crate::protocol::http::{Method, Redirect, Request};
use crate::protocol::url::{Url, UrlError};

/// The level of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportLevel {
    /// All data of the server.
    System,
    /// All patients.
    #[default]
    Patient,
    /// The members of a Group, by its id.
    Group(String),
}

/// The parameters of an export. The server's defaults apply to empty ones.
///
/// ```
/// use smartrust::fhir::export::{ExportLevel, ExportRequest};
///
/// let export = ExportRequest::default()
///     .level(ExportLevel::Group("diabetes".into()))
///     .types(["Patient".to_owned(), "Observation".to_owned()])
///     .since("2026-01-01T00:00:00Z");
/// assert!(!export.by_post);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct ExportRequest {
    /// The level.
    pub level: ExportLevel,
    /// The resource types (`_type`).
    pub types: Vec<String>,
    /// Only resources that changed since an instant (`_since`), such as `2026-01-01T00:00:00Z`.
    pub since: Option<String>,
    /// Searches that filter types (`_typeFilter`), such as `Observation?category=laboratory`.
    pub type_filters: Vec<String>,
    /// The elements of each resource (`_elements`), such as `id` or `Patient.name`.
    pub elements: Vec<String>,
    /// Related data (`includeAssociatedData`), such as `LatestProvenanceResources`.
    pub include_associated_data: Vec<String>,
    /// The files' media type (`_outputFormat`); `application/fhir+ndjson` by default.
    pub output_format: Option<String>,
    /// Only these patients, by their ids. They are sent by POST.
    pub patients: Vec<String>,
    /// Sends the parameters by POST, also without patients. Servers of the newer guide require it.
    pub by_post: bool,
    /// Organizes each file in blocks, one for each resource of this type, such as `Patient` (`organizeOutputBy`,
    /// Bulk Data Access 3.0). Each block begins with a header row, see [`Batch::header`](crate::client::bulk::Batch::header).
    pub organize_output_by: Option<String>,
    /// Allows the server to split the manifest into several pages (`allowPartialManifests`, Bulk Data Access 3.0). All pages are read
    /// in any case.
    pub allow_partial_manifests: bool,
    /// Other parameters: names and values.
    pub extra: Vec<(String, String)>,
}

impl ExportRequest {
    /// The kick-off request.
    ///
    /// ```
    /// use smartrust::fhir::export::ExportRequest;
    /// use smartrust::protocol::url::Url;
    ///
    /// let export = ExportRequest::default().types(["Patient".to_owned()]);
    /// let request = export.kick_off(&Url::parse("https://ehr.example/fhir")?)?;
    /// assert_eq!(request.url.as_str(), "https://ehr.example/fhir/Patient/$export?_type=Patient");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`] for an invalid id, [`Error::Url`].
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
        // The response must come from the server that the request is for.
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
        // A filter may contain a comma, so each filter is a separate parameter.
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

/// Requests the status of an export.
///
/// ```
/// use smartrust::fhir::export::{ExportManifest, delete_request, file_request, status_request};
/// use smartrust::protocol::url::Url;
///
/// let status_url = Url::parse("https://ehr.example/jobs/1")?;
/// assert_eq!(status_request(&status_url).method.as_str(), "GET");
/// assert_eq!(delete_request(&status_url).method.as_str(), "DELETE");
///
/// let file = serde_json::json!({"type": "Patient", "url": "https://ehr.example/files/1.ndjson", "count": 2});
/// let manifest = ExportManifest::read(&serde_json::json!({"requiresAccessToken": true, "output": [file]}))?;
/// let request = file_request(&Url::parse(&manifest.output[0].url)?);
/// assert_eq!(request.url.path(), "/files/1.ndjson");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn status_request(status_url: &Url) -> Request {
    let mut request = Request::get(status_url.clone(), "application/json");
    request.no_store = true;
    request
}

/// Cancels an export: the server may delete it and its files.
///
/// For an example, see [`status_request`].
pub fn delete_request(status_url: &Url) -> Request {
    let mut request = status_request(status_url);
    request.method = Method::Delete;
    request
}

/// Requests a file.
///
/// For an example, see [`status_request`].
pub fn file_request(file: &Url) -> Request {
    let mut request = Request::get(file.clone(), "application/fhir+ndjson");
    request.no_store = true;
    request
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
    fn b2_a_kick_off_has_each_level_and_prefers_an_asynchronous_response() {
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
    fn b2_every_parameter_has_the_name_of_the_guide() {
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
    fn b2_patients_are_sent_in_a_parameters_resource_by_post() {
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
    fn b7_b9_the_parameters_of_the_newer_guide_are_sent_with_their_names() {
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
}
