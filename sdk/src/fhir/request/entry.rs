//! A request as an entry of a batch.

use super::{FhirRequest, Interaction};
use crate::error::{Error, Failure};
use crate::protocol::json::ObjectWriter;
use crate::protocol::url::Url;

impl FhirRequest {
    /// The entry of a batch that asks for the same (FHIR R4, Bundle: request).
    ///
    /// # Errors
    /// As [`FhirRequest::build`], and [`Error::ForeignUrl`] for a reference outside the base, [`Error::Configuration`] for
    /// what cannot stand in a batch: another Bundle, and a JSON Patch.
    pub fn entry(&self, base: &Url) -> Result<String, Failure> {
        if self.interaction == Interaction::Bundle {
            return Err(Error::configuration("batch", "a batch cannot hold a Bundle to be processed"));
        }
        let is_json_patch =
            |body: &String| self.interaction == Interaction::Patch && body.trim_start().starts_with('[');
        if self.body.as_ref().is_some_and(is_json_patch) {
            return Err(Error::configuration("batch", "a batch cannot hold a JSON Patch: use a FHIRPath Patch"));
        }
        let place = self.place(base)?;
        if !place.lies_within(base) {
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

    /// Whether it only reads, so that it does no harm twice.
    pub fn is_reading(&self) -> bool {
        use Interaction::*;
        matches!(self.interaction, Read | Search | History | Capabilities)
    }
}
