//! The extensions of a certificate that hosts do not expose, or not reliably: Node has neither the path length nor the list of critical
//! extensions, and Deno joins several names to one string without quotes. The host reads the rest of a certificate.

use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::{Decode, Tag, TagNumber, Tagged};

const KEY_USAGE: &str = "2.5.29.15";
const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// The bit `keyCertSign` of the first byte of the key usage.
const KEY_CERT_SIGN: u8 = 0b100;

/// What a certificate's extensions say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    /// The URIs of the Subject Alternative Name.
    pub uris: Vec<String>,
    /// Whether it may issue certificates, by its basic constraints and by its key usage if it has one.
    pub is_ca: bool,
    pub path_length: Option<u32>,
    /// The object identifiers of the critical extensions.
    pub critical: Vec<String>,
}

/// Reads the extensions of a certificate in DER; `None` if they cannot be read, or one is there twice.
pub(crate) fn read_extensions(certificate: &[u8]) -> Option<Extensions> {
    let certificate = sequence(certificate)?;
    let fields: Vec<AnyRef<'_>> = certificate.first()?.decode_as().ok()?;
    let is_extensions = |field: &&AnyRef<'_>| field.tag() == context(3, true);
    let Some(extensions) = fields.iter().find(is_extensions) else { return Some(Extensions::default()) };
    let (mut found, mut may_sign) = (Extensions::default(), true);
    let mut known: Vec<ObjectIdentifier> = Vec::new();
    for extension in sequence(extensions.value())? {
        let parts: Vec<AnyRef<'_>> = extension.decode_as().ok()?;
        let oid: ObjectIdentifier = parts.first()?.decode_as().ok()?;
        let value: OctetStringRef<'_> = parts.last()?.decode_as().ok()?;
        if known.contains(&oid) {
            return None;
        }
        known.push(oid);
        let is_critical = match parts.as_slice() {
            [_, critical, _] => critical.decode_as::<bool>().ok()?,
            [_, _] => false,
            _ => return None,
        };
        let oid = oid.to_string();
        match oid.as_str() {
            SUBJECT_ALTERNATIVE_NAME => found.uris = read_uris(value.as_bytes())?,
            BASIC_CONSTRAINTS => (found.is_ca, found.path_length) = read_basic_constraints(value.as_bytes())?,
            KEY_USAGE => {
                let bits = BitStringRef::from_der(value.as_bytes()).ok()?;
                may_sign = bits.raw_bytes().first().is_some_and(|first| first & KEY_CERT_SIGN != 0);
            }
            _ => {}
        }
        if is_critical {
            found.critical.push(oid);
        }
    }
    found.is_ca &= may_sign;
    Some(found)
}

fn sequence(der: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    Vec::from_der(der).ok()
}

fn context(number: u8, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber::new(number) }
}

fn read_uris(names: &[u8]) -> Option<Vec<String>> {
    let names = sequence(names)?;
    let uris = names.iter().filter(|name| name.tag() == context(6, false));
    // An IA5String (RFC 5280 section 4.2.1.6).
    uris.map(|name| String::from_utf8(name.value().to_vec()).ok().filter(|uri| uri.is_ascii())).collect()
}

fn read_basic_constraints(constraints: &[u8]) -> Option<(bool, Option<u32>)> {
    Some(match sequence(constraints)?.as_slice() {
        [] => (false, None),
        [is_ca] => (is_ca.decode_as().ok()?, None),
        [is_ca, length] => (is_ca.decode_as().ok()?, Some(length.decode_as().ok()?)),
        _ => return None,
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::protocol::udap::tests::pki::*;
    use rcgen::{CertificateParams, IsCa, KeyUsagePurpose, SanType};

    /// The extensions as x509-parser reads them.
    fn expected(der: &[u8]) -> Extensions {
        let read = read(der).unwrap();
        let critical = read.critical_extensions;
        Extensions { uris: read.uris, is_ca: read.is_ca, path_length: read.path_length, critical }
    }

    #[test]
    fn u3_extensions_are_read_as_another_parser_reads_them() {
        let root = Authority::root_with("Root", constrained(2));
        let middle = root.intermediate("Middle", |params| params.is_ca = IsCa::ExplicitNoCa);
        let names = |params: &mut CertificateParams| {
            params.subject_alt_names.push(SanType::DnsName("ehr.example".try_into().unwrap()));
            params.subject_alt_names.push(SanType::Rfc822Name("ops@ehr.example".try_into().unwrap()));
        };
        // What looks like two names in the text of some hosts is one.
        let one = "urn:x:a, URI:https://evil.example";
        for der in [
            root.der(),
            middle.der(),
            root.leaf(RsaKey::server(), &["https://ehr.example/fhir", one]),
            root.leaf_with(RsaKey::server(), &["https://ehr.example/fhir"], names),
            root.leaf_with(RsaKey::server(), &[], unknown_extension),
        ] {
            assert_eq!(read_extensions(&der).unwrap(), expected(&der));
        }
        assert_eq!(read_extensions(&root.der()).unwrap().path_length, Some(2));
    }

    #[test]
    fn u3_a_ca_whose_key_must_not_sign_certificates_is_none() {
        let no_signing = |params: &mut CertificateParams| params.key_usages = vec![KeyUsagePurpose::CrlSign];
        let root = Authority::root_with("Root", no_signing);
        assert!(!read_extensions(&root.der()).unwrap().is_ca);
        let without_usage = Authority::root_with("Root", |params| params.key_usages.clear());
        assert!(read_extensions(&without_usage.der()).unwrap().is_ca);
    }

    #[test]
    fn u3_bytes_that_are_no_certificate_are_refused_without_a_panic() {
        let root = Authority::root("Root").der();
        for end in 0..root.len() {
            assert_eq!(read_extensions(&root[..end]), None, "cut at {end}");
        }
        for at in 0..root.len() {
            let mut broken = root.clone();
            broken[at] ^= 0xff;
            // Whatever it reads, it does not panic.
            let _ = read_extensions(&broken);
        }
    }
}
