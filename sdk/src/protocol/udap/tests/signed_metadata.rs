use std::slice;

use rcgen::IsCa;
use serde_json::{Value, json};

use super::pki::*;
use super::{BASE, NOW};
use crate::error::{Error, Failure, UdapError};
use crate::json::Json;
use crate::protocol::http::Body;
use crate::protocol::jwk::Algorithm;
use crate::protocol::udap::metadata::{UdapMetadata, read_udap_response, udap_metadata_request};
use crate::protocol::udap::signed_metadata::{Community, VerifiedServer, read_signed_metadata};
use crate::protocol::url::Url;

fn document() -> Value {
    json!({
        "udap_versions_supported": ["1"],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint": "https://ehr.example/token",
        "registration_endpoint": "https://ehr.example/register",
    })
}

fn claims() -> Value {
    json!({
        "iss": BASE, "sub": BASE, "iat": NOW - 10.0, "exp": NOW + 86_400.0, "jti": "once",
        "token_endpoint": "https://ehr.example/token", "registration_endpoint": "https://ehr.example/register",
    })
}

/// What a client of a community makes of a document with these header and claims.
fn verify(anchor: &Authority, header: &Value, claims: &Value) -> Result<VerifiedServer, Failure> {
    verify_document(&community(anchor), &signed(RsaKey::server(), header, claims), BASE)
}

fn community(anchor: &Authority) -> Community {
    Community::new(None, vec![anchor.certificate()])
}

fn signed(key: &RsaKey, header: &Value, claims: &Value) -> Value {
    let mut document = document();
    document["signed_metadata"] = json!(jwt(key, header, claims));
    document
}

fn verify_document(community: &Community, document: &Value, base: &str) -> Result<VerifiedServer, Failure> {
    let server = read_signed_metadata(&Host, document, base, community, NOW)?;
    let is_valid = is_signed(server.key(), server.signature(), server.signed());
    server.verified(is_valid)
}

/// The check that failed, and the problem.
fn failed(outcome: Result<VerifiedServer, Failure>) -> (&'static str, String) {
    match outcome.map_err(Error::from) {
        Err(Error::Udap(UdapError::Untrusted { check, problem, .. })) => (check, problem.into()),
        other => panic!("{other:?}"),
    }
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

#[test]
fn u1_the_metadata_is_one_get_with_the_community() {
    let request = |base: &str, community| udap_metadata_request(&Url::parse(base).unwrap(), community).unwrap();
    let plain = request("https://ehr.example/fhir/", None);
    assert_eq!(plain.url.as_str(), "https://ehr.example/fhir/.well-known/udap");
    assert_eq!((plain.authorization(), plain.body.as_deref()), (None, None));
    let community = request(BASE, Some("urn:oid:2.16.840.1.113883.3.7204.1.5"));
    assert_eq!(community.url.query(), Some("community=urn%3Aoid%3A2.16.840.1.113883.3.7204.1.5"));
}

#[test]
fn u1_no_document_no_community_and_an_unreadable_one_are_told_apart() {
    let url = Url::parse("https://ehr.example/fhir/.well-known/udap").unwrap();
    let read = |status, body: Body<Value>| {
        let failure = read_udap_response(&url, Some("https://community.example"), status, &body).unwrap_err();
        (failure.code(), failure.message())
    };
    let (code, message) = read(404, Body::Text("nothing here".into()));
    assert_eq!(code, "udap_unsupported");
    assert!(message.contains("it has no UDAP metadata"), "{message}");
    for status in [204, 200] {
        let (code, message) = read(status, Body::Empty);
        assert_eq!(code, "udap_unsupported");
        assert!(message.contains("it does not know the community https://community.example"), "{message}");
    }
    assert_eq!(read(500, Body::Empty).0, "discovery_failed");
    assert_eq!(read(200, Body::Text("<html>".into())).0, "discovery_failed");
    assert_eq!(read(200, Body::Json(json!([]))).0, "discovery_failed");
    assert!(read_udap_response(&url, None, 200, &Body::Json(document())).is_ok());
}

#[test]
fn u2_what_is_not_listed_is_absent() {
    let read = |name: &str, value: Value| UdapMetadata::read(&with(document(), name, value), None);
    assert!(read("x", json!(1)).supports_registration());
    for versions in [json!(["2"]), json!([]), Value::Null] {
        let server = read("udap_versions_supported", versions.clone());
        assert!(!server.supports_registration() && !server.supports_authentication(), "{versions}");
    }
    let without = read("udap_profiles_supported", json!(["udap_authn"]));
    assert!(!without.supports_registration() && without.supports_authentication() && !without.supports_tiered_oauth());
    assert!(!read("grant_types_supported", json!([])).supports_grant("client_credentials"));
    assert!(!read("grant_types_supported", json!(["authorization_code"])).supports_grant("client_credentials"));
    assert!(read("grant_types_supported", Value::Null).supports_grant("client_credentials"), "unknown");
    assert!(!read("udap_authorization_extensions_required", json!([])).requires_extension("hl7-b2b"));
    assert!(read("udap_authorization_extensions_required", json!(["hl7-b2b"])).requires_extension("hl7-b2b"));
}

#[test]
fn u2_a_string_for_an_array_is_a_finding() {
    let server = UdapMetadata::read(&with(document(), "udap_versions_supported", json!("1")), None);
    assert!(server.supports_registration());
    let codes: Vec<_> = server.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["string_for_array"]);
    assert!(server.findings[0].message.contains("udap_versions_supported"));
}

