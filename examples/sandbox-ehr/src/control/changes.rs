//! Changes of resources, as somebody at the clinic makes them while an app is open: a medicine is stopped, a result is corrected.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Control;

/// A change that a test requests: new values of a resource's members; `null` removes one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Type and id, such as `MedicationRequest/1-m3`.
    resource: String,
    members: Map<String, Value>,
}

impl Control {
    pub(super) fn add_change(&self, change: Change) -> Result<(), String> {
        if change.resource.split('/').count() != 2 {
            return Err("The resource must be a type, a slash and an id.".to_owned());
        }
        self.state().changes.push(change);
        Ok(())
    }

    pub(super) fn clear_changes(&self) {
        self.state().changes.clear();
    }

    /// Whether any resource was changed.
    pub fn has_changes(&self) -> bool {
        !self.state().changes.is_empty()
    }

    /// Applies the changes to a resource.
    pub fn apply_changes(&self, resource: &mut Value) {
        let own = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let name = format!("{}/{}", own("resourceType"), own("id"));
        let state = self.state();
        let Some(members) = resource.as_object_mut() else { return };
        for change in state.changes.iter().filter(|change| change.resource == name) {
            for (member, value) in &change.members {
                match value {
                    Value::Null => members.remove(member),
                    value => members.insert(member.clone(), value.clone()),
                };
            }
        }
    }
}
