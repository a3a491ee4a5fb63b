//! Modifiers that change what a resource means in a way that this app does not know (FHIR R4, extensibility: modifier
//! extensions, and `implicitRules`).

use smartrust::platform::JsonView;

use super::entry::{Entry, Tag};

/// The text next to the tag.
const WHY: &str = "The clinic marked this in a way that this app does not know. Ask the clinic what it means.";

impl Tag {
    /// The tag for a resource with an unknown modifier.
    pub fn unknown_modifier() -> Self {
        Self::warning("Read this with care")
    }
}

impl Entry {
    /// Adds a warning if an unknown modifier may change what the resource means.
    pub fn with_modifier_warning<V: JsonView>(self, resource: &V) -> Self {
        match has_modifier(resource, &PARTS) {
            true => self.tag(Some(Tag::unknown_modifier())).line(Some(WHY.to_owned())),
            false => self,
        }
    }
}

/// The members whose items may have their own modifiers, in the types that are shown.
const PARTS: [&str; 9] = [
    "component",
    "content",
    "context",
    "dosageInstruction",
    "participant",
    "performer",
    "protocolApplied",
    "reaction",
    "stage",
];

/// Whether a resource, or an item of one of these members, has a modifier.
pub fn has_modifier<V: JsonView>(resource: &V, parts: &[&str]) -> bool {
    let is_marked = |holder: &V| !holder.member_items("modifierExtension").is_empty();
    is_marked(resource)
        || resource.member_text("implicitRules").is_some()
        || parts.iter().any(|part| resource.member_items(part).iter().any(is_marked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn l3_an_unknown_modifier_adds_a_warning() {
        let mark = json!([{"url": "https://clinic.example/opposite", "valueBoolean": true}]);
        for marked in [
            json!({"modifierExtension": mark}),
            json!({"implicitRules": "https://clinic.example/rules"}),
            json!({"reaction": [{}, {"modifierExtension": mark}]}),
        ] {
            let entry = Entry::new("Penicillin", None).with_modifier_warning(&marked);
            assert_eq!(entry.tags, [Tag::unknown_modifier()], "{marked}");
            assert_eq!(entry.lines, [WHY]);
        }
        for plain in [json!({"modifierExtension": []}), json!({"extension": mark}), json!("x")] {
            assert_eq!(Entry::new("Penicillin", None).with_modifier_warning(&plain).tags, [], "{plain}");
        }
    }
}
