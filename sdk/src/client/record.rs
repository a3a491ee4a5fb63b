//! A patient's record: one search for each kind of data, side by side, each with its own fate.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::session::Session;
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::fhir::patient::belongs_to_another;
use crate::platform::{Json, Platform};
use crate::protocol::encoding::form_pairs;
use crate::protocol::scope::{Context, ScopeSet};

/// The kinds of data that a record has on most servers, each searched for on its own.
const USUAL: [(&str, &[(&str, &str)]); 16] = [
    ("Patient", &[]),
    ("Condition", &[]),
    ("MedicationRequest", &[]),
    ("AllergyIntolerance", &[]),
    ("Immunization", &[]),
    ("Encounter", &[]),
    ("Observation", &[("category", "laboratory")]),
    ("Observation", &[("category", "vital-signs")]),
    ("Procedure", &[]),
    ("DiagnosticReport", &[]),
    ("DocumentReference", &[]),
    ("CarePlan", &[]),
    ("CareTeam", &[]),
    ("Goal", &[]),
    ("Coverage", &[]),
    ("Device", &[]),
];

/// One kind of data to load: a resource type, and the search that narrows it. The patient is added by the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordQuery {
    /// The resource type.
    pub resource_type: String,
    /// Search parameters besides the patient, each a name and a value.
    pub parameters: Vec<(String, String)>,
}

impl RecordQuery {
    /// All resources of a type.
    ///
    /// ```
    /// use smartrust::client::record::RecordQuery;
    ///
    /// let results = RecordQuery::new("Observation").with("category", "laboratory");
    /// assert_eq!(results.parameters.len(), 1);
    /// ```
    pub fn new(resource_type: impl Into<String>) -> Self {
        Self { resource_type: resource_type.into(), parameters: Vec::new() }
    }

    /// The same kind, narrowed by a search parameter.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// The kinds of data that a record has on most servers.
    pub fn usual() -> Vec<Self> {
        let query = |(resource_type, parameters): &(&str, &[(&str, &str)])| {
            parameters.iter().fold(Self::new(*resource_type), |query, (name, value)| query.with(*name, *value))
        };
        USUAL.iter().map(query).collect()
    }

    /// The searches that the granted scopes allow: one where they allow the type as it is asked for, one for each scope
    /// that allows a part of it, none where they do not allow it.
    fn searches(&self, granted: &ScopeSet) -> Vec<Vec<(String, String)>> {
        if [Context::Patient, Context::User].into_iter().any(|context| granted.may_read(context, &self.resource_type)) {
            return vec![self.parameters.clone()];
        }
        granted.search_constraints(&self.resource_type).filter_map(|constraint| self.narrowed_by(constraint)).collect()
    }

    /// The parameters with a scope's constraint; `None` where the two exclude each other.
    fn narrowed_by(&self, constraint: &str) -> Option<Vec<(String, String)>> {
        let mut parameters = self.parameters.clone();
        for (name, value) in form_pairs(constraint) {
            match parameters.iter_mut().find(|(own, _)| *own == name) {
                Some((_, own)) if code_of(own) == code_of(&value) => *own = value,
                Some(_) => return None,
                None => parameters.push((name, value)),
            }
        }
        Some(parameters)
    }
}

/// The code of a token parameter, which may name its system before a bar (FHIR R4, search: token).
fn code_of(token: &str) -> &str {
    token.rsplit_once('|').map_or(token, |(_, code)| code)
}

/// One kind of data of a record, as far as it has been loaded.
#[derive(Clone, Debug)]
pub struct RecordPart<V> {
    /// What was asked for.
    pub query: RecordQuery,
    /// The patient's resources, in the server's order.
    pub resources: Vec<V>,
    /// Resources that the server sent though they are another patient's. Never show them as this patient's.
    pub others: Vec<V>,
    /// How many resources there are in all, where the server says.
    pub total: Option<f64>,
    /// How far it has come.
    pub state: PartState,
}

/// How far the loading of a part has come.
#[derive(Clone, Debug, PartialEq)]
pub enum PartState {
    /// More is to come.
    Loading,
    /// All is there.
    Complete,
    /// The granted scopes do not allow it; nothing was asked of the server.
    NotGranted,
    /// It ended before all was there. What came before stands in the part.
    Failed(Failure),
}

impl<V> RecordPart<V> {
    fn begun(query: RecordQuery) -> Self {
        Self { query, resources: Vec::new(), others: Vec::new(), total: None, state: PartState::Loading }
    }
}

type Value<P> = <P as Json>::Value;

impl<P: Platform> Session<P> {
    /// Loads the record of the patient in context: every query side by side. `on_part` is called with the number of a
    /// query and its part, each time that a page came and when it ended. What fails or was not granted says so in its
    /// part and leaves the others alone; to try one again, load it alone.
    ///
    /// # Errors
    /// [`Error::NoPatient`] where no patient is in context.
    pub async fn load_record(
        &self,
        queries: &[RecordQuery],
        abort: &AbortSignal,
        on_part: &dyn Fn(usize, &RecordPart<Value<P>>),
    ) -> Result<Vec<RecordPart<Value<P>>>, Failure> {
        let patient = self.patient().ok_or(Error::NoPatient)?;
        let granted = self.scopes().granted;
        let (patient, granted) = (patient.as_str(), &granted);
        let loads = queries.iter().enumerate().map(|(index, query)| -> Load<'_, RecordPart<Value<P>>> {
            Box::pin(async move {
                let mut part = RecordPart::begun(query.clone());
                part.state = self
                    .load_part(&mut part, patient, granted, abort, &|part| on_part(index, part))
                    .await
                    .unwrap_or_else(PartState::Failed);
                on_part(index, &part);
                part
            })
        });
        Ok(side_by_side(loads.collect()).await)
    }

    async fn load_part(
        &self,
        part: &mut RecordPart<Value<P>>,
        patient: &str,
        granted: &ScopeSet,
        abort: &AbortSignal,
        on_page: &dyn Fn(&RecordPart<Value<P>>),
    ) -> Result<PartState, Failure> {
        let searches = part.query.searches(granted);
        if searches.is_empty() {
            return Ok(PartState::NotGranted);
        }
        for mut parameters in searches {
            let name = if part.query.resource_type == "Patient" { "_id" } else { "patient" };
            parameters.insert(0, (name.into(), patient.into()));
            let search = self.search(&part.query.resource_type, &parameters, abort)?;
            let counted = part.total;
            while let Some(page) = search.next_page().await? {
                part.total = page.total.map(|total| total + counted.unwrap_or_default());
                for resource in page.resources {
                    let another = belongs_to_another(&resource, patient, self.inner.guard.base());
                    if another { &mut part.others } else { &mut part.resources }.push(resource);
                }
                on_page(part);
            }
        }
        Ok(PartState::Complete)
    }
}

type Load<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Waits for all futures at once. Their results keep their order.
async fn side_by_side<T>(futures: Vec<Load<'_, T>>) -> Vec<T> {
    let mut running: Vec<(Load<'_, T>, Option<T>)> = futures.into_iter().map(|future| (future, None)).collect();
    poll_fn(|context| {
        let mut all_done = true;
        for (future, result) in running.iter_mut().filter(|(_, result)| result.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *result = Some(value),
                Poll::Pending => all_done = false,
            }
        }
        if all_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, result)| result).collect()
}
