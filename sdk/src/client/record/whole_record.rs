//! A patient's whole record: by `$everything` if the server supports it, or else by a search for each type.

use std::cell::RefCell;

use super::parts::{PartState, RecordPart, RecordQuery};
use crate::abort::AbortSignal;
use crate::client::fhir::RequestOptions;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::bundle::UniqueResources;
use crate::fhir::capabilities::Capabilities;
use crate::fhir::request::{FhirRequest, Interaction};
use crate::platform::{JsonView, Platform};

/// The types with the search parameter `patient` (FHIR R4, compartment definition: Patient).
const COMPARTMENT: [&str; 36] = [
    "Patient",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Claim",
    "ClinicalImpression",
    "Communication",
    "Condition",
    "Consent",
    "Coverage",
    "Device",
    "DeviceRequest",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "EpisodeOfCare",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Goal",
    "ImagingStudy",
    "Immunization",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "NutritionOrder",
    "Observation",
    "Procedure",
    "Provenance",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RiskAssessment",
    "ServiceRequest",
    "Specimen",
];

/// The progress of loading a whole record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RecordProgress {
    /// The number of parts; `None` while it is unknown.
    pub parts: Option<usize>,
    /// The number of parts that have ended, including failed ones.
    pub done: usize,
    /// The number of loaded resources.
    pub resources: usize,
    /// The total number of resources, if known for each part.
    pub total: Option<f64>,
    /// The number of loaded bytes, without their content encoding.
    pub bytes: u64,
}

type Parts<P> = Vec<RecordPart<Value<P>>>;

impl<P: Platform> Session<P> {
    /// Loads all data of the patient in context, with a part for each type: by `Patient/{id}/$everything` if the capability statement
    /// names it, or else by a search for each type that the statement and the granted scopes allow, like [`Session::load_record`].
    /// `on_progress` is called after each page and at the end of each part.
    ///
    /// If `$everything` fails after some pages, each part has what was loaded, and the state failed. OperationOutcomes of `$everything` are
    /// in a part of their own with the type OperationOutcome; those of a search are in its part.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::client::record::PartState;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let show = |done: usize, parts: Option<usize>| println!("{done} of {parts:?} parts");
    /// let parts = session.load_whole_record(&AbortSignal::never(), &|now| show(now.done, now.parts)).await?;
    /// for part in &parts {
    ///     if let PartState::Failed(failure) = &part.state {
    ///         println!("{}: {failure}", part.query.resource_type);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NoPatient`], and the error of `$everything` if it failed on the first page.
    pub async fn load_whole_record(
        &self,
        abort: &AbortSignal,
        on_progress: &dyn Fn(&RecordProgress),
    ) -> Result<Parts<P>, Failure> {
        let patient = self.patient().ok_or(Error::NoPatient)?;
        let capabilities = match self.capabilities(abort).await {
            Ok(capabilities) => Some(capabilities),
            Err(failure) if matches!(*failure, Error::Aborted) => return Err(failure),
            Err(_) => None,
        };
        if capabilities.as_ref().is_some_and(|capabilities| capabilities.has_operation("Patient", "everything"))
            && let Some(parts) = self.load_everything(&patient, abort, on_progress).await?
        {
            return Ok(parts);
        }
        let queries = self.queries_for(capabilities.as_ref());
        let counts = RefCell::new(vec![None; queries.len()]);
        let on_part = |index: usize, part: &RecordPart<Value<P>>| {
            if let Some(slot) = counts.borrow_mut().get_mut(index) {
                *slot = Some(PartCounts::of(part));
            }
            on_progress(&sum(&counts.borrow()));
        };
        self.load_record(&queries, abort, &on_part).await
    }

    /// The types in the capability statement; without a statement, those that most servers support.
    fn queries_for(&self, capabilities: Option<&Capabilities<Value<P>>>) -> Vec<RecordQuery> {
        let Some(capabilities) = capabilities else { return RecordQuery::usual() };
        let types = COMPARTMENT.iter().filter(|kind| capabilities.may_search(kind));
        types.map(|kind| RecordQuery::new(*kind)).collect()
    }

    /// The record by `$everything`; `None` if the server does not support it after all.
    async fn load_everything(
        &self,
        patient: &str,
        abort: &AbortSignal,
        on_progress: &dyn Fn(&RecordProgress),
    ) -> Result<Option<Parts<P>>, Failure> {
        let target = ["Patient/", patient, "/$everything"].concat();
        let request = FhirRequest::new(Interaction::Operation, target);
        let search = self.pages(&request, RequestOptions::from(abort))?;
        let mut parts: Parts<P> = Vec::new();
        let mut seen = UniqueResources::default();
        let mut progress = RecordProgress::default();
        let end = loop {
            match search.next_page().await {
                Ok(None) => break PartState::Complete,
                Err(failure) if parts.is_empty() && is_not_offered(&failure) => return Ok(None),
                Err(failure) if parts.is_empty() => return Err(failure),
                Err(failure) => break PartState::Failed(failure),
                Ok(Some(page)) => {
                    progress.total = page.total.or(progress.total);
                    progress.bytes += page.bytes;
                    for resource in page.resources.into_iter().chain(page.included) {
                        let kind = resource.member_text("resourceType").unwrap_or_default();
                        part_of(&mut parts, kind).add(resource, patient, self.inner.guard.base(), &mut seen);
                    }
                    if !page.outcomes.is_empty() {
                        part_of(&mut parts, "OperationOutcome".into()).outcomes.extend(page.outcomes);
                    }
                    progress.resources = parts.iter().map(|part| part.resources.len() + part.others.len()).sum();
                    on_progress(&progress);
                }
            }
        };
        parts.iter_mut().for_each(|part| part.state = end.clone());
        on_progress(&RecordProgress { parts: Some(parts.len()), done: parts.len(), ..progress });
        Ok(Some(parts))
    }
}

/// The part of a type, which is added if it is missing.
fn part_of<V>(parts: &mut Vec<RecordPart<V>>, kind: String) -> &mut RecordPart<V> {
    let place = parts.iter().position(|part| part.query.resource_type == kind).unwrap_or_else(|| {
        parts.push(RecordPart::new(RecordQuery::new(kind)));
        parts.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the place was just found or made")]
    &mut parts[place]
}

fn is_not_offered(failure: &Error) -> bool {
    failure.status().is_some_and(|status| matches!(status, 400..=499 | 501) && !matches!(status, 401 | 429))
}

#[derive(Clone, Copy)]
struct PartCounts {
    is_done: bool,
    resources: usize,
    total: Option<f64>,
    bytes: u64,
}

impl PartCounts {
    fn of<V>(part: &RecordPart<V>) -> Self {
        let resources = part.resources.len() + part.others.len();
        let is_done = part.state != PartState::Loading;
        let own = if is_done { Some(resources as f64) } else { None };
        // The server's total counts a resource twice if it sends it twice.
        let total = part.total.map(|total| (total - part.repeated as f64).max(resources as f64));
        Self { is_done, resources, total: total.or(own), bytes: part.bytes }
    }
}

fn sum(parts: &[Option<PartCounts>]) -> RecordProgress {
    let started = || parts.iter().flatten();
    RecordProgress {
        parts: Some(parts.len()),
        done: started().filter(|part| part.is_done).count(),
        resources: started().map(|part| part.resources).sum(),
        total: parts.iter().map(|part| part.as_ref()?.total).sum(),
        bytes: started().map(|part| part.bytes).sum(),
    }
}
