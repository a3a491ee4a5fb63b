//! The URL of an interaction's target.

use super::{FhirRequest, Interaction, wrong_url};
use crate::error::{Error, Failure};
use crate::fhir::reference::is_id;
use crate::protocol::scope::is_resource_type;
use crate::protocol::url::Url;

impl FhirRequest {
    /// The URL without its query.
    pub(super) fn place(&self, base: &Url) -> Result<Url, Failure> {
        if self.interaction == Interaction::Read && self.target.contains(':') {
            return wrong_url(Url::parse(&self.target));
        }
        if !self.is_well_formed() {
            return Err(Error::Reference { problem: self.expected().into() }.into());
        }
        match self.interaction {
            Interaction::Bundle => Ok(base.clone()),
            Interaction::Capabilities => wrong_url(base.child("metadata")),
            Interaction::History if self.target.is_empty() => wrong_url(base.child("_history")),
            Interaction::History => wrong_url(base.child(&format!("{}/_history", self.target))),
            _ => wrong_url(base.child(&self.target)),
        }
    }

    /// The type of the request's resources, if it is about one type below the FHIR base.
    pub(super) fn resource_type(&self) -> Option<&str> {
        let mut parts = self.target.split('/');
        let (first, third) = (parts.next()?, parts.nth(1));
        let searched = third.filter(|_| self.interaction == Interaction::Search).unwrap_or(first);
        is_resource_type(searched).then_some(searched)
    }

    fn is_well_formed(&self) -> bool {
        use Interaction::*;
        let parts: Vec<&str> = self.target.split('/').collect();
        let place = match (self.interaction, parts.as_slice()) {
            (Operation, [place @ .., name]) if is_operation(name) => place,
            (Operation, _) => return false,
            (_, place) => place,
        };
        match (self.interaction, place) {
            (History | Operation | Capabilities | Bundle, [""]) | (Operation, []) => true,
            (Search | Create | History | Operation, [kind]) => is_resource_type(kind),
            (Update | Patch | Delete, [kind]) => is_resource_type(kind) && !self.parameters.is_empty(),
            (Read | Update | Patch | Delete | History | Operation, [kind, id]) => is_resource_type(kind) && is_id(id),
            (Search, [compartment, id, kind]) => is_resource_type(compartment) && is_id(id) && is_resource_type(kind),
            (Read, [kind, id, "_history", version]) => is_resource_type(kind) && is_id(id) && is_id(version),
            _ => false,
        }
    }

    fn expected(&self) -> &'static str {
        match self.interaction {
            Interaction::Search | Interaction::Create => "it is not a resource type, such as Patient",
            Interaction::Operation => "it is not an operation, such as Patient/1/$everything",
            Interaction::Bundle | Interaction::Capabilities => "this request has no target",
            _ => "it is not a type, a slash and an id, such as Patient/1",
        }
    }
}

fn is_operation(name: &str) -> bool {
    let rest = name.strip_prefix('$').unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
