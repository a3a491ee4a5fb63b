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
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::{Json, Platform}};
    /// use smartrust::fhir::matching::MatchOptions;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>, patient: &<P as Json>::Value) -> Result<(), Failure> {
    /// let options = MatchOptions { count: Some(5), ..MatchOptions::default() };
    /// let matches = session.match_patient(patient, options, &AbortSignal::never()).await?;
    /// for candidate in &matches.candidates {
    ///     println!("{:?} {:?}", candidate.grade, candidate.score);
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let capabilities = session.capabilities(&AbortSignal::never()).await?;
    /// if capabilities.may_search("Immunization") {
    ///     println!("$everything: {}", capabilities.has_operation("Patient", "everything"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::fhir::capabilities::FhirVersion;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let version = session.fhir_version(&AbortSignal::never()).await?;
    /// if version < Some(FhirVersion::R4) {
    ///     println!("The server is older than FHIR R4, or does not name its version.");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::read`].
    pub async fn fhir_version(&self, options: impl Into<RequestOptions>) -> Result<Option<FhirVersion>, Failure> {
        Ok(self.capabilities(options).await?.fhir_version())
    }
}
