//! The clinics that a patient can find, as the start page shows them. [`words`] says how many were found and what the list covers,
//! [`recent`] remembers the clinics that were used, and [`address`] reads what a patient pasted.

pub mod address;
pub mod recent;
#[cfg(test)]
mod tests;
pub mod words;

use smartrust::fhir::directory::{Brand, Directory, DirectoryEndpoint, Match, Place, Portal, has_all_words};
use smartrust::protocol::url::Url;

use self::words::grouped;
use crate::config::{Choice, Entry, LauncherConfig};

/// How many clinics are shown at once.
pub const SHOWN: usize = 20;

/// A clinic that a patient can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clinic {
    /// Its name.
    pub name: String,
    /// What distinguishes it from others with the same name: its place, and the host of its portal.
    pub lines: Vec<String>,
    /// The ways to connect: one for each portal at which the app is registered. Without one, it cannot be chosen.
    pub ways: Vec<Way>,
}

/// A way to connect to a clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The name of its portal, if the clinic has several.
    pub portal: Option<String>,
    /// For whom the portal is.
    pub description: Option<String>,
    /// The server to connect to.
    pub choice: Choice,
    /// What is remembered of it; `None` for a server of the configuration.
    pub entry: Option<Entry>,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The best ones.
    pub clinics: Vec<Clinic>,
    /// The number of all.
    pub total: usize,
}

impl Way {
    /// A server of the configuration.
    pub fn configured(choice: &Choice) -> Self {
        Self { portal: None, description: None, choice: choice.clone(), entry: None }
    }
}

impl Clinic {
    /// A server of the configuration.
    pub fn configured(choice: &Choice) -> Self {
        Self { name: choice.label.clone(), lines: Vec::new(), ways: vec![Way::configured(choice)] }
    }

    /// A clinic that was used before; `None` if the app is not registered there any more.
    pub fn recent(entry: &Entry, config: &LauncherConfig) -> Option<Self> {
        let choice = config.directory.as_ref()?.choice(entry)?;
        let way = Way { portal: None, description: None, choice, entry: Some(entry.clone()) };
        let place = Some(entry.place.clone()).filter(|place| !place.is_empty());
        Some(Self {
            name: entry.name.clone(),
            lines: place.into_iter().chain(host(&entry.base)).collect(),
            ways: vec![way],
        })
    }

    /// A brand, without a place that was searched.
    pub fn of_brand(brand: &Brand, directory: &Directory, config: &LauncherConfig) -> Self {
        Self::new(brand, &brand.name, brand.places.first(), Vec::new(), directory, config)
    }

    /// A brand that a search found, with the place that matched.
    pub fn of_match(found: &Match<'_>, directory: &Directory, config: &LauncherConfig) -> Self {
        let brand = found.brand;
        let matched = match (found.matched, found.of) {
            (_, 0 | 1) => None,
            (0, of) => Some(format!("{} places", grouped(of))),
            (matched, of) if matched == of => Some(format!("{} places", grouped(of))),
            (matched, of) => Some(format!("Matched {} of {} places", grouped(matched), grouped(of))),
        };
        let Some(place) = &found.place else {
            return Self::new(
                brand,
                &brand.name,
                brand.places.first(),
                matched.into_iter().collect(),
                directory,
                config,
            );
        };
        if place.is_brand {
            let mut lines = vec![format!("Connects through {}", brand.name)];
            lines.extend(matched);
            return Self::new(brand, &place.name, Some(&place.place), lines, directory, config);
        }
        let own_name = Some(place.name.clone()).filter(|name| *name != brand.name);
        let mut clinic =
            Self::new(brand, &brand.name, Some(&place.place), matched.into_iter().collect(), directory, config);
        if let Some(own_name) = own_name {
            match clinic.lines.first_mut().filter(|_| !place.place.is_empty()) {
                Some(first) => *first = format!("{own_name}, {first}"),
                None => clinic.lines.insert(0, own_name),
            }
        }
        clinic
    }