#[test]
fn u3_a_server_with_a_chain_to_an_anchor_is_trusted() {
    let root = Authority::root("Root");
    let leaf = root.leaf(RsaKey::server(), &["https://other.example", BASE]);
    let server = verify(&root, &header(&[leaf]), &claims()).unwrap();
    assert_eq!(server.token_endpoint.text, "https://ehr.example/token");
    assert_eq!((server.certificates.len(), server.expires_at), (2, NOW + 86_400.0));

    let middle = root.intermediate("Middle", |_| {});
    let issuing = middle.intermediate("Issuing", |_| {});
    let leaf = issuing.leaf(RsaKey::server(), &[BASE]);
    // In any order after the leaf, and with the anchor.
    for others in [vec![issuing.der(), middle.der()], vec![root.der(), middle.der(), issuing.der()]] {
        let chain = [vec![leaf.clone()], others].concat();
        assert_eq!(verify(&root, &header(&chain), &claims()).unwrap().certificates.len(), 4);
    }
}

#[test]
fn u3_a_chain_that_leads_to_no_anchor_is_refused() {
    let (root, other) = (Authority::root("Root"), Authority::root("Other"));
    let leaf = other.leaf(RsaKey::server(), &[BASE]);
    let (check, problem) = failed(verify(&root, &header(&[leaf.clone(), other.der()]), &claims()));
    assert_eq!(check, "the certificate chain");
    assert!(problem.contains("CN=Root"), "it names the anchors: {problem}");
    // An authority with the anchor's name and another key.
    let impostor = Authority::root("Root");
    let leaf = impostor.leaf(RsaKey::server(), &[BASE]);
    assert_eq!(failed(verify(&root, &header(&[leaf]), &claims())).0, "the certificate chain");
    // A missing link.
    let middle = root.intermediate("Middle", |_| {});
    let leaf = middle.leaf(RsaKey::server(), &[BASE]);
    assert_eq!(failed(verify(&root, &header(&[leaf]), &claims())).0, "the certificate chain");
}

#[test]
fn u3_every_certificate_of_the_chain_must_be_in_date() {
    let root = Authority::root("Root");
    let expired = root.leaf_with(RsaKey::server(), &[BASE], |params| valid(params, NOW - 9_000.0, NOW - 1.0));
    let (check, problem) = failed(verify(&root, &header(&[expired]), &claims()));
    assert_eq!(check, "the certificate's dates");
    assert!(problem.contains("has expired"), "{problem}");
    let early = root.leaf_with(RsaKey::server(), &[BASE], |params| valid(params, NOW + 1.0, NOW + 9_000.0));
    assert!(failed(verify(&root, &header(&[early]), &claims())).1.contains("is not valid yet"));

    let middle = root.intermediate("Middle", |params| valid(params, NOW - 9_000.0, NOW - 1.0));
    let leaf = middle.leaf(RsaKey::server(), &[BASE]);
    let (check, problem) = failed(verify(&root, &header(&[leaf, middle.der()]), &claims()));
    assert_eq!(check, "the certificate's dates");
    assert!(problem.contains("CN=Middle"), "{problem}");

    let old = Authority::root_with("Old", |params| valid(params, NOW - 9_000.0, NOW - 1.0));
    let leaf = old.leaf(RsaKey::server(), &[BASE]);
    assert_eq!(failed(verify(&old, &header(&[leaf]), &claims())).0, "the certificate's dates");
}

