//! Bundles of search results (FHIR R4, Bundle).

use std::collections::HashSet;

use crate::json::JsonView;

/// One page of a search.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<V> {
    /// The matches, in the server's order.
    pub resources: Vec<V>,
    /// Included resources (`_include`).
    pub included: Vec<V>,
    /// The server's remarks on the search, such as that some results are withheld: OperationOutcomes, whatever the search mode of their
    /// entries.
    pub outcomes: Vec<V>,
    /// The number of matches that were removed because an earlier page had them; 0 if the page was only read with [`Page::read`].
    pub repeated: usize,
    /// The total number of matches, if the server reports it.
    pub total: Option<f64>,
    /// The number of bytes without content encoding; 0 if the page was only read with [`Page::read`].
    pub bytes: u64,
    /// The link of the next page.
    pub next: Option<String>,
    /// The whole Bundle, for example for the deletions in a history.
    pub bundle: V,
}

impl<V: JsonView> Page<V> {
    /// Whether a resource is a Bundle.
    pub fn is_page(resource: Option<&V>) -> bool {
        resource.and_then(|resource| resource.member_text("resourceType")).as_deref() == Some("Bundle")
    }

    /// Reads a Bundle; `None` for any other resource.
    ///
    /// ```
    /// use smartrust::fhir::{bundle::Page, request::page_request};
    /// use smartrust::protocol::url::Url;
    ///
    /// let condition = serde_json::json!({"resourceType": "Condition", "id": "1"});
    /// let page = Page::read(&serde_json::json!({
    ///     "resourceType": "Bundle",
    ///     "link": [{"relation": "next", "url": "?page=2"}],
    ///     "entry": [{"resource": condition}],
    /// })).unwrap();
    /// assert_eq!(page.resources, [condition]);
    ///
    /// let next = page_request(&Url::parse("https://ehr.example/fhir/Condition")?, &page.next.unwrap())?;
    /// assert_eq!(next.url.as_str(), "https://ehr.example/fhir/Condition?page=2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(bundle: &V) -> Option<Self> {
        if !Self::is_page(Some(bundle)) {
            return None;
        }
        let mut page = Self {
            resources: Vec::new(),
            included: Vec::new(),
            outcomes: Vec::new(),
            repeated: 0,
            total: bundle.member("total").and_then(|total| total.number()),
            bytes: 0,
            next: next_link(bundle),
            bundle: bundle.clone(),
        };
        for entry in bundle.member_items("entry") {
            let Some(resource) = entry.member("resource") else { continue };
            let mode = entry.member("search").and_then(|search| search.member_text("mode"));
            match mode.as_deref() {
                Some("outcome") => page.outcomes.push(resource),
                _ if is_outcome(&resource) => page.outcomes.push(resource),
                Some("include") => page.included.push(resource),
                _ => page.resources.push(resource),
            }
        }
        Some(page)
    }
}

impl<V: JsonView> Page<V> {
    /// Whether a resource may occur more than once, in several versions.
    pub(crate) fn is_history(&self) -> bool {
        self.bundle.member_text("type").as_deref() == Some("history")
    }
}

fn is_outcome<V: JsonView>(resource: &V) -> bool {
    resource.member_text("resourceType").as_deref() == Some("OperationOutcome")
}

/// The resources that were added, by type and id.
#[derive(Debug, Default)]
pub(crate) struct UniqueResources(HashSet<String>);

impl UniqueResources {
    /// Adds a resource, and returns whether it is new. One without an id always is.
    pub fn is_new<V: JsonView>(&mut self, resource: &V) -> bool {
        let Some(id) = resource.member_text("id") else { return true };
        let kind = resource.member_text("resourceType").unwrap_or_default();
        self.0.insert(format!("{kind}/{id}"))
    }
}

fn next_link<V: JsonView>(bundle: &V) -> Option<String> {
    let links = bundle.member_items("link");
    let next = links.iter().find(|link| link.member_text("relation").as_deref() == Some("next"))?;
    next.member_text("url").filter(|url| !url.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn f19_a_page_has_matches_included_resources_and_remarks_separately() {
        let page = Page::read(&json!({
            "resourceType": "Bundle", "total": 7,
            "link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": "?page=2"}],
            "entry": [
                {"resource": {"id": "1"}, "search": {"mode": "match"}},
                {"resource": {"id": "2"}},
                {"resource": {"id": "3"}, "search": {"mode": "include"}},
                {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}},
                {"resource": {"resourceType": "OperationOutcome"}},
                {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "match"}},
                {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "include"}},
                {"fullUrl": "urn:x"},
            ],
        }))
        .unwrap();
        let ids: Vec<_> = page.resources.iter().filter_map(|resource| resource.member_text("id")).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!((page.included.len(), page.outcomes.len(), page.total), (1, 4, Some(7.0)));
        assert_eq!(page.next.as_deref(), Some("?page=2"));
    }

    #[test]
    fn a_page_must_be_a_bundle() {
        assert!(Page::read(&json!({"resourceType": "OperationOutcome"})).is_none());
        assert!(Page::read(&json!(["Bundle"])).is_none());
    }
}
