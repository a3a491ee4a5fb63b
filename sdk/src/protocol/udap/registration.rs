//! Registration by a software statement (UDAP Security 2.0, registration).

use super::software_statement::SoftwareStatement;
use crate::error::{Error, Failure, UdapError};
use crate::json::{JsonView, ObjectWriter, array, quoted};
use crate::protocol::client_metadata::MetadataChange;
use crate::protocol::client_metadata::{ClientMetadata, TokenEndpointAuthMethod};
use crate::protocol::http::{Body, Method, Request};
use crate::protocol::registration::read_registration;
use crate::protocol::secret::ClientAssertion;
use crate::protocol::url::Url;

/// Sends a signed software statement to a registration endpoint. Statements of the same app replace each other there.
///
/// ```
/// use smartrust::protocol::secret::ClientAssertion;
/// use smartrust::protocol::udap::registration::udap_registration_request;
/// use smartrust::protocol::url::Url;
///
/// let endpoint = Url::parse("https://ehr.example/register")?;
/// let request = udap_registration_request(&endpoint, &ClientAssertion::new("a.signed.jwt"), &[]);
/// assert_eq!(request.body.as_deref(), Some(r#"{"software_statement":"a.signed.jwt","udap":"1"}"#));
/// # Ok::<(), smartrust::protocol::url::UrlError>(())
/// ```
pub fn udap_registration_request(endpoint: &Url, statement: &ClientAssertion, certifications: &[String]) -> Request {
    let mut body = ObjectWriter::new().text("software_statement", statement.expose());
    if !certifications.is_empty() {
        body = body.raw("certifications", &array(certifications.iter().map(|jwt| quoted(jwt))));
    }
    Request::json(Method::Post, endpoint.clone(), Some(body.text("udap", "1").finish()))
}

/// What a server did with a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrationChange {
    /// It registered a new app.
    Registered,
    /// It changed the registration that the app had.
    Modified,
    /// It removed the registration that the app had.
    Cancelled,
}

/// A server's response to a registration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UdapRegistrationResponse {
    /// The client id. After a modification, only this one is valid, even if the app had another one before.
    pub client_id: String,
    /// What the server did.
    pub change: RegistrationChange,
    /// What the server registered.
    pub metadata: ClientMetadata,
}

/// Reads the response to a registration. `was_registered` is set if the app knows that it was registered before; the status 200 instead of 201
/// says the same. `issuers` are the subjects of the certificates that issued the app's, the nearest first, for the error.
///
/// ```
/// use smartrust::protocol::http::Body;
/// use smartrust::protocol::udap::registration::{RegistrationChange, read_udap_registration};
/// use smartrust::protocol::url::Url;
///
/// let endpoint = Url::parse("https://ehr.example/register")?;
/// let response = Body::Json(serde_json::json!({"client_id": "c1", "grant_types": ["client_credentials"]}));
/// let registered = read_udap_registration(&endpoint, 201, &response, false, &[])?;
/// assert_eq!((registered.client_id.as_str(), registered.change), ("c1", RegistrationChange::Registered));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Registration`] for an error such as `invalid_software_statement` or `unapproved_software_statement`;
/// [`UdapError::CommunityRefused`] for a status of 401 or 403; [`Error::RegistrationOff`] for a page;
/// [`Error::RegistrationResponse`] for anything else that is no registration.
pub fn read_udap_registration<V: JsonView>(
    endpoint: &Url,
    status: u16,
    body: &Body<V>,
    was_registered: bool,
    issuers: &[String],
) -> Result<UdapRegistrationResponse, Failure> {
    if matches!(status, 401 | 403) {
        let text = |name: &str| match body {
            Body::Json(response) => response.member_text(name),
            _ => None,
        };
        let description = text("error_description").or_else(|| text("error"));
        return Err(UdapError::CommunityRefused {
            host: endpoint.host().into(),
            status,
            description: description.map(String::into_boxed_str),
            anchors: issuers.into(),
        }
        .into());
    }
    let client = read_registration(endpoint, status, body)?;
    if !matches!(status, 200 | 201) {
        let problem = "a registration has the status 200 or 201";
        return Err(Error::RegistrationResponse { status, problem }.into());
    }
    let change = match &client.metadata.grant_types {
        Some(grants) if grants.is_empty() => RegistrationChange::Cancelled,
        _ if was_registered || status == 200 => RegistrationChange::Modified,
        _ => RegistrationChange::Registered,
    };
    Ok(UdapRegistrationResponse { client_id: client.client_id, change, metadata: client.metadata })
}

impl UdapRegistrationResponse {
    /// The differences from what was sent. A member that the response does not have counts as registered as it was sent.
    ///
    /// ```
    /// use smartrust::protocol::http::Body;
    /// use smartrust::protocol::udap::{registration::read_udap_registration, software_statement::SoftwareStatement};
    /// use smartrust::protocol::url::Url;
    ///
    /// let endpoint = Url::parse("https://ehr.example/register")?;
    /// let response = Body::Json(serde_json::json!({"client_id": "c1", "scope": "system/Patient.rs"}));
    /// let registered = read_udap_registration(&endpoint, 201, &response, false, &[])?;
    /// let sent = SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs system/Group.rs");
    /// assert_eq!(registered.changes(&sent)[0].registered.as_deref(), Some("system/Patient.rs"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn changes(&self, sent: &SoftwareStatement) -> Vec<MetadataChange> {
        let list = |items: &[String]| (!items.is_empty()).then(|| items.to_vec());
        let sent = ClientMetadata {
            client_id: None,
            contacts: list(&sent.contacts),
            redirect_uris: list(&sent.redirect_uris),
            response_types: list(&sent.redirect_uris).map(|_| vec!["code".to_owned()]),
            grant_types: Some(sent.grant_types.clone()),
            logo_uri: sent.logo_uri.clone(),
            token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
            ..ClientMetadata::public(&sent.client_name, "", &sent.scope)
        };
        let held = self.metadata.clone();
        let mut changes = sent.changes(&held);
        changes.retain(|change| change.registered.is_some());
        changes
    }
}