#[test]
fn u3_only_a_ca_issues_certificates_and_only_as_many_levels_as_allowed() {
    let root = Authority::root("Root");
    let no_ca = root.intermediate("No CA", |params| params.is_ca = IsCa::ExplicitNoCa);
    let leaf = no_ca.leaf(RsaKey::server(), &[BASE]);
    assert_eq!(failed(verify(&root, &header(&[leaf, no_ca.der()]), &claims())).0, "the CA flag");

    let root = Authority::root_with("Root", constrained(1));
    let middle = root.intermediate("Middle", constrained(0));
    let leaf = middle.leaf(RsaKey::server(), &[BASE]);
    assert!(verify(&root, &header(&[leaf, middle.der()]), &claims()).is_ok());
    let issuing = middle.intermediate("Issuing", |_| {});
    let leaf = issuing.leaf(RsaKey::server(), &[BASE]);
    let (check, problem) = failed(verify(&root, &header(&[leaf, issuing.der(), middle.der()]), &claims()));
    assert_eq!(check, "the path length");
    assert!(problem.contains("CN=Middle"), "{problem}");
}

#[test]
fn u3_a_short_key_and_an_unknown_critical_extension_are_refused() {
    let root = Authority::root("Root");
    let leaf = root.leaf(RsaKey::short(), &[BASE]);
    let document = signed(RsaKey::short(), &header(&[leaf]), &claims());
    assert_eq!(failed(verify_document(&community(&root), &document, BASE)).0, "the certificate's key");
    let leaf = root.leaf_with(RsaKey::server(), &[BASE], unknown_extension);
    let (check, problem) = failed(verify(&root, &header(&[leaf]), &claims()));
    assert_eq!(check, "the certificate's extensions");
    assert!(problem.contains("1.3.6.1.4.1.99999.1"), "{problem}");
}

#[test]
fn u3_the_signature_is_of_the_leafs_key() {
    let root = Authority::root("Root");
    let leaf = root.leaf(RsaKey::server(), &[BASE]);
    let document = signed(RsaKey::app(), &header(slice::from_ref(&leaf)), &claims());
    assert_eq!(failed(verify_document(&community(&root), &document, BASE)).0, "the signature");
    // The other way round: the leaf is not the first of the chain.
    let own = root.leaf(RsaKey::app(), &[BASE]);
    assert_eq!(failed(verify(&root, &header(&[own, leaf]), &claims())).0, "the signature");
}

#[test]
fn u3_only_rs256_is_accepted_and_others_by_name() {
    let root = Authority::root("Root");
    let header = header(&[root.leaf(RsaKey::server(), &[BASE])]);
    for alg in [json!("none"), json!("HS256"), json!("RS384"), Value::Null] {
        let header = with(header.clone(), "alg", alg.clone());
        assert_eq!(failed(verify(&root, &header, &claims())).0, "alg", "{alg}");
    }
    let document = signed(RsaKey::server(), &with(header.clone(), "alg", json!("RS384")), &claims());
    let community = Community { algorithms: vec![Algorithm::RS256, Algorithm::RS384], ..community(&root) };
    let server = read_signed_metadata(&Host, &document, BASE, &community, NOW).unwrap();
    assert_eq!(server.algorithm(), Algorithm::RS384);
    // An algorithm of another kind of key than the certificate's.
    let document = signed(RsaKey::server(), &with(header, "alg", json!("ES256")), &claims());
    let community = Community { algorithms: vec![Algorithm::ES256], ..community };
    assert_eq!(failed(verify_document(&community, &document, BASE)).0, "alg");
}

#[test]
fn u3_a_broken_or_missing_chain_is_refused() {
    let root = Authority::root("Root");
    let leaf = root.leaf(RsaKey::server(), &[BASE]);
    let seven = vec![leaf.clone(); 7];
    for (name, x5c) in [
        ("absent", Value::Null),
        ("empty", json!([])),
        ("no array", json!("MIIB")),
        ("no string", json!([header(slice::from_ref(&leaf))["x5c"][0], 1])),
        ("base64url", json!(["_-_-"])),
        ("no certificate", json!(["AAEC"])),
        ("too many", header(&seven)["x5c"].clone()),
    ] {
        let header = with(header(slice::from_ref(&leaf)), "x5c", x5c);
        assert_eq!(failed(verify(&root, &header, &claims())).0, "x5c", "{name}");
    }
}

