//! `.well-known/udap`: what a server supports of UDAP (UDAP Security 2.0, discovery).

use crate::error::{DiscoveryAttempt, Error, Failure, UdapError};
use crate::json::{JsonView, list};
use crate::protocol::finding::Finding;
use crate::protocol::http::{Body, Request};
use crate::protocol::scope::{Scope, ScopeSet};
use crate::protocol::url::{Url, UrlError};

const SECTION: &str = "UDAP Security 2.0, required UDAP metadata";

/// Requests a FHIR base for its UDAP metadata, if `community` is given with certificates of that trust community.
///
/// ```
/// use smartrust::protocol::udap::metadata::udap_metadata_request;
/// use smartrust::protocol::url::Url;
///
/// let base = Url::parse("https://ehr.example/fhir")?;
/// let request = udap_metadata_request(&base, Some("https://community.example"))?;
/// let url = "https://ehr.example/fhir/.well-known/udap?community=https%3A%2F%2Fcommunity.example";
/// assert_eq!(request.url.as_str(), url);
/// # Ok::<(), smartrust::protocol::url::UrlError>(())
/// ```
///
/// # Errors
/// [`UrlError`] for a base that cannot have a path below it.
pub fn udap_metadata_request(base: &Url, community: Option<&str>) -> Result<Request, UrlError> {
    let document = base.child(".well-known/udap")?;
    let document = match community {
        Some(community) => document.with_query(&[("community", community)]),
        None => document,
    };
    Ok(Request::get(document, "application/json"))
}

/// The document of a response.
///
/// ```
/// use smartrust::protocol::http::Body;
/// use smartrust::protocol::udap::metadata::read_udap_response;
/// use smartrust::protocol::url::Url;
///
/// let url = Url::parse("https://ehr.example/fhir/.well-known/udap")?;
/// let absent = read_udap_response(&url, None, 404, &Body::<serde_json::Value>::Empty).unwrap_err();
/// assert_eq!(absent.code(), "udap_unsupported");
/// # Ok::<(), smartrust::protocol::url::UrlError>(())
/// ```
///
/// # Errors
/// [`UdapError::Unsupported`] if there is no document (404), or none for the community (204, or an empty response);
/// [`Error::Discovery`] for any other response without a JSON object.
pub fn read_udap_response<'a, V: JsonView>(
    url: &Url,
    community: Option<&str>,
    status: u16,
    body: &'a Body<V>,
) -> Result<&'a V, Failure> {
    let unsupported = |problem: String| UdapError::Unsupported { host: url.host().into(), problem: problem.into() };
    let unreadable = |outcome: String| {
        let attempts = [DiscoveryAttempt { url: url.without_query().to_string(), outcome }].into();
        Err(Error::Discovery { attempts }.into())
    };
    match (status, body) {
        (404, _) => Err(unsupported("it has no UDAP metadata".to_owned()).into()),
        (204, _) | (200, Body::Empty) => Err(unsupported(match community {
            Some(community) => format!("it does not know the community {community}"),
            None => "its UDAP metadata is empty".to_owned(),
        })
        .into()),
        (200, Body::Json(document)) if !document.names().is_empty() => Ok(document),
        (200, _) => unreadable("status 200 with something that is not a JSON object".to_owned()),
        _ => unreadable(format!("status {status}")),
    }
}

/// What a server supports. A list that it does not have is `None`; an empty list means that it supports nothing of the kind.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct UdapMetadata {
    /// `udap_versions_supported`.
    pub versions: Option<Vec<String>>,
    /// `udap_profiles_supported`, such as `udap_dcr`.
    pub profiles: Option<Vec<String>>,
    /// `udap_authorization_extensions_supported`, such as `hl7-b2b`.
    pub extensions_supported: Option<Vec<String>>,
    /// `udap_authorization_extensions_required`.
    pub extensions_required: Option<Vec<String>>,
    /// `udap_certifications_supported`.
    pub certifications_supported: Option<Vec<String>>,
    /// `udap_certifications_required`.
    pub certifications_required: Option<Vec<String>>,
    /// `grant_types_supported`.
    pub grant_types: Option<Vec<String>>,
    /// `scopes_supported`.
    pub scopes: Option<Vec<String>>,
    /// `token_endpoint_auth_signing_alg_values_supported`.
    pub token_algorithms: Option<Vec<String>>,
    /// `registration_endpoint_jwt_signing_alg_values_supported`.
    pub registration_algorithms: Option<Vec<String>>,
    /// Deviations from the standard.
    pub findings: Vec<Finding>,
}

