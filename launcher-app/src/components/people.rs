//! Who the patient is: the banner above a record, and the name elsewhere.

use leptos::prelude::*;
use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::platform::JsonView;

use super::draw::{element, paragraph, reactive, reactive_text, text};
use super::load::{Load, Loading};
use super::section::{absent, fact, facts, skeleton, try_again};
use super::trouble::trouble_note;
use crate::launcher::{OpenSession, Session, today};
use crate::model::patient::{PatientBanner, name};
use crate::model::trouble::{Audience, Trouble};

/// Reads the session's patient, if it was shared.
pub fn load_patient(session: OpenSession) -> Load<PatientBanner> {
    let is_shared = session.with_value(|session| session.may_read("Patient"));
    Load::start(session, is_shared, read_patient)
}

async fn read_patient(session: Session, abort: AbortSignal) -> Result<PatientBanner, Error> {
    let id = session.patient().ok_or(Error::NoPatient)?;
    let patient = session.read(&format!("Patient/{id}"), &abort).await?;
    let is = |member: &str, wanted: &str| patient.member_text(member).as_deref() == Some(wanted);
    if !is("resourceType", "Patient") || !is("id", &id) {
        return Err(Error::PatientChanged);
    }
    Ok(PatientBanner::read(&patient, today()))
}

/// The banner.
pub fn banner(load: Load<PatientBanner>, audience: Audience) -> AnyView {
    reactive(move || {
        let contents = match load.state() {
            Loading::NotShared => vec![absent("Name and date of birth were not shared.")],
            Loading::Waiting => vec![skeleton()],
            Loading::Ready(banner) => show(banner),
            Loading::Failed(error) => {
                vec![trouble_note(Trouble::of(&error, audience), Some(try_again(move || load.again())))]
            }
        };
        element("section", &[("class", "banner card"), ("aria-label", "Patient")], contents)
    })
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
pub fn patient_line(load: Load<PatientBanner>, otherwise: String) -> AnyView {
    reactive_text(move || match load.state() {
        Loading::Ready(banner) => match banner.birth_date {
            Some(born) => format!("{}, born {born}", banner.name),
            None => banner.name,
        },
        Loading::Waiting => "…".to_owned(),
        Loading::NotShared | Loading::Failed(_) => otherwise.clone(),
    })
}

/// The name of whoever signed in, read from the user's own resource.
pub fn user_name(session: OpenSession) -> AnyView {
    let user = session.with_value(|session| session.fhir_user());
    let reference = user.map(|user| format!("{}/{}", user.resource_type, user.id));
    let load: Load<Option<String>> = Load::start(session, reference.is_some(), move |session, abort| {
        let reference = reference.clone().unwrap_or_default();
        async move { Ok(name(&session.read(&reference, &abort).await?)) }
    });
    reactive_text(move || match load.state() {
        Loading::Waiting => "…".to_owned(),
        Loading::Ready(Some(name)) => name,
        Loading::Ready(None) | Loading::Failed(_) | Loading::NotShared => "The clinic does not tell".to_owned(),
    })
}
