//! What an interaction is done with, as an address.

use super::{FhirRequest, Interaction, wrong_url};
use crate::error::{Error, Failure};
use crate::fhir::reference::is_id;
use crate::protocol::scope::is_resource_type;
use crate::protocol::url::Url;

impl FhirRequest {
    /// The address without its query.
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
            Interaction::History => wrong_url(base.child(&[&*self.target, "/_history"].concat())),
            _ => wrong_url(base.child(&self.target)),
        }
    }

    /// The type of the resources that the request is about, where it is about one type below the FHIR base.
    pub(super) fn resource_type(&self) -> Option<&str> {
        let mut parts = self.target.split('/');
        let (first, third) = (parts.next()?, parts.nth(1));
        let searched = third.filter(|_| self.interaction == Interaction::Search).unwrap_or(first);
        is_resource_type(searched).then_some(searched)
    }

    fn is_well_formed(&self) -> bool {
        use Interaction::*;
        let place = match self.interaction {
            Operation => match self.target.rsplit_once('/').unwrap_or(("", &self.target)) {
                (place, name) if is_operation(name) => place,
                _ => return false,
            },
            _ => self.target.as_str(),
        };
        if place.is_empty() {
            return matches!(self.interaction, History | Operation | Capabilities | Bundle);
        }
        let takes = |count: usize| match self.interaction {
            Search => count == 1 || count == 3,
            Create => count == 1,
            History | Operation => count == 1 || count == 2,
            Update | Patch | Delete => count == 2 || count == 1 && !self.parameters.is_empty(),
            Read => count == 2 || count == 4,
            Capabilities | Bundle => false,
        };
        // A type and an id; then a type again, or what makes a version of it.
        let is_part = |(at, part): (usize, &str)| match at {
            0 => is_resource_type(part),
            2 if self.interaction == Read => part == "_history",
            2 => is_resource_type(part),
            _ => is_id(part),
        };
        takes(place.split('/').count()) && place.split('/').enumerate().all(is_part)
    }

    fn expected(&self) -> &'static str {
        match self.interaction {
            Interaction::Search | Interaction::Create => "it is not a resource type, such as Patient",
            Interaction::Operation => "it is not an operation, such as Patient/1/$everything",
            Interaction::Bundle | Interaction::Capabilities => "this request is about no resource",
            _ => "it is not a type, a slash and an id, such as Patient/1",
        }
    }
}

fn is_operation(name: &str) -> bool {
    let rest = name.strip_prefix('$').unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
