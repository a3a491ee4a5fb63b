//! The chart of a patient, in tabs; Quickview has the FHIR Launch portlet.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::{HOME, layout};
use crate::Sandbox;
use crate::config::LaunchApp;
use crate::cors::origin_of;
use crate::fhir::encounter_id;
use crate::fhir::workflow::{APP_CONTEXT, launch_app};
use crate::hub;
use crate::oauth::launch_token::{self, Display, LaunchContext};
use crate::parameters::{Parameters, with_query};
use crate::people::{AS_OF, Category, Chart, Measured, Observation, PROVIDER_ID, measures};
use crate::sessions::Session;

const SCRIPT: &str = include_str!("chart.js");

/// What a provider wants to do who opens the app from the task.
const INTENT: &str = "review-results";

const TABS: [&str; 4] = ["Quickview", "Problems", "Results", "Encounters"];

/// The number of rows that a tab shows of a long list.
const ROWS: usize = 60;

/// `?f=chart&pat_id=…&t=…`, with `&enc=…` if it was opened from a visit, and with `&app=…` if it shows an app.
pub fn page(sandbox: &Sandbox, session: &Session, query: &Parameters) -> Response {
    let Some(chart) = requested_chart(sandbox, query) else {
        return layout::problem(StatusCode::NOT_FOUND, "There is no such patient.");
    };
    hub::open_patient(sandbox, &session.topic, chart.person.number);
    let visit = requested_visit(&chart, query);
    let tab = TABS.into_iter().find(|tab| query.get("t") == Some(tab)).unwrap_or(TABS[0]);
    let shown = requested_app(sandbox, query);
    let content = html! {
        (script_element(sandbox))
        (banner(&chart, visit))
        p.hint id="messages" role="status" {}
        nav.tabs aria-label="Chart" {
            @for name in TABS {
                @let is_current = shown.is_none() && name == tab;
                a href=(chart_address(&chart, visit, name)) aria-current=[is_current.then_some("page")] { (name) }
            }
        }
        @match (shown, tab) {
            (Some((position, app)), _) => (frame(&chart, visit, position, app)),
            (None, "Problems") => (problem_list(&chart)),
            (None, "Results") => (result_list(&chart)),
            (None, "Encounters") => (encounter_list(&chart)),
            (None, _) => (quickview(sandbox, &chart, visit)),
        }
    };
    let name = chart.person.name();
    match shown.and_then(|(_, app)| origin_of(&app.launch_url)) {
        Some(origin) => layout::chart_with_frame(&name, &content, &origin),
        None => layout::chart(&name, &content),
    }
}

/// `?f=launch&pat_id=…&app=…`: makes a launch token and opens the app with it. With `&task=1`, the app receives the context and the intent of the task.
pub fn launch(sandbox: &Sandbox, query: &Parameters) -> Response {
    let config = &sandbox.config;
    let (Some(chart), Some((_, app))) = (requested_chart(sandbox, query), requested_app(sandbox, query)) else {
        return layout::problem(StatusCode::NOT_FOUND, "There is no such patient or app.");
    };
    let visit = requested_visit(&chart, query).or(chart.current_visit());
    let context = LaunchContext {
        provider: format!("Practitioner/{PROVIDER_ID}"),
        patient: chart.person.number,
        encounter: visit.map(|position| encounter_id(&chart, position)),
        display: if query.get("display") == Some("frame") { Display::Frame } else { Display::Window },
        app_context: query.get("task").map(|_| APP_CONTEXT.to_owned()),
        intent: query.get("task").map(|_| INTENT.to_owned()),
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

/// `GET chart.js`.
pub async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript"), (CACHE_CONTROL, "no-cache")], SCRIPT).into_response()
}

/// The position of the visit that the chart was opened from.
fn requested_visit(chart: &Chart, query: &Parameters) -> Option<usize> {
    let wanted = query.get("enc")?;
    (0..chart.visits.len()).find(|position| encounter_id(chart, *position) == wanted)
}

fn requested_app<'a>(sandbox: &'a Sandbox, query: &Parameters) -> Option<(usize, &'a LaunchApp)> {
    let position = query.get("app")?.parse().ok()?;
    Some((position, sandbox.config.apps.get(position)?))
}

fn requested_chart(sandbox: &Sandbox, query: &Parameters) -> Option<Chart> {
    sandbox.people.chart(query.get("pat_id")?.parse().ok()?)
}

fn chart_address(chart: &Chart, visit: Option<usize>, tab: &str) -> String {
    address(chart, visit, &[("f", "chart"), ("t", tab)])
}

