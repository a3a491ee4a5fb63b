//! The pages of an export's manifest, from the status URL on.

use std::collections::HashSet;

use crate::error::{Error, Failure};
use crate::fhir::export::ExportManifest;
use crate::protocol::url::Url;

/// Gathers the pages of a manifest.
pub(super) struct ManifestPages {
    next: Url,
    visited: HashSet<String>,
    manifest: Option<ExportManifest>,
}

impl ManifestPages {
    /// Begins with the first page.
    pub fn at(status_url: Url) -> Self {
        Self { visited: HashSet::from([status_url.as_str().to_owned()]), next: status_url, manifest: None }
    }

    /// The URL of the page to read next.
    pub fn next(&self) -> &Url {
        &self.next
    }

    /// Takes in the page that was read. Returns the whole manifest once that was the last page.
    ///
    /// # Errors
    /// [`Error::PageCycle`] where the page's link leads to one that was read already, [`Error::Url`] where it leads nowhere,
    /// [`Error::Export`] where the pages do not fit together.
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
