//! SMART on FHIR client for the web.
