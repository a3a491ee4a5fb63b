//! `signed_metadata`: by which a server proves who it is, and names its endpoints (UDAP Security 2.0, signed metadata elements).

use super::certificate::{Certificate, CertificateFailure, Certificates};
use super::chain::{LONGEST, Refusal, trusted_path};
use super::metadata::UdapMetadata;
use crate::error::{Failure, UdapError};
use crate::json::{Json, JsonView, strings};
use crate::protocol::encoding::{base64_decode, base64url_decode};
use crate::protocol::finding::Finding;
use crate::protocol::id_token::TOLERANCE_SECONDS;
use crate::protocol::jwk::{Algorithm, PublicKey};
use crate::protocol::jwt::{Jwt, decode};
use crate::protocol::url::Url;

/// The longest time from `iat` to `exp`, in seconds: one year, which may be a leap year.
const LONGEST_LIFETIME: f64 = 366.0 * 86_400.0;

/// A trust community: certificates from its certification authorities are trusted.
#[derive(Clone, Debug)]
pub struct Community {
    /// The community's URI, if servers select their certificate by it.
    pub uri: Option<String>,
    /// The certificates of its certification authorities.
    pub anchors: Vec<Certificate>,
    /// The algorithms of signed metadata that are accepted. The standard only allows RS256.
    pub algorithms: Vec<Algorithm>,
}

impl Community {
    /// A community with these anchors, which signs by RS256.
    ///
    /// For an example, see [`read_signed_metadata`].
    pub fn new(uri: Option<String>, anchors: Vec<Certificate>) -> Self {
        Self { uri, anchors, algorithms: vec![Algorithm::RS256] }
    }
}

/// An endpoint of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedEndpoint {
    /// Its URL, to which requests are sent.
    pub url: Url,
    /// Its URL as the server wrote it, which is the audience of statements and assertions.
    pub text: String,
}

/// A server whose metadata was verified.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VerifiedServer {
    /// The FHIR base, exactly as in the server's certificate.
    pub base: String,
    /// The authorization endpoint, if it has one.
    pub authorization_endpoint: Option<SignedEndpoint>,
    /// The token endpoint.
    pub token_endpoint: SignedEndpoint,
    /// The registration endpoint.
    pub registration_endpoint: SignedEndpoint,
    /// What it supports.
    pub metadata: UdapMetadata,
    /// The server's certificates, from its own to the community's anchor.
    pub certificates: Vec<Certificate>,
    /// When the signed metadata expires, in seconds since 1970.
    pub expires_at: f64,
}

