//! Pages of search results. The URL of the next page is opaque and must be used as it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::ResourceType;
use super::outcome::Refusal;
use crate::parameters::Parameters;

const DEFAULT_COUNT: usize = 50;
const MAXIMUM_COUNT: usize = 200;

/// A part of a search's results.
pub struct Page {
    pub resource: ResourceType,
    pub query: Parameters,
    pub offset: usize,
    pub count: usize,
}

/// The parameters in the URL of a page.
#[derive(Serialize, Deserialize)]
struct Bookmark {
    resource: String,
    query: Vec<(String, String)>,
    offset: usize,
    count: usize,
}

/// The first page of a search.
pub fn first(resource: ResourceType, query: &Parameters) -> Result<Page, Refusal> {
    let count = match query.get("_count") {
        None => DEFAULT_COUNT,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| Refusal::invalid("The value of _count is not a number."))?
            .min(MAXIMUM_COUNT),
    };
    Ok(Page { resource, query: query.clone(), offset: 0, count })
}

/// The page of a `next` link.
pub fn open(query: &Parameters) -> Result<Page, Refusal> {
    let token = query.get("_page").ok_or(Refusal::not_found("There is nothing at this address."))?;
    let stale = || Refusal::not_found("This page of results is not known.");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| stale())?;
    let bookmark: Bookmark = serde_json::from_slice(&bytes).map_err(|_| stale())?;
    Ok(Page {
        resource: ResourceType::parse(&bookmark.resource).ok_or_else(stale)?,
        query: Parameters::from_pairs(bookmark.query),
        offset: bookmark.offset,
        count: bookmark.count.clamp(1, MAXIMUM_COUNT),
    })
}

impl Page {
    /// The URL of the page after this one, if there are as many results.
    pub fn next_address(&self, fhir_base: &str, total: usize) -> Option<String> {
        let offset = self.offset.saturating_add(self.count);
        if self.count == 0 || offset >= total {
            return None;
        }
        let bookmark = Bookmark {
            resource: self.resource.name().to_owned(),
            query: self.query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            offset,
            count: self.count,
        };
        let bytes = serde_json::to_vec(&bookmark).ok()?;
        Some(format!("{fhir_base}/?_page={}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}