fn launch_address(chart: &Chart, visit: Option<usize>, app: usize, display: &str) -> String {
    address(chart, visit, &[("f", "launch"), ("app", &app.to_string()), ("display", display)])
}

/// The URL that launches the app of the task with its context.
fn task_address(chart: &Chart, visit: Option<usize>) -> String {
    address(chart, visit, &[("f", "launch"), ("app", "0"), ("display", "window"), ("task", "1")])
}

/// A URL for this patient and visit.
fn address(chart: &Chart, visit: Option<usize>, parameters: &[(&str, &str)]) -> String {
    let number = chart.person.number.to_string();
    let encounter = visit.map(|position| encounter_id(chart, position));
    let own = [("pat_id", number.as_str())].into_iter().chain(encounter.as_deref().map(|encounter| ("enc", encounter)));
    let all: Vec<(&str, &str)> = parameters.iter().copied().chain(own).collect();
    with_query(HOME, &all)
}

fn banner(chart: &Chart, visit: Option<usize>) -> Markup {
    let person = &chart.person;
    html! {
        section.banner aria-label="Patient" {
            h1 { (person.sorted_name()) }
            dl {
                div { dt { "Born" } dd { (person.born.format("%b %-d, %Y")) " (" (person.age()) " y)" } }
                div { dt { "Sex" } dd { (person.sex.code()) } }
                div { dt { "Record" } dd { (person.record_number()) } }
                div { dt { "Phone" } dd { (person.phone) } }
                @if let Some(visit) = visit.and_then(|position| chart.visits.get(position)) {
                    div { dt { "Visit" } dd { (visit.start.format("%b %-d, %Y")) } }
                }
                div { dt { "Address" } dd { (person.street) ", " (person.city) ", IN " (person.postal_code) } }
            }
        }
    }
}

fn quickview(sandbox: &Sandbox, chart: &Chart, visit: Option<usize>) -> Markup {
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
                        li { (launches(chart, visit, position, app)) }
                    }
                }
            }
            @if launch_app(sandbox).is_some() {
                section.card aria-labelledby="portlet-tasks" {
                    h2 id="portlet-tasks" { "Tasks" }
                    ul.plain { li { a href=(task_address(chart, visit)) { "Review the results" } } }
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

/// The three ways to open an app.
fn launches(chart: &Chart, visit: Option<usize>, position: usize, app: &LaunchApp) -> Markup {
    let number = chart.person.number.to_string();
    html! {
        a href=(launch_address(chart, visit, position, "window")) { (app.name) }
        button type="button" data-popup=(launch_address(chart, visit, position, "window"))
            aria-label={ "Open " (app.name) " in a popup" } { "Popup" }
        form method="get" action=(HOME) {
            input type="hidden" name="f" value="chart";
            input type="hidden" name="pat_id" value=(number);
            @if let Some(visit) = visit { input type="hidden" name="enc" value=(encounter_id(chart, visit)); }
            input type="hidden" name="app" value=(position);
            button type="submit" aria-label={ "Open " (app.name) " in the chart" } { "In the chart" }
        }
    }
}

/// An app below the chart's own banner.
fn frame(chart: &Chart, visit: Option<usize>, position: usize, app: &LaunchApp) -> Markup {
    html! {
        iframe.app title=(app.name) src=(launch_address(chart, visit, position, "frame"))
            data-close=(chart_address(chart, visit, TABS[0])) {}
    }
}

/// The script that opens apps in windows, and responds to messages of apps that have the handle.
fn script_element(sandbox: &Sandbox) -> Markup {
    let origins: Vec<String> = sandbox.config.apps.iter().filter_map(|app| origin_of(&app.launch_url)).collect();
    html! {
        script src={ (HOME) "/chart.js" } data-handle=(sandbox.messaging_handle) data-origins=(origins.join(" ")) defer {}
    }
}

/// Whether a scope is one for messages to the chart's page (SMART Web Messaging).
pub fn is_messaging_scope(scope: &str) -> bool {
    matches!(scope, "messaging/ui" | "messaging/scratchpad")
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
                @for (position, visit) in chart.visits.iter().enumerate().rev().take(ROWS) {
                    tr {
                        td { a href=(chart_address(chart, Some(position), TABS[0])) { (visit.start.format("%b %-d, %Y %-I:%M %p")) } }
                        td { (visit.kind.code().1) }
                        td { (visit.reason.as_ref().map_or("", |reason| reason.kind.display)) }
                        td { (if visit.end.is_some() { "Finished" } else { "In progress" }) }
                    }
                }
            }
        }
    }
}

/// The short form of a LOINC name.
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
