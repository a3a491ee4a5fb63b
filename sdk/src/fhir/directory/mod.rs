//! Directories of FHIR servers: Bundles of Organization and Endpoint, as vendors and servers publish them (SMART App Launch 2.2,
//! User-Access Brands and Endpoints), read into brands that a person can search.
//!
//! [`DirectoryReader`] reads the resources of one or several Bundles and resolves their references; [`Directory`] holds the brands and
//! their places, and searches them. A directory is also written as two texts, so that a build can make them once and a page need not read
//! the Bundles.

mod assemble;
mod facilities;
mod fold;
mod left_out;
mod merge;
mod model;
mod read;
mod reader;
mod references;
mod resources;
mod search;
mod states;
#[cfg(test)]
mod tests;
mod text;

pub use super::identifier::Identifier;
pub use left_out::LeftOut;
pub use model::{Brand, DirectoryEndpoint, Place, Portal, Source};
pub use reader::DirectoryReader;
pub use search::{Match, MatchedPlace, SearchInSteps, has_all_words};
pub use text::{DirectoryText, DirectoryTextError, FacilitiesReader};

use assemble::Card;
use facilities::Facilities;
use resources::Counts;
use search::FoldedBrand;
use time::{Date, Month};

use crate::protocol::finding::Finding;
use crate::protocol::url::Url;

/// The age from which a directory is reported as stale.
const STALE_DAYS: f64 = 30.0;

const SECTION: &str = "SMART App Launch 2.2, User-Access Brands and Endpoints";

/// Brands that users can connect to, with their places.
#[derive(Clone, Debug)]
pub struct Directory {
    sources: Vec<Source>,
    brands: Vec<Brand>,
    facilities: Facilities,
    left_out: Counts,
    /// The brands' texts for the search, in their order.
    folded: Vec<FoldedBrand>,
}

impl Directory {
    fn new(sources: Vec<Source>, cards: Vec<Card>, left_out: Counts) -> Self {
        let mut facilities = Facilities::default();
        let mut brands = Vec::with_capacity(cards.len());
        for card in cards {
            facilities.push_brand(&card.facilities);
            brands.push(card.brand);
        }
        Self::of(sources, brands, facilities, left_out)
    }

    fn of(sources: Vec<Source>, brands: Vec<Brand>, facilities: Facilities, left_out: Counts) -> Self {
        let folded = brands.iter().map(FoldedBrand::of).collect();
        Self { sources, brands, facilities, left_out, folded }
    }

    /// Where its entries come from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Its brands.
    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// The number of facilities: places of organizations that connect through the endpoints of a brand.
    pub fn facility_count(&self) -> usize {
        self.facilities.len()
    }

    /// The brand with an endpoint whose base is `fhir_base`, or a portal whose website has the same host as this URL.
    pub fn find_by_url(&self, url: &Url) -> Option<&Brand> {
        let base = url.as_str().trim_end_matches('/');
        let has_base = |brand: &&Brand| brand.endpoints().any(|endpoint| endpoint.base() == base);
        let is_on_host = |text: &String| Url::parse(text).is_ok_and(|portal| portal.host() == url.host());
        let has_host = |brand: &&Brand| brand.portals.iter().filter_map(|portal| portal.url.as_ref()).any(is_on_host);
        self.brands.iter().find(has_base).or_else(|| self.brands.iter().find(has_host))
    }

    /// The brand that a server's SMART configuration names by `user_access_brand_identifier`; without an identifier, the only brand.
    ///
    /// # Errors
    /// A [`Finding`] if no brand or several brands have the identifier, or if there is no identifier and not exactly one brand.
    pub fn primary_brand(&self, identifier: Option<&Identifier>) -> Result<&Brand, Finding> {
        let is_named = |brand: &&Brand| {
            identifier.is_none_or(|wanted| {
                let is_equal = |own: &Identifier| {
                    own.value == wanted.value && (wanted.system.is_empty() || own.system == wanted.system)
                };
                brand.identifiers.iter().any(is_equal)
            })
        };
        let found: Vec<&Brand> = self.brands.iter().filter(is_named).collect();
        match (found.as_slice(), identifier) {
            ([brand], _) => Ok(brand),
            (_, Some(_)) => Err(Finding::new(
                "primary_brand",
                format!(
                    "{} brands have the identifier in user_access_brand_identifier; exactly one must.",
                    found.len()
                ),
                SECTION,
            )),
            (_, None) => Err(Finding::new(
                "primary_brand",
                format!(
                    "There are {} brands, and no user_access_brand_identifier tells which is the server's.",
                    found.len()
                ),
                SECTION,
            )),
        }
    }

    /// How many entries of the Bundles were left out, by reason.
    pub fn left_out(&self) -> impl Iterator<Item = (LeftOut, usize)> {
        self.left_out.iter().map(|(reason, count)| (*reason, *count))
    }

    /// What is missing or old: entries that were left out, and sources older than 30 days. `now` is in milliseconds since 1970.
    pub fn findings(&self, now: f64) -> Vec<Finding> {
        let left_out = self.left_out();
        let mut findings: Vec<Finding> =
            left_out.map(|(reason, count)| Finding::new(reason.code(), reason.sentence(count), SECTION)).collect();
        for source in &self.sources {
            let Some(date) = &source.date else { continue };
            if age_in_days(date, now).is_some_and(|days| days > STALE_DAYS) {
                let message = format!("The list «{}» is from {date}: it is older than 30 days.", source.name);
                findings.push(Finding::new("directory_stale", message, SECTION));
            }
        }
        findings
    }
}

/// The age of an ISO 8601 date; `None` if it is none.
fn age_in_days(date: &str, now: f64) -> Option<f64> {
    let mut numbers = date.get(..10)?.split('-').map(str::parse);
    let (year, month, day): (i32, u8, u8) =
        (numbers.next()?.ok()?, numbers.next()?.ok()?.try_into().ok()?, numbers.next()?.ok()?.try_into().ok()?);
    let made = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let epoch = time::OffsetDateTime::UNIX_EPOCH.date();
    Some(now / 86_400_000.0 - (made - epoch).whole_days() as f64)
}
