//! A patient's record: one search for each kind of data, side by side, each with its own fate.

use std::cell::RefCell;

use crate::abort::AbortSignal;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::client::tasks::join::{LocalWork, join_all};
use crate::error::{Error, Failure};
use crate::fhir::bundle::Seen;
use crate::fhir::patient::belongs_to_another;
use crate::platform::{JsonView, Platform};
use crate::protocol::encoding::form_pairs;
use crate::protocol::scope::{Context, ScopeSet};
use crate::protocol::url::Url;

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
    /// The server's remarks on its searches, OperationOutcomes, such as that some results are withheld.
    pub outcomes: Vec<V>,
    /// How many resources came that are not in this part, because an earlier page, search or part had them.
    pub repeated: usize,
    /// How many resources there are in all, where the server says.
    pub total: Option<f64>,
    /// How many bytes its pages had as they came, without their content encoding; 0 where `$everything` brought all types
    /// together.
    pub bytes: u64,
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
    /// The server refused to tell all, and told what is in one of these categories. What is in none of them is not there: the
    /// server refused to tell that, too.
    ByCategory(Vec<&'static str>),
    /// The granted scopes do not allow it; nothing was asked of the server.
    NotGranted,
    /// It ended before all was there. What came before stands in the part.
    Failed(Failure),
}

impl<V> RecordPart<V> {
    pub(crate) fn begun(query: RecordQuery) -> Self {
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
    /// Takes a resource in that is not among those that were `seen`, as the patient's or as another's.
    pub(crate) fn take(&mut self, resource: V, patient: &str, base: &Url, seen: &mut Seen) {
        if !seen.is_new(&resource) {
            self.repeated += 1;
            return;
        }
        let into = if belongs_to_another(&resource, patient, base) { &mut self.others } else { &mut self.resources };
        into.push(resource);
    }
}

impl<P: Platform> Session<P> {
    /// Loads the record of the patient in context: every query side by side. `on_part` is called with the number of a
    /// query and its part, each time that a page came and when it ended. What fails or was not granted says so in its
    /// part and leaves the others alone; to try one again, load it alone. A resource that several queries find is in the part in which
    /// it came first, and [`RecordPart::repeated`] counts it in the others.
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
        let (patient, granted, seen) = (patient.as_str(), &granted, RefCell::default());
        let whose = Whose { patient, seen: &seen };
        let loads = queries.iter().enumerate().map(|(index, query)| -> LocalWork<'_, RecordPart<Value<P>>> {
            Box::pin(async move {
                let mut part = RecordPart::begun(query.clone());
                part.state = self
                    .load_part(&mut part, whose, granted, abort, &|part| on_part(index, part))
                    .await
                    .unwrap_or_else(PartState::Failed);
                on_part(index, &part);
                part
            })
        });
        Ok(join_all(loads.collect()).await)
    }

    async fn load_part(
        &self,
        part: &mut RecordPart<Value<P>>,
        whose: Whose<'_>,
        granted: &ScopeSet,
        abort: &AbortSignal,
        on_page: &dyn Fn(&RecordPart<Value<P>>),
    ) -> Result<PartState, Failure> {
        let searches = part.query.searches(granted);
        if searches.is_empty() {
            return Ok(PartState::NotGranted);
        }
        let loading = RefCell::new(part);
        let mut state = PartState::Complete;
        for parameters in searches {
            let load = PartLoad { part: &loading, whose, abort, on_page };
            match self.load_search(&load, &parameters).await {
                Err(failure) if load.may_be_split(&parameters, &failure) => {
                    state = self.load_by_category(&load, &parameters, failure).await?;
                }
                outcome => outcome?,
            }
        }
        Ok(state)
    }

    async fn load_search(
        &self,
        load: &PartLoad<'_, '_, Value<P>>,
        parameters: &[(String, String)],
    ) -> Result<(), Failure> {
        let resource_type = load.part.borrow().query.resource_type.clone();
        let name = if resource_type == "Patient" { "_id" } else { "patient" };
        let whose = [(name.to_owned(), load.whose.patient.to_owned())];
        let search = self.search(&resource_type, &[&whose, parameters].concat(), load.abort)?;
        let counted = load.part.borrow().total;
        while let Some(page) = search.next_page().await? {
            let mut part = load.part.borrow_mut();
            part.bytes += page.bytes;
            part.total = page.total.map(|total| total + counted.unwrap_or_default());
            part.outcomes.extend(page.outcomes);
            part.repeated += page.repeated;
            for resource in page.resources {
                part.take(resource, load.whose.patient, self.inner.guard.base(), &mut load.whose.seen.borrow_mut());
            }
            (load.on_page)(&part);
        }
        Ok(())
    }

    /// Searches in each category by itself, and for what is in none of them, side by side. `refusal` is what the search for all
    /// came to.
    async fn load_by_category(
        &self,
        load: &PartLoad<'_, '_, Value<P>>,
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
        let in_none = outcomes.pop();
        // What is in two categories is counted by the totals of both.
        load.part.borrow_mut().total = None;
        if outcomes.iter().all(Result::is_err) {
            // A fault says more than that the server wants categories.
            let fault = outcomes.into_iter().filter_map(Result::err).find(|failure| !is_refusal(failure));
            return Err(fault.unwrap_or(refusal));
        }
        let mut told = Vec::new();
        for (category, outcome) in categories.iter().zip(outcomes) {
            match outcome {
                Ok(()) => told.push(*category),
                // A category that the server does not know leaves the others.
                Err(failure) if is_refusal(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        match in_none {
            Some(Err(failure)) if !is_refusal(&failure) => Err(failure),
            Some(Ok(())) if told.len() == categories.len() => Ok(PartState::Complete),
            _ => Ok(PartState::ByCategory(told)),
        }
    }
}

/// Whose record it is, and what of it has come.
#[derive(Clone, Copy)]
struct Whose<'a> {
    patient: &'a str,
    seen: &'a RefCell<Seen>,
}

/// What the searches of one part have in common.
struct PartLoad<'a, 'part, V> {
    part: &'a RefCell<&'part mut RecordPart<V>>,
    whose: Whose<'a>,
    abort: &'a AbortSignal,
    on_page: &'a dyn Fn(&RecordPart<V>),
}

impl<V: JsonView> PartLoad<'_, '_, V> {
    /// Whether a server may answer a search by category that it refused without one.
    fn may_be_split(&self, parameters: &[(String, String)], failure: &Error) -> bool {
        let part = self.part.borrow();
        is_refusal(failure)
            && part.resources.is_empty()
            && !categories_of(&part.query.resource_type).is_empty()
            && !parameters.iter().any(|(name, _)| name == "category")
    }
}

/// Whether a server will not answer a search as it was asked.
fn is_refusal(failure: &Error) -> bool {
    matches!(failure.status(), Some(400 | 403 | 422 | 501))
}

/// The categories that a type is searched by where a server wants one (FHIR R4 and US Core, value sets of `category`).
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
