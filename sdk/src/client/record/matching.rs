//! `Patient/$match`, and the capability statement.

use crate::client::fhir::RequestOptions;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::error::Failure;
use crate::fhir::capabilities::{Capabilities, FhirVersion};
use crate::fhir::matching::{MatchOptions, Matches, match_request, read_matches};
use crate::fhir::request::{FhirRequest, Interaction};
use crate::platform::Platform;

impl<P: Platform> Session<P> {
    /// Returns the candidates for a Patient, in the order of the server (FHIR R4, Patient: operation match). A person must choose, even if
    /// there is only one candidate.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn match_patient(
        &self,
        patient: &Value<P>,
        match_options: MatchOptions,
        options: impl Into<RequestOptions>,
    ) -> Result<Matches<Value<P>>, Failure> {
        let response = self.request(&match_request(patient, match_options), options).await?;
        let matches = response.resource.as_ref().map(read_matches);
        Ok(matches.unwrap_or_else(|| Matches { candidates: Vec::new(), outcomes: Vec::new() }))
    }

    /// Returns the server's capability statement.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn capabilities(&self, options: impl Into<RequestOptions>) -> Result<Capabilities<Value<P>>, Failure> {
        let response = self.request(&FhirRequest::new(Interaction::Capabilities, ""), options).await?;
        let resource = response.resource.ok_or(crate::error::Error::NotOffered { what: "a capability statement" })?;
        Ok(Capabilities { resource })
    }

    /// Returns the FHIR version in the server's capability statement; `None` for an unknown version.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn fhir_version(&self, options: impl Into<RequestOptions>) -> Result<Option<FhirVersion>, Failure> {
        Ok(self.capabilities(options).await?.fhir_version())
    }
}
