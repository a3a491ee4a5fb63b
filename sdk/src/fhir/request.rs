//! FHIR requests: each interaction's method, URL, headers and body (FHIR R4, RESTful API).

mod entry;
mod target;

#[cfg(test)]
mod tests;

use std::fmt;

use super::response::version_of;
use crate::error::{Error, Failure};
use crate::json::JsonView;
use crate::protocol::encoding::form;
use crate::protocol::http::{Method, Redirect, Request};
use crate::protocol::scope::Permissions;
use crate::protocol::url::{Url, UrlError};

/// The media type of FHIR in JSON.
pub const FHIR_JSON: &str = "application/fhir+json";
/// The media type of a JSON Patch (RFC 6902 section 6).
const JSON_PATCH: &str = "application/json-patch+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Searches with longer URLs are sent by POST, which every server and proxy accepts.
const LONG_URL: usize = 2000;

/// The interactions of FHIR (FHIR R4, RESTful API).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interaction {
    /// Reads a resource, or one version of it: `Patient/1`, `Patient/1/_history/2`, or an absolute reference.
    Read,
    /// Searches in a type, or in a type of a compartment: `Observation`, `Patient/1/Observation`.
    Search,
    /// Creates a resource of a type.
    Create,
    /// Replaces a resource, or the one that a search in a type finds.
    Update,
    /// Changes parts of a resource, or of the one that a search in a type finds.
    Patch,
    /// Deletes a resource, or the ones that a search in a type finds.
    Delete,
    /// The history of a resource, of a type, or of the whole server.
    History,
    /// The capability statement.
    Capabilities,
    /// An operation on the server, a type or a resource: `$convert`, `Patient/$match`, `Patient/1/$everything`.
    Operation,
    /// A batch or a transaction, depending on the Bundle's type.
    Bundle,
}

impl Interaction {
    /// The interaction of a name, which is the variant's name in lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "read" => Self::Read,
            "search" => Self::Search,
            "create" => Self::Create,
            "update" => Self::Update,
            "patch" => Self::Patch,
            "delete" => Self::Delete,
            "history" => Self::History,
            "capabilities" => Self::Capabilities,
            "operation" => Self::Operation,
            "bundle" => Self::Bundle,
            _ => return None,
        })
    }

    fn method(self, has_body: bool) -> Method {
        match self {
            Self::Create | Self::Bundle => Method::Post,
            Self::Update => Method::Put,
            Self::Patch => Method::Patch,
            Self::Delete => Method::Delete,
            Self::Operation if has_body => Method::Post,
            _ => Method::Get,
        }
    }
}

/// The content that the server should return for a change (FHIR R4, RESTful API: create, update).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Return {
    /// No content.
    Minimal,
    /// The resource after the change.
    Representation,
    /// An OperationOutcome.
    OperationOutcome,
}

/// A FHIR request, independent of a server.
///
/// ```
/// use smartrust::fhir::request::{FhirRequest, Interaction, Return};
/// use smartrust::protocol::{http::Method, url::Url};
///
/// let patient = r#"{"resourceType": "Patient", "id": "1", "active": true}"#;
/// let update = FhirRequest::new(Interaction::Update, "Patient/1")
///     .body(patient)
///     .if_match("W/\"3\"")
///     .prefer(Return::Representation);
/// let request = update.build(&Url::parse("https://ehr.example/fhir")?)?;
/// assert_eq!((request.method, request.url.as_str()), (Method::Put, "https://ehr.example/fhir/Patient/1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
#[must_use = "a request does nothing until it is sent"]
pub struct FhirRequest {
    interaction: Interaction,
    target: String,
    parameters: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    is_posted: bool,
}

impl fmt::Debug for FhirRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interaction, target, .. } = self;
        formatter
            .debug_struct("FhirRequest")
            .field("interaction", interaction)
            .field("target", target)
            .finish_non_exhaustive()
    }
}

impl FhirRequest {
    /// A request for an interaction with its target, see [`Interaction`]; the target is empty for interactions without one.
    pub fn new(interaction: Interaction, target: impl Into<String>) -> Self {
        Self {
            interaction,
            target: target.into(),
            parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
            is_posted: false,
        }
    }

    /// Reads a resource by its reference.
    pub fn read(reference: impl Into<String>) -> Self {
        Self::new(Interaction::Read, reference)
    }

    /// Searches in a type.
    pub fn search(resource_type: impl Into<String>, parameters: &[(String, String)]) -> Self {
        Self { parameters: parameters.to_vec(), ..Self::new(Interaction::Search, resource_type) }
    }

    /// Creates a resource. Its type is in the resource.
    ///
    /// For an example, see [`Self::if_none_exist`].
    pub fn create<V: JsonView>(resource: &V) -> Self {
        Self::new(Interaction::Create, resource.member_text("resourceType").unwrap_or_default())
            .body(resource.to_json())
    }

    /// Replaces a resource. Its type and id are in the resource.
    ///
    /// For an example, see [`Self::if_match_version_of`].
    pub fn update<V: JsonView>(resource: &V) -> Self {
        let named = |member: &str| resource.member_text(member).unwrap_or_default();
        let target = format!("{}/{}", named("resourceType"), named("id"));
        Self::new(Interaction::Update, target).body(resource.to_json())
    }

    /// Replaces the only resource that a search in the type finds, or creates it if there is none (FHIR R4, RESTful API:
    /// conditional update).
    pub fn update_where<V: JsonView>(resource: &V, parameters: &[(String, String)]) -> Self {
        let created = Self::create(resource);
        Self { interaction: Interaction::Update, parameters: parameters.to_vec(), ..created }
    }