#[test]
fn u3_each_claim_is_checked() {
    let root = Authority::root("Root");
    let header = header(&[root.leaf(RsaKey::server(), &[BASE])]);
    let year = 366.0 * 86_400.0;
    for (claim, value, check) in [
        ("iss", json!("https://ehr.example/fhir/"), "iss"),
        ("iss", Value::Null, "iss"),
        ("sub", json!("https://other.example"), "sub"),
        ("sub", Value::Null, "sub"),
        ("jti", json!(""), "jti"),
        ("iat", json!(NOW + 61.0), "iat"),
        ("iat", json!("1700000000"), "iat"),
        ("exp", json!(NOW - 61.0), "exp"),
        ("exp", json!(NOW - 10.0 + year + 1.0), "exp"),
        ("exp", json!(NOW - 11.0), "exp"),
        ("exp", Value::Null, "exp"),
        ("token_endpoint", Value::Null, "token_endpoint"),
        ("token_endpoint", json!("/token"), "token_endpoint"),
        ("registration_endpoint", json!("http://ehr.example/register"), "registration_endpoint"),
    ] {
        let (found, problem) = failed(verify(&root, &header, &with(claims(), claim, value.clone())));
        assert_eq!(found, check, "{claim} {value}: {problem}");
    }
    assert!(verify(&root, &header, &with(claims(), "exp", json!(NOW - 10.0 + year))).is_ok());
}

#[test]
fn u3_the_base_is_a_uri_of_the_certificate_to_the_last_slash() {
    let root = Authority::root("Root");
    for uris in [vec![], vec!["https://ehr.example/fhir/"], vec!["https://EHR.example/fhir"]] {
        let header = header(&[root.leaf(RsaKey::server(), &uris)]);
        assert_eq!(failed(verify(&root, &header, &claims())).0, "the certificate's URI", "{uris:?}");
    }
    let header = header(&[root.leaf(RsaKey::server(), &[BASE])]);
    let document = signed(RsaKey::server(), &header, &claims());
    let (check, problem) = failed(verify_document(&community(&root), &document, "https://ehr.example/fhir/"));
    assert_eq!(check, "iss");
    assert!(problem.contains("to the last slash"), "{problem}");
}

#[test]
fn u3_unsigned_metadata_is_refused() {
    let root = Authority::root("Root");
    for signed_metadata in [Value::Null, json!(""), json!("a.b"), json!("a.b.c"), json!(1)] {
        let document = with(document(), "signed_metadata", signed_metadata.clone());
        let (check, _) = failed(verify_document(&community(&root), &document, BASE));
        assert_eq!(check, "signed_metadata", "{signed_metadata}");
    }
}

#[test]
fn u4_signed_values_win_and_differences_are_findings() {
    let root = Authority::root("Root");
    let header = header(&[root.leaf(RsaKey::server(), &[BASE])]);
    let claims = with(claims(), "grant_types_supported", json!(["authorization_code"]));
    let mut document = signed(RsaKey::server(), &header, &claims);
    document["token_endpoint"] = json!("https://evil.example/token");
    let server = verify_document(&community(&root), &document, BASE).unwrap();
    assert_eq!(server.token_endpoint.url.as_str(), "https://ehr.example/token");
    assert!(!server.metadata.supports_grant("client_credentials"));
    let findings = &server.metadata.findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "unsigned_value_differs");
    assert!(findings[0].message.contains("token_endpoint"));

    document["authorization_endpoint"] = json!("https://evil.example/authorize");
    let (check, _) = failed(verify_document(&community(&root), &document, BASE));
    assert_eq!(check, "authorization_endpoint", "an endpoint that is not signed is not used");
}

#[test]
fn u4_an_endpoint_is_kept_as_the_server_wrote_it() {
    let root = Authority::root("Root");
    let header = header(&[root.leaf(RsaKey::server(), &[BASE])]);
    let claims = with(claims(), "token_endpoint", json!("https://EHR.example:443/token"));
    let server = verify(&root, &header, &claims).unwrap();
    assert_eq!(server.token_endpoint.text, "https://EHR.example:443/token");
    assert_eq!(server.token_endpoint.url.as_str(), "https://ehr.example/token");
}

#[test]
fn u18_a_host_without_certificates_says_so() {
    let root = Authority::root("Root");
    let document = signed(RsaKey::server(), &header(&[root.leaf(RsaKey::server(), &[BASE])]), &claims());
    let failure = read_signed_metadata(&Browser, &document, BASE, &community(&root), NOW).unwrap_err();
    assert_eq!(failure.code(), "certificates_unavailable");
    assert!(Host.parse("{}").is_some() && Browser.parse("{}").is_some());
}
