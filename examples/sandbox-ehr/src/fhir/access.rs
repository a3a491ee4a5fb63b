//! What an access token may see: its scopes, and the compartment of its patient.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::ResourceType;
use super::outcome::Refusal;
use super::scopes::{Interaction, Level, ResourceScope};
use crate::Sandbox;
use crate::oauth::grants::{Access, User};
use crate::people::PROVIDER_ID;

/// A live access token.
pub struct Token {
    access: Access,
    scopes: Vec<ResourceScope>,
}

/// Whose resources may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Everyone,
    /// The patient with this number, and what belongs to no patient.
    Patient(u32),
}

impl Reach {
    pub fn includes(&self, number: u32) -> bool {
        match self {
            Self::Everyone => true,
            Self::Patient(own) => *own == number,
        }
    }
}

impl Token {
    /// The token of a request (RFC 6750, 2.1). It is taken from the header only.
    pub fn read(sandbox: &Sandbox, headers: &HeaderMap) -> Result<Self, Refusal> {
        let header = headers.get(AUTHORIZATION).ok_or_else(Refusal::no_token)?;
        let token = header
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Refusal::no_token)?;
        let access = sandbox.store().grants.access(token, sandbox.now()).ok_or_else(Refusal::dead_token)?;
        let scopes = access.scopes.iter().filter_map(|scope| ResourceScope::parse(scope)).collect();
        Ok(Self { access, scopes })
    }

    /// The widest that any scope for this interaction allows; no token sees more than its user would.
    pub fn reach(&self, resource: ResourceType, interaction: Interaction) -> Result<Reach, Refusal> {
        self.scopes
            .iter()
            .filter(|scope| scope.allows(resource, interaction))
            .filter_map(|scope| match (scope.level(), self.access.user) {
                (Level::User, User::Provider) => Some(Reach::Everyone),
                (Level::User, User::Patient(own)) => Some(Reach::Patient(own)),
                (Level::Patient, _) => self.access.patient.map(Reach::Patient),
            })
            .max_by_key(|reach| *reach == Reach::Everyone)
            .ok_or_else(|| Refusal::forbidden(format!("The token has no scope for this use of {}.", resource.name())))
    }

    /// Whether this is the resource of the user, which the scope `fhirUser` opens for reading.
    pub fn is_user(&self, resource: ResourceType, id: &str) -> bool {
        let is_own = match self.access.user {
            User::Patient(own) => resource == ResourceType::Patient && id == own.to_string(),
            User::Provider => resource == ResourceType::Practitioner && id == PROVIDER_ID,
        };
        is_own && self.access.scopes.iter().any(|scope| scope == "fhirUser")
    }
}
