//! The community's certification authority, and the certificates that it issues.

use std::sync::{Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    CrlDistributionPoint, DistinguishedName, DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, PublicKeyData, RevokedCertParams, SanType, SerialNumber, SignatureAlgorithm,
};
use time::{Duration, OffsetDateTime};

use crate::config::Config;
use crate::oauth::SystemKey;

/// The certification authority of a community, which issues the certificates of the server and of apps.
pub struct Community {
    authority: Authority,
    /// One with the same name and another key.
    impostor: Authority,
    /// That of another community.
    other: Authority,
    /// The serial numbers of revoked certificates.
    revoked: Mutex<Vec<SerialNumber>>,
    now: OffsetDateTime,
}

struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
    der: Vec<u8>,
}

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    Expired,
    WrongUri,
    UnknownCa,
    OtherCommunity,
    Revoked,
}

impl Community {
    /// A community at the time of the configured clock.
    ///
    /// # Panics
    ///
    /// If no certificate can be made, for which there is no reason.
    pub fn new(config: &Config) -> Self {
        let now =
            OffsetDateTime::from_unix_timestamp(config.clock.seconds().cast_signed()).expect("the clock shows a date");
        let name = "Sandbox community CA";
        Self {
            authority: Authority::new(name, now),
            impostor: Authority::new(name, now),
            other: Authority::new("Another community CA", now),
            revoked: Mutex::default(),
            now,
        }
    }

    /// The certificate of the authority in PEM, which apps configure as anchor.
    pub fn anchor(&self) -> &str {
        &self.authority.pem
    }

    pub(super) fn anchor_der(&self) -> &[u8] {
        &self.authority.der
    }

    /// The server's certificate for its FHIR base, in DER, and the certificates that are sent with it.
    pub(super) fn server_chain(&self, config: &Config, flaw: Flaw) -> Vec<Vec<u8>> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Sandbox EHR");
        params.distinguished_name.push(DnType::CommonName, "sandbox-ehr");
        let base = config.fhir_base();
        let uri = if flaw == Flaw::WrongUri { "https://elsewhere.example/fhir" } else { &base };
        params.subject_alt_names = vec![SanType::URI(uri.try_into().expect("a URL is ASCII"))];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = self.now - Duration::days(30);
        params.not_after = self.now + if flaw == Flaw::Expired { -Duration::HOUR } else { Duration::days(365) };
        params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![config.at("/community/revoked.crl")] }];
        let serial = SerialNumber::from(match flaw {
            Flaw::Revoked => 3_u64,
            _ => 2,
        });
        if flaw == Flaw::Revoked {
            self.revoke(serial.clone());
        }
        params.serial_number = Some(serial);
        let authority = match flaw {
            Flaw::UnknownCa => &self.impostor,
            Flaw::OtherCommunity => &self.other,
            _ => &self.authority,
        };
        let key = ServerKey(config.key.public_der().to_vec());
        let leaf = params.signed_by(&key, &authority.issuer()).expect("a certificate can be made");
        vec![leaf.der().to_vec(), authority.der.clone()]
    }

    /// A certificate in PEM for a signing request in PEM, valid for a year. Its URIs are those of the request.
    pub(super) fn issue(&self, request: &str) -> Result<String, &'static str> {
        let unreadable = "The body is not a certificate signing request in PEM whose signature is valid.";
        let mut request = CertificateSigningRequestParams::from_pem(request).map_err(|_| unreadable)?;
        let names = &request.params.subject_alt_names;
        if !names.iter().any(|name| matches!(name, SanType::URI(_))) {
            return Err("The request has no URI in its subjectAltName, and that URI is the app's identity.");
        }
        let params = &mut request.params;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = self.now - Duration::HOUR;
        params.not_after = self.now + Duration::days(365);
        let issued = request.signed_by(&self.authority.issuer());
        issued
            .map(|certificate| certificate.pem())
            .map_err(|_| "The request has a key that this authority does not sign.")
    }

    fn revoke(&self, serial: SerialNumber) {
        let mut revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        if !revoked.contains(&serial) {
            revoked.push(serial);
        }
    }

    /// The list of revoked certificates (RFC 5280, 5) in DER.
    pub(super) fn revocation_list(&self) -> Option<Vec<u8>> {
        let revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let entry = |serial_number| RevokedCertParams {
            serial_number,
            revocation_time: self.now,
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: self.now - Duration::HOUR,
            next_update: self.now + Duration::days(365),
            crl_number: SerialNumber::from(revoked.len() as u64 + 1),
            issuing_distribution_point: None,
            revoked_certs: revoked.into_iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.authority.issuer()).ok().map(|list| list.der().to_vec())
    }
}

impl Authority {
    fn new(name: &str, now: OffsetDateTime) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = now - Duration::days(365);
        params.not_after = now + Duration::days(3650);
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.self_signed(&key).expect("a certificate can be made");
        Self { pem: certificate.pem(), der: certificate.der().to_vec(), params, key }
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// The public key of the server.
struct ServerKey(Vec<u8>);

impl PublicKeyData for ServerKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SystemKey {
    /// A compact JWS of these claims, whose header has the certificates of this key.
    pub(super) fn sign_with_chain(&self, chain: &[Vec<u8>], claims: &serde_json::Value) -> Option<String> {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
        let x5c: Vec<String> = chain.iter().map(|der| STANDARD.encode(der)).collect();
        let header = serde_json::json!({ "alg": "RS256", "x5c": x5c });
        self.jws(&format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        ))
    }
}