    /// Adds a parameter to a search, to an operation by GET, or to a conditional change.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Sets a JSON body: a resource, an operation's Parameters, a Bundle; for a patch, a JSON Patch (an array, RFC 6902) or a
    /// FHIRPath Patch (Parameters). An operation with a body is sent by POST.
    pub fn body(mut self, json: impl Into<String>) -> Self {
        self.body = Some(json.into());
        self
    }

    /// Sends a search or an operation by POST. A search with a long URL is always sent by POST.
    pub fn posted(mut self) -> Self {
        self.is_posted = true;
        self
    }

    /// Creates the resource only if this search finds none, such as `identifier=http://example.org|7`.
    ///
    /// ```
    /// use smartrust::fhir::request::FhirRequest;
    /// use smartrust::protocol::url::Url;
    ///
    /// let patient = serde_json::json!({"resourceType": "Patient", "birthDate": "1815-12-10"});
    /// let create = FhirRequest::create(&patient).if_none_exist("identifier=http://example.org|7");
    /// let request = create.build(&Url::parse("https://ehr.example/fhir")?)?;
    /// assert!(request.headers.contains(&("If-None-Exist".into(), "identifier=http://example.org|7".into())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn if_none_exist(self, search: impl Into<String>) -> Self {
        self.header("If-None-Exist", search.into())
    }

    /// Changes the resource only if its current version has this ETag, such as `W/"3"`.
    pub fn if_match(self, etag: impl Into<String>) -> Self {
        self.header("If-Match", etag.into())
    }

    /// Changes the resource only if its current version is that of `resource`, by its `meta.versionId`.
    ///
    /// ```
    /// use smartrust::fhir::request::FhirRequest;
    /// use smartrust::protocol::url::Url;
    ///
    /// let patient = serde_json::json!({"resourceType": "Patient", "id": "1", "meta": {"versionId": "3"}, "active": false});
    /// let update = FhirRequest::update(&patient).if_match_version_of(&patient)?;
    /// let request = update.build(&Url::parse("https://ehr.example/fhir")?)?;
    /// assert!(request.headers.contains(&("If-Match".into(), "W/\"3\"".into())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::HiddenHeader`] if the resource has no version.
    pub fn if_match_version_of<V: JsonView>(self, resource: &V) -> Result<Self, Failure> {
        let version = version_of(resource).ok_or(Error::HiddenHeader { name: "ETag" })?;
        Ok(self.if_match(version))
    }

    /// Sets the content that the server should return.
    pub fn prefer(self, what: Return) -> Self {
        let value = match what {
            Return::Minimal => "return=minimal",
            Return::Representation => "return=representation",
            Return::OperationOutcome => "return=OperationOutcome",
        };
        self.header("Prefer", value.into())
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The required permission and resource type (SMART App Launch 2.2, scopes and launch context); `None` if there is
    /// no single one.
    pub fn permission(&self) -> Option<(&str, Permissions)> {
        let permission = match self.interaction {
            Interaction::History if self.target.contains('/') => Permissions::READ,
            Interaction::Read => Permissions::READ,
            Interaction::Search | Interaction::History => Permissions::SEARCH,
            Interaction::Create => Permissions::CREATE,
            Interaction::Update | Interaction::Patch => Permissions::UPDATE,
            Interaction::Delete => Permissions::DELETE,
            Interaction::Capabilities | Interaction::Operation | Interaction::Bundle => return None,
        };
        Some((self.resource_type()?, permission))
    }

    /// The request to a server.
    ///
    /// # Errors
    /// [`Error::Reference`] for a target that is invalid for the interaction, [`Error::Url`] for an absolute reference that
    /// is not a URL, [`Error::Configuration`] for a condition that is not valid in a header.
    pub fn build(&self, base: &Url) -> Result<Request, Failure> {
        let url = self.place(base)?;
        let pairs: Vec<(&str, &str)> =
            self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let full_url = url.with_query(&pairs);
        let is_long = full_url.as_str().len() > LONG_URL;
        let mut request;
        if self.interaction == Interaction::Search && (self.is_posted || is_long) {
            request = Request::get(wrong_url(url.child("_search"))?, FHIR_JSON);
            request.method = Method::Post;
            send_body(&mut request, form(&pairs), FORM);
        } else {
            request = Request::get(full_url, FHIR_JSON);
            request.method = self.interaction.method(self.is_posted || self.body.is_some());
            if let Some(body) = &self.body {
                let is_json_patch = self.interaction == Interaction::Patch && body.trim_ascii_start().starts_with('[');
                send_body(&mut request, body.clone(), if is_json_patch { JSON_PATCH } else { FHIR_JSON });
            }
        }
        for (name, value) in &self.headers {
            if !request.set_header(name, value) {
                return Err(Error::configuration(name, "it is not valid in a header"));
            }
        }
        Ok(request)
    }
}

/// The request for another page by its link. A relative link resolves against the URL of its page.
///
/// For an example, see [`Page::read`](super::bundle::Page::read).
pub fn page_request(page: &Url, link: &str) -> Result<Request, Failure> {
    Ok(Request::get(wrong_url(page.join(link))?, FHIR_JSON))
}

fn send_body(request: &mut Request, body: String, media_type: &str) {
    request.set_header("Content-Type", media_type);
    request.body = Some(body);
    // Content for one server must not be redirected to another.
    request.redirect = Redirect::Manual;
}

fn wrong_url(url: Result<Url, UrlError>) -> Result<Url, Failure> {
    url.map_err(|problem| Error::Url { what: "the FHIR request".into(), problem }.into())
}
