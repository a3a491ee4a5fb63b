//! Reads statements, purposes and communities from JSON or a JavaScript object: their members in camelCase.

use super::config::CommunityConfig;
use crate::client::server::config_json::{members, optional, required, strings};
use crate::client::server::config_names::refuse_unknown;
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::protocol::jwk::Algorithm;
use crate::protocol::udap::b2b::B2bExtension;
use crate::protocol::udap::software_statement::SoftwareStatement;

const STATEMENT: [&str; 8] =
    ["clientName", "contacts", "grantTypes", "scope", "redirectUris", "logoUri", "certifications", "extraClaims"];
const PURPOSE: [&str; 8] = [
    "organizationId",
    "organizationName",
    "purposeOfUse",
    "subjectName",
    "subjectId",
    "subjectRole",
    "consentPolicy",
    "consentReference",
];
const COMMUNITY: [&str; 3] = ["uri", "anchors", "algorithms"];

impl SoftwareStatement {
    /// Reads a statement. Without `grantTypes`, it is that of a service.
    pub(crate) fn read_with<V: JsonView>(value: &V) -> Result<Self, Failure> {
        refuse_unknown(value, &STATEMENT)?;
        let service = Self::service(required(value, "clientName")?, "", required(value, "scope")?);
        let grant_types = match value.member("grantTypes") {
            Some(_) => strings(value, "grantTypes")?,
            None => service.grant_types.clone(),
        };
        let statement = Self {
            contacts: strings(value, "contacts")?,
            grant_types,
            redirect_uris: strings(value, "redirectUris")?,
            certifications: strings(value, "certifications")?,
            extra_claims: members(value, "extraClaims", |claim| Some(claim.to_json()))?,
            ..service
        };
        Ok(match optional(value, "logoUri")? {
            Some(logo_uri) => statement.logo_uri(logo_uri),
            None => statement,
        })
    }
}

impl B2bExtension {
    /// Reads for whom and why a service requests data.
    pub(crate) fn read_with<V: JsonView>(value: &V) -> Result<Self, Failure> {
        refuse_unknown(value, &PURPOSE)?;
        let extension = Self {
            organization_name: optional(value, "organizationName")?,
            purpose_of_use: strings(value, "purposeOfUse")?,
            subject_name: optional(value, "subjectName")?,
            subject_id: optional(value, "subjectId")?,
            subject_role: optional(value, "subjectRole")?,
            consent_policy: strings(value, "consentPolicy")?,
            consent_reference: strings(value, "consentReference")?,
            ..Self::new(required(value, "organizationId")?, "")
        };
        extension.check()?;
        Ok(extension)
    }
}

impl CommunityConfig {
    /// Reads a community, whose `anchors` are PEM.
    pub(crate) fn read_with<V: JsonView>(value: &V) -> Result<Self, Failure> {
        refuse_unknown(value, &COMMUNITY)?;
        let mut community = Self::unnamed(&required(value, "anchors")?)?;
        community.uri = optional(value, "uri")?;
        if value.member("algorithms").is_some() {
            let algorithm = |name: &String| {
                let wrong =
                    || Error::configuration("algorithms", &[name, " is not an algorithm with a public key"].concat());
                Algorithm::from_name(name).ok_or_else(wrong)
            };
            community.algorithms = strings(value, "algorithms")?.iter().map(algorithm).collect::<Result<_, _>>()?;
        }
        Ok(community)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn wrong<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> String {
        match outcome.map_err(Error::from) {
            Err(Error::Configuration(error)) => error.member,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn u6_a_statement_is_read_with_every_member() {
        let read = |value: Value| SoftwareStatement::read_with(&value);
        let minimal =
            json!({"clientName": "Acme", "contacts": ["mailto:ops@acme.example"], "scope": "system/Patient.rs"});
        let service = SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs");
        assert_eq!(read(minimal.clone()), Ok(service.clone()));
        let all = json!({
            "clientName": "Acme", "contacts": ["mailto:ops@acme.example"], "scope": "patient/Patient.rs",
            "grantTypes": ["authorization_code"], "redirectUris": ["https://acme.example/code"],
            "logoUri": "https://acme.example/l.png", "certifications": ["a.b.c"], "extraClaims": {"x": [1]},
        });
        let (redirect, logo) = ("https://acme.example/code", "https://acme.example/l.png");
        let expected =
            SoftwareStatement::interactive("Acme", "mailto:ops@acme.example", "patient/Patient.rs", redirect, logo)
                .certifications(["a.b.c".to_owned()])
                .extra_claims([("x".to_owned(), "[1]".to_owned())]);
        assert_eq!(read(all), Ok(expected));
        for (name, value) in
            [("client_name", json!("x")), ("scope", json!(null)), ("contacts", json!(1)), ("logoUri", json!(1))]
        {
            let mut broken = minimal.clone();
            broken[name] = value;
            assert_eq!(wrong(read(broken)), name);
        }
    }

    #[test]
    fn u14_a_purpose_is_read_and_checked() {
        let value = json!({
            "organizationId": "https://acme.example/org", "organizationName": "Acme", "purposeOfUse": ["TREAT"],
            "subjectName": "Ann Lee", "subjectId": "1234567893", "subjectRole": "207R00000X",
            "consentPolicy": ["urn:x:policy"], "consentReference": ["https://ehr.example/fhir/Consent/1"],
        });
        let expected = B2bExtension::new("https://acme.example/org", "TREAT")
            .organization_name("Acme")
            .subject_name("Ann Lee")
            .subject_id("1234567893")
            .subject_role("207R00000X")
            .consent_policy(["urn:x:policy".to_owned()])
            .consent_reference(["https://ehr.example/fhir/Consent/1".to_owned()]);
        assert_eq!(B2bExtension::read_with(&value), Ok(expected));
        assert_eq!(wrong(B2bExtension::read_with(&json!({"organizationId": "urn:x:y"}))), "purpose_of_use");
        assert_eq!(wrong(B2bExtension::read_with(&json!({"purposeOfUse": ["TREAT"]}))), "organizationId");
    }

    #[test]
    fn u3_a_communitys_algorithms_are_named() {
        let pem = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----";
        let read = |value: Value| CommunityConfig::read_with(&value);
        let community = read(json!({"uri": "https://community.example", "anchors": pem})).unwrap();
        assert_eq!(
            (community.uri.as_deref(), community.algorithms),
            (Some("https://community.example"), vec![Algorithm::RS256])
        );
        let named = read(json!({"anchors": pem, "algorithms": ["RS256", "ES384"]})).unwrap();
        assert_eq!(named.algorithms, [Algorithm::RS256, Algorithm::ES384]);
        assert_eq!(wrong(read(json!({"anchors": pem, "algorithms": ["HS256"]}))), "algorithms");
        assert_eq!(wrong(read(json!({"anchors": "x"}))), "anchors");
    }
}
