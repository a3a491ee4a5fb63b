//! Resources as `serde` types. Behind the feature `serde`, so that other users need no
//! JSON parser.

use serde::de::DeserializeOwned;

use crate::error::{Error, Failure};
use crate::json::JsonView;

/// Deserializes a resource.
///
/// ```
/// use smartrust::fhir::typed::typed;
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Patient {
///     birth_date: String,
/// }
///
/// let resource = serde_json::json!({"resourceType": "Patient", "id": "1", "birthDate": "1815-12-10"});
/// let patient: Patient = typed(&resource)?;
/// assert_eq!(patient.birth_date, "1815-12-10");
/// # Ok::<(), smartrust::Failure>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if the resource does not match the type.
pub fn typed<T: DeserializeOwned>(resource: &impl JsonView) -> Result<T, Failure> {
    serde_json::from_str(&resource.to_json()).map_err(|error| Error::Shape { problem: place_of(&error) }.into())
}

/// The position of the problem, without the value there, which may be a patient's.
fn place_of(error: &serde_json::Error) -> Box<str> {
    let text = error.to_string();
    let names_a_member = text.starts_with("missing field") || text.starts_with("duplicate field");
    if names_a_member { text.into() } else { "a value has another type".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Patient {
        birth_date: String,
    }

    #[test]
    fn f4_a_resource_of_another_shape_is_an_error_without_its_values() {
        let fine: Patient = typed(&json!({"birthDate": "1815-12-10", "more": 1})).unwrap();
        assert_eq!(fine.birth_date, "1815-12-10");
        let absent = typed::<Patient>(&json!({"id": "1"})).unwrap_err();
        assert_eq!(absent.code(), "unexpected_shape");
        assert!(absent.to_string().contains("birthDate"), "{absent}");
        let wrong = typed::<Patient>(&json!({"birthDate": ["secret"]})).unwrap_err();
        assert!(!wrong.to_string().contains("secret"), "{wrong}");
    }
}
