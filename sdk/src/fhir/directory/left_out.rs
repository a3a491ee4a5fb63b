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

    /// A description in plain language, after a number of entries.
    pub(super) fn reason(self) -> &'static str {
        self.describe().1
    }

    fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::OtherResource => ("other_resource", "neither an Organization nor an Endpoint"),
            Self::EndpointNotActive => ("endpoint_not_active", "Endpoint whose status is not active"),
            Self::NoFhirServer => ("no_fhir_server", "Endpoint whose connectionType is not hl7-fhir-rest"),
            Self::AddressMissing => ("address_missing", "Endpoint without an address"),
            Self::AddressInsecure => ("address_insecure", "Endpoint whose address uses http to another machine"),
            Self::AddressWithUserOrFragment => {
                ("address_with_user_or_fragment", "Endpoint whose address contains a user name or a fragment")
            }
            Self::AddressInvalid => ("address_invalid", "Endpoint whose address is not a valid URL"),
            Self::FhirVersion => {
                ("fhir_version", "Endpoint that has only FHIR versions which the app does not support")
            }
            Self::EndpointReference => {
                ("endpoint_reference", "reference to an Endpoint that the Bundle does not contain")
            }
            Self::OrganizationNotActive => ("organization_not_active", "Organization that is not active"),
            Self::NoEndpoint => ("no_endpoint", "Organization without an Endpoint"),
            Self::ParentMissing => ("parent_missing", "Organization whose partOf refers to none of the Bundle"),
            Self::ParentCycle => {
                ("parent_cycle", "Organization whose partOf leads back to itself or through more than eight others")
            }
        }
    }
}
