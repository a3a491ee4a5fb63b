//! `Patient/$match` and what the server can do.

use crate::client::fhir::RequestOptions;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::error::Failure;
use crate::fhir::capabilities::{Capabilities, FhirVersion};
use crate::fhir::matching::{MatchOptions, Matches, match_request, read_matches};
use crate::fhir::request::{FhirRequest, Interaction};
use crate::platform::Platform;

impl<P: Platform> Session<P> {
    /// Who a Patient may be, in the server's order. Which one it is, a person decides: nothing is picked here, be it the
    /// only one (FHIR R4, Patient: operation match).
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn match_patient(
        &self,
        patient: &Value<P>,
        asked: MatchOptions,
        options: impl Into<RequestOptions>,
    ) -> Result<Matches<Value<P>>, Failure> {
        let response = self.request(&match_request(patient, asked), options).await?;
        let matches = response.resource.as_ref().map(read_matches);
        Ok(matches.unwrap_or_else(|| Matches { candidates: Vec::new(), outcomes: Vec::new() }))
    }

    /// What the server says that it can do.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn capabilities(&self, options: impl Into<RequestOptions>) -> Result<Capabilities<Value<P>>, Failure> {
        let response = self.request(&FhirRequest::new(Interaction::Capabilities, ""), options).await?;
        let resource = response.resource.ok_or(crate::error::Error::NotOffered { what: "a capability statement" })?;
        Ok(Capabilities { resource })
    }

    /// Which release of FHIR the server speaks, by its capability statement; `None` where that names none that is known.
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn fhir_version(&self, options: impl Into<RequestOptions>) -> Result<Option<FhirVersion>, Failure> {
        Ok(self.capabilities(options).await?.fhir_version())
    }
}
