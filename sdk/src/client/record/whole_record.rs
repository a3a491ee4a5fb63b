//! A patient's whole record: `$everything` where the server has it, else a search for every type that it has.

use std::cell::RefCell;

use super::parts::{PartState, RecordPart, RecordQuery};
use crate::abort::AbortSignal;
use crate::client::fhir::RequestOptions;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::bundle::Seen;
use crate::fhir::capabilities::Capabilities;
use crate::fhir::request::{FhirRequest, Interaction};
use crate::platform::{JsonView, Platform};

/// The types that are searched for by `patient` (FHIR R4, compartment definition: Patient).
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

/// How far the loading of a whole record has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecordProgress {
    /// How many parts there are; `None` as long as that is not known.
    pub parts: Option<usize>,
    /// How many parts have ended, whichever way.
    pub done: usize,
    /// How many resources have come.
    pub resources: usize,
    /// How many there are in all, where the server says so for every part.
    pub total: Option<f64>,
    /// How many bytes have come, without their content encoding.
    pub bytes: u64,
}

type Parts<P> = Vec<RecordPart<Value<P>>>;

impl<P: Platform> Session<P> {
    /// Loads all that the server has of the patient in context, in a part for each type: by `Patient/{id}/$everything`
    /// where the capability statement names it, else by one search for each type that the statement and the granted scopes
    /// allow, as [`Session::load_record`] does. `on_progress` is called each time that a page came or a part ended.
    ///
    /// Where `$everything` breaks off, each part keeps what came and says that it failed. The server's remarks on `$everything` stand
    /// in a part of their own, whose type is OperationOutcome; else those on a search stand in its part.
    ///
    /// # Errors
    /// [`Error::NoPatient`], and what `$everything` failed with where nothing came of it.
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
        let seen = RefCell::new(vec![None; queries.len()]);
        let tell = |index: usize, part: &RecordPart<Value<P>>| {
            if let Some(slot) = seen.borrow_mut().get_mut(index) {
                *slot = Some(Counted::of(part));
            }
            on_progress(&sum(&seen.borrow()));
        };
        self.load_record(&queries, abort, &tell).await
    }

    /// The types that the server has and of which the scopes allow a part; without a statement, those that most have.
    fn queries_for(&self, capabilities: Option<&Capabilities<Value<P>>>) -> Vec<RecordQuery> {
        let Some(capabilities) = capabilities else { return RecordQuery::usual() };
        let types = COMPARTMENT.iter().filter(|kind| capabilities.may_search(kind));
        types.map(|kind| RecordQuery::new(*kind)).collect()
    }

    /// The record by `$everything`; `None` where the server does not have it after all.
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
        let mut seen = Seen::default();
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
                        part_of(&mut parts, kind).take(resource, patient, self.inner.guard.base(), &mut seen);
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

/// The part of a type, which is begun where there is none.
fn part_of<V>(parts: &mut Vec<RecordPart<V>>, kind: String) -> &mut RecordPart<V> {
    let place = parts.iter().position(|part| part.query.resource_type == kind).unwrap_or_else(|| {
        parts.push(RecordPart::begun(RecordQuery::new(kind)));
        parts.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the place was just found or made")]
    &mut parts[place]
}

fn is_not_offered(failure: &Error) -> bool {
    failure.status().is_some_and(|status| matches!(status, 400..=499 | 501) && !matches!(status, 401 | 429))
}

#[derive(Clone, Copy)]
struct Counted {
    is_done: bool,
    resources: usize,
    total: Option<f64>,
    bytes: u64,
}

impl Counted {
    fn of<V>(part: &RecordPart<V>) -> Self {
        let resources = part.resources.len() + part.others.len();
        let is_done = part.state != PartState::Loading;
        let own = if is_done { Some(resources as f64) } else { None };
        // A server counts what it sends twice as two.
        let total = part.total.map(|total| (total - part.repeated as f64).max(resources as f64));
        Self { is_done, resources, total: total.or(own), bytes: part.bytes }
    }
}

fn sum(parts: &[Option<Counted>]) -> RecordProgress {
    let begun = || parts.iter().flatten();
    RecordProgress {
        parts: Some(parts.len()),
        done: begun().filter(|part| part.is_done).count(),
        resources: begun().map(|part| part.resources).sum(),
        total: parts.iter().map(|part| part.as_ref()?.total).sum(),
        bytes: begun().map(|part| part.bytes).sum(),
    }
}
