//! The record: who the patient is, the problems, the vital signs.

use leptos::prelude::*;
use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::web::JsonValue;

use crate::charts::line::TrendChart;
use crate::components::data_section::{Skeleton, data_section};
use crate::components::gate::{told, with_session};
use crate::components::load::{Load, Loading};
use crate::components::page::Page;
use crate::components::trouble::TroubleNote;
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
    let banner = Load::start(session, current.may_read("Patient"), {
        let owner = owner.clone();
        move |session, abort| load_banner(session, owner.clone(), abort)
    });
    let problems = Load::start(session, current.may_read("Condition"), {
        let owner = owner.clone();
        move |session, abort| load_problems(session, owner.clone(), abort)
    });
    let vital_signs = Load::start(session, current.may_read("Observation"), move |session, abort| {
        load_vital_signs(session, owner.clone(), abort)
    });
    let origin = launcher.label(&current).map(|label| format!("From {label}"));
    view! {
        <Page title="Record">
            <div class="page-head">
                <h1>"Health record"</h1>
                <p class="origin">{origin}</p>
            </div>
            <Banner load=banner audience/>
            <div class="columns">
                {data_section("Problems", audience, problems, show_problems)}
                {data_section("Vital signs", audience, vital_signs, show_vital_signs)}
            </div>
        </Page>
    }
    .into_any()
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
    let mut pages = session.search(resource_type, &parameters)?;
    let mut resources = Vec::new();
    while let Some(page) = pages.next_page(abort).await? {
        resources.extend(page.resources);
    }
    Ok(resources)
}

#[component]
fn Banner(load: Load<PatientBanner>, audience: Audience) -> impl IntoView {
    move || match load.state() {
        Loading::NotShared => view! {
            <div class="banner card"><p class="absent">"Name and date of birth were not shared."</p></div>
        }
        .into_any(),
        Loading::Waiting => view! { <div class="banner card"><Skeleton/></div> }.into_any(),
        Loading::Ready(banner) => show_banner(banner),
        Loading::Failed(error) => view! {
            <div class="banner card">
                <TroubleNote trouble=Trouble::of(&error, audience)>
                    <button type="button" on:click=move |_| load.again()>"Try again"</button>
                </TroubleNote>
            </div>
        }
        .into_any(),
    }
}

fn show_banner(banner: PatientBanner) -> AnyView {
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
    };
    view! {
        <section class="banner card" aria-label="Patient">
            <p class="banner-name">{banner.name}</p>
            <dl class="facts">
                {fact("Born", banner.birth_date)}
                {fact("Age", banner.age)}
                {fact("Sex", banner.sex.map(str::to_owned))}
                {banner.died.map(|died| view! { <div><dt class="visually-hidden">"Death"</dt><dd>{died}</dd></div> })}
            </dl>
        </section>
    }
    .into_any()
}

fn show_problems(list: ProblemList) -> AnyView {
    let past = (!list.past.is_empty()).then(|| {
        view! {
            <details class="more">
                <summary>{format!("Over or inactive ({})", list.past.len())}</summary>
                {problem_items(list.past)}
            </details>
        }
    });
    let present = match list.present.is_empty() {
        true => view! { <p class="absent">"There are no present problems in the record."</p> }.into_any(),
        false => problem_items(list.present),
    };
    view! { {present} {past} }.into_any()
}

fn problem_items(problems: Vec<Problem>) -> AnyView {
    let items = problems.into_iter().map(|problem| {
        view! {
            <li>
                <span class="problem-name">{problem.name}</span>
                {problem.remark.map(|remark| view! { <span class="tag">{remark}</span> })}
                {problem.course.map(|course| view! { <span class="problem-course">{course}</span> })}
            </li>
        }
    });
    view! { <ul class="problems">{items.collect_view()}</ul> }.into_any()
}

fn show_vital_signs(vital_signs: VitalSigns) -> AnyView {
    if vital_signs.latest.is_empty() {
        return view! { <p class="absent">"There are no vital signs in the record."</p> }.into_any();
    }
    let rows = vital_signs.latest.into_iter().map(|latest| {
        view! {
            <tr>
                <th scope="row">{latest.name}</th>
                <td class="value">{latest.value}</td>
                <td class="when">{latest.date}</td>
            </tr>
        }
    });
    view! {
        <table class="latest">
            <caption class="visually-hidden">"The latest of each"</caption>
            <thead>
                <tr><th scope="col">"What"</th><th scope="col">"Latest"</th><th scope="col">"When"</th></tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {vital_signs.trend.map(|trend| view! { <TrendChart trend/> })}
    }
    .into_any()
}
