use super::pki::*;
use super::{APP, NOW};
use crate::error::{Error, Failure};
use crate::protocol::client_assertion::ClientKey;
use crate::protocol::jwk::Algorithm;
use crate::protocol::udap::certificate::{Certificates, read_pem};
use crate::protocol::udap::identity::UdapIdentity;

fn key(algorithms: &[Algorithm]) -> ClientKey {
    ClientKey::from_signer(algorithms.to_vec(), |_, data| Box::pin(async move { Ok(RsaKey::app().sign(&data)) }))
}

fn identity(chain: &[Vec<u8>], uri: Option<&str>) -> Result<UdapIdentity, Failure> {
    UdapIdentity::new(&Host, chain, key(&[Algorithm::RS256, Algorithm::RS384]), uri, NOW)
}

fn wrong(outcome: Result<UdapIdentity, Failure>) -> (String, String) {
    match outcome.map_err(Error::from) {
        Err(Error::Configuration(error)) => (error.member, error.problem),
        other => panic!("{other:?}"),
    }
}

const DAY: f64 = 86_400.0;

#[test]
fn u15_the_certificates_uri_is_the_apps_identity() {
    let root = Authority::root("Root");
    let leaf = |uris: &[&str]| root.leaf(RsaKey::app(), uris);
    assert_eq!(identity(&[leaf(&[APP])], None).unwrap().uri(), APP);
    let (member, problem) = wrong(identity(&[leaf(&[])], None));
    assert_eq!(member, "certificate");
    assert!(problem.contains("no URI in its Subject Alternative Name"), "{problem}");
    let two = [leaf(&["urn:uuid:1", APP])];
    assert_eq!(identity(&two, Some("urn:uuid:1")).unwrap().uri(), "urn:uuid:1");
    assert!(wrong(identity(&two, None)).1.contains("urn:uuid:1, https://app.example/udap"));
    assert_eq!(wrong(identity(&two, Some("https://app.example/"))).0, "uri");
}

#[test]
fn u15_a_certificate_out_of_date_or_of_another_key_is_refused() {
    let root = Authority::root("Root");
    let with_dates = |from: f64, to: f64| root.leaf_with(RsaKey::app(), &[APP], |params| valid(params, from, to));
    assert!(wrong(identity(&[with_dates(NOW - DAY, NOW - 1.0)], None)).1.contains("has expired"));
    assert!(wrong(identity(&[with_dates(NOW + 1.0, NOW + DAY)], None)).1.contains("not valid yet"));
    assert!(wrong(identity(&[root.leaf(RsaKey::short(), &[APP])], None)).1.contains("2048"));
    assert!(wrong(identity(&[vec![1, 2]], None)).1.contains("cannot be read"));
    assert_eq!(wrong(identity(&[], None)).1, "there is none");
    let curve = UdapIdentity::new(&Host, &[root.leaf(RsaKey::app(), &[APP])], key(&[Algorithm::ES256]), None, NOW);
    assert_eq!(wrong(curve).0, "key");
    // It expires while the app runs.
    let identity = identity(&[with_dates(NOW - DAY, NOW + DAY)], None).unwrap();
    assert!(identity.signing_input(Algorithm::RS256, "{}", NOW + DAY).is_ok());
    let failure = identity.signing_input(Algorithm::RS256, "{}", NOW + DAY + 1.0).unwrap_err();
    assert!(failure.message().contains("has expired"), "{failure}");
}

#[test]
fn u15_a_certificate_that_ends_within_30_days_is_a_finding() {
    let root = Authority::root("Root");
    let until = |to: f64| {
        let leaf = root.leaf_with(RsaKey::app(), &[APP], |params| valid(params, NOW - DAY, to));
        identity(&[leaf], None).unwrap().findings(NOW)
    };
    assert!(until(NOW + 30.0 * DAY + 60.0).is_empty());
    let findings = until(NOW + 29.5 * DAY);
    assert_eq!(findings[0].code, "certificate_expires_soon");
    assert!(findings[0].message.contains("29 more days"), "{}", findings[0].message);
}

#[test]
fn u6_rs256_is_preferred_and_another_algorithm_is_of_the_servers_list() {
    let root = Authority::root("Root");
    let identity = identity(&[root.leaf(RsaKey::app(), &[APP])], None).unwrap();
    let algorithm =
        |names: &[&str]| identity.algorithm(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(algorithm(&[]), Ok(Algorithm::RS256));
    assert_eq!(algorithm(&["RS384", "RS256"]), Ok(Algorithm::RS256));
    assert_eq!(algorithm(&["ES256", "RS384"]), Ok(Algorithm::RS384));
    assert_eq!(algorithm(&["ES256", "RS512"]).unwrap_err().code(), "client_authentication_failed");
}

#[test]
fn u6_the_header_has_the_chain_in_base64_with_the_leaf_first() {
    let root = Authority::root("Root");
    let middle = root.intermediate("Middle", |_| {});
    let chain = [middle.leaf(RsaKey::app(), &[APP]), middle.der()];
    let input = identity(&chain, None).unwrap().signing_input(Algorithm::RS256, r#"{"iss":"x"}"#, NOW).unwrap();
    let (found, claims) = parts(&input);
    assert_eq!(found, header(&chain));
    assert_eq!(claims, serde_json::json!({"iss": "x"}));
    let first = found["x5c"][0].as_str().unwrap();
    assert!(first.len() % 4 == 0 && !first.contains(['-', '_']), "base64, not base64url");
}

#[test]
fn u15_certificates_are_read_from_pem_with_text_around_them() {
    let root = Authority::root("Root");
    let block = |der: &[u8]| {
        let text = crate::protocol::encoding::base64(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("subject=CN\r\n-----BEGIN CERTIFICATE-----\r\n{}\r\n-----END CERTIFICATE-----\r\n", lines.join("\r\n"))
    };
    let leaf = root.leaf(RsaKey::app(), &[APP]);
    let read = read_pem("certificate", &[block(&leaf), block(&root.der())].concat()).unwrap();
    assert_eq!(read, [leaf, root.der()]);
    assert_eq!(Host.read_certificate(&read[1]).unwrap().subject, "CN=Root");
    for broken in [
        "",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(read_pem("anchors", broken).unwrap_err().code(), "invalid_configuration", "{broken}");
    }
}
