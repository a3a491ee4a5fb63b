//! Searching a directory by words.

use memchr::memmem::Finder;

use super::Directory;
use super::facilities::{FacilityKind, FacilityRow};
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
#[derive(Clone, Debug)]
struct Query {
    /// All of them, in one text.
    phrase: String,
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    text: String,
    finder: Finder<'static>,
    /// Whether it may begin a postal code. Codes have a digit, and reading them from each line takes time.
    may_be_postal_code: bool,
}

/// How good a match is: the smallest comes first. `N` is the name, with or without a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<N> {
    quality: Quality,
    is_facility: bool,
    length: usize,
    name: N,
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

impl Word {
    fn new(text: &str) -> Self {
        let may_be_postal_code = text.contains(|character: char| character.is_ascii_digit());
        Self { text: text.to_owned(), finder: Finder::new(text).into_owned(), may_be_postal_code }
    }

    fn is_in(&self, text: &str) -> bool {
        self.finder.find(text.as_bytes()).is_some()
    }

    fn begins(&self, postal_code: &str) -> bool {
        postal_code.get(..self.text.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(&self.text))
    }
}

impl Query {
    fn read(text: &str) -> Self {
        let phrase = fold(text);
        Self { words: phrase.split_whitespace().map(Word::new).collect(), phrase }
    }

    /// The words that a text does not contain.
    fn missing_in(&self, text: &str) -> Vec<&Word> {
        self.words.iter().filter(|word| !word.is_in(text)).collect()
    }

    fn rank<'n>(&self, name: &'n str, is_facility: bool) -> Rank<&'n str> {
        let quality = match () {
            () if name == self.phrase => Quality::Name,
            () if name.starts_with(&self.phrase) => Quality::Beginning,
            () if name.contains(&self.phrase) => Quality::Phrase,
            () if self.words.iter().all(|word| word.is_in(name)) => Quality::Words,
            () => Quality::Other,
        };
        Rank { quality, is_facility, length: name.len(), name }
    }
}

/// Whether a place has all the words that its brand does not have.
fn completes<'a>(missing: &[&Word], text: &str, postal_code: impl Fn() -> &'a str) -> bool {
    missing.iter().all(|word| word.is_in(text) || (word.may_be_postal_code && word.begins(postal_code())))
}

/// Whether a text has all words, compared as in a search: for entries that an app adds to those of a directory.
///
/// ```
/// use smartrust::fhir::directory::has_all_words;
///
/// assert!(has_all_words("St. Mary's Clinic", "saint mary"));
/// assert!(!has_all_words("St. Mary's Clinic", "mary hospital"));
/// ```
pub fn has_all_words(text: &str, words: &str) -> bool {
    let text = fold(text);
    Query::read(words).missing_in(&text).is_empty()
}

/// A brand that a search found, by its number.
#[derive(Clone, Debug)]
struct Found {
    rank: Rank<String>,
    brand: usize,
    place: Option<MatchedPlace>,
    matched: usize,
    of: usize,
}

/// A search in steps, so that a page stays responsive: a hundred thousand places take longer than a frame. The result is that of
/// [`Directory::search_all`].
///
/// ```
/// use smartrust::fhir::directory::{Directory, SearchInSteps};
///
/// # fn example(directory: &Directory) {
/// let mut search = SearchInSteps::new("mercy springfield");
/// while !search.step(directory, 10_000) {
///     // Here a page waits for its next frame, and stops if the user has typed another letter.
/// }
/// let (matches, total) = search.finish(directory, 20);
/// println!("{} of {total}", matches.len());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SearchInSteps {
    query: Query,
    /// The number of the next brand.
    next: usize,
    found: Vec<Found>,
}

impl SearchInSteps {
    /// Starts a search for all the words of `text`.
    pub fn new(text: &str) -> Self {
        Self { query: Query::read(text), next: 0, found: Vec::new() }
    }

    /// Searches the next brands, with about `places` places. Returns whether all are searched. The directory must be the same in each step.
    pub fn step(&mut self, directory: &Directory, places: usize) -> bool {
        if self.query.words.is_empty() {
            return true;
        }
        let mut rest = places;
        while self.next < directory.brands.len() {
            self.found.extend(directory.match_brand(&self.query, self.next));
            let cost = directory.facilities.count_of_brand(self.next) + 1;
            self.next += 1;
            if cost >= rest {
                break;
            }
            rest -= cost;
        }
        self.next >= directory.brands.len()
    }

    /// The best matches so far, at most `limit`, and the number of all.
    pub fn finish(mut self, directory: &Directory, limit: usize) -> (Vec<Match<'_>>, usize) {
        let count = self.found.len();
        self.found.sort_by(|found, other| found.rank.cmp(&other.rank));
        let best = self.found.into_iter().take(limit).filter_map(|found| {
            let Found { brand, place, matched, of, .. } = found;
            Some(Match { brand: directory.brands.get(brand)?, place, matched, of })
        });
        (best.collect(), count)
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
        let mut search = SearchInSteps::new(text);
        search.step(self, usize::MAX);
        search.finish(self, limit)
    }

    fn match_brand(&self, query: &Query, number: usize) -> Option<Found> {
        let (brand, folded) = (self.brands.get(number)?, self.folded.get(number)?);
        let missing = query.missing_in(&folded.text);
        let by_name = query.rank(&folded.name, false);
        let (mut matched, mut of) = (0, brand.places.len());
        let mut best: Option<(Rank<&str>, Candidate<'_>)> = None;
        let mut consider = |rank, candidate| {
            matched += 1;
            if best.as_ref().is_none_or(|(other, _)| rank < *other) {
                best = Some((rank, candidate));
            }
        };
        for (place, text) in brand.places.iter().zip(&folded.places) {
            if completes(&missing, text, || &place.postal_code) {
                consider(by_name, Candidate::Place(place));
            }
        }
        for (line, text) in self.facilities.of_brand(number) {
            of += 1;
            if completes(&missing, text, || FacilityRow::read(line).map_or("", |row| row.postal_code)) {
                let is_brand = FacilityKind::of_line(line) == Some(FacilityKind::Brand);
                let name = text.split('\t').next().unwrap_or_default();
                consider(query.rank(name, !is_brand), Candidate::Facility(line));
            }
        }
        let (best_rank, place) = best.unzip();
        let by_brand = missing.is_empty().then_some(by_name);
        let Rank { quality, is_facility, length, name } = by_brand.into_iter().chain(best_rank).min()?;
        let rank = Rank { quality, is_facility, length, name: name.to_owned() };
        let place = place.and_then(|candidate| candidate.matched_place(&brand.name));
        Some(Found { rank, brand: number, place, matched, of })
    }
}

/// A place that has all the words.
#[derive(Clone, Copy)]
enum Candidate<'a> {
    /// One of the brand's own.
    Place(&'a Place),
    /// The line of a facility.
    Facility(&'a str),
}

impl Candidate<'_> {
    fn matched_place(self, brand: &str) -> Option<MatchedPlace> {
        Some(match self {
            Self::Place(place) => MatchedPlace { name: brand.to_owned(), place: place.clone(), is_brand: false },
            Self::Facility(line) => {
                let row = FacilityRow::read(line)?;
                MatchedPlace { name: row.name.into(), place: row.place(), is_brand: row.kind == FacilityKind::Brand }
            }
        })
    }
}
