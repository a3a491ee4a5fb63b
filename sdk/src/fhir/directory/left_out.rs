//! Why a directory leaves an entry out.

use crate::protocol::url::UrlError;

/// Why an entry of a Bundle is not in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LeftOut {
    /// It is no Organization and no Endpoint.
    OtherResource,
    /// An Endpoint whose `status` is not `active`.
    EndpointNotActive,
    /// An Endpoint whose `connectionType` is not `hl7-fhir-rest`.
    NoFhirServer,
    /// An Endpoint without an address.
    AddressMissing,
    /// An Endpoint whose address uses http to another machine.
    AddressInsecure,
    /// An Endpoint whose address contains a user name or a fragment.
    AddressWithUserOrFragment,
    /// An Endpoint whose address is no URL that can be fetched safely.
    AddressInvalid,
    /// An Endpoint that has only FHIR versions which the app does not support.
    FhirVersion,
    /// A reference to an Endpoint that the Bundle does not contain.
    EndpointReference,
    /// An Organization whose `active` is `false`.
    OrganizationNotActive,
    /// An Organization without an Endpoint, neither its own nor one of an Organization above it.
    NoEndpoint,
    /// An Organization whose `partOf` refers to no Organization of the Bundle.
    ParentMissing,
    /// An Organization whose `partOf` leads back to itself, or through more than eight Organizations.
    ParentCycle,
}

impl LeftOut {
    pub(super) fn of_url(error: UrlError) -> Self {
        match error {
            UrlError::UserInfo | UrlError::Fragment => Self::AddressWithUserOrFragment,
            _ => Self::AddressInvalid,
        }
    }

    /// A stable name, such as `endpoint_not_active`.
    pub fn code(self) -> &'static str {
        self.describe().0
    }

    /// A sentence that this number of entries was left out, and why.
    pub(super) fn sentence(self, count: usize) -> String {
        let (_, noun, why) = self.describe();
        match count {
            1 => format!("1 {noun} was left out because its {why}."),
            _ => format!("{count} {noun}s were left out because their {why}."),
        }
    }

    /// The stable name, what was left out, and why, after "its" or "their".
    fn describe(self) -> (&'static str, &'static str, &'static str) {
        const ENDPOINT: &str = "Endpoint resource";
        const ORGANIZATION: &str = "Organization resource";
        match self {
            Self::OtherResource => ("other_resource", "resource", "type is neither Organization nor Endpoint"),
            Self::EndpointNotActive => ("endpoint_not_active", ENDPOINT, "status is not active"),
            Self::NoFhirServer => ("no_fhir_server", ENDPOINT, "connectionType is not hl7-fhir-rest"),
            Self::AddressMissing => ("address_missing", ENDPOINT, "address is missing"),
            Self::AddressInsecure => ("address_insecure", ENDPOINT, "address uses http to another machine"),
            Self::AddressWithUserOrFragment => {
                ("address_with_user_or_fragment", ENDPOINT, "address contains a user name or a fragment")
            }
            Self::AddressInvalid => ("address_invalid", ENDPOINT, "address is not a valid URL"),
            Self::FhirVersion => ("fhir_version", ENDPOINT, "FHIR version is one that the app does not support"),
            Self::EndpointReference => ("endpoint_reference", "reference", "Endpoint is not in the Bundle"),
            Self::OrganizationNotActive => ("organization_not_active", ORGANIZATION, "member active is false"),
            Self::NoEndpoint => ("no_endpoint", ORGANIZATION, "Endpoint is missing"),
            Self::ParentMissing => ("parent_missing", ORGANIZATION, "partOf refers to nothing in the Bundle"),
            Self::ParentCycle => {
                ("parent_cycle", ORGANIZATION, "partOf forms a cycle or leads through more than eight others")
            }
        }
    }
}
