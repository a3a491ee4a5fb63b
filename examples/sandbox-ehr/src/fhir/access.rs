//! What an access token can access: its scopes, and the compartment of its patient.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::Value;

use super::ResourceType;
use super::outcome::Refusal;
use super::parameters::Criterion;
use super::scopes::{Interaction, Level, ResourceScope};
use crate::Sandbox;
use crate::control::Deviation;
use crate::oauth::grants::{Access, User};
use crate::people::PROVIDER_ID;

/// A valid access token.
pub struct Token {
    access: Access,
    scopes: Vec<ResourceScope>,
}

/// Whose resources can be accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Everyone,
    /// Those of the patient with this number, and those of no patient.
    Patient(u32),
}

/// The access of a token to a type. Each scope adds a part: which patients, and which resources.
pub struct View(Vec<(Reach, Vec<Criterion>)>);

impl Reach {
    fn includes(self, number: u32) -> bool {
        match self {
            Self::Everyone => true,
            Self::Patient(own) => own == number,
        }
    }
}

impl View {
    pub fn reaches_everyone(&self) -> bool {
        self.0.iter().any(|(reach, _)| *reach == Reach::Everyone)
    }

    /// Whether some resources of this patient can be accessed.
    pub fn reaches(&self, number: u32) -> bool {
        self.0.iter().any(|(reach, _)| reach.includes(number))
    }

    /// The only patient whose resources can be accessed; `None` if it is everyone.
    pub fn only_patient(&self) -> Option<u32> {
        self.0.iter().find_map(|(reach, _)| match reach {
            Reach::Patient(own) if !self.reaches_everyone() => Some(*own),
            _ => None,
        })
    }

    /// Whether every resource of everyone can be accessed.
    pub fn shows_everything(&self) -> bool {
        self.0.iter().any(|(reach, limits)| *reach == Reach::Everyone && limits.is_empty())
    }

    /// Whether this resource of this patient, or of nobody, can be accessed.
    pub fn shows(&self, resource: &Value, owner: Option<u32>) -> bool {
        self.0.iter().any(|(reach, limits)| {
            owner.is_none_or(|number| reach.includes(number)) && limits.iter().all(|limit| limit.matches(resource))
        })
    }
}

impl Token {
    /// The token of a request (RFC 6750, 2.1). It is only read from the header.
    pub fn read(sandbox: &Sandbox, headers: &HeaderMap) -> Result<Self, Refusal> {
        let header = headers.get(AUTHORIZATION).ok_or_else(Refusal::no_token)?;
        let token = header
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Refusal::no_token)?;
        if sandbox.meets(Deviation::FhirErrorRepeats) {
            return Err(Refusal::forbidden(format!("The token {token} may not do this.")));
        }
        let access = sandbox.store().grants.access(token, sandbox.now()).ok_or_else(Refusal::dead_token)?;
        let scopes = access.scopes.iter().filter_map(|scope| ResourceScope::parse(scope)).collect();
        Ok(Self { access, scopes })
    }

    /// Its client, user, patient and scopes.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The client that it was issued to.
    pub fn client_id(&self) -> &str {
        &self.access.client_id
    }

    /// Whether it was issued to a client without a user.
    pub fn is_for_a_service(&self) -> bool {
        self.access.user == User::Backend
    }

    /// What the scopes allow for this interaction, but not more than the user can access.
    pub fn view(&self, sandbox: &Sandbox, resource: ResourceType, interaction: Interaction) -> Result<View, Refusal> {
        let mut parts = Vec::new();
        for scope in self.scopes.iter().filter(|scope| scope.allows(resource, interaction)) {
            let reach = match (scope.level(), self.access.user) {
                (Level::User, User::Provider) => Some(Reach::Everyone),
                (Level::User, User::Patient(own)) => Some(Reach::Patient(own)),
                (Level::Patient, _) => self.access.patient.map(Reach::Patient),
                (Level::System, User::Backend) => Some(Reach::Everyone),
                (Level::User, User::Backend) | (Level::System, _) => None,
            };
            if let Some(reach) = reach {
                parts.push((reach, scope.limits(resource, &sandbox.config.fhir_base())));
            }
        }
        if parts.is_empty() {
            return Err(Refusal::forbidden(format!("The token has no scope for this use of {}.", resource.name())));
        }
        Ok(View(parts))
    }

    /// Whether this is the resource of the user, which the scope `fhirUser` allows to be read.
    pub fn is_user(&self, resource: ResourceType, id: &str) -> bool {
        let is_own = match self.access.user {
            User::Patient(own) => resource == ResourceType::Patient && id == own.to_string(),
            User::Provider => resource == ResourceType::Practitioner && id == PROVIDER_ID,
            User::Backend => false,
        };
        is_own && self.access.scopes.iter().any(|scope| scope == "fhirUser")
    }
}
