//! A server's capabilities (FHIR R4, CapabilityStatement).

use crate::json::JsonView;

/// A release of FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FhirVersion {
    /// DSTU2, 1.0.
    R2,
    /// STU3, 3.0.
    R3,
    /// R4, 4.0.
    R4,
    /// R4B, 4.3.
    R4B,
    /// R5, 5.0.
    R5,
}

impl FhirVersion {
    /// Reads a version such as `4.0.1`; ballots count as the release that they led to.
    ///
    /// ```
    /// use smartrust::fhir::capabilities::FhirVersion;
    ///
    /// assert_eq!(FhirVersion::read("4.0.1"), Some(FhirVersion::R4));
    /// assert_eq!(FhirVersion::read("6.0.0"), None);
    /// ```
    pub fn read(version: &str) -> Option<Self> {
        let mut numbers = version.split('.');
        let minor = |numbers: &mut std::str::Split<'_, char>| numbers.next()?.parse::<u8>().ok();
        Some(match (minor(&mut numbers)?, minor(&mut numbers)?) {
            (0, 4 | 5) | (1, 0) => Self::R2,
            (1, _) | (3, 0) => Self::R3,
            (3, _) | (4, 0) => Self::R4,
            (4, 1 | 3) => Self::R4B,
            (4, _) | (5, _) => Self::R5,
            _ => return None,
        })
    }
}

/// A server's CapabilityStatement (in R2, Conformance).
#[derive(Clone, Debug)]
pub struct Capabilities<V> {
    /// The resource.
    pub resource: V,
}

impl<V: JsonView> Capabilities<V> {
    /// The server's FHIR release.
    pub fn fhir_version(&self) -> Option<FhirVersion> {
        FhirVersion::read(&self.resource.member_text("fhirVersion")?)
    }

    /// Whether a type can be searched, also if the statement lists no interactions for the type.
    pub fn may_search(&self, resource_type: &str) -> bool {
        self.of_type(resource_type).iter().any(|resource| {
            let interactions = resource.member_items("interaction");
            let can = |interaction: &V| interaction.member_text("code").as_deref() == Some("search-type");
            interactions.is_empty() || interactions.iter().any(can)
        })
    }

    /// Whether a type has an operation, by its name without `$`.
    pub fn has_operation(&self, resource_type: &str, name: &str) -> bool {
        let (of_type, of_server) = (self.of_type(resource_type), self.rest());
        let operations = of_type.iter().chain(&of_server).flat_map(|part| part.member_items("operation"));
        let mut names = operations.filter_map(|operation| operation.member_text("name"));
        names.any(|own| own.trim_start_matches('$') == name || own == format!("{resource_type}-{name}"))
    }

    fn rest(&self) -> Vec<V> {
        let mut rest = self.resource.member_items("rest");
        rest.retain(|rest| rest.member_text("mode").as_deref() != Some("client"));
        rest
    }

    fn of_type(&self, resource_type: &str) -> Vec<V> {
        let mut resources: Vec<V> = self.rest().iter().flat_map(|rest| rest.member_items("resource")).collect();
        resources.retain(|resource| resource.member_text("type").as_deref() == Some(resource_type));
        resources
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn f11_a_statement_lists_searches_and_operations() {
        let capabilities = Capabilities {
            resource: json!({"fhirVersion": "4.0.1", "rest": [
                {"mode": "client", "resource": [{"type": "Device"}]},
                {"mode": "server", "operation": [{"name": "export"}], "resource": [
                    {"type": "Patient", "interaction": [{"code": "search-type"}], "operation": [{"name": "everything"}]},
                    {"type": "Observation", "interaction": [{"code": "read"}], "operation": [{"name": "$lastn"}]},
                    {"type": "Goal"},
                ]},
            ]}),
        };
        assert_eq!(capabilities.fhir_version(), Some(FhirVersion::R4));
        let searchable = ["Patient", "Observation", "Goal", "Device"].map(|kind| capabilities.may_search(kind));
        assert_eq!(searchable, [true, false, true, false]);
        assert!(capabilities.has_operation("Patient", "everything"));
        assert!(capabilities.has_operation("Observation", "lastn"));
        assert!(capabilities.has_operation("Patient", "export"));
        assert!(!capabilities.has_operation("Observation", "everything"));
        assert!(!Capabilities { resource: json!([]) }.may_search("Patient"));
    }

    #[test]
    fn f4_the_releases_of_fhir_are_distinguished() {
        use FhirVersion::*;
        for (text, expected) in [
            ("1.0.2", Some(R2)),
            ("0.5.0", Some(R2)),
            ("3.0.2", Some(R3)),
            ("4.0.1", Some(R4)),
            ("4.0.0", Some(R4)),
            ("4.1.0", Some(R4B)),
            ("4.3.0", Some(R4B)),
            ("5.0.0", Some(R5)),
            ("5.0.0-ballot", Some(R5)),
            ("6.0.0", None),
            ("four", None),
            ("", None),
        ] {
            assert_eq!(FhirVersion::read(text), expected, "{text}");
        }
    }
}
