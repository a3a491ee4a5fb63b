//! The list of patients.

use axum::response::Response;
use maud::html;

use super::{HOME, layout};
use crate::Sandbox;
use crate::parameters::{Parameters, with_query};
use crate::people::Person;

const PER_PAGE: usize = 25;

/// The patients whose names start with the query, a page at a time.
pub fn page(sandbox: &Sandbox, query: &Parameters) -> Response {
    let people = &sandbox.people;
    let wanted = query.get("q").unwrap_or_default().trim().to_lowercase();
    let page = query.get("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(0);
    let fits = |person: &Person| {
        [person.family, person.given].iter().any(|name| name.to_lowercase().starts_with(&wanted))
            || person.name().to_lowercase().starts_with(&wanted)
            || person.record_number().to_lowercase() == wanted
    };
    let mut found = (1..=people.size()).filter_map(|number| people.person(number)).filter(fits);
    let shown: Vec<Person> = found.by_ref().skip(page.saturating_mul(PER_PAGE)).take(PER_PAGE).collect();
    let has_more = found.next().is_some();
    let address = |page: usize| with_query(HOME, &[("f", "patients"), ("q", &wanted), ("page", &page.to_string())]);
    let content = html! {
        div.heading {
            h1 { "Patients" }
            form.search method="get" action=(HOME) role="search" {
                input type="hidden" name="f" value="patients";
                label.hidden for="q" { "Find a patient" }
                input id="q" name="q" type="search" value=(query.get("q").unwrap_or_default()) placeholder="Name or record number";
                button type="submit" { "Find" }
            }
        }
        @if shown.is_empty() {
            p.card { "No patient fits." }
        } @else {
            table.card {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Record number" } th scope="col" { "Born" }
                    th scope="col" { "Age" } th scope="col" { "Sex" } th scope="col" { "City" } } }
                tbody {
                    @for person in &shown {
                        tr {
                            td { a href=(with_query(HOME, &[("f", "chart"), ("pat_id", &person.number.to_string())])) { (person.name()) } }
                            td { (person.record_number()) }
                            td { (person.born.format("%b %-d, %Y")) }
                            td.number { (person.age()) }
                            td { (person.sex.code()) }
                            td { (person.city) }
                        }
                    }
                }
            }
        }
        nav.pages aria-label="Pages" {
            @if page > 0 { a href=(address(page - 1)) { "Previous" } }
            @if has_more { a href=(address(page + 1)) { "Next" } }
        }
    };
    layout::chart("Patients", &content)
}
