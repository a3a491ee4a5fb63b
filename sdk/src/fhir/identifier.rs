//! The data type Identifier (FHIR R4, Identifier).

/// A business identifier of a resource, such as a patient's record number.
///
/// ```
/// use smartrust::fhir::identifier::Identifier;
///
/// let identifier = Identifier::new("https://ehr.example/mrn", "1234");
/// assert_eq!((&*identifier.system, &*identifier.value), ("https://ehr.example/mrn", "1234"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Identifier {
    /// The namespace, a URI; empty if there is none.
    pub system: String,
    /// The value in that namespace.
    pub value: String,
}

impl Identifier {
    /// An identifier in a namespace, which may be empty.
    pub fn new(system: impl Into<String>, value: impl Into<String>) -> Self {
        Self { system: system.into(), value: value.into() }
    }
}
