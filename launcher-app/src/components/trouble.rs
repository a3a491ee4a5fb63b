//! What went wrong, with a way on.

use leptos::prelude::*;

use crate::model::trouble::Trouble;

/// A failure that takes a whole page.
#[component]
pub fn TroublePanel(
    /// What happened.
    trouble: Trouble,
    /// The ways on: links and buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="trouble card" role="alert">
            <h1>{trouble.title}</h1>
            <p>{trouble.text}</p>
            <div class="actions">{children()}</div>
            <Details code=trouble.code words=trouble.details/>
        </div>
    }
}

/// A failure of one part of a page.
#[component]
pub fn TroubleNote(
    /// What happened.
    trouble: Trouble,
    /// The ways on: links and buttons, if there are any.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="trouble-note" role="alert">
            <p><strong>{trouble.title}". "</strong>{trouble.text}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
            <Details code=trouble.code words=trouble.details/>
        </div>
    }
}

#[component]
fn Details(code: &'static str, words: String) -> impl IntoView {
    view! {
        <details class="technical">
            <summary>"Details for support"</summary>
            <p><code>{code}</code></p>
            <p>{words}</p>
        </details>
    }
}
