//! The look of the EHR whose chart the app was opened from.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::abort::AbortSignal;
use wasm_bindgen::JsCast;
use web_sys::{CssStyleDeclaration, HtmlElement};

use super::{Launcher, Session, State};
use crate::model::style::{Look, look};

const COLOR_SCHEME: &str = "color-scheme";

impl Launcher {
    /// Applies the EHR's look while a session of its chart is shown, and the launcher's own otherwise.
    pub fn watch_style(self) {
        let applied = StoredValue::new(None::<Look>);
        Effect::new(move |_| {
            if let Some(look) = applied.try_update_value(Option::take).flatten() {
                remove(&look);
            }
            if let State::Open(session) = self.state() {
                spawn_local(self.apply_style(session, applied));
            }
        });
    }

    async fn apply_style(self, session: Session, applied: StoredValue<Option<Look>>) {
        // Without the EHR's look, the pages keep their own.
        let Ok(style) = session.style(&AbortSignal::never()).await else { return };
        let Some(look) = look(&style).filter(|_| self.state.get_untracked().shows(&session)) else { return };
        if let Some(style) = root_style() {
            let scheme = [(COLOR_SCHEME, look.color_scheme)];
            let tokens = look.tokens.iter().map(|(name, value)| (*name, value.as_str()));
            for (name, value) in scheme.into_iter().chain(tokens) {
                // A token that cannot be set keeps the launcher's own value.
                let _ = style.set_property(name, value);
            }
            applied.set_value(Some(look));
        }
    }
}

fn remove(look: &Look) {
    let Some(style) = root_style() else { return };
    for name in look.tokens.iter().map(|(name, _)| *name).chain([COLOR_SCHEME]) {
        // What was set can be removed.
        let _ = style.remove_property(name);
    }
}

fn root_style() -> Option<CssStyleDeclaration> {
    Some(document().document_element()?.dyn_into::<HtmlElement>().ok()?.style())
}
