//! The resources that were rendered last. After a search, the next page or another search of the same record usually follows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::{ResourceType, render};
use crate::people::Population;

/// The number of stored entries; one is about 100 kB.
const CAPACITY: usize = 64;

/// One type of one patient's record.
type Key = (u32, ResourceType);

/// The rendered records, the last used one first. A record never changes, so none can be stale.
#[derive(Default)]
pub struct Cache(Mutex<VecDeque<(Key, Arc<[Value]>)>>);

impl Cache {
    /// The resources of a type in a patient's record, the newest first.
    pub fn records(&self, people: &Population, number: u32, resource: ResourceType) -> Option<Arc<[Value]>> {
        let key = (number, resource);
        if let Some(known) = self.take(key) {
            self.put(key, known.clone());
            return Some(known);
        }
        let made: Arc<[Value]> = render::records(&people.chart(number)?, resource).into();
        self.put(key, made.clone());
        Some(made)
    }

    fn take(&self, key: Key) -> Option<Arc<[Value]>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let position = kept.iter().position(|(own, _)| *own == key)?;
        kept.remove(position).map(|(_, records)| records)
    }

    fn put(&self, key: Key, records: Arc<[Value]>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((key, records));
        kept.truncate(CAPACITY);
    }
}