/// Signed metadata that passed all checks but that of its signature, which the host verifies.
#[derive(Debug)]
#[must_use = "metadata is trusted only if its signature is valid"]
pub struct UnverifiedServer {
    host: Box<str>,
    server: VerifiedServer,
    key: PublicKey,
    algorithm: Algorithm,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl UnverifiedServer {
    /// The key of the server's certificate.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The algorithm of the signature.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes that were signed.
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The server, if its signature is valid.
    ///
    /// For an example, see [`read_signed_metadata`].
    ///
    /// # Errors
    /// [`UdapError::Untrusted`] if it is not.
    pub fn verified(self, has_valid_signature: bool) -> Result<VerifiedServer, Failure> {
        if has_valid_signature {
            return Ok(self.server);
        }
        let refusal = Refusal::new("the signature", "it is not of the key in the server's certificate");
        Err(untrusted(&self.host, refusal))
    }
}

/// Checks the signed metadata of a server's document, except its signature. `base` is the FHIR base as it is configured, and `now` is
/// in seconds since 1970.
///
/// ```
/// use smartrust::Failure;
/// use smartrust::platform::{Json, Signer};
/// use smartrust::protocol::udap::certificate::Certificates;
/// use smartrust::protocol::udap::signed_metadata::{Community, VerifiedServer, read_signed_metadata};
///
/// async fn verified<H: Certificates + Json + Signer>(
///     host: &H,
///     document: &H::Value,
///     community: &Community,
///     now: f64,
/// ) -> Result<VerifiedServer, Failure> {
///     let server = read_signed_metadata(host, document, "https://ehr.example/fhir", community, now)?;
///     let valid = host.verify(server.key(), server.algorithm(), server.signature(), server.signed()).await;
///     server.verified(valid == Ok(true))
/// }
/// ```
///
/// # Errors
/// [`UdapError::Untrusted`] naming the check that failed, [`UdapError::CertificatesUnavailable`].
pub fn read_signed_metadata<H: Json + Certificates>(
    host: &H,
    document: &H::Value,
    base: &str,
    community: &Community,
    now: f64,
) -> Result<UnverifiedServer, Failure> {
    let name = Url::parse(base).map_or_else(|_| base.to_owned(), |url| url.host().to_owned());
    let read = read(host, document, base, community, now);
    read.map(|server| UnverifiedServer { host: name.as_str().into(), ..server }).map_err(|refusal| match refusal {
        Some(refusal) => untrusted(&name, refusal),
        None => UdapError::CertificatesUnavailable.into(),
    })
}

/// The error of a check that failed.
pub(crate) fn untrusted(host: &str, refusal: Refusal) -> Failure {
    UdapError::Untrusted { host: host.into(), check: refusal.check, problem: refusal.problem.into() }.into()
}

fn read<H: Json + Certificates>(
    host: &H,
    document: &H::Value,
    base: &str,
    community: &Community,
    now: f64,
) -> Result<UnverifiedServer, Option<Refusal>> {
    let refuse = |check, problem: &str| Some(Refusal::new(check, problem));
    let token = document.member_text("signed_metadata").filter(|text| !text.is_empty());
    let token = token.ok_or_else(|| refuse("signed_metadata", "it is missing"))?;
    let header = header(host, &token).ok_or_else(|| refuse("signed_metadata", "its header is not base64url JSON"))?;
    let algorithm = header.member_text("alg").as_deref().and_then(Algorithm::from_name);
    if algorithm.is_none_or(|algorithm| !community.algorithms.contains(&algorithm)) {
        return Err(refuse("alg", "the algorithm is not RS256, or another one that this community allows"));
    }
    let jwt = decode(host, &token).map_err(|problem| refuse("signed_metadata", problem))?;
    let (leaf, others) = read_chain(host, &header)?;
    let path = trusted_path(host, &leaf, &others, &community.anchors, now)?;
    let key = leaf.public_key.filter(|key| key.fits(jwt.algorithm));
    let key = key.ok_or_else(|| refuse("alg", "the algorithm does not fit the key of the server's certificate"))?;
    let expires_at = check_claims(&jwt.claims, &leaf.uris, base, now)?;
    let server = read_server(document, &jwt, base, path, expires_at)?;
    let Jwt { algorithm, signed, signature, .. } = jwt;
    Ok(UnverifiedServer { host: Box::default(), server, key, algorithm, signed, signature })
}

fn header<J: Json>(json: &J, token: &str) -> Option<J::Value> {
    let header = base64url_decode(token.split('.').next()?)?;
    json.parse(std::str::from_utf8(&header).ok()?)
}

/// The server's certificate, and those that it sent with it.
fn read_chain<H: Certificates>(
    host: &H,
    header: &impl JsonView,
) -> Result<(Certificate, Vec<Certificate>), Option<Refusal>> {
    let refuse = |problem: &str| Some(Refusal::new("x5c", problem));
    let texts = strings(header, "x5c");
    if texts.len() != header.member_items("x5c").len() {
        return Err(refuse("one of its items is not a string"));
    }
    if texts.len() > LONGEST {
        return Err(refuse("it has more certificates than a chain needs"));
    }
    let mut certificates = Vec::new();
    for text in texts {
        let der = base64_decode(&text).ok_or_else(|| refuse("one of its certificates is not base64"))?;
        certificates.push(host.read_certificate(&der).map_err(|failure| match failure {
            CertificateFailure::Invalid => refuse("one of its certificates cannot be read"),
            CertificateFailure::Unavailable => None,
        })?);
    }
    if certificates.is_empty() {
        return Err(refuse("it has no certificates"));
    }
    let others = certificates.split_off(1);
    certificates.pop().map(|leaf| (leaf, others)).ok_or(None)
}

/// Checks who signed, and when. Returns when the metadata expires.
fn check_claims(claims: &impl JsonView, uris: &[String], base: &str, now: f64) -> Result<f64, Refusal> {
    let text = |name: &'static str| {
        let value = claims.member_text(name).filter(|text| !text.is_empty());
        value.ok_or_else(|| Refusal::new(name, "it is missing"))
    };
    let time = |name: &'static str| {
        let value = claims.member(name).and_then(|time| time.number()).filter(|time| time.is_finite());
        value.ok_or_else(|| Refusal::new(name, "it is missing, or no number"))
    };
    let issuer = text("iss")?;
    if issuer != base {
        let problem = format!("it is {issuer}, not the FHIR base {base}; they must be equal to the last slash");
        return Err(Refusal::new("iss", problem));
    }
    if !uris.contains(&issuer) {
        let problem = format!("{issuer} is not among the URIs of the server's certificate ({})", uris.join(", "));
        return Err(Refusal::new("the certificate's URI", problem));
    }
    if text("sub")? != issuer {
        return Err(Refusal::new("sub", "it is not equal to iss"));
    }
    text("jti")?;
    let (issued_at, expires_at) = (time("iat")?, time("exp")?);
    if issued_at > now + TOLERANCE_SECONDS {
        return Err(Refusal::new("iat", "it is in the future"));
    }
    if expires_at <= now - TOLERANCE_SECONDS {
        return Err(Refusal::new("exp", "the metadata has expired"));
    }
    if expires_at <= issued_at || expires_at - issued_at > LONGEST_LIFETIME {
        return Err(Refusal::new("exp", "it is not within one year after iat"));
    }
    Ok(expires_at)
}

