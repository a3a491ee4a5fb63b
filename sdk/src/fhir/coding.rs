//! Codes in resources.

use crate::json::JsonView;

/// Whether a CodeableConcept has a code of a system.
pub(crate) fn has_coding<V: JsonView>(concept: Option<&V>, system: &str, code: &str) -> bool {
    let codings = concept.map(|concept| concept.member_items("coding")).unwrap_or_default();
    let has = |coding: &V, name: &str, text: &str| coding.member_text(name).as_deref() == Some(text);
    codings.iter().any(|coding| has(coding, "system", system) && has(coding, "code", code))
}
