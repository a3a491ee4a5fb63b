//! A request as an entry of a batch.

use super::{FhirRequest, Interaction};
use crate::error::{Error, Failure};
use crate::json::{JsonView, ObjectWriter};
use crate::protocol::url::Url;

impl FhirRequest {
    /// The entry of a batch with this request (FHIR R4, Bundle: request).
    ///
    /// # Errors
    /// As [`FhirRequest::build`], and [`Error::ForeignUrl`] for a reference outside the base, [`Error::Configuration`] for
    /// a request that cannot be in a batch: another Bundle, and a JSON Patch.
    pub fn entry(&self, base: &Url) -> Result<String, Failure> {
        if self.interaction == Interaction::Bundle {
            return Err(Error::configuration("batch", "a batch cannot contain a Bundle request"));
        }
        let is_json_patch =
            |body: &String| self.interaction == Interaction::Patch && body.trim_start().starts_with('[');
        if self.body.as_ref().is_some_and(is_json_patch) {
            return Err(Error::configuration("batch", "a batch cannot contain a JSON Patch: use a FHIRPath Patch"));
        }
        let place = self.place(base)?;
        if !place.is_within(base) {
            return Err(Error::ForeignUrl { origin: place.origin().into() }.into());
        }
        let pairs: Vec<(&str, &str)> =
            self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let url = place.with_query(&pairs);
        let root = base.without_query();
        let below = url.as_str().strip_prefix(root.as_str().trim_end_matches('/')).unwrap_or_default();
        let method = self.interaction.method(self.body.is_some() || self.is_posted);
        let condition = |name: &str| {
            let found = self.headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.as_str())
        };
        let request = ObjectWriter::new()
            .text("method", method.as_str())
            .text("url", below.trim_start_matches('/'))
            .optional_text("ifMatch", condition("If-Match"))
            .optional_text("ifNoneExist", condition("If-None-Exist"));
        let entry = ObjectWriter::new().raw("request", &request.finish());
        Ok(self.body.iter().fold(entry, |entry, body| entry.raw("resource", body)).finish())
    }

    /// Whether the resource in a successful response is of the expected kind. An OperationOutcome is expected of validation and some
    /// operations, and of a change that prefers it. Instead of a requested resource or Bundle, it reports why that is missing.
    pub fn is_expected_response<V: JsonView>(&self, resource: Option<&V>) -> bool {
        use Interaction::*;
        let kind = resource.map(|resource| resource.member_text("resourceType").unwrap_or_default());
        let is_outcome = kind.as_deref() == Some("OperationOutcome");
        match self.interaction {
            Read if self.resource_type() == Some("OperationOutcome") => kind.is_some(),
            Read | Search | History | Capabilities => kind.is_some() && !is_outcome,
            Bundle => !is_outcome,
            Operation if self.returns_bundle() => !is_outcome,
            Create | Update | Patch | Delete | Operation => true,
        }
    }

    /// Whether it is an operation that returns a Bundle (FHIR R4, operations).
    fn returns_bundle(&self) -> bool {
        let name = self.target.rsplit('/').next().unwrap_or_default();
        matches!(name, "$everything" | "$match" | "$document" | "$lastn" | "$docref" | "$summary")
    }

    /// Whether it only reads, so that a repetition does no harm.
    pub fn is_read_only(&self) -> bool {
        use Interaction::*;
        matches!(self.interaction, Read | Search | History | Capabilities)
    }
}
