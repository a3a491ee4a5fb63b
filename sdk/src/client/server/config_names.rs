//! Unknown members of a configuration, and the names that are probably meant.

use crate::error::{Error, Failure};
use crate::platform::JsonView;

/// Names of members in other libraries and standards.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("iss", "fhirBase"),
    ("issuer", "fhirBase"),
    ("serverUrl", "fhirBase"),
    ("fhirServiceUrl", "fhirBase"),
    ("scopes", "scope"),
    ("pkceMode", "pkce"),
    ("secret", "clientSecret"),
    ("privateKey", "key"),
    ("clientPrivateJwk", "key"),
];

/// Refuses an object with a member that is not in the list.
///
/// # Errors
/// [`Error::Configuration`] with the name of the member, and the name that is probably meant.
pub(crate) fn refuse_unknown<V: JsonView>(value: &V, members: &[&str]) -> Result<(), Failure> {
    let Some(unknown) = value.names().into_iter().find(|name| !members.contains(&name.as_str())) else {
        return Ok(());
    };
    Err(match intended_member(&unknown, members) {
        Some(name) => Error::configuration(&unknown, &format!("no such member exists; use {name}")),
        None => Error::configuration(&unknown, "no such member exists"),
    })
}

/// The member that is probably meant: of another library, or with another case, underscores or hyphens.
fn intended_member<'a>(unknown: &str, members: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let wanted = OTHER_NAMES.iter().find(|(other, _)| plain(other) == plain(unknown)).map_or(unknown, |(_, name)| name);
    members.iter().copied().find(|member| plain(member) == plain(wanted))
}