impl UdapMetadata {
    /// Reads a document. The members of `signed`, the claims of its verified signed metadata, take precedence.
    ///
    /// ```
    /// use smartrust::protocol::udap::metadata::UdapMetadata;
    ///
    /// let document = serde_json::json!({"udap_versions_supported": ["1"], "udap_profiles_supported": ["udap_dcr"]});
    /// assert!(UdapMetadata::read(&document, None).supports_registration());
    /// ```
    pub fn read<V: JsonView>(document: &V, signed: Option<&V>) -> Self {
        let mut findings = Vec::new();
        let mut strings = |name: &str| {
            let holder = signed.filter(|signed| signed.member(name).is_some()).unwrap_or(document);
            let value = holder.member(name)?;
            if value.items().is_none() {
                let message = format!("{name} is not an array.");
                findings.push(Finding::new("string_for_array", message, SECTION));
            }
            Some(list(holder, name))
        };
        let metadata = Self {
            versions: strings("udap_versions_supported"),
            profiles: strings("udap_profiles_supported"),
            extensions_supported: strings("udap_authorization_extensions_supported"),
            extensions_required: strings("udap_authorization_extensions_required"),
            certifications_supported: strings("udap_certifications_supported"),
            certifications_required: strings("udap_certifications_required"),
            grant_types: strings("grant_types_supported"),
            scopes: strings("scopes_supported"),
            token_algorithms: strings("token_endpoint_auth_signing_alg_values_supported"),
            registration_algorithms: strings("registration_endpoint_jwt_signing_alg_values_supported"),
            findings: Vec::new(),
        };
        Self { findings, ..metadata }
    }

    /// Whether the server supports version 1 of UDAP, the only one.
    pub fn supports_version_1(&self) -> bool {
        contains(self.versions.as_deref(), "1")
    }

    /// Whether apps can register (`udap_dcr`).
    pub fn supports_registration(&self) -> bool {
        self.supports_version_1() && contains(self.profiles.as_deref(), "udap_dcr")
    }

    /// Whether apps can authenticate by their certificates (`udap_authn`).
    pub fn supports_authentication(&self) -> bool {
        self.supports_version_1() && contains(self.profiles.as_deref(), "udap_authn")
    }

    /// Whether users can sign in elsewhere (`udap_to`).
    pub fn supports_tiered_oauth(&self) -> bool {
        self.supports_version_1() && contains(self.profiles.as_deref(), "udap_to")
    }

    /// Whether a grant type is supported. `true` if the server does not list its grant types.
    pub fn supports_grant(&self, grant_type: &str) -> bool {
        self.grant_types.is_none() || contains(self.grant_types.as_deref(), grant_type)
    }

    /// Whether every token request by client credentials must have this authorization extension, such as `hl7-b2b`.
    pub fn requires_extension(&self, name: &str) -> bool {
        contains(self.extensions_required.as_deref(), name)
    }

    /// Requested scopes with wildcards that the server does not list (UDAP Security 2.0, scope negotiation).
    ///
    /// ```
    /// use smartrust::protocol::udap::metadata::UdapMetadata;
    ///
    /// let server = UdapMetadata::read(&serde_json::json!({"scopes_supported": ["system/Patient.rs"]}), None);
    /// assert_eq!(server.unlisted_wildcards("system/Patient.rs system/*.rs"), ["system/*.rs"]);
    /// ```
    pub fn unlisted_wildcards(&self, scope: &str) -> Vec<String> {
        let listed = ScopeSet::parse(&self.scopes.as_deref().unwrap_or_default().join(" "));
        let wildcards = scope.split_whitespace().filter(|scope| scope.contains('*'));
        let unlisted = wildcards.filter(|scope| !listed.contains(scope) && !listed.covers(&Scope::new(scope)));
        unlisted.map(str::to_owned).collect()
    }
}

fn contains(list: Option<&[String]>, value: &str) -> bool {
    list.is_some_and(|list| list.iter().any(|item| item == value))
}
