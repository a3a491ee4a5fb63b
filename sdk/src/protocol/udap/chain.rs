//! Whether a certificate chain leads to an anchor of a trust community (RFC 5280 section 6; UDAP Security 2.0, JWT validation).

use super::certificate::{Certificate, CertificateFailure, Certificates};

/// The longest chain that is read. A longer one would only cost time.
pub(super) const LONGEST: usize = 6;

/// The critical extensions that are checked here or by the host. A certificate with another one is refused (RFC 5280 section 4.2).
const CHECKED_EXTENSIONS: [&str; 5] = [
    // Key usage, which the host checks.
    "2.5.29.15",
    // Subject Alternative Name.
    "2.5.29.17",
    // Basic constraints.
    "2.5.29.19",
    // Certificate policies, of which none is required here.
    "2.5.29.32",
    // Extended key usage, which does not limit signatures of JWTs.
    "2.5.29.37",
];

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Which check failed.
    pub check: &'static str,
    /// The problem.
    pub problem: String,
}

impl Refusal {
    pub fn new(check: &'static str, problem: impl Into<String>) -> Self {
        Self { check, problem: problem.into() }
    }
}

/// The certificates from a leaf to one of the anchors, both included. `others` are those that were sent with the leaf, in any order.
///
/// The error is that of the first chain that reaches an anchor or a dead end; `None` in it stands for a host that cannot verify.
pub(crate) fn trusted_path<H: Certificates>(
    host: &H,
    leaf: &Certificate,
    others: &[Certificate],
    anchors: &[Certificate],
    now: f64,
) -> Result<Vec<Certificate>, Option<Refusal>> {
    check_certificate(leaf, now).map_err(Some)?;
    let mut path = vec![leaf.clone()];
    Search { host, others, anchors, now }.extend(&mut path)?;
    Ok(path)
}

struct Search<'a, H> {
    host: &'a H,
    others: &'a [Certificate],
    anchors: &'a [Certificate],
    now: f64,
}

impl<H: Certificates> Search<'_, H> {
    /// Adds the issuers of the last certificate of a path, up to an anchor.
    fn extend(&self, path: &mut Vec<Certificate>) -> Result<(), Option<Refusal>> {
        let Some(last) = path.last().cloned() else { return Err(None) };
        let mut refusal = None;
        for anchor in self.anchors {
            if self.is_issued_by(&last, anchor)? {
                match check_issuer(anchor, path.len(), self.now) {
                    Ok(()) => {
                        path.push(anchor.clone());
                        return Ok(());
                    }
                    Err(failed) => refusal = refusal.or(Some(failed)),
                }
            }
        }
        for issuer in self.others {
            let is_new = path.len() < LONGEST && path.iter().all(|known| known.der != issuer.der);
            if !is_new || !self.is_issued_by(&last, issuer)? {
                continue;
            }
            let length = path.len();
            let extended = check_issuer(issuer, length, self.now).map_err(Some).and_then(|()| {
                path.push(issuer.clone());
                self.extend(path)
            });
            match extended {
                Ok(()) => return Ok(()),
                Err(failed) => refusal = refusal.or(failed),
            }
            path.truncate(length);
        }
        Err(Some(refusal.unwrap_or_else(|| self.dead_end(&last))))
    }

    fn is_issued_by(&self, certificate: &Certificate, issuer: &Certificate) -> Result<bool, Option<Refusal>> {
        match self.host.is_issued_by(certificate, issuer) {
            Ok(issued) => Ok(issued),
            Err(CertificateFailure::Invalid) => Ok(false),
            Err(CertificateFailure::Unavailable) => Err(None),
        }
    }

    fn dead_end(&self, last: &Certificate) -> Refusal {
        let anchors: Vec<&str> = self.anchors.iter().map(|anchor| anchor.subject.as_str()).collect();
        let problem = format!(
            "{} was not issued by an anchor of the community ({}) or by a certificate that was sent with it",
            named(last),
            anchors.join("; ")
        );
        Refusal::new("the certificate chain", problem)
    }
}

/// What holds for every certificate of a chain.
pub(super) fn check_certificate(certificate: &Certificate, now: f64) -> Result<(), Refusal> {
    let name = named(certificate);
    if now < certificate.not_before {
        return Err(Refusal::new("the certificate's dates", format!("{name} is not valid yet")));
    }
    if now > certificate.not_after {
        return Err(Refusal::new("the certificate's dates", format!("{name} has expired")));
    }
    if certificate.public_key.as_ref().is_none_or(|key| !key.is_long_enough()) {
        let problem = format!("{name} has neither an RSA key of 2048 bits or more nor an elliptic-curve key");
        return Err(Refusal::new("the certificate's key", problem));
    }
    let is_unknown = |oid: &&String| !CHECKED_EXTENSIONS.contains(&oid.as_str());
    if let Some(oid) = certificate.critical_extensions.iter().find(is_unknown) {
        let problem = format!("{name} has the critical extension {oid}, which this client does not check");
        return Err(Refusal::new("the certificate's extensions", problem));
    }
    Ok(())
}

/// What holds for a certificate that issued another. `position` is its place in the chain; the leaf has 0.
fn check_issuer(issuer: &Certificate, position: usize, now: f64) -> Result<(), Refusal> {
    let name = named(issuer);
    if !issuer.is_ca {
        return Err(Refusal::new("the CA flag", format!("{name} issued a certificate and is no CA")));
    }
    // Between it and the leaf.
    let intermediates = position.saturating_sub(1);
    if issuer.path_length.is_some_and(|length| intermediates > length as usize) {
        let problem = format!("{name} allows fewer certificates below it than the chain has ({intermediates})");
        return Err(Refusal::new("the path length", problem));
    }
    check_certificate(issuer, now)
}

fn named(certificate: &Certificate) -> String {
    match certificate.subject.as_str() {
        "" => "a certificate without a subject".to_owned(),
        subject => format!("the certificate of {subject}"),
    }
}
