//! For whom and why a service requests data (UDAP Security 2.0, B2B authorization extension object).

use derive_setters::Setters;
use fluent_uri::Uri;

use crate::error::{Error, Failure};
use crate::json::{ObjectWriter, array, quoted};

/// The name of the extension.
pub const HL7_B2B: &str = "hl7-b2b";

/// For whom and why a service requests data: the extension `hl7-b2b` of a token request. A token may only be used for what the request said, so
/// each of these needs a token of its own.
///
/// ```
/// use smartrust::protocol::udap::b2b::B2bExtension;
///
/// let purpose = B2bExtension::new("https://clinic.example/org/7", "urn:oid:2.16.840.1.113883.5.8#TREAT")
///     .organization_name("Spring Clinic");
/// assert!(purpose.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct B2bExtension {
    /// The identifier of the requesting organization, a URI.
    pub organization_id: String,
    /// Its name.
    pub organization_name: Option<String>,
    /// Codes of the purposes, such as `urn:oid:2.16.840.1.113883.5.8#TREAT`.
    pub purpose_of_use: Vec<String>,
    /// The name of the person or system for whom the data is requested, if it is known.
    pub subject_name: Option<String>,
    /// The identifier of that person, such as an NPI, if there is one. It needs a name.
    pub subject_id: Option<String>,
    /// The code of that person's role, if it is known. It needs a name.
    pub subject_role: Option<String>,
    /// URIs of policies that allow the request.
    pub consent_policy: Vec<String>,
    /// Absolute URLs of `Consent` or `DocumentReference` resources. They need a policy.
    pub consent_reference: Vec<String>,
}

impl B2bExtension {
    /// A request of an organization for a purpose, without a person.
    pub fn new(organization_id: impl Into<String>, purpose_of_use: impl Into<String>) -> Self {
        Self {
            organization_id: organization_id.into(),
            organization_name: None,
            purpose_of_use: vec![purpose_of_use.into()],
            subject_name: None,
            subject_id: None,
            subject_role: None,
            consent_policy: Vec::new(),
            consent_reference: Vec::new(),
        }
    }

    /// Checks what every server would refuse.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member: an organization id that is not a URI, no purpose, an identifier or role without a
    /// name, a consent without a policy.
    pub fn check(&self) -> Result<(), Failure> {
        let wrong = |member, problem| Err(Error::configuration(member, problem));
        let is_uri = |text: &String| Uri::parse(text.as_str()).is_ok();
        if !is_uri(&self.organization_id) {
            return wrong("organization_id", "it is not a URI");
        }
        if self.purpose_of_use.iter().all(|purpose| purpose.trim().is_empty()) {
            return wrong("purpose_of_use", "there is none; name at least one purpose");
        }
        let has_name = self.subject_name.as_ref().is_some_and(|name| !name.trim().is_empty());
        if !has_name && (self.subject_id.is_some() || self.subject_role.is_some() || self.subject_name.is_some()) {
            return wrong("subject_name", "it is missing, and a subject with an id or a role has a name");
        }
        if !self.consent_policy.iter().all(is_uri) {
            return wrong("consent_policy", "one is not a URI");
        }
        if !self.consent_reference.iter().all(is_uri) {
            return wrong("consent_reference", "one is not an absolute URL");
        }
        if !self.consent_reference.is_empty() && self.consent_policy.is_empty() {
            return wrong("consent_policy", "it is missing, and a consent_reference needs one");
        }
        Ok(())
    }

    /// The object as JSON text.
    pub fn to_json(&self) -> String {
        let list = |items: &[String]| array(items.iter().map(|item| quoted(item)));
        let mut object = ObjectWriter::new()
            .text("version", "1")
            .optional_text("subject_name", self.subject_name.as_deref())
            .optional_text("subject_id", self.subject_id.as_deref())
            .optional_text("subject_role", self.subject_role.as_deref())
            .optional_text("organization_name", self.organization_name.as_deref())
            .text("organization_id", &self.organization_id)
            .raw("purpose_of_use", &list(&self.purpose_of_use));
        for (name, items) in [("consent_policy", &self.consent_policy), ("consent_reference", &self.consent_reference)]
        {
            if !items.is_empty() {
                object = object.raw(name, &list(items));
            }
        }
        object.finish()
    }
}
