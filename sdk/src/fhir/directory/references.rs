//! How a reference finds its resource in a Bundle (FHIR R4, Bundle, resolving references).

use std::collections::HashMap;

/// The names by which resources of one type are referred to. The value is a resource's number.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    numbers: HashMap<String, usize>,
    /// The part of the `fullUrl` before `Type/id`, by number: relative references of a resource are resolved against its own.
    bases: HashMap<usize, String>,
}

impl Keys {
    /// Adds a resource. The first one of a name keeps it.
    pub fn insert(&mut self, resource_type: &str, full_url: Option<&str>, id: Option<&str>, number: usize) {
        if let Some(full_url) = full_url {
            self.numbers.entry(full_url.into()).or_insert(number);
        }
        let Some(id) = id else { return };
        let relative = format!("{resource_type}/{id}");
        match full_url {
            Some(full_url) => {
                if let Some(base) = full_url.strip_suffix(relative.as_str()) {
                    self.bases.insert(number, base.into());
                }
            }
            // Without a fullUrl, these can only mean this resource.
            None => {
                self.numbers.entry(format!("urn:uuid:{id}")).or_insert(number);
                self.numbers.entry(format!("*/{relative}")).or_insert(number);
            }
        }
        self.numbers.entry(relative).or_insert(number);
    }

    /// Adds a contained resource of the resource `container`.
    pub fn insert_contained(&mut self, container: usize, id: Option<&str>, number: usize) {
        if let Some(id) = id {
            self.numbers.insert(contained_key(container, id), number);
        }
    }

    /// The base of a resource's `fullUrl`.
    pub fn base(&self, number: usize) -> Option<&str> {
        self.bases.get(&number).map(String::as_str)
    }

    /// The resource that `reference` means, in a resource whose `fullUrl` has the base `base`, and which is `container` if it has
    /// contained resources.
    pub fn find(&self, reference: &str, base: Option<&str>, container: Option<usize>) -> Option<usize> {
        let reference = reference.split("/_history/").next().unwrap_or_default();
        let contained = || {
            let id = reference.strip_prefix('#').unwrap_or(reference);
            self.numbers.get(&contained_key(container?, id))
        };
        let number = if reference.contains(':') {
            self.numbers.get(reference).or_else(|| {
                let mut segments = reference.rsplit('/');
                let (id, resource_type) = (segments.next()?, segments.next()?);
                self.numbers.get(&format!("*/{resource_type}/{id}"))
            })
        } else {
            let resolved = base.and_then(|base| self.numbers.get(&format!("{base}{reference}")));
            resolved.or_else(|| self.numbers.get(reference)).or_else(contained)
        };
        number.copied()
    }
}

fn contained_key(container: usize, id: &str) -> String {
    format!("{container}#{id}")
}
