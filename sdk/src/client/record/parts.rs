//! A patient's record: one search for each type of data, all concurrent, each with its own result.

use std::cell::RefCell;

use crate::abort::AbortSignal;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::client::tasks::join::{LocalWork, join_all};
use crate::error::{Error, Failure};
use crate::fhir::bundle::UniqueResources;
use crate::fhir::patient::belongs_to_other_patient;
use crate::platform::{JsonView, Platform};
use crate::protocol::encoding::form_pairs;
use crate::protocol::scope::{Context, ScopeSet};
use crate::protocol::url::Url;

/// The types of data that most servers support, each with its own search.
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

/// A part of a record to load: a resource type and search parameters. The session adds the patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordQuery {
    /// The resource type.
    pub resource_type: String,
    /// Search parameters other than the patient, each a name and a value.
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

    /// Adds a search parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// The parts of a record that most servers support.
    ///
    /// For how to load them, see [`Session::load_record`].
    pub fn usual() -> Vec<Self> {
        let query = |(resource_type, parameters): &(&str, &[(&str, &str)])| {
            parameters.iter().fold(Self::new(*resource_type), |query, (name, value)| query.with(*name, *value))
        };
        USUAL.iter().map(query).collect()
    }

    /// The searches that the granted scopes allow: one if they allow the whole type, one for each scope that allows a part of it, none if
    /// they do not allow it.
    fn searches(&self, granted: &ScopeSet) -> Vec<Vec<(String, String)>> {
        if [Context::Patient, Context::User].into_iter().any(|context| granted.may_read(context, &self.resource_type)) {
            return vec![self.parameters.clone()];
        }
        granted.search_constraints(&self.resource_type).filter_map(|constraint| self.narrowed_by(constraint)).collect()
    }

    /// The parameters with a scope's constraint; `None` if they contradict each other.
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

/// The code of a token parameter, without the system before a bar (FHIR R4, search: token).
fn code_of(token: &str) -> &str {
    token.rsplit_once('|').map_or(token, |(_, code)| code)
}

/// A part of a record, as far as it is loaded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordPart<V> {
    /// The query of this part.
    pub query: RecordQuery,
    /// The patient's resources, in the order of the server.
    pub resources: Vec<V>,
    /// Resources of another patient that the server sent nevertheless. Never show them as this patient's.
    pub others: Vec<V>,
    /// OperationOutcomes in the responses, for example that some results are withheld.
    pub outcomes: Vec<V>,
    /// The number of resources that were left out because an earlier page, search or part had them.
    pub repeated: usize,
    /// The total number of resources, if the server knows.
    pub total: Option<f64>,
    /// The size of its pages in bytes, without their content encoding; 0 if `$everything` returned all types together.
    pub bytes: u64,
    /// The state of loading.
    pub state: PartState,
}

/// The state of loading a part of a record.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PartState {
    /// It is loading.
    Loading,
    /// It is complete.
    Complete,
    /// The server refused the search without a category, and returned the resources in these categories. Resources without one of these
    /// categories may be missing.
    ByCategory(Vec<&'static str>),
    /// The granted scopes do not allow it, so nothing was requested.
    NotGranted,
    /// It failed. The part has what was loaded before.
    Failed(Failure),
}

impl<V> RecordPart<V> {
    pub(crate) fn new(query: RecordQuery) -> Self {
        Self {
            query,
            resources: Vec::new(),
            others: Vec::new(),
            outcomes: Vec::new(),
            repeated: 0,
            total: None,
            bytes: 0,
            state: PartState::Loading,
        }
    }
}

impl<V: JsonView> RecordPart<V> {
    /// Adds a resource that was not `seen` before, to those of the patient or of other patients.
    pub(crate) fn add(&mut self, resource: V, patient: &str, base: &Url, seen: &mut UniqueResources) {
        if !seen.is_new(&resource) {
            self.repeated += 1;
            return;
        }
        let into =
            if belongs_to_other_patient(&resource, patient, base) { &mut self.others } else { &mut self.resources };
        into.push(resource);
    }
}

