//! The record: who the patient is, the problems, the vital signs.

use leptos::prelude::*;
use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::web::JsonValue;

use crate::charts::line::trend_chart;
use crate::components::data_section::{data_section, skeleton, try_again};
use crate::components::draw::{element, paragraph, reactive, text};
use crate::components::gate::{told, with_session};
use crate::components::load::{Load, Loading};
use crate::components::page::page;
use crate::components::table::{more, table};
use crate::components::trouble::trouble_note;
use crate::launcher::{Launcher, OpenSession, Session, today};
use crate::model::ownership::{Owner, Parted};
use crate::model::patient::PatientBanner;
use crate::model::problems::{Problem, ProblemList};
use crate::model::trend::Trend;
use crate::model::trouble::{Audience, Trouble};
use crate::model::vital_signs::{self, Latest};

/// What the section of vital signs shows.
#[derive(Clone, Debug)]
struct VitalSigns {
    latest: Vec<Latest>,
    trend: Option<Trend>,
}

/// `/record`.
#[component]
pub fn Record() -> impl IntoView {
    with_session(record)
}

fn record(session: OpenSession) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let current = session.get_value();
    let audience = launcher.audience(&current);
    let Some(owner) = owner(&current) else { return told(Trouble::no_patient(audience)) };
    let (of_banner, of_problems, of_vital_signs) = (owner.clone(), owner.clone(), owner);
    let banner = Load::start(session, current.may_read("Patient"), move |session, abort| {
        load_banner(session, of_banner.clone(), abort)
    });
    let problems = Load::start(session, current.may_read("Condition"), move |session, abort| {
        load_problems(session, of_problems.clone(), abort)
    });
    let vital_signs = Load::start(session, current.may_read("Observation"), move |session, abort| {
        load_vital_signs(session, of_vital_signs.clone(), abort)
    });
    let mut head = vec![element("h1", &[], vec![text("Health record")])];
    head.extend(launcher.label(&current).map(|label| paragraph("origin", format!("From {label}"))));
    let columns = vec![
        data_section("problems", "Problems", audience, problems, show_problems),
        data_section("vital-signs", "Vital signs", audience, vital_signs, show_vital_signs),
    ];
    let parts = vec![
        element("div", &[("class", "page-head")], head),
        reactive(move || banner_card(banner, audience)),
        element("div", &[("class", "columns")], columns),
    ];
    page("Record", parts)
}

/// The patient of a session, to hold every resource against.
pub fn owner(session: &Session) -> Option<Owner> {
    Some(Owner { patient: session.patient()?, fhir_base: session.fhir_base() })
}

/// Reads the session's patient.
pub async fn load_banner(session: Session, owner: Owner, abort: AbortSignal) -> Result<PatientBanner, Error> {
    let patient = session.read(&format!("Patient/{}", owner.patient), &abort).await?;
    if !owner.is(&patient) {
        return Err(Error::PatientChanged);
    }
    Ok(PatientBanner::read(&patient, today()))
}

async fn load_problems(session: Session, owner: Owner, abort: AbortSignal) -> Result<Parted<ProblemList>, Error> {
    let conditions = search(&session, "Condition", &[("patient", &owner.patient)], &abort).await?;
    let Parted { own, left_out } = owner.part("Condition", conditions);
    Ok(Parted { own: ProblemList::read(&own), left_out })
}

async fn load_vital_signs(session: Session, owner: Owner, abort: AbortSignal) -> Result<Parted<VitalSigns>, Error> {
    let parameters = [("patient", owner.patient.as_str()), ("category", "vital-signs")];
    let observations = search(&session, "Observation", &parameters, &abort).await?;
    let Parted { own, left_out } = owner.part("Observation", observations);
    let measurements = vital_signs::measurements(&own);
    let own = VitalSigns { latest: vital_signs::latest(&measurements), trend: Trend::of(&measurements) };
    Ok(Parted { own, left_out })
}

/// All pages of a search.
async fn search(
    session: &Session,
    resource_type: &str,
    parameters: &[(&str, &str)],
    abort: &AbortSignal,
) -> Result<Vec<JsonValue>, Error> {
    let parameters: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let pages = session.search(resource_type, &parameters, abort)?;
    let mut resources = Vec::new();
    while let Some(page) = pages.next_page().await? {
        resources.extend(page.resources);
    }
    Ok(resources)
}

fn banner_card(load: Load<PatientBanner>, audience: Audience) -> AnyView {
    let contents = match load.state() {
        Loading::NotShared => paragraph("absent", "Name and date of birth were not shared."),
        Loading::Waiting => skeleton(),
        Loading::Ready(banner) => return show_banner(banner),
        Loading::Failed(error) => trouble_note(Trouble::of(&error, audience), Some(try_again(move || load.again()))),
    };
    element("div", &[("class", "banner card")], vec![contents])
}

fn show_banner(banner: PatientBanner) -> AnyView {
    let facts = [
        ("Born", banner.birth_date),
        ("Age", banner.age),
        ("Sex", banner.sex.map(str::to_owned)),
        ("Deceased", banner.died),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(fact(name, text(value?))));
    let facts = element("dl", &[("class", "facts")], facts.collect());
    element(
        "section",
        &[("class", "banner card"), ("aria-label", "Patient")],
        vec![paragraph("banner-name", banner.name), facts],
    )
}

/// A name with its value, in a list of such.
pub fn fact(name: &'static str, value: AnyView) -> AnyView {
    element("div", &[], vec![element("dt", &[], vec![text(name)]), element("dd", &[], vec![value])])
}

fn show_problems(list: ProblemList) -> AnyView {
    let past = (!list.past.is_empty())
        .then(|| more(format!("Over or inactive ({})", list.past.len()), problem_items(list.past)));
    let mut parts = vec![match list.present.is_empty() {
        true => paragraph("absent", "There are no present problems in the record."),
        false => problem_items(list.present),
    }];
    parts.extend(past);
    element("div", &[("class", "contents")], parts)
}

fn problem_items(problems: Vec<Problem>) -> AnyView {
    let part = |class: &'static str, words: String| element("span", &[("class", class)], vec![text(words)]);
    let items = problems.into_iter().map(|problem| {
        let mut parts = vec![part("problem-name", problem.name)];
        parts.extend(problem.remark.map(|remark| part("tag", remark.to_owned())));
        parts.extend(problem.course.map(|course| part("problem-course", course)));
        element("li", &[], parts)
    });
    element("ul", &[("class", "problems")], items.collect())
}

fn show_vital_signs(vital_signs: VitalSigns) -> AnyView {
    if vital_signs.latest.is_empty() {
        return paragraph("absent", "There are no vital signs in the record.");
    }
    let rows = vital_signs
        .latest
        .into_iter()
        .map(|latest| vec![text(latest.name), text(latest.value), text(latest.date.unwrap_or_default())]);
    let table = table(Some("The latest of each"), &["What", "Latest", "When"], &["value", "when"], rows.collect());
    let mut parts = vec![table];
    parts.extend(vital_signs.trend.as_ref().map(trend_chart));
    element("div", &[("class", "contents")], parts)
}