fn read_server<V: JsonView>(
    document: &V,
    jwt: &Jwt<V>,
    base: &str,
    certificates: Vec<Certificate>,
    expires_at: f64,
) -> Result<VerifiedServer, Refusal> {
    let claims = &jwt.claims;
    let required = |name| endpoint(claims, name)?.ok_or_else(|| Refusal::new(name, "it is not in the signed metadata"));
    let authorization_endpoint = endpoint(claims, "authorization_endpoint")?;
    if authorization_endpoint.is_none() && document.member("authorization_endpoint").is_some() {
        return Err(Refusal::new("authorization_endpoint", "it is not in the signed metadata"));
    }
    let mut metadata = UdapMetadata::read(document, Some(claims));
    metadata.findings.extend(differing(document, claims));
    Ok(VerifiedServer {
        base: base.to_owned(),
        authorization_endpoint,
        token_endpoint: required("token_endpoint")?,
        registration_endpoint: required("registration_endpoint")?,
        metadata,
        certificates,
        expires_at,
    })
}

fn endpoint(claims: &impl JsonView, name: &'static str) -> Result<Option<SignedEndpoint>, Refusal> {
    let Some(text) = claims.member_text(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let url = Url::parse(&text).map_err(|problem| Refusal::new(name, problem.to_string()))?;
    if !url.is_confidential() {
        return Err(Refusal::new(name, "it uses http to another machine"));
    }
    Ok(Some(SignedEndpoint { url, text }))
}

/// Endpoints whose plain value differs from the signed one, which is used.
fn differing<V: JsonView>(document: &V, claims: &V) -> Vec<Finding> {
    let names = ["authorization_endpoint", "token_endpoint", "registration_endpoint"];
    let differs = |name: &&&str| document.member(name).is_some_and(|plain| plain.text() != claims.member_text(name));
    let finding = |name: &&str| {
        let message = format!("{name} differs from its value in the signed metadata, which is used.");
        Finding::new("unsigned_value_differs", message, "UDAP Security 2.0, signed metadata elements")
    };
    names.iter().filter(differs).map(finding).collect()
}
