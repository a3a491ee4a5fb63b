//! Searching a directory by words.

use memchr::memmem::Finder;

use super::Directory;
use super::facilities::FacilityKind;
use super::fold::fold;
use super::model::{Brand, Place};
use super::states::state_name;
use crate::protocol::url::Url;

/// A brand that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match<'a> {
    /// The brand.
    pub brand: &'a Brand,
    /// The best place that has all the words; `None` if the brand itself has them and no place does.
    pub place: Option<MatchedPlace>,
    /// How many of its places have all the words.
    pub matched: usize,
    /// How many places it has.
    pub of: usize,
}

/// A place that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchedPlace {
    /// The name of the place; the brand's if it has none of its own.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Whether it is a brand of its own on the same server, and not a part of the brand.
    pub is_brand: bool,
}

/// A brand's texts as they are searched.
#[derive(Clone, Debug)]
pub(super) struct FoldedBrand {
    name: String,
    /// Name, aliases, names of portals, hosts.
    text: String,
    /// City and state of each of its places.
    places: Vec<String>,
}

impl FoldedBrand {
    pub fn of(brand: &Brand) -> Self {
        let hosts = brand.website.iter().chain(brand.portals.iter().filter_map(|portal| portal.url.as_ref()));
        let hosts = hosts.filter_map(|url| Some(Url::parse(url).ok()?.host().to_owned()));
        let endpoints = brand.endpoints().map(|endpoint| endpoint.fhir_base.host().to_owned());
        let names = brand.portals.iter().filter_map(|portal| portal.name.clone());
        let texts = brand.aliases.iter().cloned().chain(names).chain(hosts).chain(endpoints);
        let name = fold(&brand.name);
        let text = texts.fold(name.clone(), |all, text| all + " " + &fold(&text));
        let places = brand.places.iter();
        let places = places.map(|place| fold(&[&place.city, place.state.as_str(), state_name(&place.state)].join(" ")));
        Self { name, text, places: places.collect() }
    }
}

/// The words of a search.
struct Query {
    /// All of them, in one text.
    phrase: String,
    words: Vec<(String, Finder<'static>)>,
}

/// How good a match is: the smallest comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    quality: Quality,
    is_facility: bool,
    length: usize,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Quality {
    /// The name is the phrase.
    Name,
    /// The name begins with the phrase.
    Beginning,
    /// The name contains the phrase.
    Phrase,
    /// The name contains all the words.
    Words,
    /// The words are in the name and in other texts.
    Other,
}

impl Query {
    fn read(text: &str) -> Self {
        let phrase = fold(text);
        let finder = |word: &str| (word.to_owned(), Finder::new(word).into_owned());
        Self { words: phrase.split_whitespace().map(finder).collect(), phrase }
    }

    /// Which words a text contains.
    fn found_in(&self, text: &str) -> Vec<bool> {
        self.words.iter().map(|(_, finder)| finder.find(text.as_bytes()).is_some()).collect()
    }

    /// Whether a place has all the words that its brand does not have.
    fn completes(&self, found: &[bool], text: &str, postal_code: &str) -> bool {
        self.words.iter().zip(found).all(|((word, finder), is_found)| {
            *is_found || postal_code.starts_with(word.as_str()) || finder.find(text.as_bytes()).is_some()
        })
    }

    fn rank(&self, name: &str, is_facility: bool) -> Rank {
        let quality = match () {
            () if name == self.phrase => Quality::Name,
            () if name.starts_with(&self.phrase) => Quality::Beginning,
            () if name.contains(&self.phrase) => Quality::Phrase,
            () if self.found_in(name).iter().all(|is_found| *is_found) => Quality::Words,
            () => Quality::Other,
        };
        Rank { quality, is_facility, length: name.len(), name: name.into() }
    }
}

impl Directory {
    /// The brands that have all the words of `text`, the best first, at most `limit`. Every word may be a part of the brand's name, of
    /// another name, of a portal's name, of a host, of a place's name, city or state, or the beginning of its postal code. Case,
    /// accents and punctuation do not matter. Blank text finds nothing.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Match<'_>> {
        self.search_all(text, limit).0
    }

    /// The same as [`Directory::search`], with the number of all brands that match.
    pub fn search_all(&self, text: &str, limit: usize) -> (Vec<Match<'_>>, usize) {
        let query = Query::read(text);
        if query.words.is_empty() {
            return (Vec::new(), 0);
        }
        let brands = self.brands.iter().zip(&self.folded).enumerate();
        let mut found: Vec<_> =
            brands.filter_map(|(number, (brand, folded))| self.match_brand(&query, number, brand, folded)).collect();
        let count = found.len();
        found.sort_by(|(rank, _), (other, _)| rank.cmp(other));
        (found.into_iter().take(limit).map(|(_, found)| found).collect(), count)
    }

    fn match_brand<'a>(
        &'a self,
        query: &Query,
        number: usize,
        brand: &'a Brand,
        folded: &FoldedBrand,
    ) -> Option<(Rank, Match<'a>)> {
        let found_in_brand = query.found_in(&folded.text);
        let (mut matched, mut of) = (0, 0);
        let mut best: Option<(Rank, MatchedPlace)> = None;
        let mut consider = |rank: Rank, place: &dyn Fn() -> MatchedPlace| {
            if best.as_ref().is_none_or(|(other, _)| rank < *other) {
                best = Some((rank, place()));
            }
        };
        for (place, text) in brand.places.iter().zip(&folded.places) {
            of += 1;
            if query.completes(&found_in_brand, text, &place.postal_code) {
                matched += 1;
                consider(query.rank(&folded.name, false), &|| MatchedPlace {
                    name: brand.name.clone(),
                    place: place.clone(),
                    is_brand: false,
                });
            }
        }
        for (row, text) in self.facilities.of_brand(number) {
            of += 1;
            if query.completes(&found_in_brand, text, row.postal_code) {
                matched += 1;
                let is_brand = row.kind == FacilityKind::Brand;
                consider(query.rank(&fold(row.name), !is_brand), &|| MatchedPlace {
                    name: row.name.into(),
                    place: row.place(),
                    is_brand,
                });
            }
        }
        let by_brand = found_in_brand.iter().all(|is_found| *is_found).then(|| query.rank(&folded.name, false));
        let (best_rank, place) = best.unzip();
        let rank = by_brand.into_iter().chain(best_rank).min()?;
        Some((rank, Match { brand, place, matched, of }))
    }
}