impl<P: Platform> Session<P> {
    /// Loads the record of the patient in context, with all queries concurrently. `on_part` is called with the index of a query and its
    /// part, after each page and at the end. A part that failed or was not granted does not affect the others; load it again on its own to
    /// retry. A resource that several queries find is in the part that found it first, and [`RecordPart::repeated`] counts it in the
    /// others.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::client::record::{PartState, RecordQuery};
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let queries = [RecordQuery::new("Immunization"), RecordQuery::new("Observation").with("category", "laboratory")];
    /// let never = AbortSignal::never();
    /// let parts = session.load_record(&queries, &never, &|index, _| println!("part {index} has changed")).await?;
    /// let complete = parts.iter().filter(|part| part.state == PartState::Complete).count();
    /// println!("{complete} of {} parts are complete", parts.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NoPatient`] without a patient in context.
    pub async fn load_record(
        &self,
        queries: &[RecordQuery],
        abort: &AbortSignal,
        on_part: &dyn Fn(usize, &RecordPart<Value<P>>),
    ) -> Result<Vec<RecordPart<Value<P>>>, Failure> {
        let patient = self.patient().ok_or(Error::NoPatient)?;
        let granted = self.scopes().granted;
        let (patient, granted, seen) = (patient.as_str(), &granted, &RefCell::default());
        let loads = queries.iter().enumerate().map(|(index, query)| -> LocalWork<'_, RecordPart<Value<P>>> {
            Box::pin(async move {
                let part = RefCell::new(RecordPart::new(query.clone()));
                let load = PartLoad { part: &part, patient, seen, abort, on_page: &|part| on_part(index, part) };
                let state = self.load_part(&load, granted).await.unwrap_or_else(PartState::Failed);
                let part = RecordPart { state, ..part.into_inner() };
                on_part(index, &part);
                part
            })
        });
        Ok(join_all(loads.collect()).await)
    }

    async fn load_part(&self, load: &PartLoad<'_, Value<P>>, granted: &ScopeSet) -> Result<PartState, Failure> {
        let searches = load.part.borrow().query.searches(granted);
        if searches.is_empty() {
            return Ok(PartState::NotGranted);
        }
        let mut state = PartState::Complete;
        for parameters in searches {
            match self.load_search(load, &parameters).await {
                Err(failure) if load.may_be_split(&parameters, &failure) => {
                    state = self.load_by_category(load, &parameters, failure).await?;
                }
                outcome => outcome?,
            }
        }
        Ok(state)
    }

    async fn load_search(&self, load: &PartLoad<'_, Value<P>>, parameters: &[(String, String)]) -> Result<(), Failure> {
        let resource_type = load.part.borrow().query.resource_type.clone();
        let name = if resource_type == "Patient" { "_id" } else { "patient" };
        let patient = [(name.to_owned(), load.patient.to_owned())];
        let search = self.search(&resource_type, &[&patient, parameters].concat(), load.abort)?;
        let counted = load.part.borrow().total;
        while let Some(page) = search.next_page().await? {
            let mut part = load.part.borrow_mut();
            part.bytes += page.bytes;
            part.total = page.total.map(|total| total + counted.unwrap_or_default());
            part.outcomes.extend(page.outcomes);
            part.repeated += page.repeated;
            for resource in page.resources {
                part.add(resource, load.patient, self.inner.guard.base(), &mut load.seen.borrow_mut());
            }
            (load.on_page)(&part);
        }
        Ok(())
    }

    /// Searches in each category, and for resources without any of them, concurrently. `refusal` is the error of the search without a
    /// category.
    async fn load_by_category(
        &self,
        load: &PartLoad<'_, Value<P>>,
        parameters: &[(String, String)],
        refusal: Failure,
    ) -> Result<PartState, Failure> {
        let categories = categories_of(&load.part.borrow().query.resource_type);
        let each = |name: &str| categories.iter().map(|category| (name.to_owned(), (*category).to_owned())).collect();
        let (within, outside): (Vec<_>, Vec<_>) = (each("category"), each("category:not"));
        let narrowings = within.into_iter().map(|pair| vec![pair]).chain([outside]);
        let searches = narrowings.map(|narrowing| -> LocalWork<'_, Result<(), Failure>> {
            let narrowed = [parameters, &narrowing].concat();
            Box::pin(async move { self.load_search(load, &narrowed).await })
        });
        let mut outcomes = join_all(searches.collect()).await;
        let without_category = outcomes.pop();
        // A resource in two categories is in the totals of both.
        load.part.borrow_mut().total = None;
        if outcomes.iter().all(Result::is_err) {
            // Another error says more than that the server requires a category.
            let error = outcomes.into_iter().filter_map(Result::err).find(|failure| !is_refusal(failure));
            return Err(error.unwrap_or(refusal));
        }
        let mut loaded = Vec::new();
        for (category, outcome) in categories.iter().zip(outcomes) {
            match outcome {
                Ok(()) => loaded.push(*category),
                // A category that the server does not know does not affect the others.
                Err(failure) if is_refusal(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        match without_category {
            Some(Err(failure)) if !is_refusal(&failure) => Err(failure),
            Some(Ok(())) if loaded.len() == categories.len() => Ok(PartState::Complete),
            _ => Ok(PartState::ByCategory(loaded)),
        }
    }
}

/// The context of the searches of one part.
struct PartLoad<'a, V> {
    part: &'a RefCell<RecordPart<V>>,
    patient: &'a str,
    /// The resources of all parts so far.
    seen: &'a RefCell<UniqueResources>,
    abort: &'a AbortSignal,
    on_page: &'a dyn Fn(&RecordPart<V>),
}

impl<V: JsonView> PartLoad<'_, V> {
    /// Whether a refused search may succeed by category.
    fn may_be_split(&self, parameters: &[(String, String)], failure: &Error) -> bool {
        let part = self.part.borrow();
        is_refusal(failure)
            && part.resources.is_empty()
            && !categories_of(&part.query.resource_type).is_empty()
            && !parameters.iter().any(|(name, _)| name == "category")
    }
}

/// Whether the server refuses such a search.
fn is_refusal(failure: &Error) -> bool {
    matches!(failure.status(), Some(400 | 403 | 422 | 501))
}

/// The categories of a type, for servers that require one in a search (FHIR R4 and US Core, value sets of `category`).
fn categories_of(resource_type: &str) -> &'static [&'static str] {
    match resource_type {
        "Observation" => &[
            "laboratory",
            "vital-signs",
            "social-history",
            "survey",
            "exam",
            "imaging",
            "procedure",
            "therapy",
            "activity",
        ],
        "Condition" => &["problem-list-item", "encounter-diagnosis", "health-concern"],
        "CarePlan" => &["assess-plan"],
        // Laboratory, and the parts of LOINC for radiology, cardiology and pathology.
        "DiagnosticReport" => &["LAB", "LP29684-5", "LP29708-2", "LP7839-6"],
        "DocumentReference" => &["clinical-note"],
        _ => &[],
    }
}
