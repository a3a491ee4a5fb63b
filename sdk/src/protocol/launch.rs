//! The link that an EHR opens an app with (SMART App Launch 2.2, launch app: EHR launch).

use super::encoding::{form_pairs, values};
use crate::error::{Error, Failure};

/// The parameters of a launch link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchLink {
    /// The EHR's FHIR base, byte for byte.
    pub iss: String,
    /// The EHR's handle for the launch, byte for byte.
    pub launch: String,
}

impl LaunchLink {
    /// Reads the page's URL. `None` if it is not a launch link; a redirect with its own `iss` (RFC 9207) is not one.
    ///
    /// ```
    /// use smartrust::protocol::launch::{LaunchLink, same_issuer};
    ///
    /// let location = "https://app.example/?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=a-handle";
    /// let link = LaunchLink::read(location)?.unwrap();
    /// assert!(same_issuer(&link.iss, "https://ehr.example/fhir/"));
    /// assert_eq!(link.launch, "a-handle");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(location: &str) -> Result<Option<Self>, Failure> {
        let pairs = query_pairs(location);
        let all = |wanted: &str| values(&pairs, wanted);
        if !all("state").is_empty() || (all("iss").is_empty() && all("launch").is_empty()) {
            return Ok(None);
        }
        let single = |parameter: &'static str| match all(parameter).as_slice() {
            [value] if !value.is_empty() => Ok((*value).to_owned()),
            _ => Err(Failure::from(Error::LaunchLink { parameter })),
        };
        Ok(Some(Self { iss: single("iss")?, launch: single("launch")? }))
    }
}

/// The decoded pairs of a URL's query.
pub(super) fn query_pairs(location: &str) -> Vec<(String, String)> {
    let before_fragment = location.split('#').next().unwrap_or_default();
    before_fragment.split_once('?').map(|(_, query)| form_pairs(query)).unwrap_or_default()
}

/// Whether two issuers are the same but for one slash at the end.
pub fn same_issuer(one: &str, other: &str) -> bool {
    one.strip_suffix('/').unwrap_or(one) == other.strip_suffix('/').unwrap_or(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a3_iss_and_launch_are_read_byte_for_byte() {
        let location =
            "http://localhost:8080/launch?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=a%2Bb%3D%3D.%C3%A9&x=1#f";
        let link = LaunchLink::read(location).unwrap().unwrap();
        assert_eq!(link, LaunchLink { iss: "https://ehr.example/fhir".into(), launch: "a+b==.é".into() });
    }

    #[test]
    fn other_urls_are_not_launch_links() {
        for location in [
            "http://localhost:8080/",
            "http://localhost:8080/code?code=1&state=2",
            "http://localhost:8080/launch?code=1&state=2&iss=https%3A%2F%2Fehr.example",
        ] {
            assert_eq!(LaunchLink::read(location), Ok(None), "{location}");
        }
    }

    #[test]
    fn the_error_of_an_incomplete_launch_link_names_what_is_missing() {
        for (query, parameter) in [
            ("iss=https://a.example", "launch"),
            ("launch=1", "iss"),
            ("iss=a&iss=b&launch=1", "iss"),
            ("iss=a&launch=", "launch"),
        ] {
            let location = format!("http://localhost:8080/launch?{query}");
            assert_eq!(LaunchLink::read(&location), Err(Error::LaunchLink { parameter }.into()), "{query}");
        }
    }

    #[test]
    fn issuers_that_differ_by_a_slash_are_equal() {
        assert!(same_issuer("https://a.example/fhir", "https://a.example/fhir/"));
        assert!(!same_issuer("https://a.example/fhir", "https://a.example/fhir//"));
        assert!(!same_issuer("https://a.example/fhir", "https://a.example/FHIR"));
    }
}
