//! A part of the record: its heading, and what came of loading it.

use leptos::prelude::*;

use super::load::{Load, Loading};
use super::trouble::TroubleNote;
use crate::model::ownership::Parted;
use crate::model::trouble::{Audience, Trouble};

/// A section for one kind of data.
pub fn data_section<T: Clone + Send + Sync + 'static>(
    heading: &'static str,
    audience: Audience,
    load: Load<Parted<T>>,
    show: fn(T) -> AnyView,
) -> impl IntoView {
    let id = heading.to_lowercase().replace(' ', "-");
    let label = id.clone();
    let contents = move || match load.state() {
        Loading::NotShared => not_shared(heading),
        Loading::Waiting => view! { <Skeleton/> }.into_any(),
        Loading::Ready(parted) => view! { {show(parted.own)} <LeftOut count=parted.left_out/> }.into_any(),
        Loading::Failed(error) => {
            let trouble = Trouble::of(&error, audience);
            view! {
                <TroubleNote trouble>
                    <button type="button" on:click=move |_| load.again()>"Try again"</button>
                </TroubleNote>
            }
            .into_any()
        }
    };
    let is_busy = move || matches!(load.state(), Loading::Waiting).to_string();
    view! {
        <section class="card" aria-labelledby=label aria-busy=is_busy>
            <h2 id=id>{heading}</h2>
            {contents}
        </section>
    }
}

fn not_shared(heading: &'static str) -> AnyView {
    view! {
        <p class="absent">{heading}" were not shared."</p>
        <p class="hint"><a href="/session">"See what was shared"</a></p>
    }
    .into_any()
}

/// Lines that stand where the data will be.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <p class="visually-hidden" role="status">"Loading…"</p>
        <div class="skeleton" aria-hidden="true"><span></span><span></span><span></span></div>
    }
}

#[component]
fn LeftOut(count: usize) -> impl IntoView {
    (count > 0).then(|| {
        let words = match count {
            1 => "1 entry was left out: it does not belong to this patient.".to_owned(),
            _ => format!("{count} entries were left out: they do not belong to this patient."),
        };
        view! { <p class="notice">{words}</p> }
    })
}
