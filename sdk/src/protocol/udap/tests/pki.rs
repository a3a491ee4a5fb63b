//! A certification authority for tests (rcgen), and a host that reads its certificates (x509-parser).

use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, PublicKeyData, SanType, SignatureAlgorithm,
};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _, Verifier as _};
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate};

use crate::json::Json;
use crate::memory::SerdeJson;
use crate::protocol::encoding::{base64, base64url, base64url_decode};
use crate::protocol::jwk::PublicKey;
use crate::protocol::udap::certificate::{Certificate, CertificateFailure, Certificates};

/// The time of the tests.
pub(crate) const NOW: f64 = 1_700_000_000.0;
const DAY: f64 = 86_400.0;

/// A host that parses JSON and reads certificates.
pub(crate) struct Host;

impl Json for Host {
    type Value = Value;

    fn parse(&self, text: &str) -> Option<Value> {
        SerdeJson.parse(text)
    }
}

impl Certificates for Host {
    fn read_certificate(&self, der: &[u8]) -> Result<Certificate, CertificateFailure> {
        read(der).ok_or(CertificateFailure::Invalid)
    }

    fn is_issued_by(&self, certificate: &Certificate, issuer: &Certificate) -> Result<bool, CertificateFailure> {
        Ok(is_issued_by(certificate, issuer))
    }
}

/// A host without certificates, such as a browser.
pub(crate) struct Browser;

impl Json for Browser {
    type Value = Value;

    fn parse(&self, text: &str) -> Option<Value> {
        SerdeJson.parse(text)
    }
}

impl Certificates for Browser {
    fn read_certificate(&self, _: &[u8]) -> Result<Certificate, CertificateFailure> {
        Err(CertificateFailure::Unavailable)
    }

    fn is_issued_by(&self, _: &Certificate, _: &Certificate) -> Result<bool, CertificateFailure> {
        Err(CertificateFailure::Unavailable)
    }
}

pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let constraints = parsed.basic_constraints().ok()?.map(|extension| extension.value);
    let names = parsed.subject_alternative_name().ok()?.map(|extension| extension.value.general_names.clone());
    let uris = names.into_iter().flatten().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(uri.to_owned()),
        _ => None,
    });
    let critical = parsed.extensions().iter().filter(|extension| extension.critical);
    Some(Certificate {
        der: der.to_vec(),
        subject: parsed.subject().to_string(),
        not_before: parsed.validity().not_before.timestamp() as f64,
        not_after: parsed.validity().not_after.timestamp() as f64,
        uris: uris.collect(),
        is_ca: constraints.is_some_and(|constraints| constraints.ca),
        path_length: constraints.and_then(|constraints| constraints.path_len_constraint),
        critical_extensions: critical.map(|extension| extension.oid.to_id_string()).collect(),
        public_key: public_key(&parsed),
    })
}

pub(crate) fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let (Ok((_, certificate)), Ok((_, issuer))) =
        (X509Certificate::from_der(&certificate.der), X509Certificate::from_der(&issuer.der))
    else {
        return false;
    };
    let may_sign = issuer.extensions().iter().all(|extension| match extension.parsed_extension() {
        ParsedExtension::KeyUsage(usage) => usage.key_cert_sign(),
        _ => true,
    });
    may_sign
        && certificate.issuer() == issuer.subject()
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}

fn public_key(parsed: &X509Certificate<'_>) -> Option<PublicKey> {
    use x509_parser::public_key::PublicKey as Parsed;
    let jwk = match parsed.public_key().parsed().ok()? {
        Parsed::RSA(key) => {
            let modulus = BigUint::from_bytes_be(key.modulus).to_bytes_be();
            json!({"kty": "RSA", "n": base64url(&modulus), "e": base64url(key.exponent)})
        }
        Parsed::EC(point) => {
            let (x, y) = point.data().get(1..)?.split_at_checked(32)?;
            json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
        }
        _ => return None,
    };
    PublicKey::read(&jwk)
}

/// An RSA key of a server or an app.
#[derive(Clone)]
pub(crate) struct RsaKey {
    private: RsaPrivateKey,
    public: Vec<u8>,
}

impl RsaKey {
    fn of_bits(bits: usize) -> Self {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
        let public = private.to_public_key().to_pkcs1_der().unwrap().as_bytes().to_vec();
        Self { private, public }
    }

