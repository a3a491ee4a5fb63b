//! The patient: the banner above a record, and the name elsewhere.

use leptos::prelude::*;
use smartrust::platform::JsonView;
use smartrust::web::JsonValue;
use smartrust::{Error, Failure};

use super::draw::{element, paragraph, reactive, reactive_text, text};
use super::load::{Load, Loading};
use super::section::{absent, fact, facts, skeleton, try_again};
use super::trouble::trouble_note;
use crate::launcher::{Launcher, OpenSession, today};
use crate::model::patient::{PatientBanner, name};
use crate::model::trouble::{Audience, Trouble, is_unreachable};

const NOT_KNOWN: &str = "Not known";

/// Loads the session's patient, if it was shared.
pub fn load_patient(session: OpenSession) -> Load {
    let current = session.get_value();
    let is_shared = current.may_read("Patient");
    Load::read(session, current.patient().filter(|_| is_shared).map(|id| format!("Patient/{id}")))
}

/// The banner, if the resource is the session's patient.
fn own_patient(patient: &JsonValue, session: OpenSession) -> Result<PatientBanner, Failure> {
    let is = |member: &str, wanted: Option<&str>| patient.member_text(member).as_deref() == wanted;
    let id = session.with_value(|session| session.patient());
    match is("resourceType", Some("Patient")) && is("id", id.as_deref()) {
        true => Ok(PatientBanner::read(patient, today())),
        false => Err(Error::PatientChanged.into()),
    }
}

/// Names the connection of a kept session by its patient, as soon as the patient is loaded.
pub fn label_connection(launcher: Launcher, session: OpenSession, load: Load) {
    Effect::new(move |_| {
        if let Loading::Ready(patient) = load.state()
            && let Ok(banner) = own_patient(&patient, session)
        {
            launcher.label_connection(session.get_value(), banner.name);
        }
    });
}

/// The banner. It is a region as soon as it has contents.
pub fn banner(load: Load, session: OpenSession, audience: Audience) -> AnyView {
    reactive(move || {
        let contents = match load.state() {
            Loading::Waiting => return element("div", &[("class", "banner card")], vec![skeleton()]),
            Loading::NotShared => vec![absent("Name and date of birth were not shared.")],
            // The page reports an unreachable server once, below.
            Loading::Failed(error) if is_unreachable(&error) => {
                vec![absent("Name and date of birth could not be loaded.")]
            }
            Loading::Failed(error) => vec![trouble(&error, load, audience)],
            Loading::Ready(patient) => match own_patient(&patient, session) {
                Ok(banner) => show(banner),
                Err(error) => vec![trouble(&error, load, audience)],
            },
        };
        element("section", &[("class", "banner card"), ("aria-label", "Patient")], contents)
    })
}

fn trouble(error: &Error, load: Load, audience: Audience) -> AnyView {
    trouble_note(Trouble::of(error, audience), Some(try_again(move || load.reload())))
}

fn show(banner: PatientBanner) -> Vec<AnyView> {
    let known = [
        ("Born", banner.birth_date),
        ("Age", banner.age),
        ("Sex", banner.sex.map(str::to_owned)),
        ("Deceased", banner.died),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some(fact(name, text(value?))));
    vec![paragraph("banner-name", banner.name), facts("facts", known.collect())]
}

/// The patient's name and date of birth in one line.
pub fn patient_line(session: OpenSession, otherwise: String) -> AnyView {
    let load = load_patient(session);
    reactive_text(move || match load.state() {
        Loading::Waiting => "…".to_owned(),
        Loading::Ready(patient) => match own_patient(&patient, session) {
            Ok(PatientBanner { name, birth_date: Some(born), .. }) => format!("{name}, born {born}"),
            Ok(PatientBanner { name, .. }) => name,
            Err(_) => otherwise.clone(),
        },
        Loading::NotShared | Loading::Failed(_) => otherwise.clone(),
    })
}

/// The name of the session's patient.
pub fn patient_name(load: Load, session: OpenSession) -> AnyView {
    reactive_text(move || match load.state() {
        Loading::Waiting => "…".to_owned(),
        Loading::Ready(patient) => own_patient(&patient, session).map_or_else(|_| NOT_KNOWN.to_owned(), |it| it.name),
        Loading::NotShared | Loading::Failed(_) => NOT_KNOWN.to_owned(),
    })
}

/// The name of the user, from the resource that fhirUser names.
pub fn user_name(session: OpenSession) -> AnyView {
    let user = session.with_value(|session| session.fhir_user());
    let load = Load::read(session, user.map(|user| format!("{}/{}", user.resource_type, user.id)));
    reactive_text(move || {
        let known = match load.state() {
            Loading::Waiting => return "…".to_owned(),
            Loading::Ready(user) => name(&user),
            Loading::Failed(_) | Loading::NotShared => None,
        };
        known.unwrap_or_else(|| NOT_KNOWN.to_owned())
    })
}
