//! The chart of a patient, in tabs; Quickview holds the FHIR Launch portlet.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::{HOME, layout};
use crate::Sandbox;
use crate::fhir::encounter_id;
use crate::oauth::launch_token::{self, LaunchContext};
use crate::parameters::{Parameters, with_query};
use crate::people::{AS_OF, Category, Chart, Measured, Observation, PROVIDER_ID, measures};

const TABS: [&str; 4] = ["Quickview", "Problems", "Results", "Encounters"];

/// How many rows of a long list a tab shows.
const ROWS: usize = 60;

/// `?f=chart&pat_id=…&t=…`.
pub fn page(sandbox: &Sandbox, query: &Parameters) -> Response {
    let Some(chart) = asked_for(sandbox, query) else {
        return layout::problem(StatusCode::NOT_FOUND, "There is no such patient.");
    };
    let tab = TABS.into_iter().find(|tab| query.get("t") == Some(tab)).unwrap_or(TABS[0]);
    let content = html! {
        (banner(&chart))
        nav.tabs aria-label="Chart" {
            @for name in TABS {
                a href=(chart_address(&chart, name)) aria-current=[(name == tab).then_some("page")] { (name) }
            }
        }
        @match tab {
            "Problems" => (problem_list(&chart)),
            "Results" => (result_list(&chart)),
            "Encounters" => (encounter_list(&chart)),
            _ => (quickview(sandbox, &chart)),
        }
    };
    layout::chart(&chart.person.name(), &content)
}

/// `?f=launch&pat_id=…&app=…`: makes a launch token and opens the app with it.
pub fn launch(sandbox: &Sandbox, query: &Parameters) -> Response {
    let config = &sandbox.config;
    let app = query.get("app").and_then(|app| config.apps.get(app.parse::<usize>().ok()?));
    let (Some(chart), Some(app)) = (asked_for(sandbox, query), app) else {
        return layout::problem(StatusCode::NOT_FOUND, "There is no such patient or app.");
    };
    let context = LaunchContext {
        provider: format!("Practitioner/{PROVIDER_ID}"),
        patient: chart.person.number,
        encounter: chart.current_visit().map(|position| encounter_id(&chart, position)),
    };
    match launch_token::issue(config, app, &context) {
        Ok(token) => {
            let query = [("iss", config.fhir_base()), ("launch", token)];
            let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
            layout::redirect(StatusCode::SEE_OTHER, &with_query(&app.launch_url, &query))
        }
        Err(_) => layout::problem(StatusCode::INTERNAL_SERVER_ERROR, "The launch could not be signed. Try again."),
    }
}

fn asked_for(sandbox: &Sandbox, query: &Parameters) -> Option<Chart> {
    sandbox.people.chart(query.get("pat_id")?.parse().ok()?)
}

fn chart_address(chart: &Chart, tab: &str) -> String {
    with_query(HOME, &[("f", "chart"), ("pat_id", &chart.person.number.to_string()), ("t", tab)])
}

fn banner(chart: &Chart) -> Markup {
    let person = &chart.person;
    html! {
        section.banner aria-label="Patient" {
            h1 { (person.sorted_name()) }
            dl {
                div { dt { "Born" } dd { (person.born.format("%b %-d, %Y")) " (" (person.age()) " y)" } }
                div { dt { "Sex" } dd { (person.sex.code()) } }
                div { dt { "Record" } dd { (person.record_number()) } }
                div { dt { "Phone" } dd { (person.phone) } }
                div { dt { "Address" } dd { (person.street) ", " (person.city) ", IN " (person.postal_code) } }
            }
        }
    }
}

