//! Deviations from the protocol: responses of an attacker or of a compromised server.

use serde::Deserialize;

use super::Control;

/// One deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviation {
    /// From now on, a new key signs, and only it is published.
    KeysRotated,
    /// No signature, and `alg` is `none`.
    IdTokenAlgNone,
    /// HS256, with the public key as the shared secret.
    IdTokenHmac,
    /// Signed by a key that is not published, with the `kid` of the published one.
    IdTokenBadSignature,
    IdTokenWrongNonce,
    IdTokenNoNonce,
    IdTokenWrongIssuer,
    IdTokenWrongAudience,
    /// The client, and another audience.
    IdTokenExtraAudience,
    IdTokenNoSubject,
    IdTokenExpired,
    /// Valid only in an hour.
    IdTokenNotYetValid,
    /// An empty string instead of the ID token.
    IdTokenEmpty,
    /// Signed by an RSA key of 1024 bits, which `keys-short` publishes.
    IdTokenShortKey,
    /// The key of 1024 bits is among the published ones.
    KeysShort,
    /// The published key says that it is for encrypting.
    KeysNotForVerifying,
    /// Before the published key, there is one with the same ID that cannot be imported.
    KeysUnimportable,
    /// The key set is an old copy, without the key that signs.
    KeysStale,
    /// The OpenID configuration is that of another issuer.
    OpenidOtherIssuer,
    /// The granted scopes have dots instead of slashes, as in Azure.
    ScopeWithDots,
    /// The granted scope is a URL without a meaning.
    ScopeUnknown,
    /// The patient of a token response is a path.
    PatientNoId,
    /// The access token contains a line break and a header.
    AccessTokenLineBreak,
    /// The access token's lifetime is longer than any date.
    LifetimeForever,
    /// The token endpoint refuses the request and repeats all of it.
    TokenErrorRepeats,
    /// The FHIR API refuses the request and repeats the access token.
    FhirErrorRepeats,
    /// A critical header that no client knows.
    IdTokenUnknownCrit,
    /// Signed by a key that the header itself names, by `jwk`, and by `jku` and `x5u` at `to`.
    IdTokenOwnKey,
    /// The token endpoint redirects the request to `to`.
    #[serde(rename = "token-redirect-307")]
    TokenRedirect307,
    #[serde(rename = "token-redirect-308")]
    TokenRedirect308,
    CodeAcceptedTwice,
    /// As if the code had been used before.
    CodeRefused,
    /// A client that has just registered its key gets `invalid_grant`, and no reason, for its first assertions.
    NewClientRefused,
    /// A public client can get a refresh token, although the dialect does not give it one.
    PublicRefreshToken,
    /// A refresh, or an assertion, gets the tokens of another patient.
    RefreshOtherPatient,
    /// The ID token of a refresh is another user's.
    RefreshOtherSubject,
    /// The next page of a search is at `to`.
    NextElsewhere,
    /// An export's status response is a 500 with the code `transient`.
    ExportTransient,
    /// A manifest counts one resource too many for each file.
    ExportMiscounted,
    /// The next page of a manifest is at `to`.
    ExportNextElsewhere,
    /// A file of resources ends after its first line with an OperationOutcome.
    ExportFileOutcome,
    /// The results of a search have a remark, in an entry with the mode `outcome`.
    SearchRemark,
    /// The results of a search have a remark, in an entry without a mode.
    SearchRemarkWithoutMode,
    /// A page of a search begins with the last result of the page before.
    ResultRepeated,
    /// A read or search gets an OperationOutcome with status 200.
    #[serde(rename = "outcome-200")]
    Outcome200,
    /// The hub denies the next subscription.
    HubDenied,
    /// The hub does not confirm the next subscription.
    HubSilent,
    /// A WebSocket of the hub is lost in the place of the next event.
    HubLost,
    /// The hub sends messages that are none in the place of the next event.
    HubMalformed,
    /// The hub opens a thousand patients after the next confirmation.
    HubFlood,
    /// The description of a refused authorization has HTML.
    ErrorMarkup,
    /// The server does not know the trust community.
    CommunityUnknown,
    /// The UDAP metadata is not signed.
    MetadataUnsigned,
    /// The server's certificate has expired.
    CertificateExpired,
    /// The server's certificate is for another URI.
    CertificateWrongUri,
    /// The server's certificate is of an authority with the name of the community's and another key.
    CertificateUnknownCa,
    /// The server's certificate is of another community.
    CertificateOtherCommunity,
    /// The server's certificate is on the list of revoked ones.
    CertificateRevoked,
    /// The `iss` of RFC 9207 in the redirect to the app.
    IssuerOnRedirect,
    /// Another server's.
    WrongIssuerOnRedirect,
}

impl Deviation {
    fn needs_address(self) -> bool {
        matches!(
            self,
            Self::IdTokenOwnKey
                | Self::TokenRedirect307
                | Self::TokenRedirect308
                | Self::NextElsewhere
                | Self::ExportNextElsewhere
        )
    }
}

/// Deviations that a test requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationRequest {
    /// They happen together or one by one, each where it applies.
    deviations: Vec<Deviation>,
    /// How often each happens.
    #[serde(default = "super::faults::once")]
    count: u32,
    /// The origin of another server, for those that use one.
    to: Option<String>,
}

/// A deviation that has not happened yet.
#[derive(Clone, Debug)]
pub struct PendingDeviation {
    deviation: Deviation,
    count: u32,
    to: Option<String>,
}

impl DeviationRequest {
    fn check(&self) -> Result<(), String> {
        if self.deviations.is_empty() || self.count == 0 {
            return Err("Name one deviation at least, and a count of 1 at least.".to_owned());
        }
        match self.deviations.iter().find(|deviation| deviation.needs_address() && self.to.is_none()) {
            Some(deviation) => Err(format!("{deviation:?} needs `to`, the origin that it leads to.")),
            None => Ok(()),
        }
    }
}

impl Control {
    pub(super) fn add_deviations(&self, request: DeviationRequest) -> Result<(), String> {
        request.check()?;
        let DeviationRequest { deviations, count, to } = request;
        let pending = deviations.into_iter().map(|deviation| PendingDeviation { deviation, count, to: to.clone() });
        self.state().deviations.extend(pending);
        Ok(())
    }

    pub(super) fn clear_deviations(&self) {
        self.state().deviations.clear();
    }

    /// Whether this deviation happens now; if so, it is consumed.
    pub fn meets(&self, deviation: Deviation) -> bool {
        self.take_deviation(deviation).is_some()
    }

    /// The origin for this deviation, if it happens now.
    pub fn detour(&self, deviation: Deviation) -> Option<String> {
        self.take_deviation(deviation)?.to
    }

    fn take_deviation(&self, deviation: Deviation) -> Option<PendingDeviation> {
        let deviations = &mut self.state().deviations;
        let position = deviations.iter().position(|pending| pending.deviation == deviation)?;
        deviations[position].count -= 1;
        let pending = deviations[position].clone();
        if pending.count == 0 {
            deviations.remove(position);
        }
        Some(pending)
    }
}
