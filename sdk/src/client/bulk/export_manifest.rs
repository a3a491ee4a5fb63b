//! The pages of an export's manifest.

use std::collections::HashSet;

use crate::error::{Error, Failure};
use crate::fhir::export::ExportManifest;
use crate::protocol::url::Url;

/// Joins the pages of a manifest.
pub(super) struct ManifestPages {
    next: Url,
    visited: HashSet<String>,
    manifest: Option<ExportManifest>,
}

impl ManifestPages {
    /// Starts with the first page.
    pub fn at(status_url: Url) -> Self {
        Self { visited: HashSet::from([status_url.as_str().to_owned()]), next: status_url, manifest: None }
    }

    /// The URL of the page to read next.
    pub fn next(&self) -> &Url {
        &self.next
    }

    /// Adds a page. Returns the whole manifest after the last page.
    ///
    /// # Errors
    /// [`Error::PageCycle`] if the page links to an earlier one, [`Error::Url`] for an invalid link, [`Error::Export`] if the pages
    /// contradict each other.
    pub fn add(&mut self, page: ExportManifest) -> Result<Option<ExportManifest>, Failure> {
        let mut manifest = match self.manifest.take() {
            None => page,
            Some(mut manifest) => {
                manifest.append(page)?;
                manifest
            }
        };
        let Some(next) = manifest.next.take() else { return Ok(Some(manifest)) };
        let next = self.next.join(&next);
        self.next = next.map_err(|problem| Error::Url { what: "the manifest's next page".into(), problem })?;
        if !self.visited.insert(self.next.as_str().to_owned()) {
            return Err(Error::PageCycle.into());
        }
        self.manifest = Some(manifest);
        Ok(None)
    }
}
