//! From the resources of one Bundle to brands: references are resolved, and organizations without an endpoint become places.

use std::collections::BTreeSet;

use super::facilities::{Facility, FacilityKind};
use super::left_out::LeftOut;
use super::model::{Brand, DirectoryEndpoint, Portal};
use super::read::{EndpointResource, Organization};
use super::resources::{Counts, Resources};

/// How many organizations a `partOf` may lead through.
const HIGHEST_PARENT: usize = 8;

/// A brand with its facilities.
#[derive(Debug)]
pub(super) struct Card {
    pub brand: Brand,
    pub facilities: Vec<Facility>,
    /// Whether its organization is part of another one.
    pub has_parent: bool,
}

/// The cards of one Bundle. Entries that are left out are counted.
pub(super) fn cards(source: usize, resources: Resources, left_out: &mut Counts) -> Vec<Card> {
    let mut count = |reason| *left_out.entry(reason).or_default() += 1;
    for resource in &resources.endpoints {
        if let Err(reason) = resource.endpoint {
            count(reason);
        }
    }
    let links = Links::of(&resources);
    for _ in 0..links.dangling {
        count(LeftOut::EndpointReference);
    }
    let mut cards = Vec::new();
    let mut card_of = vec![None; resources.organizations.len()];
    for (number, organization) in resources.organizations.iter().enumerate() {
        let portals = links.portals(number, organization, &resources);
        if organization.is_active && !portals.is_empty() {
            if let Some(card) = card_of.get_mut(number) {
                *card = Some(cards.len());
            }
            cards.push(organization_card(source, organization, portals));
        }
    }
    for (number, organization) in resources.organizations.iter().enumerate() {
        if !organization.is_active {
            count(LeftOut::OrganizationNotActive);
        } else if card_of.get(number).copied().flatten().is_none() {
            match parent_card(number, &resources, &links, &card_of) {
                Ok(card) => {
                    if let Some(card) = cards.get_mut(card) {
                        let facilities = facilities_of(organization, &card.brand.name, FacilityKind::Facility);
                        card.facilities.extend(facilities);
                    }
                }
                Err(reason) => count(reason),
            }
        }
    }
    for (number, resource) in resources.endpoints.iter().enumerate() {
        if let Ok(endpoint) = &resource.endpoint
            && !links.has_organization.contains(&number)
        {
            cards.push(endpoint_card(source, endpoint, resource));
        }
    }
    cards
}

/// Which endpoints belong to which organization.
struct Links {
    /// The numbers of the endpoints of each organization's `endpoint`, and of the Endpoints that name it as their organization.
    endpoints: Vec<BTreeSet<usize>>,
    /// The endpoints that belong to an organization.
    has_organization: BTreeSet<usize>,
    /// The number of references without a resource.
    dangling: usize,
}

impl Links {
    fn of(resources: &Resources) -> Self {
        let mut links = Self { endpoints: Vec::new(), has_organization: BTreeSet::new(), dangling: 0 };
        for (number, organization) in resources.organizations.iter().enumerate() {
            let references = organization.portals.iter().flat_map(|portal| &portal.endpoints);
            let mut endpoints = BTreeSet::new();
            for reference in organization.endpoints.iter().chain(references).collect::<BTreeSet<_>>() {
                match resources.endpoint(reference, number) {
                    Some(endpoint) => drop(endpoints.insert(endpoint)),
                    None => links.dangling += 1,
                }
            }
            links.has_organization.extend(&endpoints);
            links.endpoints.push(endpoints);
        }
        for (number, resource) in resources.endpoints.iter().enumerate() {
            let base = resources.endpoint_keys.base(number);
            let organization = resource
                .managing_organization
                .as_deref()
                .and_then(|reference| resources.organization_keys.find(reference, base, None));
            if !links.has_organization.contains(&number)
                && let Some(endpoints) = organization.and_then(|organization| links.endpoints.get_mut(organization))
            {
                endpoints.insert(number);
                links.has_organization.insert(number);
            }
        }
        links
    }

