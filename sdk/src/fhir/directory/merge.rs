//! Entries of the same brand become one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use crate::fhir::identifier::Identifier;

use super::assemble::Card;
use super::facilities::{Facility, FacilityKind};
use super::model::Portal;

/// Merges cards of the same brand: those of one source with the same endpoints; and those of two sources with an equal identifier or a
/// common endpoint. The first one remains, so the cards of the sources that win must come first.
pub(super) fn merge(cards: Vec<Card>) -> Vec<Card> {
    // An organization comes before its own parts.
    let (parts, wholes): (Vec<_>, Vec<_>) = cards.into_iter().partition(|card| card.has_parent);
    let mut merged = Merged::default();
    for card in wholes.into_iter().chain(parts) {
        merged.add(card);
    }
    merged.cards
}

#[derive(Default)]
struct Merged {
    cards: Vec<Card>,
    by_bases: HashMap<BTreeSet<String>, usize>,
    by_base: HashMap<String, usize>,
    by_identifier: HashMap<Identifier, usize>,
}

impl Merged {
    fn add(&mut self, card: Card) {
        let bases: BTreeSet<String> = card.brand.endpoints().map(|endpoint| endpoint.base().to_owned()).collect();
        let identifiers = card.brand.identifiers.clone();
        let number = self.find(&card, &bases).unwrap_or(self.cards.len());
        match self.cards.get_mut(number) {
            Some(first) => first.absorb(card),
            None => self.cards.push(card),
        }
        for base in &bases {
            self.by_base.entry(base.clone()).or_insert(number);
        }
        for identifier in identifiers {
            self.by_identifier.entry(identifier).or_insert(number);
        }
        self.by_bases.entry(bases).or_insert(number);
    }

    fn find(&self, card: &Card, bases: &BTreeSet<String>) -> Option<usize> {
        let is_of_other_source =
            |number: &&usize| self.cards.get(**number).is_some_and(|other| other.brand.source != card.brand.source);
        let by_identifier = || {
            let mut found = card.brand.identifiers.iter().filter_map(|identifier| self.by_identifier.get(identifier));
            found.find(is_of_other_source)
        };
        let by_base = || bases.iter().filter_map(|base| self.by_base.get(base)).find(is_of_other_source);
        self.by_bases.get(bases).or_else(by_identifier).or_else(by_base).copied()
    }
}

impl Card {
    /// Adds another entry of the same brand.
    fn absorb(&mut self, other: Card) {
        let Card { brand: other, facilities, .. } = other;
        let is_same_source = self.brand.source == other.source;
        if other.name == self.brand.name || !is_same_source {
            add_new(&mut self.brand.places, other.places);
            add_new(&mut self.brand.aliases, std::iter::once(other.name).chain(other.aliases));
            self.brand.aliases.retain(|alias| *alias != self.brand.name);
        } else {
            let brands = Facility::at_each(FacilityKind::Brand, &other.name, other.aliases, &other.places);
            self.facilities.extend(brands);
        }
        add_new(&mut self.brand.identifiers, other.identifiers);
        self.brand.website = self.brand.website.take().or(other.website);
        for portal in other.portals {
            self.add_portal(portal);
        }
        match is_same_source {
            true => self.facilities.extend(facilities),
            false => add_new(&mut self.facilities, facilities),
        }
    }

    /// Adds the endpoints of a portal that the brand does not have, and the portal's name where the brand has none.
    fn add_portal(&mut self, mut portal: Portal) {
        let same = self.brand.portals.iter_mut().find(|own| {
            own.endpoints.iter().any(|endpoint| portal.endpoints.iter().any(|other| other.has_base_of(endpoint)))
        });
        if let Some(same) = same
            && same.name.is_none()
        {
            same.name = portal.name.clone();
            same.description = portal.description.clone();
            same.url = portal.url.clone();
        }
        let brand = &self.brand;
        portal.endpoints.retain(|endpoint| !brand.endpoints().any(|own| own.has_base_of(endpoint)));
        if !portal.endpoints.is_empty() {
            self.brand.portals.push(portal);
        }
    }
}

/// Adds the values that are not there yet.
fn add_new<T: Clone + Eq + Hash>(values: &mut Vec<T>, others: impl IntoIterator<Item = T>) {
    let mut known: HashSet<T> = values.iter().cloned().collect();
    values.extend(others.into_iter().filter(|other| known.insert(other.clone())));
}