fn quickview(sandbox: &Sandbox, chart: &Chart) -> Markup {
    let active: Vec<_> = chart.problems.iter().rev().filter(|problem| problem.is_active_on(AS_OF)).collect();
    let vital_signs = [
        &measures::BLOOD_PRESSURE,
        &measures::HEART_RATE,
        &measures::TEMPERATURE,
        &measures::WEIGHT,
        &measures::HEIGHT,
        &measures::BMI,
    ];
    html! {
        div.portlets {
            section.card aria-labelledby="portlet-problems" {
                h2 id="portlet-problems" { "Active problems" }
                @if active.is_empty() { p.hint { "None on record." } }
                ul.plain { @for problem in active { li { (problem.kind.display) span.since { "since " (problem.onset.format("%Y")) } } } }
            }
            section.card aria-labelledby="portlet-vitals" {
                h2 id="portlet-vitals" { "Latest vital signs" }
                @if chart.observations.is_empty() { p.hint { "None on record." } }
                dl.vitals {
                    @for observation in vital_signs.iter().filter_map(|measure| chart.latest(measure.loinc)) {
                        div { dt { (short_name(observation)) } dd { (value(observation)) " " span.unit { (observation.measure.unit) } } }
                    }
                }
            }
            section.card.launch aria-labelledby="portlet-launch" {
                h2 id="portlet-launch" { "FHIR Launch" }
                p.hint { "Opens an app with this patient's chart." }
                ul.plain {
                    @for (position, app) in sandbox.config.apps.iter().enumerate() {
                        li { a href=(launch_address(chart, position)) { (app.name) } }
                    }
                }
            }
            section.card aria-labelledby="portlet-visits" {
                h2 id="portlet-visits" { "Recent encounters" }
                @if chart.visits.is_empty() { p.hint { "None on record." } }
                ul.plain {
                    @for visit in chart.visits.iter().rev().take(5) {
                        li { (visit.kind.code().1) span.since { (visit.start.format("%b %-d, %Y")) } }
                    }
                }
            }
        }
    }
}

fn launch_address(chart: &Chart, app: usize) -> String {
    with_query(HOME, &[("f", "launch"), ("pat_id", &chart.person.number.to_string()), ("app", &app.to_string())])
}

fn problem_list(chart: &Chart) -> Markup {
    html! {
        table.card {
            thead { tr { th scope="col" { "Problem" } th scope="col" { "ICD-10" } th scope="col" { "Onset" } th scope="col" { "Status" } } }
            tbody {
                @for problem in chart.problems.iter().rev() {
                    tr {
                        td { (problem.kind.display) }
                        td { (problem.kind.icd10) }
                        td { (problem.onset.format("%b %-d, %Y")) }
                        td { @match problem.resolved {
                            Some(day) => { "Resolved " (day.format("%b %-d, %Y")) },
                            None => "Active",
                        } }
                    }
                }
            }
        }
    }
}

fn result_list(chart: &Chart) -> Markup {
    html! {
        table.card {
            thead { tr { th scope="col" { "Date" } th scope="col" { "Measurement" } th scope="col" { "Value" } th scope="col" { "Kind" } } }
            tbody {
                @for observation in chart.observations.iter().rev().take(ROWS) {
                    tr {
                        td { (observation.at.format("%b %-d, %Y")) }
                        td { (short_name(observation)) }
                        td { (value(observation)) " " span.unit { (observation.measure.unit) } }
                        td { @match observation.measure.category {
                            Category::VitalSigns => "Vital sign",
                            Category::Laboratory => "Laboratory",
                            Category::SocialHistory => "Social history",
                            Category::Survey => "Questionnaire",
                        } }
                    }
                }
            }
        }
    }
}

fn encounter_list(chart: &Chart) -> Markup {
    html! {
        table.card {
            thead { tr { th scope="col" { "Date" } th scope="col" { "Encounter" } th scope="col" { "Reason" } th scope="col" { "Status" } } }
            tbody {
                @for visit in chart.visits.iter().rev().take(ROWS) {
                    tr {
                        td { (visit.start.format("%b %-d, %Y %-I:%M %p")) }
                        td { (visit.kind.code().1) }
                        td { (visit.reason.as_ref().map_or("", |reason| reason.kind.display)) }
                        td { (if visit.end.is_some() { "Finished" } else { "In progress" }) }
                    }
                }
            }
        }
    }
}

/// The part of a LOINC name that people say.
fn short_name(observation: &Observation) -> &'static str {
    let name = observation.measure.display;
    let end = [" [", " in ", " panel", "/", " ("].iter().filter_map(|mark| name.find(mark)).min().unwrap_or(name.len());
    &name[..end]
}

fn value(observation: &Observation) -> String {
    let digits = observation.measure.decimals as usize;
    match observation.result {
        Measured::Quantity(value) => format!("{value:.digits$}"),
        Measured::BloodPressure { systolic, diastolic } => format!("{systolic:.0}/{diastolic:.0}"),
        Measured::Coded { display, .. } => display.to_owned(),
    }
}