    fn new(
        brand: &Brand,
        name: &str,
        place: Option<&Place>,
        more: Vec<String>,
        directory: &Directory,
        config: &LauncherConfig,
    ) -> Self {
        let place = place.map(place_in_words).unwrap_or_default();
        let source = directory.sources().get(brand.source).map(|source| source.name.as_str());
        let way = |portal: &Portal| {
            let described = |endpoint: &DirectoryEndpoint| {
                let (choice, entry) = connection(endpoint, name, &place, source, config)?;
                let is_named = brand.portals.len() > 1;
                Some(Way {
                    portal: portal.name.clone().or_else(|| host(portal.url.as_ref()?)).filter(|_| is_named),
                    description: portal.description.clone().filter(|_| is_named),
                    choice,
                    entry,
                })
            };
            portal.endpoints.iter().find_map(described)
        };
        let website = brand.portals.iter().filter_map(|portal| portal.url.as_ref()).chain(&brand.website).next();
        let base = || brand.endpoints().next().map(|endpoint| endpoint.fhir_base.host().to_owned());
        let host = website.and_then(|url| host(url)).or_else(base);
        let ways = brand.portals.iter().filter_map(way).collect();
        let lines = Some(place.clone()).filter(|place| !place.is_empty()).into_iter().chain(host).chain(more).collect();
        Self { name: name.to_owned(), lines, ways }
    }

    /// Whether the app is registered there.
    pub fn is_set_up(&self) -> bool {
        !self.ways.is_empty()
    }

    /// Whether a device can stay connected to it, by one of its ways at least.
    pub fn can_be_kept(&self) -> bool {
        self.ways.iter().any(|way| way.choice.can_be_kept)
    }

    /// Whether one of its ways leads to this server.
    fn has_base(&self, base: &str) -> bool {
        self.ways.iter().any(|way| is_same_base(&way.choice.fhir_base, base))
    }
}

/// The server of an endpoint: that of the configuration, if it has the same base.
fn connection(
    endpoint: &DirectoryEndpoint,
    name: &str,
    place: &str,
    source: Option<&str>,
    config: &LauncherConfig,
) -> Option<(Choice, Option<Entry>)> {
    let base = endpoint.fhir_base.as_str();
    if let Some(configured) = config.connect.iter().find(|choice| is_same_base(&choice.fhir_base, base)) {
        return Some((Choice { label: name.to_owned(), ..configured.clone() }, None));
    }
    let directory = config.directory.as_ref()?;
    let matches = directory.client(&endpoint.fhir_base, source)?.matches.clone();
    let entry = Entry { base: base.to_owned(), name: name.to_owned(), place: place.to_owned(), matches };
    Some((directory.choice(&entry)?, Some(entry)))
}

impl Found {
    /// The clinics that were used before and those of the configuration, for a page without a search.
    pub fn without_search(recent: &[Entry], config: &LauncherConfig) -> Self {
        let mut clinics: Vec<Clinic> = recent.iter().filter_map(|entry| Clinic::recent(entry, config)).collect();
        for choice in &config.connect {
            if !clinics.iter().any(|clinic| clinic.has_base(&choice.fhir_base)) {
                clinics.push(Clinic::configured(choice));
            }
        }
        Self { total: clinics.len(), clinics }
    }

    /// What a search found, those that were used before first. Servers of the configuration that the list does not have are added.
    pub fn of_search(
        words: &str,
        (matches, total): (&[Match<'_>], usize),
        directory: Option<&Directory>,
        recent: &[Entry],
        config: &LauncherConfig,
    ) -> Self {
        let mut clinics: Vec<Clinic> = directory
            .map(|directory| matches.iter().map(|found| Clinic::of_match(found, directory, config)).collect())
            .unwrap_or_default();
        for entry in recent.iter().filter(|entry| has_all_words(&[&*entry.name, &entry.place].join(" "), words)) {
            if !clinics.iter().any(|clinic| clinic.has_base(&entry.base)) {
                clinics.extend(Clinic::recent(entry, config));
            }
        }
        // The list has those that were used, too: they are in its total.
        let total = total.max(clinics.len());
        let listed = clinics.len();
        for choice in config.connect.iter().filter(|choice| has_all_words(&choice.label, words)) {
            if !clinics.iter().any(|clinic| clinic.has_base(&choice.fhir_base)) {
                clinics.push(Clinic::configured(choice));
            }
        }
        let total = total + clinics.len() - listed;
        let was_used = |clinic: &Clinic| recent.iter().any(|entry| clinic.has_base(&entry.base));
        // The order among the others remains.
        clinics.sort_by_key(|clinic| (!was_used(clinic), clinic.ways.iter().all(|way| way.entry.is_some())));
        clinics.truncate(SHOWN);
        Self { clinics, total }
    }
}

fn place_in_words(place: &Place) -> String {
    let parts = [&place.city, &place.state].into_iter().filter(|part| !part.is_empty());
    let words = parts.cloned().collect::<Vec<_>>().join(", ");
    if words.is_empty() { place.postal_code.clone() } else { words }
}

fn host(url: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.host().to_owned())
}

/// Whether two FHIR bases are equal except for a slash at the end.
pub fn is_same_base(base: &str, other: &str) -> bool {
    base.trim_end_matches('/') == other.trim_end_matches('/')
}
