//! Whose record is open, and the way to the others, above a record.

use leptos::prelude::*;

use super::draw::{element, link, nothing, reactive, text};
use super::load::Load;
use super::people::patient_name;
use crate::launcher::{Launcher, OpenSession};

/// Whose record is open, if this device has others.
pub fn switcher(launcher: Launcher, session: OpenSession, patient: Load) -> AnyView {
    let id = session.with_value(|session| session.id().to_owned());
    let has_others = Memo::new(move |_| {
        let is_other = |other: &str| other != id;
        launcher.connections().iter().any(|connection| is_other(&connection.id))
            || launcher.all_sessions().iter().any(|session| is_other(session.id()))
    });
    reactive(move || {
        if !has_others.get() {
            return nothing();
        }
        let name = element("strong", &[], vec![patient_name(patient, session)]);
        let open = element("p", &[], vec![text("Open now: "), name]);
        let parts = vec![open, link("", "/", "Switch to another record")];
        element("nav", &[("class", "switcher"), ("aria-label", "Records")], parts)
    })
}
