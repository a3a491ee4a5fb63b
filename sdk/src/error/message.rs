//! Parts of error messages.

pub(super) fn unknown_server(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("No server named \"{name}\" is configured: add it, or use a configured name."),
        None => "Several servers are configured: select one by its name.".to_owned(),
    }
}

pub(super) fn listed(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A further sentence, if there is one.
pub(super) fn after_space(sentence: Option<&str>) -> String {
    sentence.map(|sentence| format!(" {sentence}")).unwrap_or_default()
}

/// A server's message, if there is one.
pub(super) fn after_colon(text: Option<&str>) -> String {
    text.map(|text| format!(": {}", text.trim_end_matches('.'))).unwrap_or_default()
}

/// A description, if there is one.
pub(super) fn in_brackets(description: Option<&str>) -> String {
    description.map(|description| format!(" ({})", description.trim_end_matches('.'))).unwrap_or_default()
}