    /// The portals of an organization that have an endpoint which can be used. Endpoints of no portal are in one without a name.
    fn portals(&self, number: usize, organization: &Organization, resources: &Resources) -> Vec<Portal> {
        let Some(own) = self.endpoints.get(number) else { return Vec::new() };
        let mut remaining = own.clone();
        let mut portals = Vec::new();
        for portal in &organization.portals {
            let numbers = match portal.endpoints.is_empty() {
                true => own.clone(),
                false => {
                    portal.endpoints.iter().filter_map(|reference| resources.endpoint(reference, number)).collect()
                }
            };
            remaining.retain(|endpoint| !numbers.contains(endpoint));
            portals.push(Portal {
                name: portal.name.clone(),
                description: portal.description.clone(),
                url: portal.url.clone(),
                endpoints: usable(&numbers, resources),
            });
        }
        portals.push(Portal { endpoints: usable(&remaining, resources), ..Portal::default() });
        portals.retain(|portal| !portal.endpoints.is_empty());
        portals
    }
}

/// The endpoints that can be used: R4 first, then later versions and those that list none, then older ones.
fn usable(numbers: &BTreeSet<usize>, resources: &Resources) -> Vec<DirectoryEndpoint> {
    let found = numbers.iter().filter_map(|number| resources.endpoints.get(*number)?.endpoint.as_ref().ok());
    let mut endpoints: Vec<_> = found.cloned().collect();
    endpoints.sort_by_key(|endpoint| {
        let has = |prefix: &str| endpoint.fhir_versions.iter().any(|version| version.starts_with(prefix));
        match () {
            () if has("4.0") => 0,
            () if has("4.") => 1,
            () if endpoint.fhir_versions.is_empty() => 2,
            () if has("5.") || has("6.") => 3,
            () => 4,
        }
    });
    endpoints
}

/// The card of the nearest organization above that has endpoints.
fn parent_card(
    number: usize,
    resources: &Resources,
    links: &Links,
    card_of: &[Option<usize>],
) -> Result<usize, LeftOut> {
    let mut current = number;
    for _ in 0..HIGHEST_PARENT {
        // Its own endpoints cannot be used. Those of another organization may be other servers.
        if links.endpoints.get(current).is_some_and(|endpoints| !endpoints.is_empty()) {
            return Err(LeftOut::NoEndpoint);
        }
        let part_of = resources.organizations.get(current).and_then(|organization| organization.part_of.as_deref());
        let part_of = part_of.ok_or(LeftOut::NoEndpoint)?;
        let base = resources.organization_keys.base(current);
        current = resources.organization_keys.find(part_of, base, None).ok_or(LeftOut::ParentMissing)?;
        if let Some(card) = card_of.get(current).copied().flatten() {
            return Ok(card);
        }
        if resources.organizations.get(current).is_some_and(|parent| !parent.is_active) {
            return Err(LeftOut::ParentMissing);
        }
    }
    Err(LeftOut::ParentCycle)
}

fn organization_card(source: usize, organization: &Organization, portals: Vec<Portal>) -> Card {
    let portal_name = || portals.iter().find_map(|portal| portal.name.clone());
    let host = || {
        portals.iter().flat_map(|portal| &portal.endpoints).map(|endpoint| endpoint.fhir_base.host().to_owned()).next()
    };
    let mut names = std::iter::once(&organization.name).chain(&organization.aliases).filter(|name| !name.is_empty());
    let name = names.next().cloned().or_else(portal_name).or_else(host).unwrap_or_default();
    let aliases = names.filter(|alias| **alias != name).cloned().collect();
    Card {
        brand: Brand {
            name,
            aliases,
            identifiers: organization.identifiers.clone(),
            website: organization.website.clone(),
            places: organization.places.clone(),
            portals,
            source,
        },
        facilities: Vec::new(),
        has_parent: organization.part_of.is_some(),
    }
}

fn endpoint_card(source: usize, endpoint: &DirectoryEndpoint, resource: &EndpointResource) -> Card {
    let name = endpoint.name.clone().or_else(|| resource.organization_name.clone());
    let portals = vec![Portal { endpoints: vec![endpoint.clone()], ..Portal::default() }];
    let brand = Brand {
        name: name.unwrap_or_else(|| endpoint.fhir_base.host().to_owned()),
        aliases: Vec::new(),
        portals,
        source,
        ..Brand::default()
    };
    Card { brand, facilities: Vec::new(), has_parent: false }
}

/// An organization as places: one for each of its addresses, or one without an address.
fn facilities_of(organization: &Organization, brand_name: &str, kind: FacilityKind) -> Vec<Facility> {
    let portal_names = organization.portals.iter().filter_map(|portal| portal.name.clone());
    let name = if organization.name.is_empty() { brand_name } else { &organization.name };
    let aliases = organization.aliases.iter().cloned().chain(portal_names).collect();
    Facility::at_each(kind, name, aliases, &organization.places)
}