    /// The server's. Keys are slow to make, so there is one of each.
    pub fn server() -> &'static Self {
        static KEY: OnceLock<RsaKey> = OnceLock::new();
        KEY.get_or_init(|| Self::of_bits(2048))
    }

    /// The app's.
    pub fn app() -> &'static Self {
        static KEY: OnceLock<RsaKey> = OnceLock::new();
        KEY.get_or_init(|| Self::of_bits(2048))
    }

    /// One that is too short.
    pub fn short() -> &'static Self {
        static KEY: OnceLock<RsaKey> = OnceLock::new();
        KEY.get_or_init(|| Self::of_bits(1024))
    }

    /// A signature by RS256.
    pub fn sign(&self, data: &[u8]) -> Vec<u8> {
        SigningKey::<Sha256>::new(self.private.clone()).sign(data).to_vec()
    }
}

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// Whether a signature by RS256 is of an RSA key.
pub(crate) fn is_signed(key: &PublicKey, signature: &[u8], data: &[u8]) -> bool {
    let jwk: Value = serde_json::from_str(&key.bare_jwk()).unwrap();
    let number = |name: &str| Some(BigUint::from_bytes_be(&base64url_decode(jwk[name].as_str()?)?));
    let (Some(modulus), Some(exponent)) = (number("n"), number("e")) else { return false };
    let key = VerifyingKey::<Sha256>::new(RsaPublicKey::new(modulus, exponent).unwrap());
    Signature::try_from(signature).is_ok_and(|signature| key.verify(data, &signature).is_ok())
}

/// A certification authority, with a key on P-256.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    der: Vec<u8>,
}

impl Authority {
    /// The root of a community, valid for ten years around the tests' time.
    pub fn root(name: &str) -> Self {
        Self::root_with(name, |_| {})
    }

    pub fn root_with(name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name);
        edit(&mut params);
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { params, key, der }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name);
        edit(&mut params);
        let key = KeyPair::generate().unwrap();
        let der = params.signed_by(&key, &self.issuer()).unwrap().der().to_vec();
        Self { params, key, der }
    }

    /// A certificate for a key, valid for a year around the tests' time.
    pub fn leaf(&self, key: &RsaKey, uris: &[&str]) -> Vec<u8> {
        self.leaf_with(key, uris, |_| {})
    }

    pub fn leaf_with(&self, key: &RsaKey, uris: &[&str], edit: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "leaf");
        params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid(&mut params, NOW - 100.0 * DAY, NOW + 265.0 * DAY);
        edit(&mut params);
        params.signed_by(key, &self.issuer()).unwrap().der().to_vec()
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    pub fn der(&self) -> Vec<u8> {
        self.der.clone()
    }

    pub fn certificate(&self) -> Certificate {
        read(&self.der).unwrap()
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, NOW - 1_800.0 * DAY, NOW + 1_800.0 * DAY);
    params
}

/// Sets when a certificate is valid.
pub(crate) fn valid(params: &mut CertificateParams, from: f64, to: f64) {
    params.not_before = OffsetDateTime::from_unix_timestamp(from as i64).unwrap();
    params.not_after = OffsetDateTime::from_unix_timestamp(to as i64).unwrap();
}

/// An authority that allows this number of authorities below it.
pub(crate) fn constrained(length: u8) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length))
}

/// A critical extension that nobody knows.
pub(crate) fn unknown_extension(params: &mut CertificateParams) {
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
}

/// A JWT with a chain, signed by RS256.
pub(crate) fn jwt(key: &RsaKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let input = format!("{}.{}", part(header), part(claims));
    format!("{input}.{}", base64url(&key.sign(input.as_bytes())))
}

/// A header with a chain.
pub(crate) fn header(chain: &[Vec<u8>]) -> Value {
    json!({"alg": "RS256", "x5c": chain.iter().map(|der| base64(der)).collect::<Vec<_>>()})
}

/// The header and the claims of a JWT.
pub(crate) fn parts(jwt: &str) -> (Value, Value) {
    let part = |text: &str| -> Value { serde_json::from_slice(&base64url_decode(text).unwrap()).unwrap() };
    let mut parts = jwt.split('.').map(part);
    (parts.next().unwrap(), parts.next().unwrap())
}
